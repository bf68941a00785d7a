// SPDX-License-Identifier: Apache-2.0
//! fd_*: what only open files and directories can do, and reading and writing files.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const filesystem = @import("../filesystem.zig");
const guest = @import("../guest.zig");
const table = @import("table.zig");
const types = @import("types.zig");

/// Reads at the file's position and moves it.
pub fn read(file: *table.File, buffers: guest.Vectors) errno.Error!u32 {
    const done = try readAt(file.node, buffers, file.position);
    file.position += done;
    return done;
}

/// Writes at the file's position, or behind its end, and moves the position.
pub fn write(
    file: *table.File,
    flags: types.Fdflags,
    buffers: guest.Vectors,
) errno.Error!u32 {
    if (flags.append) file.position = (try filesystem.status(file.node)).size;
    const done = try writeAt(file.node, buffers, file.position);
    file.position += done;
    return done;
}

fn readAt(node: filesystem.Node, buffers: guest.Vectors, offset: u64) errno.Error!u32 {
    var done: u32 = 0;
    for (0..buffers.length()) |index| {
        const buffer = buffers.get(index);
        const position = std.math.add(u64, offset, done) catch break;
        const count = filesystem.readAt(node, buffer, position) catch |failure|
            // What was read before the failure must not be lost.
            if (done > 0) break else return failure;
        done += @intCast(count);
        if (count < buffer.len) break;
    }
    assert(done <= buffers.total);
    return done;
}

fn writeAt(node: filesystem.Node, buffers: guest.Vectors, offset: u64) errno.Error!u32 {
    var done: u32 = 0;
    for (0..buffers.length()) |index| {
        const buffer = buffers.get(index);
        const position = std.math.add(u64, offset, done) catch return error.Fbig;
        const count = filesystem.writeAt(node, buffer, position) catch |failure|
            if (done > 0) break else return failure;
        done += @intCast(count);
        if (count < buffer.len) break;
    }
    assert(done <= buffers.total);
    return done;
}

pub fn fd_pread(
    number: u32,
    vectors: u32,
    count: u32,
    offset: u64,
    result: u32,
) errno.Error!void {
    const file = try getFile(number, .{ .fd_read = true, .fd_seek = true });
    const buffers: guest.Vectors = try .init(vectors, count);
    const place = try guest.place(u32, result);
    place.* = try readAt(file.node, buffers, offset);
}

pub fn fd_pwrite(
    number: u32,
    vectors: u32,
    count: u32,
    offset: u64,
    result: u32,
) errno.Error!void {
    const file = try getFile(number, .{ .fd_write = true, .fd_seek = true });
    const buffers: guest.Vectors = try .init(vectors, count);
    const place = try guest.place(u32, result);
    place.* = try writeAt(file.node, buffers, offset);
}

/// The open file `number`, with which the program may do all of `wanted`.
fn getFile(number: u32, wanted: types.Rights) errno.Error!*table.File {
    const descriptor = try table.get(number);
    switch (descriptor.object) {
        .stdin, .stdout, .stderr, .socket => return error.Spipe,
        .directory => return error.Isdir,
        .file => |*file| {
            try descriptor.require(wanted);
            return file;
        },
    }
}

/// The node of the open file or directory `number`.
fn getNode(number: u32, wanted: types.Rights) errno.Error!filesystem.Node {
    const descriptor = try table.get(number);
    const node = switch (descriptor.object) {
        .stdin, .stdout, .stderr, .socket => return error.Inval,
        .directory => |directory| directory.node,
        .file => |file| file.node,
    };
    try descriptor.require(wanted);
    return node;
}

/// Files lie in memory or behind Linux's own cache: there is nothing that a hint would change.
pub fn fd_advise(number: u32, offset: u64, size: u64, advice: u32) errno.Error!void {
    _ = try getNode(number, .{ .fd_advise = true });
    if (advice > types.advice_max) return error.Inval;
    _ = std.math.add(u64, offset, size) catch return error.Inval;
}

pub fn fd_allocate(number: u32, offset: u64, size: u64) errno.Error!void {
    const file = try getFile(number, .{ .fd_allocate = true });
    if (size == 0) return error.Inval;
    _ = std.math.add(u64, offset, size) catch return error.Fbig;
    try filesystem.allocate(file.node, offset, size);
}

pub fn fd_datasync(number: u32) errno.Error!void {
    try filesystem.sync(try getNode(number, .{ .fd_datasync = true }), true);
}

pub fn fd_sync(number: u32) errno.Error!void {
    try filesystem.sync(try getNode(number, .{ .fd_sync = true }), false);
}

pub fn fd_filestat_set_size(number: u32, size: u64) errno.Error!void {
    const file = try getFile(number, .{ .fd_filestat_set_size = true });
    try filesystem.setSize(file.node, size);
}

pub fn fd_filestat_set_times(
    number: u32,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) errno.Error!void {
    const node = try getNode(number, .{ .fd_filestat_set_times = true });
    try filesystem.setTimes(node, try timesOf(accessed_ns, modified_ns, flags));
}

pub fn timesOf(accessed_ns: u64, modified_ns: u64, flags: u32) errno.Error!filesystem.Times {
    const bits = std.math.cast(u16, flags) orelse return error.Inval;
    const which: types.Fstflags = @bitCast(bits);
    if (which.undefined_bits != 0) return error.Inval;
    return .{
        .accessed = try timeOf(which.accessed, which.accessed_now, accessed_ns),
        .modified = try timeOf(which.modified, which.modified_now, modified_ns),
    };
}

fn timeOf(given: bool, now: bool, time_ns: u64) errno.Error!filesystem.Time {
    if (given and now) return error.Inval;
    if (now) return .now;
    return if (given) .{ .at_ns = time_ns } else .keep;
}

/// Fills the buffer with entries; the last one may be cut off, which tells that there are more.
pub fn fd_readdir(
    number: u32,
    buffer: u32,
    size: u32,
    cookie: u64,
    result: u32,
) errno.Error!void {
    const descriptor = try table.getDirectory(number, .{ .fd_readdir = true });
    const bytes = try guest.bytes(buffer, size);
    const place = try guest.place(u32, result);
    var entries: filesystem.Entries = try .begin(descriptor.object.directory.node, cookie);
    var used: usize = 0;
    while (used < bytes.len) {
        const entry = try entries.next() orelse break;
        const header: types.Dirent = .{
            .next_cookie = entry.next_cookie,
            .inode = entry.inode,
            .name_length = @intCast(entry.name.len),
            .filetype = entry.filetype,
        };
        used += copyWhatFits(bytes[used..], std.mem.asBytes(&header));
        used += copyWhatFits(bytes[used..], entry.name);
    }
    assert(used <= bytes.len);
    place.* = @intCast(used);
}

fn copyWhatFits(to: []u8, from: []const u8) usize {
    const count = @min(to.len, from.len);
    @memcpy(to[0..count], from[0..count]);
    return count;
}
