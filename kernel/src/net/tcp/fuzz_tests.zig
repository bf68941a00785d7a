// SPDX-License-Identifier: Apache-2.0
//! Segments that no peer should send. Nothing may fail, and nothing may be left.

const std = @import("std");
const scripts = @import("script.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Connection = tcps.Connection;
const Script = scripts.Script;
const testing = std.testing;

/// Segments of an ordinary run. The environment's MEW_TCP_FUZZ has the number for a longer one.
const segments_count = 200_000;
const connections_max = 24;

/// Memory that is sometimes not to be had.
const Scarce = struct {
    random: std.Random,
    /// Of a hundred times.
    failures: u32,

    fn allocator(scarce: *Scarce) std.mem.Allocator {
        return .{ .ptr = scarce, .vtable = &.{
            .alloc = allocate,
            .resize = std.mem.Allocator.noResize,
            .remap = std.mem.Allocator.noRemap,
            .free = free,
        } };
    }

    fn allocate(
        context: *anyopaque,
        length: usize,
        alignment: std.mem.Alignment,
        address: usize,
    ) ?[*]u8 {
        const scarce: *Scarce = @ptrCast(@alignCast(context));
        if (scarce.random.uintLessThan(u32, 100) < scarce.failures) return null;
        return testing.allocator.rawAlloc(length, alignment, address);
    }

    fn free(_: *anyopaque, memory: []u8, alignment: std.mem.Alignment, address: usize) void {
        testing.allocator.rawFree(memory, alignment, address);
    }
};

const Fuzz = struct {
    script: Script,
    random: std.Random,
    listener: *tcps.Listener,
    open: std.ArrayList(*Connection) = .empty,
    /// What the machine sent last: numbers near these are the interesting ones.
    last: segments.Header = .{ .sequence = 0, .flags = .{} },

    /// A number that may be right, nearly right, or anything.
    fn near(fuzz: *Fuzz, number: u32) u32 {
        const random = fuzz.random;
        return switch (random.uintLessThan(u8, 8)) {
            0...3 => number,
            4, 5 => number +% random.uintLessThan(u32, 3000),
            6 => number -% random.uintLessThan(u32, 3000),
            else => random.int(u32),
        };
    }

    fn flags(fuzz: *Fuzz) segments.Flags {
        const random = fuzz.random;
        return switch (random.uintLessThan(u8, 64)) {
            0...57 => .{ .ack = true },
            58 => .{ .syn = true },
            59, 60 => .{ .ack = true, .fin = true },
            61 => .{ .syn = true, .ack = true },
            62 => .{ .rst = true, .ack = random.boolean() },
            else => @bitCast(random.int(u8)),
        };
    }

    fn header(fuzz: *Fuzz) segments.Header {
        const random = fuzz.random;
        var made: segments.Header = .{
            .sequence = fuzz.near(fuzz.last.acknowledgement),
            .acknowledgement = fuzz.near(fuzz.last.sequence +% random.uintLessThan(u32, 2)),
            .flags = fuzz.flags(),
            .window = if (random.boolean()) random.int(u16) else random.uintLessThan(u16, 2000),
        };
        if (random.uintLessThan(u8, 3) > 0) {
            if (fuzz.last.timestamps) |timestamps| made.timestamps = .{
                .value = fuzz.near(timestamps.echo),
                .echo = fuzz.near(timestamps.value),
            };
        }
        if (made.flags.syn) {
            if (random.boolean()) made.mss = random.int(u16);
            if (random.boolean()) made.scale = random.uintAtMost(u8, 14);
            made.sack_permitted = random.boolean();
            if (random.boolean()) made.timestamps = .{ .value = random.int(u32), .echo = 0 };
        } else if (random.uintLessThan(u8, 3) == 0) {
            made.ranges_count = random.uintAtMost(u8, 3);
            for (made.ranges[0..made.ranges_count]) |*range| {
                range.start = fuzz.near(fuzz.last.sequence);
                range.end = range.start +% random.uintLessThan(u32, 3000);
            }
        }
        return made;
    }

    /// Mostly at a connection there is, with numbers that it expects.
    fn aim(fuzz: *Fuzz) void {
        const random = fuzz.random;
        const open = fuzz.open.items;
        if (open.len == 0 or random.uintLessThan(u8, 20) == 0) {
            fuzz.script.remote_port = random.uintLessThan(u16, 60) + 1;
            return;
        }
        const connection = open[random.uintLessThan(usize, open.len)];
        fuzz.script.remote_port = connection.path().remote_port;
        const sender = &connection.send;
        fuzz.last = .{
            .sequence = if (random.boolean()) sender.nxt else sender.una,
            .acknowledgement = connection.receive.nxt,
            .flags = .{},
        };
        if (connection.timestamps) fuzz.last.timestamps = .{
            .value = connection.timestamp(fuzz.script.now_ns),
            .echo = connection.receive.recent,
        };
    }

    fn giveOne(fuzz: *Fuzz) void {
        const random = fuzz.random;
        var payload: [1500]u8 = undefined;
        const length = switch (random.uintLessThan(u8, 4)) {
            0, 1 => 0,
            2 => random.uintLessThan(usize, 100),
            else => random.uintLessThan(usize, payload.len),
        };
        random.bytes(payload[0..@min(length, 20)]);
        @memset(payload[@min(length, 20)..length], 0xaa);
        fuzz.aim();
        fuzz.script.give(fuzz.header(), payload[0..length]);
    }

    /// Bytes without sense, some of which look like a header.
    fn giveRaw(fuzz: *Fuzz) void {
        const random = fuzz.random;
        const script = &fuzz.script;
        const block = script.pool.takeForDevice() orelse return;
        defer script.pool.release(block);
        const length = random.uintLessThan(usize, 100);
        random.bytes(block.bytes[0..length]);
        if (length > 3) {
            std.mem.writeInt(u16, block.bytes[0..2], script.remote_port, .big);
            std.mem.writeInt(u16, block.bytes[2..4], scripts.port, .big);
        }
        const cut = random.uintAtMost(usize, length);
        const addresses: tcps.Addresses = .{
            .family = .ip4,
            .local = Script.end(1, 0).address,
            .remote = Script.end(2, 0).address,
        };
        script.tcp.receive(addresses, &.{
            .{ .block = block, .bytes = block.bytes[0..cut] },
            .{ .block = block, .bytes = block.bytes[cut..length] },
        }, script.route, script.now_ns);
    }

    /// A program does anything with any connection.
    fn act(fuzz: *Fuzz) !void {
        const random = fuzz.random;
        const tcp = &fuzz.script.tcp;
        const now_ns = fuzz.script.now_ns;
        if (fuzz.open.items.len < connections_max) {
            if (random.uintLessThan(u8, 4) == 0) try fuzz.shakeHands();
            if (tcp.accept(fuzz.listener)) |connection| {
                try fuzz.open.append(testing.allocator, connection);
            } else |_| if (random.uintLessThan(u8, 20) == 0) try fuzz.connect();
        }
        if (fuzz.open.items.len == 0) return;
        const index = random.uintLessThan(usize, fuzz.open.items.len);
        const connection = fuzz.open.items[index];
        var buffer: [3000]u8 = @splat(1);
        const part = buffer[0..random.uintAtMost(usize, buffer.len)];
        _ = tcp.readiness(connection);
        if (connection.state == .closed and random.boolean()) {
            _ = fuzz.open.swapRemove(index);
            return tcp.close(connection, now_ns);
        }
        switch (random.uintLessThan(u8, 40)) {
            0...12 => _ = tcp.read(connection, &.{part}, now_ns) catch 0,
            13...25 => _ = tcp.write(connection, &.{part}, now_ns) catch 0,
            26 => tcp.shutdown(connection, .{
                .receive = random.boolean(),
                .send = random.boolean(),
            }, now_ns) catch {},
            27 => tcp.set(connection, .{
                .keep_alive = random.boolean(),
                .no_delay = random.boolean(),
                .receive_buffer_bytes = random.int(u32),
            }, now_ns),
            28 => fuzz.reportOne(),
            29 => if (random.uintLessThan(u8, 4) == 0) {
                _ = fuzz.open.swapRemove(index);
                if (random.boolean()) {
                    tcp.close(connection, now_ns);
                } else tcp.abort(connection, now_ns);
            },
            30 => tcp.idle(),
            else => {},
        }
    }

    /// A connection as it should be, with any options.
    fn shakeHands(fuzz: *Fuzz) !void {
        try fuzz.takeAll();
        const script = &fuzz.script;
        const random = fuzz.random;
        script.remote_port = random.intRangeAtMost(u16, 100, 1000);
        var syn = fuzz.header();
        syn.flags = .{ .syn = true };
        syn.ranges_count = 0;
        if (random.boolean()) syn.timestamps = .{ .value = random.int(u32), .echo = 0 };
        if (random.boolean()) syn.mss = random.intRangeAtMost(u16, 100, 1460);
        script.give(syn, "");
        const answer = script.take() orelse return;
        script.give(.{
            .sequence = syn.sequence +% 1,
            .acknowledgement = answer.header.sequence +% 1,
            .flags = .{ .ack = true },
            .window = random.int(u16),
            .timestamps = if (syn.timestamps) |timestamps| .{
                .value = timestamps.value +% 1,
                .echo = if (answer.header.timestamps) |theirs| theirs.value else 0,
            } else null,
        }, "");
    }

    fn connect(fuzz: *Fuzz) !void {
        const script = &fuzz.script;
        const local = Script.end(1, scripts.port);
        const remote = Script.end(2, script.remote_port);
        const connection = script.tcp.connect(local, remote, script.route, script.now_ns) catch
            return;
        try fuzz.open.append(testing.allocator, connection);
    }

    fn reportOne(fuzz: *Fuzz) void {
        const script = &fuzz.script;
        const sequence = fuzz.near(fuzz.last.sequence);
        const mss = fuzz.random.int(u16);
        script.tcp.report(script.path(), sequence, .{ .too_big = mss }, script.now_ns);
    }

    fn takeAll(fuzz: *Fuzz) !void {
        var sent: u32 = 0;
        while (fuzz.script.take()) |segment| {
            // A segment is never the cause of many.
            sent += 1;
            try testing.expect(sent < 2000);
            if (fuzz.random.uintLessThan(u8, 3) > 0) fuzz.last = segment.header;
        }
    }
};

fn run(seed: u64, count: usize) !void {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var prng: std.Random.DefaultPrng = .init(seed);
    var fuzz: Fuzz = .{ .script = undefined, .random = prng.random(), .listener = undefined };
    fuzz.script.init(&arena, .{ .pool_blocks = 120, .half_open_max = 10, .time_wait_max = 20 });
    fuzz.script.route.cuts_segments = prng.random().boolean();
    const local = Script.end(1, scripts.port);
    fuzz.listener = try fuzz.script.tcp.listen(local, .{ .backlog = 10 }, fuzz.script.now_ns);
    var scarce: Scarce = .{ .random = fuzz.random, .failures = if (seed % 2 == 0) 0 else 20 };
    fuzz.script.tcp.options.allocator = scarce.allocator();
    for (0..count) |_| {
        if (fuzz.random.uintLessThan(u8, 20) == 0) fuzz.giveRaw() else fuzz.giveOne();
        if (fuzz.random.uintLessThan(u8, 3) == 0) try fuzz.act();
        if (fuzz.random.boolean()) try fuzz.takeAll();
        const ms: u64 = if (fuzz.random.uintLessThan(u16, 500) == 0) 30_000 else 3;
        if (fuzz.random.uintLessThan(u8, 4) == 0) {
            fuzz.script.pass(fuzz.random.uintAtMost(u64, ms));
        }
    }
    for (fuzz.open.items) |connection| fuzz.script.tcp.close(connection, fuzz.script.now_ns);
    fuzz.open.deinit(testing.allocator);
    // All that the program left ends by itself.
    var turns: u32 = 0;
    fuzz.script.tcp.closeListener(fuzz.listener, fuzz.script.now_ns);
    while (fuzz.script.tcp.deadlineNs()) |at_ns| : (turns += 1) {
        try testing.expect(turns < 100_000);
        fuzz.script.now_ns = @max(at_ns, fuzz.script.now_ns);
        fuzz.script.tcp.advance(fuzz.script.now_ns);
        while (fuzz.script.take()) |_| {}
    }
    try testing.expectEqual(0, fuzz.script.tcp.connections_count);
    try testing.expectEqual(0, fuzz.script.tcp.table.count);
    try testing.expectEqual(0, fuzz.script.pool.used());
    try fuzz.script.deinit();
}

test "any segments, and programs that do anything" {
    const wanted = testing.environ.getPosix("MEW_TCP_FUZZ");
    const count = if (wanted) |text| try std.fmt.parseInt(usize, text, 10) else segments_count;
    const in_one_run = 10_000;
    for (0..count / in_one_run) |seed| {
        errdefer std.debug.print("seed {}\n", .{seed});
        try run(seed, in_one_run);
    }
}
