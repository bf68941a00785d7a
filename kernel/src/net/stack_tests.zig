// SPDX-License-Identifier: Apache-2.0
//! The stack by packet scripts: bytes in, bytes out.

const std = @import("std");
const addresses = @import("address.zig");
const checksum = @import("checksum.zig");
const simulator = @import("simulator.zig");
const types = @import("types.zig");
const views = @import("view.zig");

const Host = simulator.Host;
const Ip = addresses.Ip;
const put16 = views.put16;
const testing = std.testing;
const second_ns = std.time.ns_per_s;

const own = "525400123456";
const peer = "020000000002";
const own_static: simulator.Settings = .{
    .static_addresses = &.{.{ .ip = .from4(.{ 10, 0, 2, 15 }), .bits = 24 }},
    .gateways = &.{.from4(.{ 10, 0, 2, 2 })},
};

const Bench = struct {
    host: Host = undefined,
    buffer: [70_000]u8 = undefined,

    fn init(bench: *Bench, settings: simulator.Settings) !void {
        try bench.host.init(testing.allocator, .{
            .hardware_address = .{ 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
        }, settings);
    }

    /// Gratuitous ARP and what else a host says at its start is taken off.
    fn initQuiet(bench: *Bench, settings: simulator.Settings) !void {
        try bench.init(settings);
        try bench.host.pump();
        bench.host.forget();
    }

    fn receive(bench: *Bench, hex: []const u8) !void {
        const bytes = try std.fmt.hexToBytes(&bench.buffer, hex);
        try bench.receiveBytes(bytes);
    }

    fn receiveBytes(bench: *Bench, bytes: []u8) !void {
        bench.host.receive(.{ .bytes = bytes });
        try bench.host.pump();
    }

    fn expectSent(bench: *Bench, hex: []const u8) !void {
        const frame = bench.host.take() orelse return error.TestUnexpectedResult;
        defer bench.host.free(frame);
        var text: [4000]u8 = undefined;
        const seen = try std.fmt.bufPrint(&text, "{x}", .{frame.bytes});
        try testing.expectEqualStrings(hex, seen);
    }

    fn expectSilence(bench: *Bench) !void {
        try testing.expectEqual(0, bench.host.sent.items.len);
    }

    /// The neighbor 10.0.2.2 becomes known.
    fn meetPeer(bench: *Bench) !void {
        try bench.receive(own ++ peer ++ "0806" ++ "0001080006040001" ++ peer ++ "0a000202" ++
            "000000000000" ++ "0a00020f");
        bench.host.forget();
    }
};

/// An Ethernet frame with an IPv4 packet from 10.0.2.2 to this host, header checksum put in.
fn frame4(buffer: []u8, protocol: u8, payload: []const u8) ![]u8 {
    var hex: [200]u8 = undefined;
    const text = try std.fmt.bufPrint(&hex, "{s}{s}0800" ++ "4500{x:0>4}00000000" ++
        "40{x:0>2}0000" ++ "0a000202" ++ "0a00020f", .{ own, peer, 20 + payload.len, protocol });
    const header = try std.fmt.hexToBytes(buffer, text);
    @memcpy(buffer[34..][0..payload.len], payload);
    put16(header, 24, checksum.of(header[14..34]));
    return buffer[0 .. 34 + payload.len];
}

fn fromHex(buffer: []u8, hex: []const u8) ![]u8 {
    return std.fmt.hexToBytes(buffer, hex);
}

/// UDP from 10.0.2.2 with its checksum.
fn udpFrame(buffer: []u8, source: u16, destination: u16, payload: []const u8) ![]u8 {
    var datagram: [2000]u8 = undefined;
    @memset(datagram[0..8], 0);
    put16(&datagram, 0, source);
    put16(&datagram, 2, destination);
    put16(&datagram, 4, @intCast(8 + payload.len));
    @memcpy(datagram[8..][0..payload.len], payload);
    const bytes = datagram[0 .. 8 + payload.len];
    var sum = checksum.pseudoHeader(
        .from4(.{ 10, 0, 2, 2 }),
        .from4(.{ 10, 0, 2, 15 }),
        17,
        @intCast(bytes.len),
    );
    sum.add(bytes);
    put16(bytes, 6, sum.finish());
    return frame4(buffer, 17, bytes);
}

test "a host announces its address, answers for it, and asks for its gateway" {
    var bench: Bench = .{};
    try bench.init(own_static);
    try bench.host.pump();
    try bench.expectSent("ffffffffffff" ++ own ++ "0806" ++ "0001080006040001" ++ own ++
        "0a00020f" ++ "000000000000" ++ "0a00020f");
    bench.host.forget();
    // A request, padded as short frames are.
    try bench.receive("ffffffffffff" ++ peer ++ "0806" ++ "0001080006040001" ++ peer ++
        "0a000202" ++ "000000000000" ++ "0a00020f" ++ "000000000000000000000000000000000000");
    try bench.expectSent(peer ++ own ++ "0806" ++ "0001080006040002" ++ own ++ "0a00020f" ++
        peer ++ "0a000202");
    // For another host.
    try bench.receive("ffffffffffff" ++ peer ++ "0806" ++ "0001080006040001" ++ peer ++
        "0a000202" ++ "000000000000" ++ "0a000210");
    try bench.expectSilence();
    try bench.host.deinit();
}

test "a link of small packets has IPv4 only, one of none is taken for such" {
    for ([_]u16{ 0, 20, 68, 576, 1279, 1280 }) |mtu| {
        var host: Host = undefined;
        try host.init(testing.allocator, .{
            .hardware_address = .{ 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
            .mtu = mtu,
        }, own_static);
        const ip: Ip = .from4(.{ 10, 0, 2, 2 });
        host.stack.neighbors.update(ip, @splat(2), .hinted, true, 0);
        const socket = try host.stack.open(.ip4, .datagram);
        const text: [3000]u8 = @splat(1);
        try testing.expectEqual(3000, try host.stack.write(socket, &.{&text}, ip.withPort(9)));
        try host.pump();
        var six: usize = 0;
        var data: usize = 0;
        for (host.sent.items) |frame| {
            try testing.expect(frame.bytes.len <= @max(mtu, 576) + 14);
            if (frame.bytes[12] == 0x86) six += 1;
            if (frame.bytes[12] == 0x08 and frame.bytes[13] == 0) data += frame.bytes.len - 34;
        }
        try testing.expectEqual(mtu >= 1280, six > 0);
        try testing.expectEqual(3008, data);
        try host.deinit();
    }
}

test "echo: same data back, from the address that was asked" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    // A ping of Linux, cut to 16 bytes of data.
    var frame: [200]u8 = undefined;
    var echo: [24]u8 = undefined;
    _ = try fromHex(&echo, "08000000" ++ "12340001" ++ "000102030405060708090a0b0c0d0e0f");
    put16(&echo, 2, checksum.of(&echo));
    try bench.receiveBytes(try frame4(&frame, 1, &echo));
    try bench.expectSent(peer ++ own ++ "0800" ++ "4500002c" ++ "00000000" ++ "400162c1" ++
        "0a00020f" ++ "0a000202" ++ "0000b58a" ++ "12340001" ++
        "000102030405060708090a0b0c0d0e0f");
    // A wrong checksum, and one that is too short.
    echo[10] ^= 1;
    try bench.receiveBytes(try frame4(&frame, 1, &echo));
    try bench.receiveBytes(try frame4(&frame, 1, echo[0..7]));
    try bench.expectSilence();
    try bench.host.deinit();
}

test "echo in fragments, as large as a packet can be" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    var echo: [65_507]u8 = undefined;
    for (&echo, 0..) |*byte, place| byte.* = @truncate(place / 7);
    echo[0..4].* = .{ 8, 0, 0, 0 };
    put16(&echo, 2, checksum.of(&echo));
    var offset: usize = 0;
    while (offset < echo.len) {
        const count = @min(1480, echo.len - offset);
        var frame: [1600]u8 = undefined;
        const bytes = try frame4(&frame, 1, echo[offset..][0..count]);
        const more: u16 = if (offset + count < echo.len) 0x2000 else 0;
        put16(bytes, 20, more | @as(u16, @intCast(offset / 8)));
        put16(bytes, 24, 0);
        put16(bytes, 24, checksum.of(bytes[14..34]));
        bench.host.receive(.{ .bytes = bytes });
        offset += count;
    }
    try bench.host.pump();
    echo[0] = 0;
    echo[2..4].* = .{ 0, 0 };
    put16(&echo, 2, checksum.of(&echo));
    offset = 0;
    while (bench.host.take()) |frame| {
        defer bench.host.free(frame);
        const data = frame.bytes[34..];
        try testing.expectEqualSlices(u8, echo[offset..][0..data.len], data);
        offset += data.len;
    }
    try testing.expectEqual(echo.len, offset);
    try bench.host.deinit();
}

test "no more answers than the limit, however many questions" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    var echo: [8]u8 = undefined;
    _ = try fromHex(&echo, "0800f7ff00000000");
    var frame: [100]u8 = undefined;
    for (0..500) |_| try bench.receiveBytes(try frame4(&frame, 1, &echo));
    try testing.expectEqual(100, bench.host.sent.items.len);
    try bench.host.deinit();
}

test "datagrams: to a socket, and to a port where nobody is" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    const stack = &bench.host.stack;
    const socket = try stack.open(.ip4, .datagram);
    try stack.bind(socket, Ip.any4.withPort(7));
    var frame: [200]u8 = undefined;
    try bench.receiveBytes(try udpFrame(&frame, 5000, 7, "hello"));
    var text: [20]u8 = undefined;
    try testing.expectEqual(5, stack.readiness(socket).readable_bytes);
    const got = try stack.read(socket, &.{&text}, .{});
    try testing.expectEqualStrings("hello", text[0..got.count]);
    try testing.expectEqual(Ip.from4(.{ 10, 0, 2, 2 }).withPort(5000), got.from);
    try testing.expectError(error.Again, stack.read(socket, &.{&text}, .{}));
    try testing.expectEqual(5, try stack.write(socket, &.{ "wo", "rld" }, got.from));
    try bench.host.pump();
    try bench.expectSent(peer ++ own ++ "0800" ++ "45000021" ++ "00000000" ++ "401162bc" ++
        "0a00020f" ++ "0a000202" ++ "0007" ++ "1388" ++ "000d" ++ "8658" ++ "776f726c64");
    // Port 8: unreachable, with the packet's header and eight bytes, and what else fits.
    try bench.receiveBytes(try udpFrame(&frame, 5000, 8, "hello"));
    const answer = bench.host.take().?;
    defer bench.host.free(answer);
    try testing.expectEqualSlices(u8, &.{ 3, 3 }, answer.bytes[34..36]);
    try testing.expectEqual(0, checksum.of(answer.bytes[34..]));
    try testing.expectEqualSlices(u8, frame[14..47], answer.bytes[42..]);
    // A wrong checksum is no datagram at all.
    const bad = try udpFrame(&frame, 5000, 7, "hello");
    bad[45] ^= 1;
    try bench.receiveBytes(bad);
    try testing.expect(!stack.readiness(socket).readable);
    try bench.expectSilence();
    stack.close(socket);
    try testing.expectError(error.Badf, stack.read(socket, &.{&text}, .{}));
    try bench.host.deinit();
}

test "packets wait for the neighbor's address, and are given up if it does not answer" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    const stack = &bench.host.stack;
    const socket = try stack.open(.ip4, .datagram);
    const far = Ip.from4(.{ 192, 0, 2, 1 }).withPort(9);
    try stack.connect(socket, far);
    for (0..3) |_| _ = try stack.write(socket, &.{"x"}, null);
    try bench.host.pump();
    // Of the gateway: the destination is not on the link.
    try bench.expectSent("ffffffffffff" ++ own ++ "0806" ++ "0001080006040001" ++ own ++
        "0a00020f" ++ "000000000000" ++ "0a000202");
    try bench.expectSilence();
    bench.host.now_ns = second_ns / 2;
    try bench.receive(own ++ peer ++ "0806" ++ "0001080006040002" ++ peer ++ "0a000202" ++ own ++
        "0a00020f");
    try testing.expectEqual(3, bench.host.sent.items.len);
    bench.host.forget();
    // Another one on the link, which is silent.
    try stack.connect(socket, Ip.from4(.{ 10, 0, 2, 77 }).withPort(9));
    for (0..100) |_| _ = stack.write(socket, &.{"x"}, null) catch break;
    var requests: usize = 0;
    for (0..50) |tenth| {
        bench.host.now_ns = second_ns + tenth * second_ns / 10;
        try bench.host.pump();
        for (bench.host.sent.items) |frame| requests += @intFromBool(frame.bytes[13] == 6);
        bench.host.forget();
    }
    try testing.expectEqual(3, requests);
    try testing.expectError(error.Hostunreach, stack.write(socket, &.{"x"}, null));
    try bench.host.deinit();
}

test "what is not for this host, or from nowhere, is not seen" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    const stack = &bench.host.stack;
    const socket = try stack.open(.ip4, .datagram);
    try stack.bind(socket, Ip.any4.withPort(7));
    var frame: [200]u8 = undefined;
    // Sources: broadcast, group, loopback, this host itself, none.
    const sources = [_][4]u8{
        .{ 255, 255, 255, 255 }, .{ 10, 0, 2, 255 }, .{ 224, 0, 0, 1 },
        .{ 127, 0, 0, 1 },       .{ 10, 0, 2, 15 },  .{ 0, 0, 0, 0 },
    };
    for (sources) |source| {
        const bytes = try udpFrame(&frame, 5000, 7, "hello");
        bytes[26..30].* = source;
        put16(bytes, 40, 0); // no checksum
        put16(bytes, 24, 0);
        put16(bytes, 24, checksum.of(bytes[14..34]));
        try bench.receiveBytes(bytes);
        try testing.expect(!stack.readiness(socket).readable);
    }
    // Another host's hardware address; another IP address; a broadcast frame.
    for ([_]usize{ 5, 33, 0 }) |at| {
        const bytes = try udpFrame(&frame, 5000, 7, "hello");
        if (at == 0) @memset(bytes[0..6], 0xff) else bytes[at] ^= 2;
        put16(bytes, 40, 0);
        put16(bytes, 24, 0);
        put16(bytes, 24, checksum.of(bytes[14..34]));
        try bench.receiveBytes(bytes);
        try testing.expect(!stack.readiness(socket).readable);
    }
    try bench.expectSilence();
    try bench.host.deinit();
}

test "large datagrams are cut, and put together again" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    const stack = &bench.host.stack;
    const socket = try stack.open(.ip4, .datagram);
    try stack.bind(socket, Ip.any4.withPort(7));
    var text: [40_000]u8 = undefined;
    var random: std.Random.DefaultPrng = .init(5);
    random.random().bytes(&text);
    const to = Ip.from4(.{ 10, 0, 2, 2 }).withPort(7);
    const written = try stack.write(socket, &.{ text[0..5000], text[5000..] }, to);
    try testing.expectEqual(text.len, written);
    try testing.expectError(error.Msgsize, stack.write(socket, &.{ &text, &text }, to));
    try bench.host.pump();
    try testing.expectEqual((text.len + 8 + 1479) / 1480, bench.host.sent.items.len);
    // Sent back with the addresses exchanged, last ones first.
    while (bench.host.sent.pop()) |frame| {
        defer bench.host.free(frame);
        std.mem.swap([6]u8, frame.bytes[0..6], frame.bytes[6..12]);
        std.mem.swap([4]u8, frame.bytes[26..30], frame.bytes[30..34]);
        bench.host.receive(frame);
    }
    var back: [50_000]u8 = undefined;
    const got = try stack.read(socket, &.{&back}, .{});
    try testing.expectEqualSlices(u8, &text, back[0..got.count]);
    try bench.host.deinit();
}

test "an ICMP error reaches the socket that sent" {
    var bench: Bench = .{};
    try bench.initQuiet(own_static);
    try bench.meetPeer();
    const stack = &bench.host.stack;
    const socket = try stack.open(.ip4, .datagram);
    const other = try stack.open(.ip4, .datagram);
    try stack.connect(socket, Ip.from4(.{ 10, 0, 2, 2 }).withPort(99));
    try stack.connect(other, Ip.from4(.{ 10, 0, 2, 2 }).withPort(98));
    _ = try stack.write(socket, &.{"hello"}, null);
    try bench.host.pump();
    const sent = bench.host.take().?;
    defer bench.host.free(sent);
    var message: [8 + 28]u8 = @splat(0);
    message[0] = 3;
    message[1] = 3;
    @memcpy(message[8..], sent.bytes[14..][0..28]);
    put16(&message, 2, checksum.of(&message));
    var frame: [200]u8 = undefined;
    try bench.receiveBytes(try frame4(&frame, 1, &message));
    try testing.expect(!stack.readiness(other).readable);
    try testing.expectEqual(14, try stack.getOption(socket, .pending_error));
    try testing.expectEqual(0, try stack.getOption(socket, .pending_error));
    // The same of a packet that others sent.
    message[8 + 12 + 3] ^= 1;
    put16(&message, 2, 0);
    put16(&message, 2, checksum.of(&message));
    try bench.receiveBytes(try frame4(&frame, 1, &message));
    try testing.expectEqual(0, try stack.getOption(socket, .pending_error));
    try bench.host.deinit();
}

test "loopback needs no device" {
    var host: Host = undefined;
    try host.init(testing.allocator, null, .{});
    const stack = &host.stack;
    const server = try stack.open(.ip4, .datagram);
    const client = try stack.open(.ip4, .datagram);
    try stack.bind(server, Ip.loopback4.withPort(53));
    try testing.expectError(error.Addrinuse, stack.bind(client, Ip.loopback4.withPort(53)));
    try stack.connect(client, Ip.loopback4.withPort(53));
    try testing.expectEqual(8 * 8000, try stack.write(client, &@as([8][]const u8, @splat(&@as(
        [8000]u8,
        @splat(9),
    ))), null));
    try host.pump();
    var text: [65_000]u8 = undefined;
    const got = try stack.read(server, &.{&text}, .{});
    try testing.expectEqual(64_000, got.count);
    try testing.expectEqual(try stack.localAddress(client), got.from);
    // Nobody at that port: told at once.
    try stack.connect(client, Ip.loopback4.withPort(54));
    _ = try stack.write(client, &.{"x"}, null);
    try host.pump();
    try testing.expectError(error.Connrefused, stack.read(client, &.{&text}, .{}));
    const away = Ip.from4(.{ 192, 0, 2, 1 }).withPort(1);
    try testing.expectError(error.Netunreach, stack.connect(client, away));
    try host.deinit();
}

test "numbers of closed sockets mean nothing, and there are only so many" {
    var host: Host = undefined;
    try host.init(testing.allocator, null, .{ .sockets_max = 8 });
    const stack = &host.stack;
    var open: [8]types.Socket = undefined;
    for (&open, 0..) |*socket, index| {
        socket.* = try stack.open(.ip4, if (index % 2 == 0) .stream else .datagram);
    }
    try testing.expectError(error.Nfile, stack.open(.ip4, .stream));
    try testing.expectError(error.Nfile, stack.open(.ip4, .datagram));
    stack.close(open[3]);
    const again = try stack.open(.ip6, .stream);
    try testing.expectEqual(open[3].index, again.index);
    try testing.expectError(error.Badf, stack.localAddress(open[3]));
    stack.close(open[3]);
    try testing.expectEqual(.ip6, (try stack.localAddress(again)).family);
    try testing.expectError(error.Badf, stack.localAddress(.{ .index = 99, .generation = 1 }));
    try testing.expectError(error.Badf, stack.localAddress(@bitCast(@as(u32, 0))));
    try host.deinit();
}
