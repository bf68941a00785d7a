// SPDX-License-Identifier: Apache-2.0
//! When and how much is sent, and acknowledged: RFC 9293, section 3.8; RFC 1122, section 4.2.3.

const std = @import("std");
const blocks = @import("../blocks.zig");
const connections = @import("connection.zig");
const scripts = @import("script.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Script = scripts.Script;
const irs = scripts.irs;
const testing = std.testing;

const text: [60_000]u8 = @splat('t');

fn begin(script: *Script, arena: *std.heap.ArenaAllocator) void {
    arena.* = .init(testing.allocator);
    script.init(arena, .{});
}

fn write(script: *Script, connection: *tcps.Connection, bytes: usize) !void {
    const count = try script.tcp.write(connection, &.{text[0..bytes]}, script.now_ns);
    try testing.expectEqual(bytes, count);
}

fn finish(script: *Script, connection: *tcps.Connection) !void {
    script.tcp.abort(connection, script.now_ns);
    try script.deinit();
}

fn giveWindow(script: *Script, acknowledged: u32, window: u16) void {
    script.give(.{
        .sequence = irs +% 1,
        .acknowledgement = script.iss +% 1 +% acknowledged,
        .flags = .{ .ack = true },
        .window = window,
    }, "");
}

test "an idle connection takes little memory and no block" {
    try testing.expect(@sizeOf(connections.Connection) <= 600);
    try testing.expect(@sizeOf(@import("time_wait.zig").TimeWait) <= 128);
}

test "one segment is acknowledged late, two at once, and any when the machine idles" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    script.giveData(0, 0, text[0..1000]);
    try script.expectNothing();
    script.pass(39);
    try script.expectNothing();
    script.pass(1);
    try script.expectAcknowledgement(1000);
    script.giveData(1000, 0, text[0..1000]);
    try script.expectNothing();
    script.giveData(2000, 0, text[0..1000]);
    try script.expectAcknowledgement(3000);
    script.giveData(3000, 0, text[0..10]);
    script.tcp.idle();
    try script.expectAcknowledgement(3010);
    try finish(&script, connection);
}

test "what comes early is acknowledged at once, with its range, and so is what fills the gap" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    var syn = scripts.plain_syn;
    syn.sack_permitted = true;
    const listener = try script.open(syn);
    const connection = try script.tcp.accept(listener);
    script.giveData(20, 0, "uvw");
    const first = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(1, first.header.ranges_count);
    const range: segments.Range = .{ .start = irs +% 21, .end = irs +% 24 };
    try testing.expectEqual(range, first.header.ranges[0]);
    script.giveData(10, 0, "klm");
    const second = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(2, second.header.ranges_count);
    try testing.expectEqual(irs +% 11, second.header.ranges[0].start);
    try testing.expectEqual(range, second.header.ranges[1]);
    script.giveData(0, 0, "abcdefghijklmnopqrst");
    try script.expectAcknowledgement(23);
    var buffer: [100]u8 = undefined;
    const count = try script.tcp.read(connection, &.{&buffer}, script.now_ns);
    try testing.expectEqualStrings("abcdefghijklmnopqrstuvw", buffer[0..count]);
    try finish(&script, connection);
}

test "what came twice is told" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    var syn = scripts.plain_syn;
    syn.sack_permitted = true;
    const listener = try script.open(syn);
    const connection = try script.tcp.accept(listener);
    script.giveData(0, 0, text[0..100]);
    script.tcp.idle();
    try script.expectAcknowledgement(100);
    script.giveData(40, 0, text[0..80]);
    script.tcp.idle();
    const sent = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(1, sent.header.ranges_count);
    const range: segments.Range = .{ .start = irs +% 41, .end = irs +% 101 };
    try testing.expectEqual(range, sent.header.ranges[0]);
    script.giveData(120, 0, text[0..1]);
    script.tcp.idle();
    try script.expectAcknowledgement(121);
    try finish(&script, connection);
}

test "a small segment waits for the acknowledgement of another, unless told not to" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    try write(&script, connection, 100);
    _ = try script.expectData(0, 100);
    try write(&script, connection, 50);
    try write(&script, connection, 50);
    try script.expectNothing();
    script.giveData(0, 100, "");
    _ = try script.expectData(100, 100);
    script.tcp.set(connection, .{ .no_delay = true }, script.now_ns);
    try write(&script, connection, 5);
    _ = try script.expectData(200, 5);
    try finish(&script, connection);
}

test "a reply in parts goes when the program waits, but not any number of them" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    try write(&script, connection, 100);
    _ = try script.expectData(0, 100);
    try write(&script, connection, 30);
    try write(&script, connection, 20);
    try script.expectNothing();
    script.tcp.idle();
    _ = try script.expectData(100, 50);
    try script.expectNothing();
    try write(&script, connection, 10);
    try script.expectNothing();
    script.tcp.idle();
    _ = try script.expectData(150, 10);
    try write(&script, connection, 10);
    try script.expectNothing();
    script.tcp.idle();
    try script.expectNothing();
    script.giveData(0, 160, "");
    _ = try script.expectData(160, 10);
    try finish(&script, connection);
}

test "a closed window is probed, less and less often, and what it refused is sent when it opens" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    giveWindow(&script, 0, 0);
    try write(&script, connection, 3000);
    try script.expectNothing();
    var probes: u32 = 0;
    const began_ns = script.now_ns;
    while (script.now_ns - began_ns < 600 * std.time.ns_per_s) {
        script.now_ns = script.tcp.deadlineNs().?;
        script.tcp.advance(script.now_ns);
        while (script.take()) |sent| {
            try testing.expectEqual(1, sent.payload_bytes);
            try testing.expectEqual(script.iss +% 1, sent.header.sequence);
            probes += 1;
            giveWindow(&script, 0, 0);
        }
    }
    // 1, 3, 7, 15, 31, 63 seconds, then one a minute.
    try testing.expect(probes >= 14 and probes <= 16);
    giveWindow(&script, 0, 2500);
    _ = try script.expectData(0, 1);
    _ = try script.expectData(1, 1000);
    _ = try script.expectData(1001, 1000);
    try script.expectNothing();
    giveWindow(&script, 2001, 10_000);
    _ = try script.expectData(2001, 999);
    try finish(&script, connection);
}

test "a window that is never large is used as it is" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    var syn = scripts.plain_syn;
    syn.window = 300;
    const listener = try script.tcp.listen(Script.end(1, scripts.port), .{}, script.now_ns);
    script.give(syn, "");
    _ = try script.expectFlags(.{ .syn = true, .ack = true });
    giveWindow(&script, 0, 300);
    const connection = try script.tcp.accept(listener);
    try write(&script, connection, 700);
    _ = try script.expectData(0, 300);
    try script.expectNothing();
    // Too little to be worth a segment.
    giveWindow(&script, 300, 100);
    try script.expectNothing();
    giveWindow(&script, 300, 200);
    _ = try script.expectData(300, 200);
    giveWindow(&script, 500, 300);
    _ = try script.expectData(500, 200);
    try finish(&script, connection);
}

test "a window moves on in steps that are worth it" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    for (0..50) |number| script.giveData(@intCast(number * 1000), 0, text[0..1000]);
    var last: scripts.Sent = undefined;
    while (script.take()) |sent| last = sent;
    try testing.expectEqual(0, last.header.window);
    // More than the window is not taken.
    script.giveData(50_000, 0, text[0..1000]);
    try script.expectAcknowledgement(50_000);
    var buffer: [30_000]u8 = undefined;
    _ = try script.tcp.read(connection, &.{buffer[0..500]}, script.now_ns);
    try script.expectNothing();
    _ = try script.tcp.read(connection, &.{&buffer}, script.now_ns);
    const update = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(30_500, update.header.window);
    try finish(&script, connection);
}

test "connections that nobody reads leave room for one that is read" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var script: Script = undefined;
    script.init(&arena, .{ .pool_blocks = 64 });
    script.pool.device_reserve = 8;
    const local = Script.end(1, scripts.port);
    const listener = try script.tcp.listen(local, .{ .backlog = 10 }, script.now_ns);
    for (0..8) |number| {
        script.remote_port = @intCast(100 + number);
        script.give(scripts.plain_syn, "");
        _ = try script.expectFlags(.{ .syn = true, .ack = true });
        script.giveFlags(0, 0, .{ .ack = true });
        // All that the window of the SYN lets through.
        const wanted: u32 = if (number == 7) 1 else 50;
        for (0..wanted) |part| script.giveData(@intCast(part * 1000), 0, text[0..1000]);
        while (script.take()) |_| {}
    }
    try testing.expect(script.pool.available() > script.pool.device_reserve);
    var connection: *tcps.Connection = undefined;
    for (0..8) |_| connection = try script.tcp.accept(listener);
    var buffer: [2000]u8 = undefined;
    const count = try script.tcp.read(connection, &.{&buffer}, script.now_ns);
    try testing.expectEqual(1000, count);
    script.tcp.abort(connection, script.now_ns);
    for (0..7) |number| {
        script.remote_port = @intCast(100 + number);
        const node = script.tcp.table.find(&script.path()).?;
        script.tcp.abort(connections.Connection.fromNode(node), script.now_ns);
    }
    try script.deinit();
}

test "a window that closed for lack of memory opens when there is some" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    connection.receive.edge = connection.receive.nxt;
    var taken: [500]*blocks.Block = undefined;
    // One is left for the segment to come in.
    for (taken[0..499]) |*block| block.* = script.pool.take().?;
    script.giveData(0, 0, "x");
    taken[499] = script.pool.take().?;
    const closed = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(0, closed.header.window);
    for (0..10) |_| {
        script.pass(40);
        script.tcp.idle();
        try script.expectNothing();
    }
    for (taken) |block| script.pool.release(block);
    script.pass(40);
    const opened = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(50_000, opened.header.window);
    script.pass(1000);
    try script.expectNothing();
    try finish(&script, connection);
}

/// Receives `rounds` times what the window lets through, `pause_ms` apart, and reads it.
fn receiveRounds(script: *Script, connection: *tcps.Connection, rounds: u32, pause_ms: u64) !u32 {
    var buffer: [60_000]u8 = undefined;
    var offset: u32 = 0;
    for (0..rounds) |_| {
        const sent_at = connection.timestamp(script.now_ns);
        script.pass(pause_ms);
        script.timestamps = .{ .value = script.timestamps.?.value + 1, .echo = sent_at };
        for (0..40) |_| {
            script.giveData(offset, 0, text[0..1000]);
            offset += 1000;
        }
        while (script.take()) |_| {}
        const count = try script.tcp.read(connection, &.{&buffer}, script.now_ns);
        try testing.expectEqual(40_000, count);
        while (script.take()) |_| {}
    }
    return tcps.Tcp.get(connection).receive_buffer_bytes.?;
}

test "the window grows if it limits the peer, and only then" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    script.timestamps = .{ .value = 1000, .echo = 0 };
    var syn = scripts.plain_syn;
    syn.scale = 7;
    const listener = try script.open(syn);
    const connection = try script.tcp.accept(listener);
    // 40,000 bytes in each round trip of 20 ms.
    const grown = try receiveRounds(&script, connection, 6, 20);
    try testing.expectEqual(100_000, grown);
    try finish(&script, connection);
}

test "a device that cuts segments gets many at once" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    script.route.cuts_segments = true;
    var syn = scripts.plain_syn;
    syn.scale = 7;
    const listener = try script.open(syn);
    const connection = try script.tcp.accept(listener);
    for (0..4) |_| try write(&script, connection, 60_000);
    const sent = try script.expectData(0, 10_000);
    try testing.expectEqual(1000, sent.segment_bytes);
    var acknowledged: u32 = 10_000;
    var largest: u32 = 0;
    while (acknowledged < 240_000) {
        giveWindow(&script, acknowledged, 10_000);
        while (script.take()) |more| {
            acknowledged += more.payload_bytes;
            largest = @max(largest, more.payload_bytes);
        }
    }
    try testing.expect(largest > 60_000);
    try finish(&script, connection);
}

test "old timestamps are refused, and new ones are echoed" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    script.timestamps = .{ .value = 1000, .echo = 0 };
    const connection = try script.establish();
    script.timestamps.?.value = 1010;
    script.giveData(0, 0, text[0..1000]);
    script.giveData(1000, 0, text[0..1000]);
    const sent = try script.expectFlags(.{ .ack = true });
    try testing.expectEqual(1010, sent.header.timestamps.?.echo);
    script.timestamps.?.value = 900;
    script.giveData(2000, 0, "old");
    try script.expectAcknowledgement(2000);
    script.timestamps.?.value = 1011;
    script.giveData(2000, 0, "new");
    script.tcp.idle();
    try script.expectAcknowledgement(2003);
    try finish(&script, connection);
}

test "a peer that was only late is sent nothing else again, and loses no speed" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    script.timestamps = .{ .value = 1000, .echo = 0 };
    const connection = try script.establish();
    try write(&script, connection, 9880);
    const first = try script.expectData(0, 988);
    for (1..9) |number| _ = try script.expectData(@intCast(number * 988), 988);
    script.now_ns = connection.retransmit_at_ns;
    script.tcp.advance(script.now_ns);
    const again = try script.expectData(0, 988);
    try testing.expect(again.header.timestamps.?.value > first.header.timestamps.?.value);
    try script.expectNothing();
    // For the first one; the other would be echoed if that had been lost.
    script.timestamps.?.echo = first.header.timestamps.?.value;
    giveWindow(&script, 988, 20_000);
    _ = try script.expectData(8892, 988);
    try script.expectNothing();
    try testing.expectEqual(.open, connection.congestion.phase);
    try testing.expect(connection.congestion.window >= 9 * 988);
    try finish(&script, connection);
}

test "lost data is sent again after the timeout, and after three duplicates" {
    var arena: std.heap.ArenaAllocator = undefined;
    var script: Script = undefined;
    begin(&script, &arena);
    defer arena.deinit();
    const connection = try script.establish();
    try write(&script, connection, 8000);
    for (0..8) |number| _ = try script.expectData(@intCast(number * 1000), 1000);
    script.pass(10);
    giveWindow(&script, 1000, 10_000);
    for (0..2) |_| giveWindow(&script, 1000, 10_000);
    try script.expectNothing();
    giveWindow(&script, 1000, 10_000);
    _ = try script.expectData(1000, 1000);
    try script.expectNothing();
    // A partial acknowledgement: there is another gap.
    giveWindow(&script, 4000, 10_000);
    _ = try script.expectData(4000, 1000);
    giveWindow(&script, 8000, 10_000);
    try script.expectNothing();
    try write(&script, connection, 500);
    _ = try script.expectData(8000, 500);
    script.pass(199);
    try script.expectNothing();
    script.pass(1);
    _ = try script.expectData(8000, 500);
    script.pass(399);
    try script.expectNothing();
    script.pass(1);
    _ = try script.expectData(8000, 500);
    try finish(&script, connection);
}
