// SPDX-License-Identifier: Apache-2.0
//! args_* and environ_*: two lists of NUL-terminated strings, served alike.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const features = @import("features");
const guest = @import("../guest.zig");
const platform = @import("../platform.zig");
const table = @import("table.zig");

pub fn args_get(pointers: u32, buffer: u32) errno.Error!void {
    return copy(platform.arguments(), pointers, buffer);
}

pub fn args_sizes_get(count: u32, buffer_size: u32) errno.Error!void {
    return measure(platform.arguments(), count, buffer_size);
}

pub fn environ_get(pointers: u32, buffer: u32) errno.Error!void {
    return copy(environment(), pointers, buffer);
}

pub fn environ_sizes_get(count: u32, buffer_size: u32) errno.Error!void {
    return measure(environment(), count, buffer_size);
}

fn environment() Environment {
    if (!features.sockets) return platform.environment();
    const count = table.listenerCount();
    return .{ .first = if (count == 0) null else listenFds(count), .rest = platform.environment() };
}

const Environment = if (features.sockets) ListeningEnvironment else platform.Strings;

/// The system's, after what says how many sockets the program started with. A `LISTEN_FDS` that
/// the system has too comes later and does not count.
const ListeningEnvironment = struct {
    first: ?[:0]const u8,
    rest: platform.Strings,

    pub fn next(strings: *ListeningEnvironment) ?[:0]const u8 {
        defer strings.first = null;
        return strings.first orelse strings.rest.next();
    }
};

var listen_fds: [24]u8 = undefined;

/// As systemd says it (sd_listen_fds(3)); there are no processes, so no LISTEN_PID.
fn listenFds(count: usize) [:0]const u8 {
    return std.fmt.bufPrintSentinel(&listen_fds, "LISTEN_FDS={d}", .{count}, 0) catch unreachable;
}

/// Number of strings and of bytes, each string with its NUL.
const Size = struct {
    count: u32,
    bytes: u32,

    fn of(strings: anytype) errno.Error!Size {
        var walk = strings;
        var count: u64 = 0;
        var bytes: u64 = 0;
        while (walk.next()) |text| {
            count += 1;
            bytes += text.len + 1;
        }
        assert(bytes >= count);
        return .{
            .count = std.math.cast(u32, count) orelse return error.Overflow,
            .bytes = std.math.cast(u32, bytes) orelse return error.Overflow,
        };
    }
};

fn measure(strings: anytype, count: u32, buffer_size: u32) errno.Error!void {
    const count_place = try guest.place(u32, count);
    const size_place = try guest.place(u32, buffer_size);
    const size: Size = try .of(strings);
    count_place.* = size.count;
    size_place.* = size.bytes;
}

fn copy(strings: anytype, pointers: u32, buffer: u32) errno.Error!void {
    const size: Size = try .of(strings);
    const pointer_list = try guest.array(u32, pointers, size.count);
    const bytes = try guest.bytes(buffer, size.bytes);
    var walk = strings;
    var done: u32 = 0;
    for (pointer_list) |*pointer| {
        const text = walk.next().?;
        pointer.* = buffer + done;
        @memcpy(bytes[done..][0 .. text.len + 1], text.ptr[0 .. text.len + 1]);
        done += @intCast(text.len + 1);
    }
    assert(done == size.bytes);
}
