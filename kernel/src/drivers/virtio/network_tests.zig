// SPDX-License-Identifier: Apache-2.0
//! Tests of received and sent frames against a device that does as it should, and one that does
//! not.

const std = @import("std");
const testing = std.testing;
const blocks = @import("../../net/blocks.zig");
const headers = @import("network_header.zig");
const link = @import("../../net/link.zig");
const receive = @import("network_receive.zig");
const transmit = @import("network_transmit.zig");
const Header = headers.Header;
const Ring = headers.Ring;

const queue_size = 32;

fn identity(address: usize) u64 {
    return address;
}
const Receiver = receive.Receiver(identity);
const Transmitter = transmit.Transmitter(identity);

/// A receiver, and the device that writes to its blocks. It must not move.
const Incoming = struct {
    arena: std.heap.ArenaAllocator,
    pool: blocks.Pool,
    rings: Ring.Rings,
    ring: Ring,
    receiver: Receiver,
    seen: u16 = 0,

    fn init(incoming: *Incoming, blocks_max: u32) void {
        incoming.* = .{
            .arena = .init(testing.allocator),
            .pool = .init(blocks.testSource(&incoming.arena), blocks_max),
            .rings = undefined,
            .ring = .init(&incoming.rings, queue_size),
            .receiver = .{
                .ring = &incoming.ring,
                .pool = &incoming.pool,
                .joins_blocks = true,
                .tells_checksum = true,
            },
        };
        incoming.receiver.fill();
    }

    fn deinit(incoming: *Incoming) void {
        incoming.arena.deinit();
    }

    /// Blocks that the device can still write to.
    fn offered(incoming: *const Incoming) u16 {
        return incoming.rings.available.index -% incoming.seen;
    }

    /// The device writes `bytes` to its next block, and that it has written `written`.
    fn writeBlock(incoming: *Incoming, bytes: []const u8, written: u32) void {
        const name = incoming.rings.available.ring[incoming.seen % queue_size];
        incoming.seen +%= 1;
        const block = incoming.receiver.with_device[name];
        std.debug.assert(incoming.rings.descriptors[name].address == @intFromPtr(block.bytes));
        @memcpy(block.bytes[0..bytes.len], bytes);
        const place = incoming.rings.used.index % queue_size;
        incoming.rings.used.ring[place] = .{ .id = name, .length = written };
        incoming.rings.used.index +%= 1;
    }

    /// A frame as devices write it: each block full but the last.
    fn writeFrame(incoming: *Incoming, header: Header, frame: []const u8) void {
        var bytes: [80 << 10]u8 = undefined;
        const size = @sizeOf(Header) + frame.len;
        @memcpy(bytes[0..@sizeOf(Header)], std.mem.asBytes(&header));
        @memcpy(bytes[@sizeOf(Header)..size], frame);
        var done: usize = 0;
        while (done < size) {
            const part = bytes[done..@min(size, done + blocks.block_size)];
            incoming.writeBlock(part, @intCast(part.len));
            done += part.len;
        }
    }
};

fn fill(bytes: []u8, seed: usize) []u8 {
    for (bytes, seed..) |*byte, value| byte.* = @truncate(value * 7 + value / 251);
    return bytes;
}

fn blocksOf(frame_bytes: usize) u16 {
    return @intCast((frame_bytes + @sizeOf(Header) + blocks.block_size - 1) / blocks.block_size);
}

fn expectFrame(expected: []const u8, frame: link.Received) !void {
    var done: usize = 0;
    for (frame.pieces) |piece| {
        try testing.expectEqualSlices(u8, expected[done..][0..piece.bytes.len], piece.bytes);
        done += piece.bytes.len;
    }
    try testing.expectEqual(expected.len, done);
}

test "frames of all sizes come whole, in order, and leave the device its blocks" {
    var incoming: Incoming = undefined;
    incoming.init(64);
    defer incoming.deinit();
    var bytes: [65_549]u8 = undefined;
    const sizes = [_]usize{ 0, 1, 60, 1514, 4083, 4084, 4085, 8180, 8181, 65_535, 65_549 };
    for (0..200) |round| {
        for (sizes) |size| {
            const frame = fill(bytes[0..size], round + size);
            incoming.writeFrame(.{ .buffers = blocksOf(size) }, frame);
            try expectFrame(frame, (try incoming.receiver.next()).?);
            try testing.expectEqual(null, try incoming.receiver.next());
            try testing.expectEqual(queue_size, incoming.offered());
        }
    }
    try testing.expectEqual(queue_size, incoming.pool.used());
    try testing.expectEqual(0, incoming.receiver.dropped);
}

test "a frame can be kept, and others come" {
    var incoming: Incoming = undefined;
    incoming.init(64);
    defer incoming.deinit();
    var bytes: [6000]u8 = undefined;
    incoming.writeFrame(.{ .buffers = 2 }, fill(&bytes, 1));
    const kept = (try incoming.receiver.next()).?;
    var held: [2]link.Piece = undefined;
    @memcpy(&held, kept.pieces);
    for (held) |piece| blocks.retain(piece.block);
    var other: [6000]u8 = undefined;
    incoming.writeFrame(.{ .buffers = 2 }, fill(&other, 2));
    try expectFrame(&other, (try incoming.receiver.next()).?);
    try testing.expectEqual(null, try incoming.receiver.next());
    try expectFrame(&bytes, .{ .pieces = &held });
    for (held) |piece| incoming.pool.release(piece.block);
    try testing.expectEqual(queue_size, incoming.pool.used());
}

test "what is known of a checksum" {
    var incoming: Incoming = undefined;
    incoming.init(64);
    defer incoming.deinit();
    const flags = [_]u8{ 0, headers.flag_data_valid, headers.flag_needs_checksum };
    for ([_]bool{ true, false }) |tells| {
        incoming.receiver.tells_checksum = tells;
        for (flags, [_]link.Checksum{ .unknown, .valid, .partial }) |flag, meaning| {
            incoming.writeFrame(.{ .buffers = 1, .flags = flag }, "frame");
            const frame = (try incoming.receiver.next()).?;
            try testing.expectEqual(if (tells) meaning else .unknown, frame.checksum);
        }
    }
}

test "without memory the device keeps its blocks, and small frames get through" {
    var incoming: Incoming = undefined;
    incoming.init(queue_size);
    defer incoming.deinit();
    try testing.expectEqual(0, incoming.pool.available());
    var bytes: [5000]u8 = undefined;
    for (0..100) |round| {
        incoming.writeFrame(.{ .buffers = 2 }, fill(&bytes, round));
        incoming.writeFrame(.{ .buffers = 1 }, "small");
        try expectFrame("small", (try incoming.receiver.next()).?);
        try testing.expectEqual(null, try incoming.receiver.next());
        incoming.receiver.fill();
        try testing.expectEqual(queue_size, incoming.offered());
    }
    try testing.expectEqual(100, incoming.receiver.dropped);
}

test "the device has no more blocks than it may" {
    var incoming: Incoming = undefined;
    incoming.init(0);
    defer incoming.deinit();
    incoming.pool.blocks_max = 64;
    incoming.receiver.blocks_max = 8;
    incoming.receiver.fill();
    for (0..100) |_| {
        try testing.expectEqual(8, incoming.offered());
        incoming.writeFrame(.{ .buffers = 1 }, "frame");
        try expectFrame("frame", (try incoming.receiver.next()).?);
        incoming.receiver.finish();
        incoming.receiver.fill();
    }
    try testing.expectEqual(8, incoming.pool.used());
}

fn expectBroken(incoming: *Incoming) !void {
    try testing.expectError(error.Broken, incoming.receiver.next());
    try testing.expectError(error.Broken, incoming.receiver.next());
    incoming.deinit();
}

test "nonsense in a frame's header breaks the queue and nothing else" {
    var incoming: Incoming = undefined;
    // No header.
    incoming.init(64);
    incoming.writeBlock("", @sizeOf(Header) - 1);
    try expectBroken(&incoming);
    // More than the block holds.
    incoming.init(64);
    incoming.writeBlock("", blocks.block_size + 1);
    try expectBroken(&incoming);
    for ([_]u16{ 0, 2, receive.blocks_of_frame_max + 1, 0xffff }) |count| {
        // No blocks; more than have come; more than any frame takes.
        incoming.init(64);
        incoming.writeFrame(.{ .buffers = count }, "frame");
        try expectBroken(&incoming);
    }
    // The last one: 18, of which all are there.
    incoming.init(64);
    const header: Header = .{ .buffers = receive.blocks_of_frame_max + 1 };
    incoming.writeBlock(std.mem.asBytes(&header), blocks.block_size);
    for (0..receive.blocks_of_frame_max) |_| incoming.writeBlock("", blocks.block_size);
    try expectBroken(&incoming);
}

test "the count of blocks means nothing where frames take one" {
    var incoming: Incoming = undefined;
    incoming.init(64);
    defer incoming.deinit();
    incoming.receiver.joins_blocks = false;
    incoming.writeFrame(.{ .buffers = 0xffff }, "frame");
    try expectFrame("frame", (try incoming.receiver.next()).?);
}

test "a device that writes at random breaks its queue at most" {
    var prng: std.Random.DefaultPrng = .init(3);
    const random = prng.random();
    for (0..2_000) |_| {
        var incoming: Incoming = undefined;
        incoming.init(48);
        defer incoming.deinit();
        var kept: ?*blocks.Block = null;
        for (0..40) |_| {
            if (incoming.offered() == 0) break;
            var header: Header = .{ .buffers = random.uintLessThan(u16, 4) };
            if (random.uintLessThan(u8, 8) == 0) random.bytes(std.mem.asBytes(&header));
            const written = random.uintAtMost(u32, blocks.block_size);
            incoming.writeBlock(std.mem.asBytes(&header), written);
            if (random.uintLessThan(u8, 32) == 0) random.bytes(std.mem.asBytes(&incoming.rings));
            const frame = incoming.receiver.next() catch break orelse continue;
            if (kept == null) {
                kept = frame.pieces[0].block;
                blocks.retain(kept.?);
            }
            try testing.expect(incoming.pool.used() <= 48);
        }
    }
}

/// A transmitter, and the device that reads its rings. It must not move.
const Leaving = struct {
    arena: std.heap.ArenaAllocator,
    pool: blocks.Pool,
    rings: Ring.Rings,
    ring: Ring,
    slots: transmit.Slots,
    transmitter: Transmitter,
    seen: u16 = 0,

    fn init(leaving: *Leaving) void {
        leaving.* = .{
            .arena = .init(testing.allocator),
            .pool = .init(blocks.testSource(&leaving.arena), 64),
            .rings = undefined,
            .ring = .init(&leaving.rings, queue_size),
            .slots = undefined,
            .transmitter = .{
                .ring = &leaving.ring,
                .pool = &leaving.pool,
                .slots = &leaving.slots,
            },
        };
    }

    fn deinit(leaving: *Leaving) void {
        leaving.arena.deinit();
    }

    fn send(leaving: *Leaving, header: []const u8, payload: []const u8) !void {
        const place = leaving.transmitter.headerPlace();
        @memcpy(place[0..header.len], header);
        var frame: link.Outgoing = .{ .header = place[0..header.len] };
        var done: usize = 0;
        while (done < payload.len) {
            const block = leaving.pool.take().?;
            const part = payload[done..@min(payload.len, done + blocks.block_size)];
            @memcpy(block.bytes[0..part.len], part);
            const bytes = block.bytes[0..part.len];
            frame.payload[frame.payload_count] = .{ .block = block, .bytes = bytes };
            frame.payload_count += 1;
            done += part.len;
        }
        leaving.transmitter.send(&frame);
    }

    /// The device has sent the frame that it was given first, whose buffers hold `bytes`.
    fn finish(leaving: *Leaving, bytes: usize, descriptors: usize) !void {
        const name = leaving.rings.available.ring[leaving.seen % queue_size];
        leaving.seen +%= 1;
        var at = leaving.rings.descriptors[name];
        var found: usize = at.length;
        var count: usize = 1;
        while (at.flags & 1 != 0) : (count += 1) {
            at = leaving.rings.descriptors[at.next];
            found += at.length;
        }
        try testing.expectEqual(bytes + @sizeOf(Header), found);
        try testing.expectEqual(descriptors, count);
        const place = leaving.rings.used.index % queue_size;
        leaving.rings.used.ring[place] = .{ .id = name, .length = 0 };
        leaving.rings.used.index +%= 1;
        try leaving.transmitter.reclaim();
    }
};

test "a long payload is sent where it lies, and held until it is sent" {
    var leaving: Leaving = undefined;
    leaving.init();
    defer leaving.deinit();
    var payload: [10_000]u8 = undefined;
    for (0..1000) |_| {
        try leaving.send("header", fill(&payload, 3));
        try testing.expectEqual(3, leaving.pool.used());
        try testing.expectEqual(1, leaving.transmitter.inFlight());
        try leaving.finish(6 + payload.len, 4);
        try testing.expectEqual(0, leaving.pool.used());
        try testing.expectEqual(0, leaving.transmitter.inFlight());
    }
}

test "a short payload is copied behind its headers" {
    var leaving: Leaving = undefined;
    leaving.init();
    defer leaving.deinit();
    try leaving.send("header", "payload");
    try testing.expectEqual(0, leaving.pool.used());
    try testing.expectEqualStrings("headerpayload", leaving.slots[0].bytes[0..13]);
    try leaving.finish(13, 1);
    try leaving.send("header", "");
    try leaving.finish(6, 1);
}

test "there is room until a frame of the most pieces does not fit" {
    var leaving: Leaving = undefined;
    leaving.init();
    defer leaving.deinit();
    var sent: usize = 0;
    while (leaving.transmitter.hasRoom()) : (sent += 1) try leaving.send("header", "x");
    try testing.expectEqual(queue_size - link.pieces_max, sent);
    for (0..sent) |_| try leaving.finish(7, 1);
    try testing.expect(leaving.transmitter.hasRoom());
    leaving.rings.used.index +%= 1;
    try testing.expectError(error.Broken, leaving.transmitter.reclaim());
}

test "what the device has to do is in the header" {
    var leaving: Leaving = undefined;
    leaving.init();
    defer leaving.deinit();
    const frame: link.Outgoing = .{
        .header = leaving.transmitter.headerPlace()[0..54],
        .checksum = .{ .start = 34, .offset = 16 },
        .segment = .{ .kind = .tcp6, .bytes = 1448 },
    };
    leaving.transmitter.send(&frame);
    try testing.expectEqual(Header{
        .flags = headers.flag_needs_checksum,
        .segmentation = headers.segmentation_tcp6,
        .header_bytes = 54,
        .segment_bytes = 1448,
        .checksum_start = 34,
        .checksum_offset = 16,
    }, leaving.slots[0].header);
}
