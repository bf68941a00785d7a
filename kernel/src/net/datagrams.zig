// SPDX-License-Identifier: Apache-2.0
//! Datagram sockets (UDP, RFC 768): who gets what comes, and what they have not read yet.

const std = @import("std");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const packets = @import("packet.zig");
const types = @import("types.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const View = views.View;

/// Largest payload: what is left of 65,535 bytes.
pub const payload_bytes_max = 65535 - packets.ip4_bytes - packets.udp_bytes;
/// What is waiting to be read, with 32 bytes for each datagram.
pub const receive_bytes_default = 256 << 10;
pub const receive_bytes_max = 4 << 20;
const receive_bytes_min = 4 << 10;
/// Payload from this size on is kept by reference; less would make little use of its block.
const reference_bytes_min = 2048;

const buckets_count = 64;
/// RFC 6056: ports that nobody has by convention.
const port_first = 49152;
const port_last = 65535;

/// Before each datagram in the queue.
const Record = extern struct {
    address: [16]u8,
    port: u16,
    is_ip6: u8,
    unused: u8 = 0,
    bytes: u32,

    fn from(record: *const Record) types.Address {
        return .{
            .family = if (record.is_ip6 != 0) .ip6 else .ip4,
            .bytes = record.address,
            .port = record.port,
        };
    }
};

pub const Datagrams = struct {
    family: types.Family,
    /// All zeros: any of this host.
    local: Ip,
    /// 0: not bound yet.
    port: u16 = 0,
    /// Only from and to there, if set.
    peer: ?types.Address = null,
    queue: blocks.Queue = .{},
    receive_bytes: u32 = receive_bytes_default,
    shares_port: bool = false,
    sends_broadcasts: bool = false,
    is_receive_shut: bool = false,
    is_send_shut: bool = false,
    /// What ICMP said about a datagram to the peer, told once.
    failure: ?types.Error = null,
    /// Lost for want of room.
    lost: u64 = 0,
    next: ?*Datagrams = null,

    pub fn hasDatagram(socket: *const Datagrams) bool {
        return socket.queue.count > 0;
    }

    /// Of the next datagram.
    pub fn readableBytes(socket: *const Datagrams) u32 {
        return if (socket.hasDatagram()) socket.record().bytes else 0;
    }

    fn record(socket: *const Datagrams) Record {
        var about: Record = undefined;
        const count = socket.queue.copy(&.{std.mem.asBytes(&about)});
        std.debug.assert(count == @sizeOf(Record));
        return about;
    }

    /// Takes the next datagram out, or a look at it. Again: there is none.
    pub fn receive(
        socket: *Datagrams,
        pool: *blocks.Pool,
        buffers: []const []u8,
        how: types.Receive,
    ) types.Error!types.Received {
        if (!socket.hasDatagram()) return error.Again;
        const about = socket.record();
        var done: u32 = 0;
        for (buffers) |buffer| {
            // Not into the next datagram.
            const count: u32 = @intCast(@min(buffer.len, about.bytes - done));
            socket.copyOut(@sizeOf(Record) + done, buffer[0..count]);
            done += count;
        }
        if (!how.peek) socket.queue.drop(pool, @sizeOf(Record) + about.bytes);
        return .{ .count = done, .truncated = done < about.bytes, .from = about.from() };
    }

    /// Copies what is in the queue from `offset` on; it is there.
    fn copyOut(socket: *Datagrams, offset: u32, buffer: []u8) void {
        var done: u32 = 0;
        while (done < buffer.len) {
            var pieces: [4]blocks.Piece = undefined;
            const left: u32 = @intCast(buffer.len - done);
            const range = socket.queue.pieces(offset + done, left, &pieces);
            for (pieces[0..range.count]) |piece| {
                @memcpy(buffer[done..][0..piece.bytes.len], piece.bytes);
                done += @intCast(piece.bytes.len);
            }
        }
    }

    /// Keeps what came, or loses it when there is no room.
    pub fn deliver(
        socket: *Datagrams,
        pool: *blocks.Pool,
        from: types.Address,
        payload: View,
    ) void {
        const wanted = @sizeOf(Record) + payload.len;
        if (socket.is_receive_shut or socket.queue.count + wanted > socket.receive_bytes) {
            socket.lost += 1;
            return;
        }
        const about: Record = .{
            .address = from.bytes,
            .port = from.port,
            .is_ip6 = @intFromBool(from.family == .ip6),
            .bytes = @intCast(payload.len),
        };
        // Whole or not at all: it is put together apart first.
        var parts: blocks.Queue = .{};
        const is_whole = parts.append(pool, std.mem.asBytes(&about)) == @sizeOf(Record) and
            addPayload(&parts, pool, payload);
        if (!is_whole) {
            parts.clear(pool);
            socket.lost += 1;
            return;
        }
        if (payload.len >= reference_bytes_min) {
            socket.queue.appendQueue(&parts);
            return;
        }
        defer parts.clear(pool);
        // Small ones share blocks.
        var left = parts.first;
        const before = socket.queue.count;
        while (left) |block| : (left = block.next) {
            const bytes = block.bytes[block.start..block.end];
            if (socket.queue.append(pool, bytes) == bytes.len) continue;
            socket.lost += 1;
            socket.dropLast(pool, before);
            return;
        }
    }

    /// Takes back what follows the first `count` bytes. Rare: memory has run out.
    fn dropLast(socket: *Datagrams, pool: *blocks.Pool, count: u32) void {
        var kept: blocks.Queue = .{};
        var left = count;
        var at = socket.queue.first;
        while (at) |block| : (at = block.next) {
            const bytes = block.bytes[block.start..block.end];
            const part = @min(bytes.len, left);
            if (part == 0) break;
            if (kept.append(pool, bytes[0..part]) < part) {
                // Not even room to keep the rest: all is lost, as a network may do.
                kept.clear(pool);
                break;
            }
            left -= @intCast(part);
        }
        socket.queue.clear(pool);
        socket.queue = kept;
    }

    pub fn setReceiveBytes(socket: *Datagrams, bytes: u32) void {
        socket.receive_bytes = std.math.clamp(bytes, receive_bytes_min, receive_bytes_max);
    }

    fn takes(socket: *const Datagrams, to: Ip, from: types.Address) u8 {
        if (socket.family != to.family) return 0;
        var fit: u8 = 1;
        if (!socket.local.isAny()) {
            if (!socket.local.eql(to)) return 0;
            fit += 1;
        }
        if (socket.peer) |peer| {
            if (peer.port != from.port or !Ip.of(peer).eql(.of(from))) return 0;
            fit += 2;
        }
        return fit;
    }
};

fn addPayload(queue: *blocks.Queue, pool: *blocks.Pool, payload: View) bool {
    var parts = payload.iterate();
    while (parts.next()) |piece| {
        const by_reference = payload.len >= reference_bytes_min and queue.appendPiece(piece);
        if (!by_reference and queue.append(pool, piece.bytes) < piece.bytes.len) return false;
    }
    return true;
}

/// All sockets that have a port.
pub const Table = struct {
    buckets: [buckets_count]?*Datagrams = @splat(null),

    fn bucket(table: *Table, port: u16) *?*Datagrams {
        return &table.buckets[port % buckets_count];
    }

    /// Whether `socket`, whose addresses are set, may have `port`.
    pub fn isFree(table: *Table, socket: *const Datagrams, port: u16) bool {
        var at = table.bucket(port).*;
        while (at) |other| : (at = other.next) {
            if (other.port != port or other.family != socket.family) continue;
            if (other.shares_port and socket.shares_port) continue;
            const is_apart = !other.local.isAny() and !socket.local.isAny() and
                !other.local.eql(socket.local);
            if (!is_apart) return false;
        }
        return true;
    }

    /// A free port of those for any purpose, beginning somewhere unforeseeable (RFC 6056).
    pub fn choosePort(table: *Table, socket: *const Datagrams, random: u64) ?u16 {
        const count = port_last - port_first + 1;
        const start = random % count;
        for (0..count) |index| {
            const port: u16 = @intCast(port_first + (start + index) % count);
            if (table.isFree(socket, port)) return port;
        }
        return null;
    }

    pub fn add(table: *Table, socket: *Datagrams, port: u16) void {
        const first = table.bucket(port);
        socket.port = port;
        socket.next = first.*;
        first.* = socket;
    }

    pub fn remove(table: *Table, socket: *Datagrams) void {
        var at = table.bucket(socket.port);
        while (at.*) |other| : (at = &other.next) {
            if (other != socket) continue;
            at.* = socket.next;
            socket.next = null;
            socket.port = 0;
            return;
        }
    }

    /// The socket that is most exactly what a datagram is for; null: nobody waits for it.
    pub fn find(table: *Table, to: Ip, port: u16, from: types.Address) ?*Datagrams {
        var best: ?*Datagrams = null;
        var best_fit: u8 = 0;
        var at = table.bucket(port).*;
        while (at) |socket| : (at = socket.next) {
            if (socket.port != port) continue;
            const fit = socket.takes(to, from);
            if (fit > best_fit) {
                best = socket;
                best_fit = fit;
            }
        }
        return best;
    }
};

const testing = std.testing;

const Bench = struct {
    arena: std.heap.ArenaAllocator,
    pool: blocks.Pool,
    socket: Datagrams = .{ .family = .ip4, .local = .any4 },

    fn init(bench: *Bench, blocks_max: u32) void {
        bench.* = .{ .arena = .init(testing.allocator), .pool = undefined };
        bench.pool = .init(blocks.testSource(&bench.arena), blocks_max);
    }

    fn deinit(bench: *Bench) !void {
        bench.socket.queue.clear(&bench.pool);
        try testing.expectEqual(0, bench.pool.used());
        bench.arena.deinit();
    }

    fn deliver(bench: *Bench, length: usize, fill: u8) void {
        const block = bench.pool.takeForDevice().?;
        defer bench.pool.release(block);
        @memset(block.bytes, fill);
        const piece = [_]blocks.Piece{.{ .block = block, .bytes = block.bytes[0..length] }};
        const from = Ip.loopback4.withPort(1000 + @as(u16, fill));
        bench.socket.deliver(&bench.pool, from, .init(&piece));
    }

    fn expectNext(bench: *Bench, length: usize, fill: u8) !void {
        var one: [100]u8 = undefined;
        var rest: [5000]u8 = undefined;
        for ([_]bool{ true, false }) |peek| {
            const how: types.Receive = .{ .peek = peek };
            const got = try bench.socket.receive(&bench.pool, &.{ &one, &rest }, how);
            try testing.expectEqual(length, got.count);
            try testing.expectEqual(1000 + @as(u16, fill), got.from.port);
            try testing.expect(!got.truncated);
            for (one[0..@min(100, length)]) |byte| try testing.expectEqual(fill, byte);
            for (rest[0..length -| 100]) |byte| try testing.expectEqual(fill, byte);
        }
    }
};

test "datagrams keep their borders, large and small, and empty ones" {
    var bench: Bench = undefined;
    bench.init(64);
    const lengths = [_]usize{ 0, 1, 4096, 100, 0, 3000, 2048, 2047, 5 };
    for (0..3) |_| {
        for (lengths, 0..) |length, index| bench.deliver(length, @intCast(index));
        for (lengths, 0..) |length, index| try bench.expectNext(length, @intCast(index));
    }
    try testing.expectError(error.Again, bench.socket.receive(&bench.pool, &.{}, .{}));
    bench.deliver(100, 1);
    var small: [10]u8 = undefined;
    const got = try bench.socket.receive(&bench.pool, &.{&small}, .{});
    try testing.expect(got.truncated and got.count == 10);
    try testing.expect(!bench.socket.hasDatagram());
    try bench.deinit();
}

test "a datagram is spread over any number of buffers" {
    var bench: Bench = undefined;
    bench.init(64);
    bench.deliver(4000, 3);
    bench.deliver(1, 4);
    var bytes: [5000]u8 = undefined;
    var buffers: [1000][]u8 = undefined;
    for (&buffers, 0..) |*buffer, index| buffer.* = bytes[index * 5 ..][0 .. 3 + index % 3];
    const got = try bench.socket.receive(&bench.pool, &buffers, .{});
    try testing.expectEqual(3999, got.count);
    try testing.expect(got.truncated);
    for (buffers) |buffer| {
        for (buffer) |byte| try testing.expectEqual(3, byte);
    }
    try bench.expectNext(1, 4);
    try bench.deinit();
}

test "the queue is bounded, and lack of memory loses whole datagrams" {
    var bench: Bench = undefined;
    bench.init(4);
    bench.socket.setReceiveBytes(5000);
    for (0..100) |_| bench.deliver(476, 7);
    try testing.expectEqual(90, bench.socket.lost);
    for (0..10) |_| try bench.expectNext(476, 7);
    bench.socket.setReceiveBytes(1 << 20);
    for (0..100) |_| {
        if (bench.pool.available() > 0) bench.deliver(1500, 9);
    }
    var count: usize = 0;
    while (bench.socket.hasDatagram()) : (count += 1) try bench.expectNext(1500, 9);
    try testing.expect(count > 3);
    try bench.deinit();
}

test "the most exact socket gets a datagram" {
    var table: Table = .{};
    const here: Ip = .from4(.{ 10, 0, 0, 1 });
    const there = Ip.from4(.{ 10, 0, 0, 2 }).withPort(9);
    const elsewhere = Ip.from4(.{ 10, 0, 0, 3 }).withPort(9);
    var wide: Datagrams = .{ .family = .ip4, .local = .any4, .shares_port = true };
    var narrow: Datagrams = .{ .family = .ip4, .local = here, .shares_port = true };
    var joined: Datagrams = .{ .family = .ip4, .local = here, .shares_port = true, .peer = there };
    var lone: Datagrams = .{ .family = .ip4, .local = .any4 };
    var other: Datagrams = .{ .family = .ip6, .local = .any6 };
    for ([_]*Datagrams{ &joined, &wide, &narrow }) |socket| {
        try testing.expect(table.isFree(socket, 53));
        table.add(socket, 53);
    }
    try testing.expect(!table.isFree(&lone, 53) and table.isFree(&other, 53));
    try testing.expectEqual(&joined, table.find(here, 53, there).?);
    try testing.expectEqual(&narrow, table.find(here, 53, elsewhere).?);
    try testing.expectEqual(&wide, table.find(.from4(.{ 10, 0, 0, 255 }), 53, there).?);
    try testing.expectEqual(null, table.find(.any6, 53, there));
    try testing.expectEqual(null, table.find(here, 53 + buckets_count, there));
    table.remove(&wide);
    try testing.expectEqual(null, table.find(.from4(.{ 10, 0, 0, 255 }), 53, there));
    try testing.expectEqual(0, wide.port);
    try testing.expect(table.choosePort(&lone, 12345).? >= port_first);
}
