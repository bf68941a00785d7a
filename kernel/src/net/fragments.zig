// SPDX-License-Identifier: Apache-2.0
//! Puts fragments together (RFC 791, section 3.2; RFC 8200, section 4.5), within bounds of memory
//! and time.
//!
//! A fragment that overlaps another one gives the whole packet up: only attacks do that
//! (RFC 5722). The same fragment twice is a repetition by the network.

const std = @import("std");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const link = @import("link.zig");
const packets = @import("packet.zig");

const Ip = addresses.Ip;
const View = @import("view.zig").View;

/// Packets that are incomplete at once; the oldest goes for a new one.
pub const packets_max = 8;
/// Pieces of one packet: 64 KiB over links that take 1,500 bytes have 45.
pub const pieces_max = 64;
/// Of all packets: each may hold a whole block. The oldest other packet goes for one more, or
/// packets that never become complete would keep all later ones out.
pub const pieces_total_max = 128;
/// As Linux; RFC 8200 says 60 s.
pub const timeout_ns = 30 * std.time.ns_per_s;
/// IPv4's header counts in its length, IPv6's does not: a packet of either has at most this.
const bytes_max = 65535 - packets.ip4_bytes;

const Part = struct {
    offset: u32,
    piece: link.Piece,

    fn end(part: Part) u32 {
        return part.offset + @as(u32, @intCast(part.piece.bytes.len));
    }
};

pub const Packet = struct {
    is_used: bool = false,
    source: Ip = .any4,
    destination: Ip = .any4,
    protocol: u8 = 0,
    identification: u32 = 0,
    deadline_ns: u64 = 0,
    /// Known from the last fragment.
    total: ?u32 = null,
    received: u32 = 0,
    count: usize = 0,
    /// In order, without overlap; retained.
    pieces: [pieces_max]link.Piece = undefined,
    offsets: [pieces_max]u32 = undefined,

    fn isOf(packet: *const Packet, fragment: *const packets.Incoming) bool {
        return packet.is_used and packet.source.eql(fragment.source) and
            packet.destination.eql(fragment.destination) and
            packet.protocol == fragment.protocol and
            packet.identification == fragment.fragment.?.identification;
    }

    pub fn view(packet: *const Packet) View {
        return .init(packet.pieces[0..packet.count]);
    }

    fn part(packet: *const Packet, index: usize) Part {
        return .{ .offset = packet.offsets[index], .piece = packet.pieces[index] };
    }

    /// False: it does not fit to the others. A repetition changes nothing.
    fn insert(packet: *Packet, new: Part) bool {
        var at = packet.count;
        while (at > 0 and packet.offsets[at - 1] >= new.offset) at -= 1;
        if (at < packet.count and packet.offsets[at] == new.offset) {
            return packet.part(at).end() == new.end();
        }
        if (at > 0 and packet.part(at - 1).end() > new.offset) return false;
        if (at < packet.count and new.end() > packet.offsets[at]) return false;
        if (packet.count == pieces_max) return false;
        const after = packet.count;
        const pieces = packet.pieces[at..after];
        std.mem.copyBackwards(link.Piece, packet.pieces[at + 1 .. after + 1], pieces);
        const offsets = packet.offsets[at..after];
        std.mem.copyBackwards(u32, packet.offsets[at + 1 .. after + 1], offsets);
        packet.pieces[at] = new.piece;
        packet.offsets[at] = new.offset;
        packet.count += 1;
        packet.received += @intCast(new.piece.bytes.len);
        blocks.retain(new.piece.block);
        return true;
    }

    fn isComplete(packet: *const Packet) bool {
        return packet.total != null and packet.received == packet.total.?;
    }
};

pub const Reassembly = struct {
    packets: [packets_max]Packet = @splat(.{}),
    pieces_total: usize = 0,

    /// Takes a fragment. Returns its packet when that is complete: `release` it after use.
    pub fn receive(
        reassembly: *Reassembly,
        pool: *blocks.Pool,
        fragment: *const packets.Incoming,
        now_ns: u64,
    ) ?*Packet {
        const place = fragment.fragment.?;
        const length: u32 = @intCast(fragment.payload.len);
        // All but the last end where the next can begin.
        if (length == 0 or (place.has_more and length % 8 != 0)) return null;
        if (place.offset + length > bytes_max) return null;
        const packet = reassembly.find(fragment) orelse
            reassembly.create(pool, fragment, now_ns);
        if (reassembly.add(pool, packet, fragment.payload, place)) {
            return if (packet.isComplete()) packet else null;
        }
        reassembly.release(pool, packet);
        return null;
    }

    pub fn release(reassembly: *Reassembly, pool: *blocks.Pool, packet: *Packet) void {
        for (packet.pieces[0..packet.count]) |piece| pool.release(piece.block);
        reassembly.pieces_total -= packet.count;
        packet.* = .{};
    }

    pub fn advance(reassembly: *Reassembly, pool: *blocks.Pool, now_ns: u64) void {
        if (reassembly.pieces_total == 0) return;
        for (&reassembly.packets) |*packet| {
            if (packet.is_used and packet.deadline_ns <= now_ns) reassembly.release(pool, packet);
        }
    }

    pub fn deadlineNs(reassembly: *const Reassembly) ?u64 {
        if (reassembly.pieces_total == 0) return null;
        var earliest: ?u64 = null;
        for (&reassembly.packets) |*packet| {
            if (!packet.is_used) continue;
            earliest = @min(earliest orelse packet.deadline_ns, packet.deadline_ns);
        }
        return earliest;
    }

    fn find(reassembly: *Reassembly, fragment: *const packets.Incoming) ?*Packet {
        for (&reassembly.packets) |*packet| {
            if (packet.isOf(fragment)) return packet;
        }
        return null;
    }

    fn create(
        reassembly: *Reassembly,
        pool: *blocks.Pool,
        fragment: *const packets.Incoming,
        now_ns: u64,
    ) *Packet {
        var oldest = &reassembly.packets[0];
        for (&reassembly.packets) |*packet| {
            if (!oldest.is_used) break;
            if (!packet.is_used or packet.deadline_ns < oldest.deadline_ns) oldest = packet;
        }
        reassembly.release(pool, oldest);
        oldest.* = .{
            .is_used = true,
            .source = fragment.source,
            .destination = fragment.destination,
            .protocol = fragment.protocol,
            .identification = fragment.fragment.?.identification,
            .deadline_ns = now_ns +| timeout_ns,
        };
        return oldest;
    }

    fn oldestBut(reassembly: *Reassembly, kept: *const Packet) ?*Packet {
        var oldest: ?*Packet = null;
        for (&reassembly.packets) |*packet| {
            if (!packet.is_used or packet == kept) continue;
            if (oldest == null or packet.deadline_ns < oldest.?.deadline_ns) oldest = packet;
        }
        return oldest;
    }

    /// False: the packet has to be given up.
    fn add(
        reassembly: *Reassembly,
        pool: *blocks.Pool,
        packet: *Packet,
        data: View,
        place: packets.Fragment,
    ) bool {
        const end = place.offset + @as(u32, @intCast(data.len));
        if (packet.total) |total| {
            if (end > total or (!place.has_more and end != total)) return false;
        } else if (!place.has_more) {
            if (packet.count > 0 and packet.part(packet.count - 1).end() > end) return false;
            packet.total = end;
        }
        const before = packet.count;
        defer reassembly.pieces_total += packet.count - before;
        var offset = place.offset;
        var parts = data.iterate();
        while (parts.next()) |piece| {
            while (reassembly.pieces_total + packet.count - before >= pieces_total_max) {
                reassembly.release(pool, reassembly.oldestBut(packet) orelse return false);
            }
            if (!packet.insert(.{ .offset = offset, .piece = piece })) return false;
            offset += @intCast(piece.bytes.len);
        }
        return true;
    }
};

const testing = std.testing;

const Bench = struct {
    arena: std.heap.ArenaAllocator,
    pool: blocks.Pool,
    reassembly: Reassembly = .{},

    fn init(bench: *Bench) void {
        bench.* = .{ .arena = .init(testing.allocator), .pool = undefined };
        bench.pool = .init(blocks.testSource(&bench.arena), 1024);
    }

    fn deinit(bench: *Bench) !void {
        bench.reassembly.advance(&bench.pool, std.math.maxInt(u64));
        try testing.expectEqual(0, bench.pool.used());
        try testing.expectEqual(0, bench.reassembly.pieces_total);
        bench.arena.deinit();
    }

    /// Bytes are their own offsets. Returns the length of the packet if it is complete and right.
    fn receive(
        bench: *Bench,
        id: u32,
        offset: u32,
        length: usize,
        has_more: bool,
        ns: u64,
    ) !?usize {
        const block = bench.pool.take().?;
        defer bench.pool.release(block);
        for (block.bytes[0..length], 0..) |*byte, index| byte.* = @truncate((offset + index) / 8);
        // In two pieces.
        const pieces = [_]link.Piece{
            .{ .block = block, .bytes = block.bytes[0 .. length / 2] },
            .{ .block = block, .bytes = block.bytes[length / 2 .. length] },
        };
        const fragment: packets.Incoming = .{
            .source = .loopback4,
            .destination = .loopback4,
            .protocol = 17,
            .hop_limit = 1,
            .whole = null,
            .payload = .init(&pieces),
            .fragment = .{ .identification = id, .offset = offset, .has_more = has_more },
        };
        const packet = bench.reassembly.receive(&bench.pool, &fragment, ns) orelse return null;
        defer bench.reassembly.release(&bench.pool, packet);
        var bytes: [65536]u8 = undefined;
        const count = packet.view().copy(&bytes);
        for (bytes[0..count], 0..) |byte, index| {
            try testing.expectEqual(@as(u8, @truncate(index / 8)), byte);
        }
        return count;
    }
};

test "fragments in any order, repeated" {
    var bench: Bench = undefined;
    bench.init();
    var random: std.Random.DefaultPrng = .init(3);
    for (0..200) |id| {
        var order: [20]u32 = undefined;
        for (&order, 0..) |*place, index| place.* = @intCast(index % 10);
        random.random().shuffle(u32, &order);
        var seen: [10]bool = @splat(false);
        var left: usize = 10;
        for (order) |index| {
            if (!seen[index]) left -= 1;
            seen[index] = true;
            const is_last = index == 9;
            const length: usize = if (is_last) 13 else 800;
            const done = try bench.receive(@intCast(id), index * 800, length, !is_last, 0);
            try testing.expectEqual(if (left == 0) @as(?usize, 7213) else null, done);
            if (left == 0) break;
        }
    }
    try bench.deinit();
}

test "overlap gives up the packet, and so does a second end" {
    var bench: Bench = undefined;
    bench.init();
    try testing.expectEqual(null, try bench.receive(1, 0, 800, true, 0));
    try testing.expectEqual(null, try bench.receive(1, 792, 808, true, 0));
    try testing.expectEqual(0, bench.reassembly.pieces_total);
    try testing.expectEqual(null, try bench.receive(1, 792, 808, false, 0));
    try testing.expectEqual(null, try bench.receive(1, 1600, 8, true, 0));
    try testing.expectEqual(0, bench.reassembly.pieces_total);
    try testing.expectEqual(null, try bench.receive(2, 800, 100, false, 0));
    try testing.expectEqual(null, try bench.receive(2, 800, 200, false, 0));
    try testing.expectEqual(0, bench.reassembly.pieces_total);
    try testing.expectEqual(null, try bench.receive(3, 1600, 800, true, 0));
    try testing.expectEqual(null, try bench.receive(3, 800, 800, false, 0));
    try testing.expectEqual(0, bench.reassembly.pieces_total);
    // No multiple of eight, nothing, beyond the largest packet.
    try testing.expectEqual(null, try bench.receive(4, 0, 801, true, 0));
    try testing.expectEqual(null, try bench.receive(4, 0, 0, true, 0));
    try testing.expectEqual(null, try bench.receive(4, 65504, 16, false, 0));
    try testing.expectEqual(0, bench.reassembly.pieces_total);
    try bench.deinit();
}

test "packets that stay incomplete do not keep others out" {
    var bench: Bench = undefined;
    bench.init();
    // 30 fragments each, of which the first never comes, in two pieces: three fill the table.
    for (0..6) |id| {
        for (1..30) |index| {
            const offset: u32 = @intCast(index * 16);
            try testing.expectEqual(null, try bench.receive(@intCast(id), offset, 16, true, id));
        }
    }
    for (0..29) |index| {
        const offset: u32 = @intCast(index * 16);
        try testing.expectEqual(null, try bench.receive(100, offset, 16, true, 10));
    }
    try testing.expectEqual(480, try bench.receive(100, 29 * 16, 16, false, 10));
    try bench.deinit();
}

test "memory and time are bounded" {
    var bench: Bench = undefined;
    bench.init();
    for (0..1000) |id| {
        try testing.expectEqual(null, try bench.receive(@intCast(id), 0, 8, true, id));
    }
    try testing.expectEqual(2 * packets_max, bench.pool.used() * 2);
    for (0..1000) |index| {
        _ = try bench.receive(1_000_000, @intCast(16 * index), 8, true, 1000);
        try testing.expect(bench.reassembly.pieces_total <= pieces_total_max);
    }
    try testing.expectEqual(timeout_ns + 993, bench.reassembly.deadlineNs().?);
    bench.reassembly.advance(&bench.pool, timeout_ns + 1000);
    try testing.expectEqual(null, bench.reassembly.deadlineNs());
    try bench.deinit();
}
