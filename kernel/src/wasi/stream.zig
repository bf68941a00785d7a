// SPDX-License-Identifier: Apache-2.0
//! fd_read and fd_write.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const features = @import("features");
const file = @import("file.zig");
const guest = @import("../guest.zig");
const network = @import("../network.zig");
const platform = @import("../platform.zig");
const socket = @import("socket.zig");
const table = @import("table.zig");

/// Small buffers are joined, so that a line and its newline leave together.
const joined_max = 1024;

pub fn fd_read(number: u32, vectors: u32, count: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    if (descriptor.object == .directory) return error.Isdir;
    try descriptor.require(.{ .fd_read = true });
    const buffers: guest.Vectors = try .init(vectors, count);
    const place = try guest.place(u32, result);
    place.* = switch (descriptor.object) {
        .stdin => readStdin(buffers),
        .stdout, .stderr, .directory => return error.Badf,
        .file => |*open_file| try file.read(open_file, buffers),
        .socket => try socket.read(descriptor, buffers),
    };
}

/// One read into the first buffer with room: a second one could wait for input that never comes.
fn readStdin(buffers: guest.Vectors) u32 {
    for (0..buffers.length()) |index| {
        const buffer = buffers.get(index);
        if (buffer.len == 0) continue;
        if (features.sockets) awaitStdin();
        return @intCast(platform.readStdin(buffer));
    }
    return 0;
}

/// Lets the network go on until there is input.
fn awaitStdin() void {
    while (!platform.waitStdinUntilMonotonicNs(0)) network.wait(&.{}, true, null);
}

pub fn fd_write(number: u32, vectors: u32, count: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    if (descriptor.object == .directory) return error.Isdir;
    try descriptor.require(.{ .fd_write = true });
    const buffers: guest.Vectors = try .init(vectors, count);
    const place = try guest.place(u32, result);
    place.* = switch (descriptor.object) {
        .stdout => writeStream(platform.writeStdout, buffers),
        .stderr => writeStream(platform.writeStderr, buffers),
        .stdin, .directory => return error.Badf,
        .file => |*open_file| try file.write(open_file, descriptor.flags, buffers),
        .socket => try socket.write(descriptor, buffers),
    };
}

fn writeStream(comptime write: fn ([]const u8) void, buffers: guest.Vectors) u32 {
    if (buffers.length() == 1 or buffers.total > joined_max) {
        for (0..buffers.length()) |index| write(buffers.get(index));
        return buffers.total;
    }
    var joined: [joined_max]u8 = undefined;
    var size: usize = 0;
    for (0..buffers.length()) |index| {
        const buffer = buffers.get(index);
        @memcpy(joined[size..][0..buffer.len], buffer);
        size += buffer.len;
    }
    assert(size == buffers.total);
    write(joined[0..size]);
    return buffers.total;
}
