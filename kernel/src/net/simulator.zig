// SPDX-License-Identifier: Apache-2.0
//! For tests: a host with a device that does what real ones do, and a link between two hosts that
//! loses, delays, repeats and reorders frames, in simulated time.

const std = @import("std");
const blocks = @import("blocks.zig");

// For the fuzzer (tests/fuzz/packets.zig), whose only way to the stack this file is.
pub const addresses = @import("address.zig");
pub const checksum = @import("checksum.zig");
pub const dhcp_messages = @import("dhcp_messages.zig");
pub const link = @import("link.zig");
pub const stacks = @import("stack.zig");
pub const types = @import("types.zig");
pub const views = @import("view.zig");

const Stack = stacks.Stack;
const get16 = views.get16;
const get32 = views.get32;
const put16 = views.put16;
const put32 = views.put32;

/// Largest frame between device and stack: one that has been joined, or is to be cut.
pub const frame_bytes_max = 65535 + 14;

pub const Frame = struct {
    bytes: []u8,
    checksum: link.Checksum = .unknown,
};

pub const Host = struct {
    allocator: std.mem.Allocator,
    arena: std.heap.ArenaAllocator,
    pool: blocks.Pool,
    stack: Stack,
    offloads: link.Offloads,
    /// What the device tells of the checksums of frames that come.
    is_trusting: bool = false,
    /// Bytes of each piece of a frame that comes; devices fill buffers one after the other.
    piece_bytes: usize = blocks.block_size,
    now_ns: u64 = 0,
    /// Sent, as on the wire.
    sent: std.ArrayList(Frame) = .empty,

    pub fn init(
        host: *Host,
        allocator: std.mem.Allocator,
        interface: ?link.Interface,
        options: Settings,
    ) !void {
        host.* = .{
            .allocator = allocator,
            .arena = .init(allocator),
            .pool = undefined,
            .stack = undefined,
            .offloads = if (interface) |known| known.offloads else .{},
        };
        host.pool = .init(blocks.testSource(&host.arena), options.blocks_max);
        try host.stack.init(.{
            .interface = interface,
            .pool = &host.pool,
            .allocator = options.stack_allocator orelse allocator,
            .secret = @splat(options.secret),
            .static_addresses = options.static_addresses,
            .gateways = options.gateways,
            .name_servers = options.name_servers,
            .hostname = "mew",
            .sockets_max = options.sockets_max,
        }, 0);
    }

    pub fn deinit(host: *Host) !void {
        host.forget();
        host.sent.deinit(host.allocator);
        host.stack.deinit();
        try std.testing.expectEqual(0, host.pool.used());
        host.arena.deinit();
    }

    /// Hands over a frame in blocks, as a device does.
    pub fn receive(host: *Host, frame: Frame) void {
        var pieces: [40]link.Piece = undefined;
        var count: usize = 0;
        var rest: []const u8 = frame.bytes;
        defer for (pieces[0..count]) |piece| host.pool.release(piece.block);
        while (rest.len > 0 and count < pieces.len) : (count += 1) {
            const block = host.pool.takeForDevice() orelse return;
            const part = @min(rest.len, host.piece_bytes);
            @memcpy(block.bytes[0..part], rest[0..part]);
            pieces[count] = .{ .block = block, .bytes = block.bytes[0..part] };
            rest = rest[part..];
        }
        const known: link.Checksum = if (host.is_trusting) frame.checksum else .unknown;
        host.stack.receive(.{ .pieces = pieces[0..count], .checksum = known }, host.now_ns);
    }

    /// Lets the stack work until it has nothing to do; what it sends is in `sent`.
    pub fn pump(host: *Host) !void {
        host.stack.advance(host.now_ns);
        host.stack.idle();
        var rounds: usize = 0;
        while (rounds < 100_000) : (rounds += 1) {
            var header: [link.header_bytes_max]u8 = undefined;
            var frame: link.Outgoing = undefined;
            if (!host.stack.next(&header, &frame, host.now_ns)) {
                if (host.stack.output.isIdle()) return;
                continue;
            }
            defer host.stack.sent(&frame);
            try host.transmit(&frame);
        }
        return error.TestUnexpectedResult;
    }

    /// What the device does with a frame: checksum, cutting.
    fn transmit(host: *Host, frame: *const link.Outgoing) !void {
        var buffer: [frame_bytes_max]u8 = undefined;
        @memcpy(buffer[0..frame.header.len], frame.header);
        var count = frame.header.len;
        for (frame.payload[0..frame.payload_count]) |piece| {
            if (piece.bytes.len == 0) return error.TestUnexpectedResult;
            @memcpy(buffer[count..][0..piece.bytes.len], piece.bytes);
            count += piece.bytes.len;
        }
        const bytes = buffer[0..count];
        if (frame.checksum != null and !host.offloads.transmit_checksum) {
            return error.TestUnexpectedResult;
        }
        if (frame.segment) |segment| {
            if (frame.checksum == null) return error.TestUnexpectedResult;
            return host.cut(bytes, frame.header.len, segment.bytes, segment.kind == .tcp6);
        }
        if (frame.checksum) |place| completeChecksum(bytes, place.start, place.offset);
        try host.append(bytes);
    }

    fn append(host: *Host, bytes: []const u8) !void {
        const copy = try host.allocator.dupe(u8, bytes);
        errdefer host.allocator.free(copy);
        try host.sent.append(host.allocator, .{ .bytes = copy, .checksum = .valid });
    }

    /// As the device of virtio 1.2, section 5.1.6.2 cuts: headers repeated, numbers moved on.
    fn cut(host: *Host, whole: []u8, header_bytes: usize, size: u16, is_ip6: bool) !void {
        const ip: usize = 14;
        const tcp: usize = if (is_ip6) ip + 40 else ip + 20;
        if (header_bytes != tcp + @as(usize, whole[tcp + 12] >> 4) * 4) {
            return error.TestUnexpectedResult;
        }
        var buffer: [frame_bytes_max]u8 = undefined;
        const total = whole.len - header_bytes;
        const flags = whole[tcp + 13];
        const sequence = get32(whole, tcp + 4);
        const identification = if (is_ip6) 0 else get16(whole, ip + 4);
        var offset: usize = 0;
        var index: u16 = 0;
        while (offset < total) : (index += 1) {
            const part = @min(size, total - offset);
            const bytes = buffer[0 .. header_bytes + part];
            @memcpy(bytes[0..header_bytes], whole[0..header_bytes]);
            @memcpy(bytes[header_bytes..], whole[header_bytes + offset ..][0..part]);
            put32(bytes, tcp + 4, sequence +% @as(u32, @intCast(offset)));
            // FIN and PSH on the last one only.
            const is_last = offset + part == total;
            bytes[tcp + 13] = if (is_last) flags else flags & ~@as(u8, 0x09);
            if (is_ip6) {
                put16(bytes, ip + 4, @intCast(bytes.len - ip - 40));
            } else {
                put16(bytes, ip + 2, @intCast(bytes.len - ip));
                put16(bytes, ip + 4, identification +% index);
                put16(bytes, ip + 10, 0);
                put16(bytes, ip + 10, checksum.of(bytes[ip..][0..20]));
            }
            writePseudo(bytes, tcp, is_ip6);
            completeChecksum(bytes, tcp, 16);
            try host.append(bytes);
            offset += part;
        }
    }

    /// The oldest frame that was sent; the caller frees it.
    pub fn take(host: *Host) ?Frame {
        return if (host.sent.items.len == 0) null else host.sent.orderedRemove(0);
    }

    pub fn free(host: *Host, frame: Frame) void {
        host.allocator.free(frame.bytes);
    }

    pub fn forget(host: *Host) void {
        for (host.sent.items) |frame| host.allocator.free(frame.bytes);
        host.sent.clearRetainingCapacity();
    }
};

fn writePseudo(bytes: []u8, tcp: usize, is_ip6: bool) void {
    var sum: checksum.Sum = .{};
    sum.add(if (is_ip6) bytes[22..54] else bytes[26..34]);
    sum.addWord(6);
    sum.addWord(@intCast(bytes.len - tcp));
    put16(bytes, tcp + 16, sum.folded());
}

fn completeChecksum(bytes: []u8, start: usize, offset: usize) void {
    const value = checksum.of(bytes[start..]);
    put16(bytes, start + offset, if (value == 0) 0xffff else value);
}

pub const Settings = struct {
    blocks_max: u32 = 2048,
    secret: u8 = 1,
    static_addresses: []const addresses.Prefix = &.{},
    gateways: []const addresses.Ip = &.{},
    name_servers: []const addresses.Ip = &.{},
    sockets_max: u16 = 64,
    /// Not the test's own, if it is to fail.
    stack_allocator: ?std.mem.Allocator = null,
};

/// What happens to frames on their way, in thousandths.
pub const Weather = struct {
    loss: u32 = 0,
    repetition: u32 = 0,
    delay_ns: u64 = 1_000_000,
    /// Added at random: frames overtake each other.
    jitter_ns: u64 = 0,
    /// Bytes are changed.
    damage: u32 = 0,
    /// A router on the way takes no larger packets, and says so (RFC 1191).
    path_mtu: u16 = 65535,
};

const Flying = struct { arrival_ns: u64, order: u64, to: usize, frame: Frame };

fn isSooner(_: void, left: Flying, right: Flying) std.math.Order {
    const by_time = std.math.order(left.arrival_ns, right.arrival_ns);
    return if (by_time == .eq) std.math.order(left.order, right.order) else by_time;
}

/// Two hosts and what is on its way between them.
pub const Link = struct {
    hosts: [2]*Host,
    weather: Weather,
    random: std.Random.DefaultPrng,
    now_ns: u64 = 0,
    order: u64 = 0,
    frames_count: u64 = 0,
    /// Of all that was sent, in order.
    digest: std.hash.Wyhash = .init(0),
    flying: std.PriorityQueue(Flying, void, isSooner),

    pub fn init(hosts: [2]*Host, weather: Weather, seed: u64) Link {
        return .{
            .hosts = hosts,
            .weather = weather,
            .random = .init(seed),
            .flying = .initContext({}),
        };
    }

    pub fn deinit(between: *Link) void {
        const allocator = between.hosts[0].allocator;
        while (between.flying.pop()) |flying| allocator.free(flying.frame.bytes);
        between.flying.deinit(allocator);
    }

    fn happens(between: *Link, thousandths: u32) bool {
        return between.random.random().uintLessThan(u32, 1000) < thousandths;
    }

    fn launch(between: *Link, to: usize, frame: Frame) !void {
        const random = between.random.random();
        const jitter = between.weather.jitter_ns;
        const late = if (jitter == 0) 0 else random.uintAtMost(u64, jitter);
        between.order += 1;
        try between.flying.push(between.hosts[0].allocator, .{
            .arrival_ns = between.now_ns + between.weather.delay_ns + late,
            .order = between.order,
            .to = to,
            .frame = frame,
        });
    }

    /// What a router answers to an IPv4 packet that is too large for its other link.
    fn refuse(between: *Link, from: usize, bytes: []const u8) !void {
        const may_be_cut = bytes[20] & 0x40 == 0;
        if (get16(bytes, 12) != 0x0800 or may_be_cut) return error.TestUnexpectedResult;
        const answer = try between.hosts[from].allocator.alloc(u8, 14 + 20 + 8 + 28);
        @memset(answer, 0);
        answer[0..6].* = bytes[6..12].*;
        answer[6..12].* = bytes[0..6].*;
        put16(answer, 12, 0x0800);
        answer[14] = 0x45;
        put16(answer, 16, @intCast(answer.len - 14));
        answer[22..24].* = .{ 64, 1 };
        answer[26..30].* = .{ 10, 0, 0, 254 };
        answer[30..34].* = bytes[26..30].*;
        put16(answer, 24, checksum.of(answer[14..34]));
        answer[34..36].* = .{ 3, 4 };
        put16(answer, 40, between.weather.path_mtu);
        @memcpy(answer[42..], bytes[14..][0..28]);
        put16(answer, 36, checksum.of(answer[34..]));
        try between.launch(from, .{ .bytes = answer });
    }

    /// Both stacks work at the current time; what they send sets out.
    pub fn settle(between: *Link) !void {
        for (between.hosts, 0..) |host, index| {
            host.now_ns = between.now_ns;
            try host.pump();
            for (host.sent.items) |frame| {
                between.frames_count += 1;
                between.digest.update(frame.bytes);
                if (frame.bytes.len > 14 + @as(usize, between.weather.path_mtu)) {
                    defer host.free(frame);
                    try between.refuse(index, frame.bytes);
                    continue;
                }
                if (between.happens(between.weather.loss)) {
                    host.free(frame);
                    continue;
                }
                if (between.happens(between.weather.repetition)) {
                    var copy = frame;
                    copy.bytes = try host.allocator.dupe(u8, frame.bytes);
                    try between.launch(1 - index, copy);
                }
                if (between.happens(between.weather.damage)) {
                    const random = between.random.random();
                    frame.bytes[random.uintLessThan(usize, frame.bytes.len)] ^=
                        random.intRangeAtMost(u8, 1, 255);
                }
                try between.launch(1 - index, frame);
            }
            host.sent.clearRetainingCapacity();
        }
    }

    /// Time passes to the next event, `until_ns` at most; false when that is reached.
    pub fn step(between: *Link, until_ns: u64) !bool {
        try between.settle();
        var next_ns = until_ns;
        if (between.flying.peek()) |flying| next_ns = @min(next_ns, flying.arrival_ns);
        for (between.hosts) |host| {
            if (host.stack.deadlineNs()) |ns| next_ns = @min(next_ns, ns);
        }
        between.now_ns = @max(between.now_ns, next_ns);
        while (between.flying.peek()) |flying| {
            if (flying.arrival_ns > between.now_ns) break;
            const arrived = between.flying.pop().?;
            const host = between.hosts[arrived.to];
            host.now_ns = between.now_ns;
            host.receive(arrived.frame);
            host.free(arrived.frame);
        }
        try between.settle();
        return between.now_ns < until_ns;
    }

    pub fn run(between: *Link, until_ns: u64) !void {
        while (try between.step(until_ns)) {}
    }
};

/// Two hosts on one link: 10.0.0.1 and 10.0.0.2, unless they are told otherwise.
pub const Pair = struct {
    hosts: [2]Host = undefined,
    link: Link = undefined,

    pub const Options = struct {
        offloads: [2]link.Offloads = @splat(.{}),
        weather: Weather = .{},
        seed: u64 = 1,
        settings: [2]Settings = .{
            .{ .static_addresses = &.{.{ .ip = .from4(.{ 10, 0, 0, 1 }), .bits = 24 }} },
            .{ .static_addresses = &.{.{ .ip = .from4(.{ 10, 0, 0, 2 }), .bits = 24 }} },
        },
    };

    pub fn init(pair: *Pair, options: Options) !void {
        for (&pair.hosts, 0..) |*host, index| {
            const last: u8 = @intCast(index + 1);
            var settings = options.settings[index];
            settings.secret = last;
            try host.init(std.testing.allocator, .{
                .hardware_address = .{ 2, 0, 0, 0, 0, last },
                .offloads = options.offloads[index],
            }, settings);
        }
        pair.link = .init(.{ &pair.hosts[0], &pair.hosts[1] }, options.weather, options.seed);
    }

    pub fn deinit(pair: *Pair) !void {
        pair.link.deinit();
        for (&pair.hosts) |*host| try host.deinit();
    }

    /// Runs until `context.isDone` says so; false: not within `limit_ns` from now.
    pub fn runUntil(pair: *Pair, context: anytype, limit_ns: u64) !bool {
        const end_ns = pair.link.now_ns + limit_ns;
        while (!try context.isDone(pair)) {
            if (!try pair.link.step(end_ns)) return try context.isDone(pair);
        }
        return true;
    }
};
