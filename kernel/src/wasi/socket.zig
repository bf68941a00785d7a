// SPDX-License-Identifier: Apache-2.0
//! sock_* of preview1, and what any call on a socket does: take the guest's buffers as they lie,
//! try, and wait as the descriptor says. The network itself never waits (network.zig).

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const network = @import("../network.zig");
const platform = @import("../platform.zig");
const table = @import("table.zig");
const types = @import("types.zig");

pub fn sock_accept(number: u32, flags: u32, result: u32) errno.Error!void {
    const listener = try table.getSocket(number, .{ .sock_accept = true });
    const bits = std.math.cast(u16, flags) orelse return error.Inval;
    const wanted: types.Fdflags = @bitCast(bits);
    // Of the flags only this one means something for a socket.
    if (wanted != types.Fdflags{ .nonblock = wanted.nonblock }) return error.Inval;
    const place = try guest.place(u32, result);
    place.* = try accept(listener, wanted);
}

/// Waits for a connection and opens a descriptor for it, whose number is the result.
pub fn accept(listener: *table.Descriptor, flags: types.Fdflags) errno.Error!u32 {
    const socket = &listener.object.socket;
    const number = try table.findFree();
    const deadline_ns = deadlineAfter(socket.receive_timeout_ns);
    const handle = while (true) {
        break network.accept(socket.handle) catch |failure| {
            if (failure != error.Again) return failure;
            try waitFor(listener, .read, deadline_ns);
            continue;
        };
    };
    table.add(number, .{
        .object = .{ .socket = .{ .handle = handle, .kind = .stream } },
        .flags = flags,
        .rights_base = listener.rights_inheriting,
    });
    return number;
}

pub fn sock_recv(
    number: u32,
    vectors: u32,
    count: u32,
    flags: u32,
    size_result: u32,
    flags_result: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{ .fd_read = true });
    const how = try receiveFlags(flags);
    const buffers: guest.Vectors = try .init(vectors, count);
    const size_place = try guest.place(u32, size_result);
    const flags_place = try guest.place(types.Roflags, flags_result);
    const received = try receive(descriptor, buffers, how);
    size_place.* = @intCast(received.count);
    flags_place.* = .{ .data_truncated = received.truncated };
}

pub fn sock_send(
    number: u32,
    vectors: u32,
    count: u32,
    flags: u32,
    result: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{ .fd_write = true });
    // The witx has no flag for sending.
    if (flags != 0) return error.Inval;
    const buffers: guest.Vectors = try .init(vectors, count);
    const place = try guest.place(u32, result);
    place.* = try send(descriptor, buffers, null);
}

pub fn sock_shutdown(number: u32, how: u32) errno.Error!void {
    const descriptor = try table.getSocket(number, .{ .sock_shutdown = true });
    const bits = std.math.cast(u8, how) orelse return error.Inval;
    const wanted: types.Sdflags = @bitCast(bits);
    if (bits == 0 or wanted.undefined_bits != 0) return error.Inval;
    try network.shutdown(descriptor.object.socket.handle, .{
        .receive = wanted.receive,
        .send = wanted.send,
    });
}

/// For fd_read.
pub fn read(descriptor: *table.Descriptor, buffers: guest.Vectors) errno.Error!u32 {
    return @intCast((try receive(descriptor, buffers, .{})).count);
}

/// For fd_write.
pub fn write(descriptor: *table.Descriptor, buffers: guest.Vectors) errno.Error!u32 {
    return send(descriptor, buffers, null);
}

pub fn receiveFlags(flags: u32) errno.Error!types.Riflags {
    const bits = std.math.cast(u16, flags) orelse return error.Inval;
    const how: types.Riflags = @bitCast(bits);
    return if (how.undefined_bits != 0) error.Inval else how;
}

/// Fills the buffers with what is there; with `wait_all` and without `peek` a stream's all.
pub fn receive(
    descriptor: *table.Descriptor,
    vectors: guest.Vectors,
    how: types.Riflags,
) errno.Error!network.Received {
    const socket = &descriptor.object.socket;
    const deadline_ns = deadlineAfter(socket.receive_timeout_ns);
    var rest = slicesOf(vectors);
    if (rest.len == 0 and socket.kind == .stream) {
        return .{ .count = 0, .from = try network.peerAddress(socket.handle) };
    }
    var received = try receiveSome(descriptor, rest, how.peek, deadline_ns);
    const wants_all = how.wait_all and !how.peek and socket.kind == .stream;
    if (!wants_all) return received;
    var last = received.count;
    while (received.count < vectors.total and last > 0) : (received.count += last) {
        rest = without(rest, last);
        // What has come before a failure must not be lost; the next call will meet it again.
        last = (receiveSome(descriptor, rest, false, deadline_ns) catch break).count;
    }
    return received;
}

fn receiveSome(
    descriptor: *table.Descriptor,
    buffers: []const []u8,
    peek: bool,
    deadline_ns: ?u64,
) errno.Error!network.Received {
    while (true) {
        return network.receive(descriptor.object.socket.handle, buffers, .{ .peek = peek }) catch
            |failure| {
                if (failure != error.Again) return failure;
                try waitFor(descriptor, .read, deadline_ns);
                continue;
            };
    }
}

/// Sends all of it, or, if the descriptor does not wait, what there is room for.
pub fn send(
    descriptor: *table.Descriptor,
    vectors: guest.Vectors,
    to: ?network.Address,
) errno.Error!u32 {
    const socket = &descriptor.object.socket;
    const deadline_ns = deadlineAfter(socket.send_timeout_ns);
    var rest = slicesOf(vectors);
    var done: usize = 0;
    while (true) {
        if (network.send(socket.handle, rest, to)) |count| {
            done += count;
            assert(count > 0 or rest.len == 0);
            if (done == vectors.total or socket.kind == .datagram) break;
            rest = without(rest, count);
        } else |failure| {
            if (failure != error.Again) return if (done > 0) @intCast(done) else failure;
            waitFor(descriptor, .write, deadline_ns) catch |over|
                return if (done > 0) @intCast(done) else over;
        }
    }
    assert(done <= vectors.total);
    return @intCast(done);
}

pub const Direction = enum { read, write };

/// Returns when the socket may be ready. Again: it does not wait, or has waited long enough.
pub fn waitFor(
    descriptor: *const table.Descriptor,
    direction: Direction,
    deadline_ns: ?u64,
) errno.Error!void {
    if (descriptor.flags.nonblock) return error.Again;
    if (deadline_ns) |end_ns| {
        if (platform.clockNowNs(.monotonic) >= end_ns) return error.Again;
    }
    const interest: network.Interest = .{
        .socket = descriptor.object.socket.handle,
        .read = direction == .read,
        .write = direction == .write,
    };
    network.wait(&.{interest}, false, deadline_ns);
}

/// The end of a wait that begins now, in monotonic time.
pub fn deadlineAfter(timeout_ns: ?u64) ?u64 {
    const length_ns = timeout_ns orelse return null;
    return platform.clockNowNs(.monotonic) +| length_ns;
}

/// Of the call that is running; there is one at a time.
var slices: [guest.Vectors.count_max][]u8 = undefined;

/// The guest's memory itself, the empty buffers left out.
fn slicesOf(vectors: guest.Vectors) [][]u8 {
    var count: usize = 0;
    for (0..vectors.length()) |index| {
        const buffer = vectors.get(index);
        if (buffer.len == 0) continue;
        slices[count] = buffer;
        count += 1;
    }
    return slices[0..count];
}

/// What is left of `buffers` behind their first `count` bytes.
fn without(buffers: [][]u8, count: usize) [][]u8 {
    var left = count;
    for (buffers, 0..) |*buffer, index| {
        if (left < buffer.len) {
            buffer.* = buffer.*[left..];
            return buffers[index..];
        }
        left -= buffer.len;
    }
    assert(left == 0);
    return buffers[buffers.len..];
}
