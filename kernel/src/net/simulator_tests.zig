// SPDX-License-Identifier: Apache-2.0
//! Two stacks on one link, in simulated time, in all weathers.

const std = @import("std");
const addresses = @import("address.zig");
const link = @import("link.zig");
const simulator = @import("simulator.zig");
const types = @import("types.zig");

const Ip = addresses.Ip;
const Pair = simulator.Pair;
const Socket = types.Socket;
const testing = std.testing;
const second_ns = std.time.ns_per_s;

const plain: link.Offloads = .{};
const all: link.Offloads = .{
    .transmit_checksum = true,
    .segment_tcp4 = true,
    .segment_tcp6 = true,
};

/// A connection from the first host to a listener on the second.
fn connect(pair: *Pair, port: u16) ![2]Socket {
    const client = try pair.hosts[0].stack.open(.ip4, .stream);
    const listener = try pair.hosts[1].stack.open(.ip4, .stream);
    defer pair.hosts[1].stack.close(listener);
    try pair.hosts[1].stack.bind(listener, Ip.any4.withPort(port));
    try pair.hosts[1].stack.listen(listener, 16);
    const to = Ip.from4(.{ 10, 0, 0, 2 }).withPort(port);
    try testing.expectError(error.Inprogress, pair.hosts[0].stack.connect(client, to));
    var accepting: Accepting = .{ .listener = listener };
    try testing.expect(try pair.runUntil(&accepting, 300 * second_ns));
    return .{ client, accepting.socket.? };
}

const Accepting = struct {
    listener: Socket,
    socket: ?Socket = null,

    pub fn isDone(accepting: *Accepting, pair: *Pair) !bool {
        accepting.socket = pair.hosts[1].stack.accept(accepting.listener) catch |failure| {
            return if (failure == error.Again) false else failure;
        };
        return true;
    }
};

/// One side sends so many bytes, which depend on their places, then ends; the other reads them.
const Transfer = struct {
    from: usize,
    sockets: [2]Socket,
    total: usize,
    sent: usize = 0,
    got: usize = 0,
    is_shut: bool = false,

    fn byteAt(place: usize) u8 {
        return @truncate((place *% 0x9e3779b1) >> 13);
    }

    pub fn isDone(transfer: *Transfer, pair: *Pair) !bool {
        const sender = &pair.hosts[transfer.from].stack;
        const receiver = &pair.hosts[1 - transfer.from].stack;
        var buffer: [9000]u8 = undefined;
        while (transfer.sent < transfer.total) {
            const part = @min(buffer.len, transfer.total - transfer.sent);
            for (buffer[0..part], transfer.sent..) |*byte, place| byte.* = byteAt(place);
            const socket = transfer.sockets[transfer.from];
            const count = sender.write(socket, &.{buffer[0..part]}, null) catch |failure| {
                if (failure != error.Again) return failure;
                break;
            };
            transfer.sent += count;
        }
        if (transfer.sent == transfer.total and !transfer.is_shut) {
            const socket = transfer.sockets[transfer.from];
            try sender.shutdown(socket, .{ .receive = false, .send = true });
            transfer.is_shut = true;
        }
        while (true) {
            const socket = transfer.sockets[1 - transfer.from];
            const received = receiver.read(socket, &.{&buffer}, .{}) catch |failure| {
                if (failure != error.Again) return failure;
                return false;
            };
            if (received.count == 0) return transfer.got == transfer.total;
            for (buffer[0..received.count], transfer.got..) |byte, place| {
                if (byte != byteAt(place)) return error.TestUnexpectedResult;
            }
            transfer.got += received.count;
        }
    }
};

fn transferBoth(pair: *Pair, total: usize) !void {
    const sockets = try connect(pair, 80);
    for (0..2) |from| {
        var transfer: Transfer = .{ .from = from, .sockets = sockets, .total = total };
        try testing.expect(try pair.runUntil(&transfer, 3600 * second_ns));
    }
    for (&pair.hosts, sockets) |*host, socket| host.stack.close(socket);
    try pair.link.run(pair.link.now_ns + 600 * second_ns);
}

test "a megabyte each way on a good day" {
    for ([_][2]link.Offloads{ .{ plain, plain }, .{ all, all }, .{ all, plain } }) |offloads| {
        var pair: Pair = .{};
        try pair.init(.{ .offloads = offloads });
        for (&pair.hosts) |*host| host.is_trusting = offloads[0].transmit_checksum;
        try transferBoth(&pair, 1 << 20);
        try pair.deinit();
    }
}

test "loss, delay, repetition, reordering and damage" {
    const weathers = [_]simulator.Weather{
        .{ .loss = 30 },
        .{ .repetition = 200, .jitter_ns = 3_000_000 },
        .{ .loss = 10, .repetition = 10, .jitter_ns = 20_000_000, .damage = 10 },
        .{ .delay_ns = 150_000_000, .loss = 5 },
    };
    for (weathers, 0..) |weather, index| {
        for ([_]link.Offloads{ plain, all }) |offloads| {
            var pair: Pair = .{};
            try pair.init(.{
                .offloads = .{ offloads, offloads },
                .weather = weather,
                .seed = index,
            });
            // Frames in small pieces, as a device with small buffers would fill.
            pair.hosts[0].piece_bytes = 70;
            try transferBoth(&pair, 200_000);
            try pair.deinit();
        }
    }
}

test "a router on the way takes smaller packets only" {
    for ([_]link.Offloads{ plain, all }) |offloads| {
        for ([_]u16{ 1400, 600 }) |mtu| {
            var pair: Pair = .{};
            try pair.init(.{
                .offloads = .{ offloads, offloads },
                .weather = .{ .path_mtu = mtu },
            });
            try transferBoth(&pair, 300_000);
            // But for the 600 s at the end, in which connections are forgotten, it takes a moment.
            try testing.expect(pair.link.now_ns < 620 * second_ns);
            try pair.deinit();
        }
    }
}

test "the same bytes are on the wire, whoever computes checksums" {
    var digests: [2]u64 = undefined;
    for (&digests, [_]bool{ false, true }) |*digest, is_offered| {
        var pair: Pair = .{};
        const offloads: link.Offloads = .{ .transmit_checksum = is_offered };
        try pair.init(.{ .offloads = .{ offloads, offloads }, .weather = .{ .loss = 20 } });
        try transferBoth(&pair, 50_000);
        const socket = try pair.hosts[0].stack.open(.ip4, .datagram);
        for ([_]usize{ 0, 1, 1000, 3000 }) |size| {
            const text: [3000]u8 = @splat(7);
            const to = Ip.from4(.{ 10, 0, 0, 2 }).withPort(99);
            _ = try pair.hosts[0].stack.write(socket, &.{text[0..size]}, to);
            try pair.link.run(pair.link.now_ns + second_ns);
        }
        digest.* = pair.link.digest.final();
        try testing.expect(pair.link.frames_count > 100);
        try pair.deinit();
    }
    try testing.expectEqual(digests[0], digests[1]);
}

/// A segment of TCP with so much payload behind `sequence`, which makes its bytes.
fn pushSegment(host: *simulator.Host, sequence: u32, count: usize, cut: ?u16, flags: u8) !void {
    const packet = host.stack.output.reserve().?;
    packet.* = .{
        .source = .from4(.{ 10, 0, 0, 1 }),
        .destination = .from4(.{ 10, 0, 0, 2 }),
        .protocol = 6,
        .checksum_at = 16,
        .segment_bytes = cut,
        .dont_fragment = true,
    };
    var header: [20]u8 = @splat(0);
    @import("view.zig").put32(&header, 4, sequence);
    header[12] = 0x50;
    header[13] = flags;
    packet.setHead(&header);
    var done: usize = 0;
    while (done < count) {
        const block = host.pool.take().?;
        const part = @min(count - done, block.bytes.len);
        for (block.bytes[0..part], sequence + done..) |*byte, place| byte.* = @truncate(place / 3);
        packet.givePayload(.{ .block = block, .bytes = block.bytes[0..part] });
        done += part;
    }
    host.stack.output.push();
}

test "a device that cuts segments sends what would be sent without it" {
    var sent: [2]std.ArrayList(simulator.Frame) = @splat(.empty);
    var pairs: [2]Pair = @splat(.{});
    for (&pairs, &sent, [_]link.Offloads{ plain, all }) |*pair, *frames, offloads| {
        try pair.init(.{ .offloads = .{ offloads, offloads } });
        const host = &pair.hosts[0];
        host.stack.neighbors.update(.from4(.{ 10, 0, 0, 2 }), @splat(2), .hinted, true, 0);
        try host.pump();
        host.forget();
        if (offloads.segment_tcp4) {
            try pushSegment(host, 1000, 20_000, 1460, 0x19);
        } else {
            var done: u32 = 0;
            while (done < 20_000) : (done += 1460) {
                const is_last = done + 1460 >= 20_000;
                const part = if (is_last) 20_000 - done else 1460;
                try pushSegment(host, 1000 + done, part, null, if (is_last) 0x19 else 0x10);
            }
        }
        try host.pump();
        std.mem.swap(std.ArrayList(simulator.Frame), frames, &host.sent);
    }
    try testing.expectEqual(14, sent[0].items.len);
    try testing.expectEqual(14, sent[1].items.len);
    for (sent[0].items, sent[1].items) |one, other| {
        // Numbers of packets that are not cut mean nothing (RFC 6864); the device counts them.
        for ([_]simulator.Frame{ one, other }) |frame| {
            try testing.expectEqual(0, simulator.checksum.of(frame.bytes[14..34]));
            @memset(frame.bytes[18..20], 0);
            @memset(frame.bytes[24..26], 0);
        }
        try testing.expectEqualSlices(u8, one.bytes, other.bytes);
    }
    for (&pairs, &sent) |*pair, *frames| {
        for (frames.items) |frame| testing.allocator.free(frame.bytes);
        frames.deinit(testing.allocator);
        try pair.deinit();
    }
}

test "datagrams of all sizes, over a link with fragments" {
    var pair: Pair = .{};
    try pair.init(.{ .offloads = .{ all, plain }, .weather = .{ .jitter_ns = 5_000_000 } });
    const sender = &pair.hosts[0].stack;
    const receiver = &pair.hosts[1].stack;
    const from = try sender.open(.ip4, .datagram);
    const to = try receiver.open(.ip4, .datagram);
    try receiver.bind(to, Ip.any4.withPort(9));
    try sender.connect(from, Ip.from4(.{ 10, 0, 0, 2 }).withPort(9));
    var text: [65_507]u8 = undefined;
    for (&text, 0..) |*byte, place| byte.* = Transfer.byteAt(place);
    var back: [65_507]u8 = undefined;
    var size: usize = 0;
    while (size <= text.len) : (size += if (size < 3000) 59 else 10_417) {
        try testing.expectEqual(size, try sender.write(from, &.{text[0..size]}, null));
        try pair.link.run(pair.link.now_ns + second_ns / 10);
        const got = try receiver.read(to, &.{&back}, .{});
        try testing.expectEqualSlices(u8, text[0..size], back[0..got.count]);
    }
    try pair.deinit();
}

/// What a program that answers broadcasts on port 67 is to a DHCP client.
const DhcpServer = struct {
    socket: Socket,
    lease_s: u32,
    is_silent: bool = false,
    questions: usize = 0,

    fn serve(server: *DhcpServer, stack: *@import("stack.zig").Stack) !void {
        const messages = @import("dhcp_messages.zig");
        var buffer: [600]u8 = undefined;
        while (true) {
            const got = stack.read(server.socket, &.{&buffer}, .{}) catch return;
            server.questions += 1;
            if (server.is_silent) continue;
            const views = @import("view.zig");
            var options = [_]u8{
                54, 4, 10, 0, 0, 2, 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 0, 0, //
                3,  4, 10, 0, 0, 2, 6, 4, 10,  0,   0,   2,
            };
            views.put32(&options, 14, server.lease_s);
            const answer: messages.TestAnswer = .{
                .kind = if (buffer[242] == 1) .offer else .ack,
                .transaction = views.get32(&buffer, 4),
                .address = .{ 10, 0, 0, 77 },
                .hardware = buffer[28..34].*,
                .options = &options,
            };
            var reply: [600]u8 = undefined;
            const to = if (got.from.bytes[0] == 0) Ip.broadcast4.withPort(68) else got.from;
            _ = try stack.write(server.socket, &.{answer.write(&reply)}, to);
        }
    }
};

test "an address by DHCP, renewed, lost and found" {
    var pair: Pair = .{};
    var options: Pair.Options = .{ .weather = .{ .loss = 100 } };
    options.settings[0] = .{};
    try pair.init(options);
    const stack = &pair.hosts[1].stack;
    var server: DhcpServer = .{ .socket = try stack.open(.ip4, .datagram), .lease_s = 100 };
    try stack.bind(server.socket, Ip.any4.withPort(67));
    try stack.setOption(server.socket, .broadcast, 1);
    const client = &pair.hosts[0].stack;
    var lost: usize = 0;
    var configured: usize = 0;
    // Ten minutes; the server says nothing from the third to the eighth.
    for (0..600) |second| {
        server.is_silent = second >= 180 and second < 480;
        const end_ns = (second + 1) * second_ns;
        while (pair.link.now_ns < end_ns) {
            _ = try pair.link.step(end_ns);
            try server.serve(stack);
        }
        if (client.isConfigured()) configured += 1;
        if (second == 120) try testing.expect(client.isConfigured());
        if (second == 400) try testing.expect(!client.isConfigured());
        if (!client.isConfigured() and second > 120) lost += 1;
    }
    try testing.expect(client.isConfigured());
    try testing.expect(lost > 150 and lost < 330);
    const ip: Ip = .from4(.{ 10, 0, 0, 77 });
    try testing.expectEqual(ip, client.routes.sourceFor(.from4(.{ 8, 8, 8, 8 }), 0).?);
    try testing.expectEqual(1, client.resolver.servers_count);
    try pair.deinit();
}

test "a thousand connections at once" {
    const count = 1000;
    var host: simulator.Host = undefined;
    try host.init(testing.allocator, null, .{ .sockets_max = 2 * count + 1, .blocks_max = 4096 });
    const stack = &host.stack;
    const listener = try stack.open(.ip4, .stream);
    try stack.bind(listener, Ip.loopback4.withPort(80));
    try stack.listen(listener, count);
    var clients: [count]Socket = undefined;
    var servers: [count]Socket = undefined;
    for (&clients) |*client| {
        client.* = try stack.open(.ip4, .stream);
        const to = Ip.loopback4.withPort(80);
        try testing.expectError(error.Inprogress, stack.connect(client.*, to));
    }
    try host.pump();
    for (&servers) |*server| server.* = try stack.accept(listener);
    try testing.expectError(error.Again, stack.accept(listener));
    for (clients, 0..) |client, index| {
        const text: [2]u8 = .{ @truncate(index), @truncate(index >> 8) };
        try testing.expectEqual(2, try stack.write(client, &.{&text}, null));
    }
    try host.pump();
    for (servers) |server| {
        var text: [10]u8 = undefined;
        const got = try stack.read(server, &.{&text}, .{});
        try testing.expectEqual(2, try stack.write(server, &.{text[0..got.count]}, null));
    }
    try host.pump();
    for (clients, 0..) |client, index| {
        var text: [10]u8 = undefined;
        try testing.expectEqual(2, (try stack.read(client, &.{&text}, .{})).count);
        try testing.expectEqual(index, text[0] + @as(usize, text[1]) * 256);
        stack.close(client);
    }
    try host.pump();
    for (servers) |server| stack.close(server);
    try host.pump();
    try testing.expectEqual(0, host.pool.used());
    try testing.expectEqual(1, stack.sockets.open_count);
    try host.deinit();
}

test "ten thousand connections, one after the other, leave no memory behind" {
    var host: simulator.Host = undefined;
    try host.init(testing.allocator, null, .{});
    const stack = &host.stack;
    const listener = try stack.open(.ip4, .stream);
    try stack.bind(listener, Ip.loopback4.withPort(80));
    try stack.listen(listener, 16);
    var used_after_warmup: u32 = 0;
    for (0..10_000) |index| {
        const client = try stack.open(.ip4, .stream);
        const to = Ip.loopback4.withPort(80);
        try testing.expectError(error.Inprogress, stack.connect(client, to));
        try host.pump();
        const server = try stack.accept(listener);
        try testing.expectEqual(5, try stack.write(client, &.{"hello"}, null));
        try host.pump();
        var text: [10]u8 = undefined;
        try testing.expectEqual(5, (try stack.read(server, &.{&text}, .{})).count);
        try testing.expectEqual(3, try stack.write(server, &.{"bye"}, null));
        stack.close(server);
        try host.pump();
        try testing.expectEqual(3, (try stack.read(client, &.{&text}, .{})).count);
        try testing.expectEqual(0, (try stack.read(client, &.{&text}, .{})).count);
        stack.close(client);
        try host.pump();
        try testing.expect(stack.isDrained());
        host.now_ns += second_ns / 100;
        if (index == 100) used_after_warmup = host.pool.blocks_count;
    }
    try testing.expectEqual(1, stack.sockets.open_count);
    try testing.expectEqual(used_after_warmup, host.pool.blocks_count);
    try testing.expectEqual(0, host.pool.used());
    try host.deinit();
}
