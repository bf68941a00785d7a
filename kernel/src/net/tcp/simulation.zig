// SPDX-License-Identifier: Apache-2.0
//! Two machines with a bad network between them, in time that passes as fast as it can: for tests.

const std = @import("std");
const assert = std.debug.assert;
const blocks = @import("../blocks.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Connection = tcps.Connection;
const Tcp = tcps.Tcp;

const ns_per_ms = std.time.ns_per_ms;

/// What the network does to packets, in parts of a thousand where nothing else is said.
pub const Weather = struct {
    loss: u32 = 0,
    duplicates: u32 = 0,
    /// Packets that come late, by up to `late_ms`.
    reorder: u32 = 0,
    late_ms: u32 = 20,
    /// Packets whose window is made smaller on the way: the peer takes back what it offered.
    shrunk: u32 = 0,
    delay_ms: u32 = 10,
    /// Larger payloads get lost, and nobody is told.
    payload_bytes_max: u32 = 0xffff,
    /// 0: as many as there are.
    bytes_per_ms: u32 = 0,
    /// Bytes that wait for the line; more are lost.
    line_bytes: u32 = 256 << 10,
};

pub const Options = struct {
    seed: u64 = 1,
    weather: Weather = .{},
    mss: u16 = 1460,
    cuts_segments: bool = false,
    /// The receiver's device joins what the sender's cut.
    joins_segments: bool = false,
    pool_blocks: u32 = 2048,
    receive_bytes: u32 = 128 << 10,
    /// Neither side has them.
    without_sack: bool = false,
    without_timestamps: bool = false,
};

const Packet = struct {
    at_ns: u64,
    /// Packets of the same time stay in order.
    number: u64,
    to: u1,
    bytes: []u8,

    fn order(_: void, one: Packet, other: Packet) std.math.Order {
        const by_time = std.math.order(one.at_ns, other.at_ns);
        return if (by_time != .eq) by_time else std.math.order(one.number, other.number);
    }
};

pub const Host = struct {
    pool: blocks.Pool,
    tcp: Tcp,
    /// When the line to the other is free again.
    line_free_ns: u64 = 0,
};

pub const Simulation = struct {
    allocator: std.mem.Allocator,
    arena: *std.heap.ArenaAllocator,
    options: Options,
    prng: std.Random.DefaultPrng,
    hosts: [2]Host = undefined,
    packets: std.PriorityQueue(Packet, void, Packet.order) = .empty,
    number: u64 = 0,
    now_ns: u64 = 1000 * ns_per_ms,
    /// Packets sent and lost.
    sent: u64 = 0,
    lost: u64 = 0,
    /// Called with every packet before it is delivered, if set.
    watcher: ?*const fn (to: u1, bytes: []const u8) void = null,

    pub fn init(
        simulation: *Simulation,
        allocator: std.mem.Allocator,
        arena: *std.heap.ArenaAllocator,
        options: Options,
    ) void {
        simulation.* = .{
            .allocator = allocator,
            .arena = arena,
            .options = options,
            .prng = .init(options.seed),
        };
        for (&simulation.hosts, 0..) |*host, index| {
            host.* = .{
                .pool = .init(blocks.testSource(arena), options.pool_blocks),
                .tcp = undefined,
            };
            host.pool.device_reserve = 16;
            host.tcp = .init(.{
                .allocator = allocator,
                .pool = &host.pool,
                .secret = @splat(@intCast(index + 1)),
                .receive_bytes_initial = options.receive_bytes,
            });
        }
    }

    /// Fails if anything is left that should have been freed.
    pub fn deinit(simulation: *Simulation) !void {
        while (simulation.packets.pop()) |packet| simulation.allocator.free(packet.bytes);
        simulation.packets.deinit(simulation.allocator);
        for (&simulation.hosts) |*host| {
            host.tcp.deinit();
            try std.testing.expectEqual(0, host.pool.used());
        }
    }

    pub fn address(index: u1) tcps.Endpoint {
        var bytes: [16]u8 = @splat(0);
        bytes[0..4].* = .{ 10, 0, 0, @as(u8, index) + 1 };
        return .{ .family = .ip4, .address = bytes, .port = 0 };
    }

    pub fn route(simulation: *const Simulation) tcps.Route {
        return .{
            .mss = simulation.options.mss,
            .cuts_segments = simulation.options.cuts_segments,
        };
    }

    pub fn connect(simulation: *Simulation, from: u1, port: u16) !*Connection {
        var remote = address(~from);
        remote.port = port;
        const tcp = &simulation.hosts[from].tcp;
        return tcp.connect(address(from), remote, simulation.route(), simulation.now_ns);
    }

    pub fn listen(simulation: *Simulation, host: u1, port: u16) !*tcps.Listener {
        var local = address(host);
        local.port = port;
        return simulation.hosts[host].tcp.listen(local, .{}, simulation.now_ns);
    }

    /// Puts everything that both have to send on the line.
    pub fn transmit(simulation: *Simulation) !void {
        for (&simulation.hosts, 0..) |*host, index| {
            var header: [tcps.header_bytes_max]u8 = undefined;
            var payload: [tcps.pieces_max]blocks.Piece = undefined;
            while (host.tcp.next(&header, &payload, simulation.now_ns)) |outgoing| {
                const pieces = payload[0..outgoing.payload_count];
                try simulation.send(@intCast(index), &outgoing, pieces);
                for (pieces) |piece| host.pool.release(piece.block);
            }
        }
    }

    fn send(
        simulation: *Simulation,
        from: u1,
        outgoing: *const tcps.Outgoing,
        pieces: []const blocks.Piece,
    ) !void {
        const total = outgoing.header.len + outgoing.payload_bytes;
        const whole = try simulation.allocator.alloc(u8, total);
        defer simulation.allocator.free(whole);
        @memcpy(whole[0..outgoing.header.len], outgoing.header);
        var filled = outgoing.header.len;
        for (pieces) |piece| {
            @memcpy(whole[filled..][0..piece.bytes.len], piece.bytes);
            filled += piece.bytes.len;
        }
        assert(filled == total);
        const payload_bytes = total - outgoing.header.len;
        const part = outgoing.segment_bytes orelse payload_bytes;
        assert(outgoing.segment_bytes != null or payload_bytes <= simulation.options.mss);
        if (simulation.options.joins_segments or payload_bytes == 0) {
            return simulation.carry(from, whole, outgoing.header.len, 0, payload_bytes);
        }
        var offset: usize = 0;
        while (offset < payload_bytes) : (offset += part) {
            const length = @min(part, payload_bytes - offset);
            try simulation.carry(from, whole, outgoing.header.len, offset, length);
        }
    }

    /// One packet on the line: `length` bytes from `offset` on of the payload of `whole`.
    fn carry(
        simulation: *Simulation,
        from: u1,
        whole: []const u8,
        header_bytes: usize,
        offset: usize,
        length: usize,
    ) !void {
        const random = simulation.prng.random();
        const weather = simulation.options.weather;
        const host = &simulation.hosts[from];
        simulation.sent += 1;
        if (weather.bytes_per_ms > 0) {
            const wait_ns = host.line_free_ns -| simulation.now_ns;
            if (wait_ns * weather.bytes_per_ms / ns_per_ms > weather.line_bytes) {
                simulation.lost += 1;
                return;
            }
            const line_ns = (length + header_bytes + 20) * ns_per_ms / weather.bytes_per_ms;
            host.line_free_ns = @max(host.line_free_ns, simulation.now_ns) + line_ns;
        }
        if (happens(random, weather.loss) or length > weather.payload_bytes_max) {
            simulation.lost += 1;
            return;
        }
        const copies: usize = if (happens(random, weather.duplicates)) 2 else 1;
        for (0..copies) |_| {
            const bytes = try simulation.allocator.alloc(u8, header_bytes + length);
            @memcpy(bytes[0..header_bytes], whole[0..header_bytes]);
            @memcpy(bytes[header_bytes..], whole[header_bytes + offset ..][0..length]);
            simulation.adjust(bytes, offset, header_bytes + offset + length == whole.len);
            var at_ns = @max(host.line_free_ns, simulation.now_ns) +
                @as(u64, weather.delay_ms) * ns_per_ms;
            if (happens(random, weather.reorder)) {
                at_ns += random.uintLessThan(u64, @as(u64, weather.late_ms) * ns_per_ms);
            }
            simulation.number += 1;
            try simulation.packets.push(simulation.allocator, .{
                .at_ns = at_ns,
                .number = simulation.number,
                .to = ~from,
                .bytes = bytes,
            });
        }
    }

    /// What a device does when it cuts, and the network to what it does not like.
    fn adjust(simulation: *Simulation, bytes: []u8, offset: usize, is_last: bool) void {
        const random = simulation.prng.random();
        const sequence = std.mem.readInt(u32, bytes[4..8], .big);
        std.mem.writeInt(u32, bytes[4..8], sequence +% @as(u32, @intCast(offset)), .big);
        var flags: segments.Flags = @bitCast(bytes[13]);
        if (!is_last) {
            flags.fin = false;
            flags.psh = false;
        }
        bytes[13] = @bitCast(flags);
        if (happens(random, simulation.options.weather.shrunk)) {
            const window = std.mem.readInt(u16, bytes[14..16], .big);
            std.mem.writeInt(u16, bytes[14..16], random.uintAtMost(u16, window), .big);
        }
        if (!flags.syn) return;
        if (simulation.options.without_sack) hideOption(bytes, 4);
        if (simulation.options.without_timestamps) hideOption(bytes, 8);
    }

    /// The time of the next thing that happens by itself; null: nothing ever will.
    pub fn nextTime(simulation: *const Simulation) ?u64 {
        var at_ns: u64 = std.math.maxInt(u64);
        if (simulation.packets.peek()) |packet| at_ns = packet.at_ns;
        for (&simulation.hosts) |*host| {
            if (host.tcp.deadlineNs()) |deadline_ns| at_ns = @min(at_ns, deadline_ns);
        }
        return if (at_ns == std.math.maxInt(u64)) null else @max(at_ns, simulation.now_ns);
    }

    /// Lets time pass until `now_ns`, and delivers what has come by then.
    pub fn advance(simulation: *Simulation, now_ns: u64) !void {
        simulation.now_ns = now_ns;
        for (&simulation.hosts) |*host| host.tcp.advance(now_ns);
        while (simulation.packets.peek()) |first| {
            if (first.at_ns > now_ns) break;
            const packet = simulation.packets.pop().?;
            defer simulation.allocator.free(packet.bytes);
            if (simulation.watcher) |watcher| watcher(packet.to, packet.bytes);
            simulation.deliver(packet.to, packet.bytes);
        }
    }

    /// The segment in blocks of the host's device, in pieces of any size.
    pub fn deliver(simulation: *Simulation, to: u1, bytes: []const u8) void {
        const random = simulation.prng.random();
        const host = &simulation.hosts[to];
        var pieces: [64]blocks.Piece = undefined;
        var count: usize = 0;
        var left = bytes;
        while (left.len > 0) : (count += 1) {
            const block = host.pool.takeForDevice() orelse break;
            const skip = random.uintLessThan(usize, 64);
            const cut = 1 + random.uintLessThan(usize, 99);
            const most = if (happens(random, 900)) blocks.block_size - skip else cut;
            const part = if (count + 1 == pieces.len) blocks.block_size - skip else most;
            const length = @min(part, left.len);
            @memcpy(block.bytes[skip..][0..length], left[0..length]);
            pieces[count] = .{ .block = block, .bytes = block.bytes[skip..][0..length] };
            left = left[length..];
            if (count + 1 == pieces.len) {
                count += 1;
                break;
            }
        }
        const addresses: tcps.Addresses = .{
            .family = .ip4,
            .local = address(to).address,
            .remote = address(~to).address,
        };
        const now_ns = simulation.now_ns;
        if (left.len == 0) {
            host.tcp.receive(addresses, pieces[0..count], simulation.route(), now_ns);
        } else simulation.lost += 1;
        for (pieces[0..count]) |piece| host.pool.release(piece.block);
    }

    /// One round: sends, then goes to the next thing that happens. False: nothing will.
    pub fn step(simulation: *Simulation) !bool {
        try simulation.transmit();
        const at_ns = simulation.nextTime() orelse return false;
        try simulation.advance(at_ns);
        return true;
    }

    /// Until nothing happens any more.
    pub fn settle(simulation: *Simulation) !void {
        while (try simulation.step()) {}
    }
};

fn happens(random: std.Random, of_thousand: u32) bool {
    return of_thousand > 0 and random.uintLessThan(u32, 1000) < of_thousand;
}

/// Makes options of a kind padding.
fn hideOption(bytes: []u8, kind: u8) void {
    var at: usize = segments.header_bytes_min;
    while (at < (bytes[12] >> 4) * 4 and bytes[at] != 0) {
        const length: usize = if (bytes[at] == 1) 1 else bytes[at + 1];
        if (bytes[at] == kind) @memset(bytes[at..][0..length], 1);
        at += length;
    }
}
