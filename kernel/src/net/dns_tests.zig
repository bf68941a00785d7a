// SPDX-License-Identifier: Apache-2.0
//! Name resolution against a scripted server on the other end of a link.

const std = @import("std");
const addresses = @import("address.zig");
const simulator = @import("simulator.zig");
const types = @import("types.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const Pair = simulator.Pair;
const Socket = types.Socket;
const testing = std.testing;
const second_ns = std.time.ns_per_s;

const Server = struct {
    socket: Socket,
    listener: Socket,
    connection: ?Socket = null,
    /// What it does with questions over UDP.
    mood: Mood = .answers,
    /// Questions over UDP that get no answer first.
    deaf: usize = 0,
    asked: usize = 0,
    asked_tcp: usize = 0,
    ids: [64]u16 = undefined,
    ports: [64]u16 = undefined,

    const Mood = enum { answers, cuts, refuses, knows_nothing, has_alias, forges, never_ends };

    fn init(stack: *@import("stack.zig").Stack) !Server {
        const server: Server = .{
            .socket = try stack.open(.ip4, .datagram),
            .listener = try stack.open(.ip4, .stream),
        };
        try stack.bind(server.socket, Ip.any4.withPort(53));
        try stack.bind(server.listener, Ip.any4.withPort(53));
        try stack.listen(server.listener, 4);
        return server;
    }

    fn serve(server: *Server, stack: *@import("stack.zig").Stack) !void {
        var buffer: [600]u8 = undefined;
        while (true) {
            const got = stack.read(server.socket, &.{&buffer}, .{}) catch break;
            server.ids[server.asked % 64] = views.get16(&buffer, 0);
            server.ports[server.asked % 64] = got.from.port;
            server.asked += 1;
            if (server.asked <= server.deaf) continue;
            var reply: [600]u8 = undefined;
            const bytes = server.answer(buffer[0..got.count], &reply, false);
            if (server.mood == .forges) reply[1] ^= 1;
            _ = try stack.write(server.socket, &.{bytes}, got.from);
        }
        if (server.connection == null) {
            server.connection = stack.accept(server.listener) catch return;
        }
        const got = stack.read(server.connection.?, &.{&buffer}, .{}) catch |failure| {
            if (failure == error.Again) return;
            return server.hangUp(stack);
        };
        if (got.count == 0) return server.hangUp(stack);
        server.asked_tcp += 1;
        if (server.mood == .never_ends) return;
        var reply: [602]u8 = undefined;
        const bytes = server.answer(buffer[2..got.count], reply[2..], true);
        views.put16(&reply, 0, @intCast(bytes.len));
        _ = try stack.write(server.connection.?, &.{reply[0..1]}, null);
        _ = try stack.write(server.connection.?, &.{reply[1 .. 2 + bytes.len]}, null);
    }

    fn hangUp(server: *Server, stack: *@import("stack.zig").Stack) void {
        stack.close(server.connection.?);
        server.connection = null;
    }

    fn answer(server: *Server, question: []const u8, reply: []u8, is_tcp: bool) []const u8 {
        @memcpy(reply[0..question.len], question);
        views.put16(reply, 2, 0x8180);
        var count = question.len;
        const asks_other = std.mem.find(u8, question, "other") != null;
        switch (server.mood) {
            .refuses => views.put16(reply, 2, 0x8185),
            .knows_nothing => views.put16(reply, 2, 0x8183),
            .cuts, .never_ends => if (!is_tcp) views.put16(reply, 2, 0x8380),
            .answers, .has_alias, .forges => {},
        }
        if (server.mood == .has_alias and !asks_other) {
            views.put16(reply, 6, 1);
            const record = "\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x07\x05other\x00";
            @memcpy(reply[count..][0..record.len], record);
            return reply[0 .. count + record.len];
        }
        if (views.get16(reply, 2) != 0x8180) return reply[0..count];
        views.put16(reply, 6, 1);
        const record = "\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\xc0\x00\x02\x07";
        @memcpy(reply[count..][0..record.len], record);
        count += record.len;
        return reply[0..count];
    }
};

const Bench = struct {
    pair: Pair = .{},
    server: Server = undefined,

    fn init(bench: *Bench, servers: []const Ip) !void {
        var options: Pair.Options = .{};
        options.settings[0].name_servers = servers;
        try bench.pair.init(options);
        bench.server = try .init(&bench.pair.hosts[1].stack);
    }

    /// Asks until there is an answer; returns how many seconds that took.
    fn resolve(bench: *Bench, name: []const u8, expected: types.Error!usize) !u64 {
        const stack = &bench.pair.hosts[0].stack;
        const start_ns = bench.pair.link.now_ns;
        const end_ns = start_ns + 600 * second_ns;
        while (true) {
            var found: [8]types.Address = undefined;
            const result = stack.resolve(name, &found);
            if (result) |count| {
                try testing.expectEqual(try expected, count);
                const ip: Ip = .of(found[0]);
                try testing.expectEqual(Ip.from4(.{ 192, 0, 2, 7 }), ip);
                break;
            } else |failure| if (failure != error.Again) {
                try testing.expectError(failure, expected);
                break;
            }
            if (!try bench.pair.link.step(end_ns)) return error.TestUnexpectedResult;
            try bench.server.serve(&bench.pair.hosts[1].stack);
        }
        // What is left goes on.
        for (0..20) |_| {
            _ = try bench.pair.link.step(bench.pair.link.now_ns + 10_000_000);
            try bench.server.serve(&bench.pair.hosts[1].stack);
        }
        return (bench.pair.link.now_ns - start_ns) / second_ns;
    }

    fn deinit(bench: *Bench) !void {
        try bench.pair.deinit();
    }
};

const good: Ip = .from4(.{ 10, 0, 0, 2 });
const silent: Ip = .from4(.{ 10, 0, 0, 99 });

test "a name, remembered as long as the server says" {
    var bench: Bench = .{};
    try bench.init(&.{good});
    try testing.expectEqual(0, try bench.resolve("www.example.com", 1));
    try testing.expectEqual(0, try bench.resolve("WWW.example.com.", 1));
    try testing.expectEqual(1, bench.server.asked);
    try bench.pair.link.run(bench.pair.link.now_ns + 61 * second_ns);
    try testing.expectEqual(0, try bench.resolve("www.example.com", 1));
    try testing.expectEqual(2, bench.server.asked);
    // Many names at once, more than are remembered.
    for (0..40) |index| {
        var text: [20]u8 = undefined;
        const name = try std.fmt.bufPrint(&text, "host{d}.example", .{index});
        try testing.expectEqual(0, try bench.resolve(name, 1));
    }
    for (0..42) |one| {
        for (0..one) |other| {
            const is_same = bench.server.ids[one] == bench.server.ids[other] and
                bench.server.ports[one] == bench.server.ports[other];
            try testing.expect(!is_same);
        }
    }
    try bench.deinit();
}

test "questions are asked again, and of the next server" {
    var bench: Bench = .{};
    try bench.init(&.{ silent, good });
    bench.server.deaf = 2;
    const seconds = try bench.resolve("www.example.com", 1);
    try testing.expect(seconds >= 3 and seconds <= 12);
    try testing.expectEqual(3, bench.server.asked);
    try bench.deinit();
}

test "no server answers, or each refuses" {
    var bench: Bench = .{};
    try bench.init(&.{ silent, silent, good });
    bench.server.deaf = 1000;
    const seconds = try bench.resolve("www.example.com", error.Timedout);
    try testing.expect(seconds >= 7 and seconds <= 20);
    bench.server.deaf = 0;
    bench.server.mood = .refuses;
    try bench.pair.link.run(bench.pair.link.now_ns + 2 * second_ns);
    _ = try bench.resolve("www.example.com", error.Timedout);
    try bench.deinit();
    var lone: Bench = .{};
    try lone.init(&.{});
    _ = try lone.resolve("www.example.com", error.Netunreach);
    try lone.deinit();
}

test "answers that are cut come over TCP, whole" {
    var bench: Bench = .{};
    try bench.init(&.{good});
    bench.server.mood = .cuts;
    try testing.expectEqual(0, try bench.resolve("www.example.com", 1));
    try testing.expectEqual(1, bench.server.asked_tcp);
    bench.server.mood = .never_ends;
    _ = try bench.resolve("www.example.org", error.Timedout);
    try testing.expectEqual(4, bench.server.asked_tcp);
    try bench.deinit();
}

test "servers of a lease go with it, those of the options stay" {
    var resolver: @import("dns.zig").Resolver = .{};
    resolver.addServer(good, .static);
    resolver.addServer(silent, .dhcp);
    resolver.addServer(good, .dhcp);
    try testing.expectEqual(2, resolver.servers_count);
    resolver.forgetServers(.dhcp);
    try testing.expectEqual(1, resolver.servers_count);
    try testing.expectEqual(good, resolver.servers[0].ip);
    for (0..10) |index| resolver.addServer(.from4(.{ 10, 0, 0, @intCast(index) }), .dhcp);
    try testing.expectEqual(@import("dns.zig").servers_max, resolver.servers_count);
}

test "aliases of names elsewhere, and names that are not there" {
    var bench: Bench = .{};
    try bench.init(&.{good});
    bench.server.mood = .has_alias;
    try testing.expectEqual(0, try bench.resolve("www.example.com", 1));
    try testing.expectEqual(2, bench.server.asked);
    bench.server.mood = .knows_nothing;
    try testing.expectEqual(0, try bench.resolve("www.example.org", error.Noent));
    _ = try bench.resolve("..", error.Noent);
    try testing.expectEqual(3, bench.server.asked);
    try bench.deinit();
}

test "answers with another number are forgeries" {
    var bench: Bench = .{};
    try bench.init(&.{good});
    bench.server.mood = .forges;
    _ = try bench.resolve("www.example.com", error.Timedout);
    try bench.deinit();
}

test "addresses as text, and this host itself, need no server" {
    var host: simulator.Host = undefined;
    try host.init(testing.allocator, null, .{});
    var found: [4]types.Address = undefined;
    try testing.expectEqual(1, try host.stack.resolve("192.0.2.1", &found));
    try testing.expectEqual(Ip.from4(.{ 192, 0, 2, 1 }).withPort(0), found[0]);
    try testing.expectEqual(1, try host.stack.resolve("fe80::1", &found));
    try testing.expectEqual(2, try host.stack.resolve("Localhost", &found));
    try testing.expectEqual(Ip.loopback4.withPort(0), found[0]);
    try testing.expectEqual(2, try host.stack.resolve("a.localhost.", &found));
    try host.deinit();
}
