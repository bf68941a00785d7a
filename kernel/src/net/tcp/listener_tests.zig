// SPDX-License-Identifier: Apache-2.0
//! Handshakes that others begin, floods of them, and what is left of connections.

const std = @import("std");
const scripts = @import("script.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Script = scripts.Script;
const irs = scripts.irs;
const testing = std.testing;

const full_syn: segments.Header = .{
    .sequence = irs,
    .flags = .{ .syn = true },
    .window = 10_000,
    .mss = 1400,
    .scale = 7,
    .sack_permitted = true,
    .timestamps = .{ .value = 500, .echo = 0 },
};

test "a lost answer to a SYN is sent again, and in the end no more" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{});
    _ = try script.tcp.listen(Script.end(1, scripts.port), .{}, script.now_ns);
    script.give(full_syn, "");
    var answers: u32 = 0;
    while (script.tcp.deadlineNs()) |at_ns| {
        while (script.take()) |sent| {
            try testing.expectEqual(script.iss, sent.header.sequence);
            try testing.expectEqual(segments.Timestamps{
                .value = sent.header.timestamps.?.value,
                .echo = 500,
            }, sent.header.timestamps.?);
            answers += 1;
        }
        script.now_ns = at_ns;
        script.tcp.advance(at_ns);
    }
    try testing.expectEqual(6, answers);
    try testing.expectEqual(0, script.tcp.half_open_count);
    try script.deinit();
}

test "more handshakes than fit get cookies, which are as good" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{ .half_open_max = 8 });
    const listener = try script.tcp.listen(Script.end(1, scripts.port), .{}, script.now_ns);
    for (0..1000) |number| {
        script.remote_port = @intCast(1000 + number);
        script.give(full_syn, "");
        _ = try script.expectFlags(.{ .syn = true, .ack = true });
    }
    try testing.expectEqual(8, script.tcp.half_open_count);
    try testing.expectEqual(992, script.tcp.counters.cookies);
    script.remote_port = 5000;
    script.give(full_syn, "");
    const answer = try script.expectFlags(.{ .syn = true, .ack = true });
    script.pass(100);
    script.timestamps = .{ .value = 600, .echo = answer.header.timestamps.?.value };
    // Not the right one: nobody can make a cookie up.
    script.giveFlags(0, 1, .{ .ack = true });
    _ = try script.expectFlags(.{ .rst = true });
    script.giveData(0, 0, "hello");
    try testing.expect(tcps.Tcp.hasConnection(listener));
    const connection = try script.tcp.accept(listener);
    try testing.expect(connection.sack and connection.timestamps);
    try testing.expectEqual(7, connection.send.scale);
    try testing.expectEqual(1400, connection.mss);
    var buffer: [9]u8 = undefined;
    try testing.expectEqual(5, try script.tcp.read(connection, &.{&buffer}, script.now_ns));
    script.tcp.abort(connection, script.now_ns);
    try script.deinit();
}

test "a full backlog refuses in silence; a closed listener resets" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{});
    const end = Script.end(1, scripts.port);
    const listener = try script.tcp.listen(end, .{ .backlog = 2 }, script.now_ns);
    try testing.expectError(error.Addrinuse, script.tcp.listen(end, .{}, script.now_ns));
    for (0..2) |number| {
        script.remote_port = @intCast(2000 + number);
        script.give(full_syn, "");
        _ = try script.expectFlags(.{ .syn = true, .ack = true });
        script.giveFlags(0, 0, .{ .ack = true });
        try script.expectNothing();
    }
    script.remote_port = 3000;
    script.give(full_syn, "");
    try script.expectNothing();
    script.tcp.closeListener(listener, script.now_ns);
    for (0..2) |_| _ = try script.expectFlags(.{ .rst = true, .ack = true });
    script.give(full_syn, "");
    _ = try script.expectFlags(.{ .rst = true, .ack = true });
    try testing.expectEqual(0, script.tcp.connections_count);
    try script.deinit();
}

test "the more precise listener gets the connection" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{});
    var any = Script.end(1, scripts.port);
    any.address = @splat(0);
    const wide = try script.tcp.listen(any, .{}, script.now_ns);
    const narrow = try script.open(full_syn);
    try testing.expect(tcps.Tcp.hasConnection(narrow));
    try testing.expect(!tcps.Tcp.hasConnection(wide));
    const free = try script.tcp.listen(Script.end(1, 0), .{}, script.now_ns);
    try testing.expect(free.local.port >= 49152);
    try testing.expect(!script.tcp.isPortFree(free.local));
    try script.deinit();
}

test "an IPv6 listener at every address may take IPv4 peers as well" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{});
    const any: tcps.Endpoint = .{ .family = .ip6, .address = @splat(0), .port = scripts.port };
    const only6 = try script.tcp.listen(any, .{}, script.now_ns);
    script.give(full_syn, "");
    _ = try script.expectFlags(.{ .rst = true, .ack = true });
    script.tcp.closeListener(only6, script.now_ns);
    const both = try script.tcp.listen(any, .{ .both_families = true }, script.now_ns);
    script.give(full_syn, "");
    _ = try script.expectFlags(.{ .syn = true, .ack = true });
    script.timestamps = .{ .value = 501, .echo = 0 };
    script.giveFlags(0, 0, .{ .ack = true });
    try testing.expect(tcps.Tcp.hasConnection(both));
    try script.deinit();
}

/// Accepts, and closes first.
fn closeOne(script: *Script, listener: *tcps.Listener) !void {
    const connection = try script.tcp.accept(listener);
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectFlags(.{ .fin = true, .ack = true });
    script.giveFlags(0, 1, .{ .fin = true, .ack = true });
    _ = try script.expectFlags(.{ .ack = true });
}

test "TIME-WAIT answers, is not reset, and lets a new connection in that is really new" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{});
    const listener = try script.open(scripts.plain_syn);
    try closeOne(&script, listener);
    const old_iss = script.iss;
    try testing.expectEqual(1, script.tcp.waits.count);
    script.giveFlags(0, 1, .{ .fin = true, .ack = true });
    try script.expectAcknowledgement(1);
    script.giveFlags(1, 1, .{ .rst = true });
    try testing.expectEqual(1, script.tcp.waits.count);
    // A SYN of the old connection, late.
    script.give(scripts.plain_syn, "");
    try script.expectAcknowledgement(1);
    var syn = scripts.plain_syn;
    syn.sequence = irs +% 5000;
    script.give(syn, "");
    const answer = try script.expectFlags(.{ .syn = true, .ack = true });
    try testing.expect(segments.before(old_iss +% 0xffff, answer.header.sequence));
    try testing.expectEqual(0, script.tcp.waits.count);
    try script.deinit();
}

test "ten thousand connections one after the other hold no more than the records of the last" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{ .time_wait_max = 300 });
    const listener = try script.tcp.listen(Script.end(1, scripts.port), .{}, script.now_ns);
    for (0..10_000) |number| {
        script.remote_port = @intCast(1024 + number);
        script.give(full_syn, "");
        _ = try script.expectFlags(.{ .syn = true, .ack = true });
        script.timestamps = .{ .value = 501, .echo = 0 };
        script.giveFlags(0, 0, .{ .ack = true });
        try closeOne(&script, listener);
        try testing.expectEqual(0, script.tcp.connections_count);
        try testing.expect(script.tcp.waits.count <= 300);
        script.pass(1);
    }
    try testing.expect(script.tcp.timers.entries.capacity < 100);
    script.pass(60_000);
    try testing.expectEqual(0, script.tcp.table.count);
    try script.deinit();
}

test "a thousand at once, and no more than the limit" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{ .connections_max = 1000 });
    const local = Script.end(1, scripts.port);
    const listener = try script.tcp.listen(local, .{ .backlog = 2000 }, script.now_ns);
    for (0..1200) |number| {
        script.remote_port = @intCast(1024 + number);
        script.give(full_syn, "");
        while (script.take()) |_| {}
        script.timestamps = .{ .value = 501, .echo = 0 };
        script.giveFlags(0, 0, .{ .ack = true });
        while (script.take()) |_| {}
        script.pass(1);
    }
    try testing.expectEqual(1000, script.tcp.connections_count);
    try testing.expectEqual(1000, listener.waiting_count);
    try testing.expectEqual(0, script.pool.used());
    try script.deinit();
}

test "connections out find free ports, and take over old ones when there are none" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{});
    var seen: std.AutoHashMapUnmanaged(u16, void) = .empty;
    defer seen.deinit(testing.allocator);
    const remote = Script.end(2, 99);
    for (0..200) |_| {
        const local = Script.end(1, 0);
        const connection = try script.tcp.connect(local, remote, script.route, script.now_ns);
        const sent = try script.expectFlags(.{ .syn = true });
        try testing.expect(!seen.contains(sent.path.local_port));
        try seen.put(testing.allocator, sent.path.local_port, {});
        script.tcp.abort(connection, script.now_ns);
        try script.expectNothing();
    }
    try script.deinit();
}
