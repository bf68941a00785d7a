// SPDX-License-Identifier: Apache-2.0
//! IPv6 on a link: scripts of routers and neighbors, and two hosts.

const std = @import("std");
const addresses = @import("address.zig");
const checksum = @import("checksum.zig");
const simulator = @import("simulator.zig");
const types = @import("types.zig");
const views = @import("view.zig");

const Host = simulator.Host;
const Ip = addresses.Ip;
const Pair = simulator.Pair;
const testing = std.testing;
const second_ns = std.time.ns_per_s;

fn parsed(text: []const u8) Ip {
    return addresses.parseIp(text).?;
}

const own = parsed("fe80::5054:ff:fe12:3456");
const router = parsed("fe80::1");
const hardware: [6]u8 = .{ 0x52, 0x54, 0, 0x12, 0x34, 0x56 };

const Bench = struct {
    host: Host = undefined,

    fn init(bench: *Bench) !void {
        try bench.host.init(testing.allocator, .{ .hardware_address = hardware }, .{
            .static_addresses = &.{addresses.Prefix.parse("10.0.2.15/24").?},
        });
        try bench.host.pump();
    }

    fn passTo(bench: *Bench, now_ns: u64) !void {
        bench.host.now_ns = now_ns;
        try bench.host.pump();
    }

    /// A message of ICMPv6 in a frame.
    fn receive(bench: *Bench, source: Ip, to: Ip, hop_limit: u8, message: []const u8) !void {
        var bytes: [300]u8 = undefined;
        @memset(&bytes, 0);
        bytes[0..6].* = if (to.isMulticast()) .{ 0x33, 0x33 } ++ to.bytes[12..16].* else hardware;
        bytes[6..12].* = .{ 2, 0, 0, 0, 0, 1 };
        views.put16(&bytes, 12, 0x86dd);
        bytes[14] = 0x60;
        views.put16(&bytes, 18, @intCast(message.len));
        bytes[20] = 58;
        bytes[21] = hop_limit;
        bytes[22..38].* = source.bytes;
        bytes[38..54].* = to.bytes;
        @memcpy(bytes[54..][0..message.len], message);
        views.put16(&bytes, 56, 0);
        const whole = bytes[54..][0..message.len];
        var sum = checksum.pseudoHeader(source, to, 58, @intCast(message.len));
        sum.add(whole);
        views.put16(&bytes, 56, sum.finish());
        bench.host.receive(.{ .bytes = bytes[0 .. 54 + message.len] });
        try bench.host.pump();
    }

    /// The next message that was sent, with a good checksum; null: none. What is not ICMPv6 is
    /// passed over.
    fn take(bench: *Bench, buffer: *[200]u8) !?[]u8 {
        while (bench.host.take()) |frame| {
            defer bench.host.free(frame);
            const bytes = frame.bytes;
            if (views.get16(bytes, 12) != 0x86dd) continue;
            const source: Ip = .from6(bytes[22..38].*);
            const to: Ip = .from6(bytes[38..54].*);
            var sum = checksum.pseudoHeader(source, to, 58, @intCast(bytes.len - 54));
            sum.add(bytes[54..]);
            try testing.expectEqual(0, sum.finish());
            try testing.expectEqual(255, bytes[21]);
            @memcpy(buffer[0..bytes.len], bytes);
            return buffer[0..bytes.len];
        }
        return null;
    }
};

fn solicitation(target: Ip, with_source: bool) [32]u8 {
    var message: [32]u8 = @splat(0);
    message[0] = 135;
    message[8..24].* = target.bytes;
    if (with_source) message[24..32].* = .{ 1, 1, 2, 0, 0, 0, 0, 1 };
    return message;
}

fn advertisement(target: Ip, flags: u8) [32]u8 {
    var message: [32]u8 = @splat(0);
    message[0] = 136;
    message[4] = flags;
    message[8..24].* = target.bytes;
    message[24..32].* = .{ 2, 1, 2, 0, 0, 0, 0, 9 };
    return message;
}

const routing = struct {
    lifetime_s: u16 = 1800,
    valid_s: u32 = 7200,
    preferred_s: u32 = 3600,
    mtu: u32 = 1400,

    fn message(values: @This()) [80]u8 {
        var bytes: [80]u8 = @splat(0);
        bytes[0] = 134;
        views.put16(&bytes, 6, values.lifetime_s);
        bytes[16..24].* = .{ 1, 1, 2, 0, 0, 0, 0, 1 };
        bytes[24..26].* = .{ 5, 1 };
        views.put32(&bytes, 28, values.mtu);
        bytes[32..36].* = .{ 3, 4, 64, 0xc0 };
        views.put32(&bytes, 36, values.valid_s);
        views.put32(&bytes, 40, values.preferred_s);
        bytes[48..64].* = parsed("2001:db8:1::").bytes;
        // What is unknown is passed over.
        bytes[64..66].* = .{ 99, 2 };
        return bytes;
    }
};

test "an address of the link, asked for first, and three questions for routers" {
    var bench: Bench = .{};
    try bench.init();
    var buffer: [200]u8 = undefined;
    const probe = (try bench.take(&buffer)).?;
    try testing.expectEqual(135, probe[54]);
    try testing.expectEqualSlices(u8, &own.bytes, probe[62..78]);
    try testing.expectEqualSlices(u8, &own.solicitedNode().bytes, probe[38..54]);
    try testing.expectEqual(133, (try bench.take(&buffer)).?[54]);
    try testing.expect(!bench.host.stack.routes.isLocal(own));
    try bench.passTo(second_ns);
    try testing.expect(bench.host.stack.routes.isLocal(own));
    var questions: usize = 1;
    for (1..30) |second| {
        try bench.passTo(second * second_ns);
        while (try bench.take(&buffer)) |message| {
            try testing.expectEqual(133, message[54]);
            questions += 1;
        }
    }
    try testing.expectEqual(3, questions);
    try testing.expectEqual(null, bench.host.stack.deadlineNs());
    try bench.host.deinit();
}

test "an address that another host has, or wants, is not taken" {
    const other = parsed("fe80::77");
    for (0..4) |index| {
        var bench: Bench = .{};
        try bench.init();
        const claim = advertisement(own, 0x20);
        const wish = solicitation(own, false);
        switch (index) {
            0 => try bench.receive(own, .all_nodes, 255, &claim),
            1 => try bench.receive(.any6, own.solicitedNode(), 255, wish[0..24]),
            // A question of a neighbor is none, and neither is what came through a router.
            2 => try bench.receive(other, own.solicitedNode(), 255, &solicitation(own, true)),
            else => try bench.receive(own, .all_nodes, 254, &claim),
        }
        try bench.passTo(2 * second_ns);
        try testing.expectEqual(index >= 2, bench.host.stack.routes.isLocal(own));
        try bench.host.deinit();
    }
}

test "a router gives addresses, a way, and the size of packets" {
    var bench: Bench = .{};
    try bench.init();
    const stack = &bench.host.stack;
    try bench.passTo(2 * second_ns);
    bench.host.forget();
    // From beyond the link, from an address that no router has: nothing.
    try bench.receive(router, .all_nodes, 254, &routing.message(.{}));
    try bench.receive(parsed("2001:db8::1"), .all_nodes, 255, &routing.message(.{}));
    try testing.expectEqual(0, stack.routes.routes_count);
    try bench.receive(router, .all_nodes, 255, &routing.message(.{}));
    var buffer: [200]u8 = undefined;
    const global = parsed("2001:db8:1:0:5054:ff:fe12:3456");
    const probe = (try bench.take(&buffer)).?;
    try testing.expectEqualSlices(u8, &global.bytes, probe[62..78]);
    try bench.passTo(3 * second_ns);
    try testing.expect(stack.routes.isLocal(global) and stack.hasGlobal6());
    try testing.expectEqual(1400, stack.mtu6);
    const far = parsed("2001:db8:9::1");
    try testing.expectEqual(global, stack.routes.sourceFor(far, 0).?);
    const socket = try stack.open(.ip6, .datagram);
    try stack.connect(socket, far.withPort(9));
    try testing.expectEqual(5, try stack.write(socket, &.{"hello"}, null));
    const large: [1353]u8 = @splat(0);
    try testing.expectError(error.Msgsize, stack.write(socket, &.{&large}, null));
    try bench.host.pump();
    // The router said which hardware address it has.
    try testing.expectEqualSlices(u8, &.{ 2, 0, 0, 0, 0, 1 }, bench.host.sent.items[0].bytes[0..6]);
    bench.host.forget();
    // A lifetime of nothing: no way; but addresses stay for two hours at least.
    const end: routing = .{ .lifetime_s = 0, .valid_s = 0, .preferred_s = 0 };
    try bench.receive(router, .all_nodes, 255, &end.message());
    try testing.expectEqual(.none, stack.routes.wayTo(far));
    try testing.expect(stack.routes.isLocal(global));
    try bench.passTo(7300 * second_ns);
    try testing.expect(!stack.routes.isLocal(global));
    try bench.host.deinit();
}

test "a neighbor asks, and answers" {
    var bench: Bench = .{};
    try bench.init();
    try bench.passTo(2 * second_ns);
    bench.host.forget();
    const other = parsed("fe80::77");
    try bench.receive(other, own.solicitedNode(), 255, &solicitation(own, true));
    var buffer: [200]u8 = undefined;
    const answer = (try bench.take(&buffer)).?;
    try testing.expectEqual(136, answer[54]);
    try testing.expectEqual(0x60, answer[58]);
    try testing.expectEqualSlices(u8, &hardware, answer[80..86]);
    try testing.expectEqualSlices(u8, &other.bytes, answer[38..54]);
    // Another one is asked for; what waits goes when it answers.
    const stack = &bench.host.stack;
    const socket = try stack.open(.ip6, .datagram);
    const peer = parsed("fe80::88");
    _ = try stack.write(socket, &.{"hello"}, peer.withPort(9));
    try bench.host.pump();
    try testing.expectEqual(135, (try bench.take(&buffer)).?[54]);
    try bench.receive(peer, own, 254, &advertisement(peer, 0x60));
    try testing.expectEqual(0, bench.host.sent.items.len);
    try bench.receive(peer, own, 255, &advertisement(peer, 0x60));
    const sent = bench.host.sent.items[0].bytes;
    try testing.expectEqualSlices(u8, &.{ 2, 0, 0, 0, 0, 9 }, sent[0..6]);
    bench.host.forget();
    // Options without length, or cut off.
    var bad = solicitation(own, true);
    for ([_]u8{ 0, 2 }) |length| {
        bad[25] = length;
        try bench.receive(other, own.solicitedNode(), 255, &bad);
        try testing.expectEqual(null, try bench.take(&buffer));
    }
    try bench.host.deinit();
}

test "echo, and an error about a closed port" {
    var bench: Bench = .{};
    try bench.init();
    try bench.passTo(2 * second_ns);
    const other = parsed("fe80::77");
    try bench.receive(other, own.solicitedNode(), 255, &solicitation(own, true));
    bench.host.forget();
    const echo = [_]u8{ 128, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7 };
    try bench.receive(other, own, 3, &echo);
    const reply = bench.host.take().?;
    defer bench.host.free(reply);
    try testing.expectEqual(129, reply.bytes[54]);
    try testing.expectEqualSlices(u8, echo[4..], reply.bytes[58..]);
    try bench.receive(other, .all_nodes, 3, &echo);
    try testing.expectEqual(0, bench.host.sent.items.len);
    try bench.host.deinit();
}

const Exchange = struct {
    listener: types.Socket,
    client: types.Socket,
    server: ?types.Socket = null,
    is_sent: bool = false,

    pub fn isDone(exchange: *Exchange, pair: *Pair) !bool {
        const stack = &pair.hosts[1].stack;
        const first = &pair.hosts[0].stack;
        if (!exchange.is_sent and first.readiness(exchange.client).writable) {
            _ = try first.write(exchange.client, &.{"hello"}, null);
            exchange.is_sent = true;
        }
        const server = exchange.server orelse {
            exchange.server = stack.accept(exchange.listener) catch return false;
            return false;
        };
        var text: [10]u8 = undefined;
        const got = stack.read(server, &.{&text}, .{}) catch return false;
        try testing.expectEqualStrings("hello", text[0..got.count]);
        return true;
    }
};

test "a connection over IPv6 between neighbors, to a listener of both families" {
    var pair: Pair = .{};
    try pair.init(.{ .weather = .{ .loss = 50 } });
    try pair.link.run(5 * second_ns);
    const stack = &pair.hosts[1].stack;
    const listener = try stack.open(.ip6, .stream);
    try stack.bind(listener, Ip.any6.withPort(80));
    try stack.listen(listener, 8);
    const ends = [_]Ip{ parsed("fe80::ff:fe00:2"), .from4(.{ 10, 0, 0, 2 }) };
    for (ends) |end| {
        const client = try pair.hosts[0].stack.open(end.family, .stream);
        const to = end.withPort(80);
        try testing.expectError(error.Inprogress, pair.hosts[0].stack.connect(client, to));
        var exchange: Exchange = .{ .listener = listener, .client = client };
        try testing.expect(try pair.runUntil(&exchange, 100 * second_ns));
        const peer = try stack.peerAddress(exchange.server.?);
        try testing.expectEqual(end.family, peer.family);
    }
    try pair.deinit();
}
