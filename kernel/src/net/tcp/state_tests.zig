// SPDX-License-Identifier: Apache-2.0
//! States of connections, segment by segment: RFC 9293, section 3.10, and RFC 5961.

const std = @import("std");
const scripts = @import("script.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Script = scripts.Script;
const irs = scripts.irs;
const testing = std.testing;

fn begin(script: *Script, arena: *std.heap.ArenaAllocator) void {
    arena.* = .init(testing.allocator);
    script.init(arena, .{});
}

fn readAll(script: *Script, connection: *tcps.Connection, expected: []const u8) !void {
    var buffer: [100]u8 = undefined;
    const count = try script.tcp.read(connection, &.{&buffer}, script.now_ns);
    try testing.expectEqualStrings(expected, buffer[0..count]);
}

fn write(script: *Script, connection: *tcps.Connection, text: []const u8) !void {
    const count = try script.tcp.write(connection, &.{text}, script.now_ns);
    try testing.expectEqual(text.len, count);
}

fn expectFailure(connection: *tcps.Connection, failure: tcps.Error) !void {
    try testing.expectEqual(@as(?tcps.Error, failure), tcps.Tcp.takeError(connection));
}

test "a request and its answer are two segments; the acknowledgement is in the answer" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.giveData(0, 0, "hello");
    try script.expectNothing();
    try readAll(&script, connection, "hello");
    try script.expectNothing();
    try write(&script, connection, "world");
    const sent = try script.expectData(0, 5);
    try testing.expectEqualStrings("world", sent.text[0..5]);
    try testing.expectEqual(irs +% 6, sent.header.acknowledgement);
    script.tcp.idle();
    try script.expectNothing();
    script.giveData(5, 5, "");
    try script.expectNothing();
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectFlags(.{ .fin = true, .ack = true });
    script.giveFlags(5, 6, .{ .fin = true, .ack = true });
    try script.expectAcknowledgement(6);
    try testing.expectEqual(1, script.tcp.waits.count);
    script.pass(60_000);
    try testing.expectEqual(0, script.tcp.waits.count);
    try script.deinit();
}

test "the peer closes first, and our side can still send" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.giveFlags(0, 0, .{ .fin = true, .ack = true });
    try testing.expect(script.tcp.readiness(connection).hangup);
    try readAll(&script, connection, "");
    try write(&script, connection, "more");
    const sent = try script.expectData(0, 4);
    try testing.expectEqual(irs +% 2, sent.header.acknowledgement);
    script.giveData(1, 4, "");
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectFlags(.{ .fin = true, .ack = true });
    script.giveData(1, 5, "");
    try script.expectNothing();
    try testing.expectEqual(0, script.tcp.connections_count);
    try testing.expectEqual(0, script.tcp.waits.count);
    try script.deinit();
}

test "both close at the same time" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectFlags(.{ .fin = true, .ack = true });
    script.giveFlags(0, 0, .{ .fin = true, .ack = true });
    try script.expectAcknowledgement(1);
    script.giveFlags(1, 1, .{ .ack = true });
    try script.expectNothing();
    try testing.expectEqual(1, script.tcp.waits.count);
    try script.deinit();
}

test "both open at the same time" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const local = Script.end(1, scripts.port);
    const remote = Script.end(2, scripts.peer_port);
    const connection = try script.tcp.connect(local, remote, script.route, script.now_ns);
    const syn = try script.expectFlags(.{ .syn = true });
    try testing.expectEqual(1460, syn.header.mss);
    script.give(scripts.plain_syn, "");
    const answer = try script.expectFlags(.{ .syn = true, .ack = true });
    try testing.expectEqual(script.iss, answer.header.sequence);
    try testing.expectEqual(null, answer.header.scale);
    try testing.expect(tcps.Tcp.takeError(connection) == null);
    try testing.expect(tcps.Tcp.isConnecting(connection));
    // The peer's answer, as figure 8 of RFC 9293 has it.
    var both = scripts.plain_syn;
    both.flags.ack = true;
    both.acknowledgement = script.iss +% 1;
    script.give(both, "");
    try testing.expect(tcps.Tcp.isConnected(connection));
    try write(&script, connection, "x");
    _ = try script.expectData(0, 1);
    script.giveData(0, 1, "y");
    try readAll(&script, connection, "y");
    script.tcp.abort(connection, script.now_ns);
    _ = try script.expectFlags(.{ .rst = true, .ack = true });
    try script.deinit();
}

test "nobody listens" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    script.give(scripts.plain_syn, "");
    const sent = try script.expectFlags(.{ .rst = true, .ack = true });
    try testing.expectEqual(0, sent.header.sequence);
    try testing.expectEqual(irs +% 1, sent.header.acknowledgement);
    script.giveFlags(7, 8, .{ .ack = true });
    const other = try script.expectFlags(.{ .rst = true });
    try testing.expectEqual(9, other.header.sequence);
    script.giveFlags(7, 8, .{ .rst = true });
    try script.expectNothing();
    try script.deinit();
}

fn connectTo(script: *Script) !*tcps.Connection {
    const local = Script.end(1, scripts.port);
    const remote = Script.end(2, scripts.peer_port);
    return script.tcp.connect(local, remote, script.route, script.now_ns);
}

test "a refused connection tells so once" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try connectTo(&script);
    _ = try script.expectFlags(.{ .syn = true });
    // Not an answer to this SYN: anybody could have sent it.
    script.giveFlags(0, 5, .{ .rst = true, .ack = true });
    try testing.expect(tcps.Tcp.isConnecting(connection));
    script.giveFlags(0, 0, .{ .rst = true, .ack = true });
    const readiness = script.tcp.readiness(connection);
    try testing.expect(readiness.writable and readiness.readable and readiness.hangup);
    try expectFailure(connection, error.Connrefused);
    try testing.expectEqual(null, tcps.Tcp.takeError(connection));
    try readAll(&script, connection, "");
    script.tcp.close(connection, script.now_ns);
    try script.deinit();
}

test "a SYN without answer is tried for three minutes" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try connectTo(&script);
    var syns: u32 = 0;
    const began_ns = script.now_ns;
    while (connection.failure == null) {
        while (script.take()) |sent| {
            try testing.expectEqual(segments.Flags{ .syn = true }, sent.header.flags);
            syns += 1;
        }
        script.now_ns = script.tcp.deadlineNs().?;
        script.tcp.advance(script.now_ns);
    }
    // At 0, 1, 3, 7, 15, 31, 63 and 123 seconds.
    try testing.expectEqual(8, syns);
    const waited_s = (script.now_ns - began_ns) / std.time.ns_per_s;
    try testing.expect(waited_s >= 180 and waited_s < 250);
    try expectFailure(connection, error.Timedout);
    script.tcp.close(connection, script.now_ns);
    try script.deinit();
}

test "a reset counts at the next byte only; near it, it is questioned" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.giveData(0, 0, "abc");
    script.giveFlags(100, 0, .{ .rst = true });
    try script.expectAcknowledgement(3);
    script.giveFlags(2, 0, .{ .rst = true });
    script.giveFlags(60_000, 0, .{ .rst = true });
    script.giveFlags(3, 0, .{ .syn = true });
    try script.expectAcknowledgement(3);
    script.giveFlags(3, 0, .{ .rst = true });
    try script.expectNothing();
    // What came before can still be read.
    try readAll(&script, connection, "abc");
    var buffer: [8]u8 = undefined;
    const failed = script.tcp.read(connection, &.{&buffer}, script.now_ns);
    try testing.expectError(error.Connreset, failed);
    try readAll(&script, connection, "");
    const piped = script.tcp.write(connection, &.{"x"}, script.now_ns);
    try testing.expectError(error.Pipe, piped);
    script.tcp.close(connection, script.now_ns);
    try script.deinit();
}

test "challenges are few" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    var answers: u32 = 0;
    for (0..100) |_| {
        script.giveFlags(3, 0, .{ .syn = true });
        while (script.take()) |_| answers += 1;
    }
    try testing.expectEqual(10, answers);
    script.pass(1000);
    // An acknowledgement of what was never sent.
    script.giveFlags(0, 50, .{ .ack = true });
    try script.expectAcknowledgement(0);
    script.tcp.abort(connection, script.now_ns);
    try script.deinit();
}

test "closing with something unread is a reset" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.giveData(0, 0, "abc");
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectFlags(.{ .rst = true, .ack = true });
    try testing.expectEqual(0, script.tcp.connections_count);
    try script.deinit();
}

test "what a program wrote before it closed is sent; what comes after that is refused" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    try write(&script, connection, "last words");
    script.tcp.close(connection, script.now_ns);
    const sent = try script.expectData(0, 10);
    try testing.expect(sent.header.flags.fin);
    script.giveData(0, 11, "");
    try script.expectNothing();
    script.giveData(0, 11, "too late");
    _ = try script.expectFlags(.{ .rst = true, .ack = true });
    try testing.expectEqual(0, script.tcp.connections_count);
    try script.deinit();
}

test "a peer whose FIN was lost gets what a program wrote before it closed" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    try write(&script, connection, "last words");
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectData(0, 10);
    // Its sequence number is behind the FIN that has not come.
    script.giveData(1, 11, "");
    try script.expectNothing();
    script.giveFlags(0, 11, .{ .fin = true, .ack = true });
    try script.expectAcknowledgement(1);
    try testing.expectEqual(1, script.tcp.waits.count);
    try script.deinit();
}

test "a peer that never closes is not waited for" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.tcp.close(connection, script.now_ns);
    _ = try script.expectFlags(.{ .fin = true, .ack = true });
    script.giveData(0, 1, "");
    script.pass(59_000);
    try testing.expectEqual(1, script.tcp.connections_count);
    script.pass(1_000);
    try testing.expectEqual(0, script.tcp.connections_count);
    try script.deinit();
}

test "data without an answer is given up" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.tcp.set(connection, .{ .user_timeout_ms = 20_000 }, script.now_ns);
    try write(&script, connection, "anybody?");
    const began_ns = script.now_ns;
    while (connection.failure == null) {
        while (script.take()) |_| {}
        script.now_ns = script.tcp.deadlineNs().?;
        script.tcp.advance(script.now_ns);
    }
    const waited_s = (script.now_ns - began_ns) / std.time.ns_per_s;
    try testing.expect(waited_s >= 20 and waited_s < 60);
    try expectFailure(connection, error.Timedout);
    try testing.expectEqual(0, script.pool.used());
    script.tcp.close(connection, script.now_ns);
    try script.deinit();
}

test "keep-alive finds out that the peer is gone" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.tcp.set(connection, .{ .keep_alive = true }, script.now_ns);
    script.pass(7_200_000);
    const probe = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(script.iss, probe.header.sequence);
    script.giveData(0, 0, "");
    // It answered: the next one is two hours after that.
    script.pass(7_100_000);
    try script.expectNothing();
    var probes: u32 = 0;
    while (connection.failure == null) {
        script.pass(75_000);
        while (script.take()) |_| probes += 1;
    }
    try testing.expectEqual(9, probes);
    try expectFailure(connection, error.Timedout);
    script.tcp.close(connection, script.now_ns);
    try script.deinit();
}

test "only ICMP errors about what is in flight count, and they end no established connection" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const first = try connectTo(&script);
    _ = try script.expectFlags(.{ .syn = true });
    script.tcp.report(script.path(), script.iss +% 9, .refused, script.now_ns);
    try testing.expect(tcps.Tcp.isConnecting(first));
    script.tcp.report(script.path(), script.iss, .refused, script.now_ns);
    try expectFailure(first, error.Connrefused);
    script.tcp.close(first, script.now_ns);

    const connection = try script.establish();
    script.tcp.report(script.path(), script.iss +% 1, .unreachable_host, script.now_ns);
    try testing.expect(tcps.Tcp.isConnected(connection));
    var text: [2000]u8 = @splat('x');
    try write(&script, connection, &text);
    _ = try script.expectData(0, 1000);
    _ = try script.expectData(1000, 1000);
    script.tcp.report(script.path(), script.iss +% 4000, .{ .too_big = 500 }, script.now_ns);
    try script.expectNothing();
    script.tcp.report(script.path(), script.iss +% 1, .{ .too_big = 500 }, script.now_ns);
    _ = try script.expectData(0, 500);
    _ = try script.expectData(500, 500);
    script.tcp.abort(connection, script.now_ns);
    try script.deinit();
}
