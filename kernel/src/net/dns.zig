// SPDX-License-Identifier: Apache-2.0
//! The client of name servers: names to addresses, of both kinds at once, remembered for a while.
//!
//! Each question goes from a port and with a number that nobody can foresee (RFC 5452), to one
//! server after the other, and over TCP if the answer did not fit into a datagram (RFC 7766).

const std = @import("std");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const datagrams = @import("datagrams.zig");
const messages = @import("dns_messages.zig");
const routes = @import("routes.zig");
const tcp = @import("tcp/tcp.zig");
const types = @import("types.zig");
const udp = @import("udp.zig");
const views = @import("view.zig");
const Stack = @import("stack.zig").Stack;

const Ip = addresses.Ip;
const Name = messages.Name;

pub const servers_max = 4;
/// Names that are remembered; the one that expires first goes for a new one.
pub const cache_max = 16;
/// Names that are being asked for at once.
pub const queries_max = 4;
const found_max = 2 * messages.addresses_max;

const server_port = 53;
const second_ns = std.time.ns_per_s;
/// Rounds over all servers, and how long each waits for an answer: 1, 2, 4 seconds.
const rounds_max = 3;
const wait_ns = 1 * second_ns;
/// Over TCP, connecting included.
const wait_tcp_ns = 5 * second_ns;
/// When one kind of address is known, so long for the other.
const wait_other_ns = 300 * std.time.ns_per_ms;
/// Times that an answer is an alias only.
const aliases_max = 4;
const ttl_s_min = 1;
const ttl_s_max = 24 * 3600;
const ttl_nothing_s = 5;
/// The failure is told to who asks now; then it is tried again.
const ttl_failure_s = 1;

const Outcome = enum { found, nothing, failed };

const Entry = struct {
    name: Name = .{},
    expiry_ns: u64 = 0,
    outcome: Outcome = .nothing,
    ips: [found_max]Ip = undefined,
    count: u8 = 0,
};

/// One kind of address of one name.
const Question = struct {
    state: State = .done,
    wanted: messages.Type = .a,
    name: Name = .{},
    aliases: u8 = 0,
    /// Servers asked so far, each counted each time.
    attempts: u8 = 0,
    id: u16 = 0,
    deadline_ns: u64 = 0,
    socket: datagrams.Datagrams = .{ .family = .ip4, .local = .any4 },
    connection: ?*tcp.Connection = null,
    /// What has come over TCP: two bytes of length first.
    block: ?*blocks.Block = null,
    filled: u16 = 0,
    is_written: bool = false,
    outcome: Outcome = .nothing,
    ips: [messages.addresses_max]Ip = undefined,
    count: u8 = 0,
    ttl_s: u32 = ttl_s_max,

    const State = enum { done, asking, over_tcp };

    fn start(question: *Question, stack: *Stack, name: Name, wanted: messages.Type) void {
        question.* = .{ .name = name, .wanted = wanted };
        question.ask(stack);
    }

    /// Sends the question to the next server, or gives up.
    fn ask(question: *Question, stack: *Stack) void {
        const resolver = &stack.resolver;
        const now_ns = stack.now_ns;
        question.close(stack);
        while (question.attempts < resolver.servers_count * rounds_max) {
            const server = resolver.servers[question.attempts % resolver.servers_count].ip;
            const round = question.attempts / resolver.servers_count;
            question.attempts += 1;
            question.id = @truncate(stack.random());
            question.socket = .{ .family = server.family, .local = .any(server.family) };
            question.deadline_ns = now_ns +| (@as(u64, wait_ns) << @intCast(round));
            question.state = .asking;
            var buffer: [messages.question_bytes_max]u8 = undefined;
            const bytes = buffer[0..question.write(&buffer)];
            const to = server.withPort(server_port);
            udp.connect(stack, &question.socket, to) catch {
                question.close(stack);
                continue;
            };
            // One that does not fit into the queue is as good as lost.
            _ = udp.send(stack, &question.socket, &.{bytes}, null) catch {};
            return;
        }
        question.finish(stack, .failed);
    }

    fn write(question: *const Question, buffer: *[messages.question_bytes_max]u8) usize {
        return messages.write(buffer, question.id, &question.name, question.wanted);
    }

    fn finish(question: *Question, stack: *Stack, outcome: Outcome) void {
        question.close(stack);
        question.state = .done;
        question.outcome = outcome;
    }

    fn close(question: *Question, stack: *Stack) void {
        if (question.state == .asking) udp.close(stack, &question.socket);
        if (question.connection) |connection| stack.tcp.abort(connection, stack.now_ns);
        question.connection = null;
        if (question.block) |block| stack.pool.release(block);
        question.block = null;
    }

    fn poll(question: *Question, stack: *Stack) void {
        switch (question.state) {
            .done => return,
            .asking => question.pollSocket(stack),
            .over_tcp => question.pollConnection(stack),
        }
        if (question.state != .done and question.deadline_ns <= stack.now_ns) question.ask(stack);
    }

    fn pollSocket(question: *Question, stack: *Stack) void {
        var buffer: [messages.answer_bytes_max]u8 = undefined;
        while (question.state == .asking) {
            const got = question.socket.receive(stack.pool, &.{&buffer}, .{}) catch break;
            question.take(stack, buffer[0..got.count], false);
            // Asked again already, of another name or server.
            if (!question.socket.hasDatagram()) break;
        }
        if (question.state == .asking and question.socket.failure != null) question.ask(stack);
    }

    /// Takes a message; one that does not fit to the question may be a forgery, and is ignored.
    fn take(question: *Question, stack: *Stack, bytes: []const u8, is_tcp: bool) void {
        const answer = messages.parse(bytes, question.id, &question.name, question.wanted) orelse
            return;
        question.ttl_s = @min(question.ttl_s, answer.ttl_s);
        switch (answer.kind) {
            .addresses => {
                question.ips = answer.ips;
                question.count = answer.count;
                question.finish(stack, .found);
            },
            .nothing, .no_such_name => {
                question.ttl_s = ttl_nothing_s;
                question.finish(stack, .nothing);
            },
            .alias => {
                question.aliases += 1;
                if (question.aliases > aliases_max) return question.finish(stack, .failed);
                question.name = answer.alias;
                question.attempts = 0;
                question.ask(stack);
            },
            .failure => question.ask(stack),
            .truncated => if (is_tcp) question.ask(stack) else question.beginTcp(stack),
        }
    }

    /// The same server once more, over TCP.
    fn beginTcp(question: *Question, stack: *Stack) void {
        const server = Ip.of(question.socket.peer.?);
        const local = question.socket.local;
        question.close(stack);
        question.state = .over_tcp;
        question.deadline_ns = stack.now_ns +| wait_tcp_ns;
        question.filled = 0;
        question.is_written = false;
        question.block = stack.pool.take() orelse return question.ask(stack);
        const family: tcp.Family = if (server.family == .ip4) .ip4 else .ip6;
        question.connection = stack.tcp.connect(
            .{ .family = family, .address = local.bytes, .port = 0 },
            .{ .family = family, .address = server.bytes, .port = server_port },
            stack.routeTo(server),
            stack.now_ns,
        ) catch return question.ask(stack);
    }

    fn pollConnection(question: *Question, stack: *Stack) void {
        const connection = question.connection orelse return;
        if (tcp.Tcp.isConnecting(connection)) return;
        if (!question.is_written) {
            var buffer: [2 + messages.question_bytes_max]u8 = undefined;
            const count = question.write(buffer[2..]);
            views.put16(&buffer, 0, @intCast(count));
            const bytes = buffer[0 .. 2 + count];
            const taken = stack.tcp.write(connection, &.{bytes}, stack.now_ns) catch
                return question.ask(stack);
            // There is room for the first bytes of a connection.
            if (taken < bytes.len) return question.ask(stack);
            question.is_written = true;
        }
        const buffer = question.block.?.bytes;
        while (question.filled < buffer.len) {
            const rest = buffer[question.filled..];
            const count = stack.tcp.read(connection, &.{rest}, stack.now_ns) catch |failure| {
                return if (failure == error.Again) {} else question.ask(stack);
            };
            if (count == 0) break;
            question.filled += @intCast(count);
            const wanted = 2 + @as(usize, views.get16(buffer, 0));
            if (question.filled >= 2 and question.filled >= wanted) break;
        }
        // Whole, or the start of what is too long: the first addresses will do.
        if (question.filled > 2) question.take(stack, buffer[2..question.filled], true);
        if (question.state == .over_tcp) question.ask(stack);
    }
};

const Query = struct {
    is_used: bool = false,
    name: Name = .{},
    questions: [2]Question = @splat(.{}),

    fn isDone(query: *const Query) bool {
        return query.questions[0].state == .done and query.questions[1].state == .done;
    }

    fn poll(query: *Query, stack: *Stack) void {
        for (&query.questions) |*question| question.poll(stack);
        for (&query.questions, 0..) |*question, index| {
            const other = &query.questions[1 - index];
            if (question.state != .done or question.count == 0 or other.state == .done) continue;
            const limit_ns = stack.now_ns +| wait_other_ns;
            if (other.deadline_ns > limit_ns) {
                other.deadline_ns = limit_ns;
                // The last time that it is waited for.
                other.attempts = std.math.maxInt(u8);
            }
        }
    }
};

const Server = struct { ip: Ip, origin: routes.Origin };

pub const Resolver = struct {
    servers: [servers_max]Server = undefined,
    servers_count: usize = 0,
    cache: [cache_max]Entry = @splat(.{}),
    queries: [queries_max]Query = @splat(.{}),

    /// Asked in the order in which they were added; more than a few are not used.
    pub fn addServer(resolver: *Resolver, ip: Ip, origin: routes.Origin) void {
        for (resolver.servers[0..resolver.servers_count]) |known| {
            if (known.ip.eql(ip)) return;
        }
        if (resolver.servers_count == servers_max) return;
        resolver.servers[resolver.servers_count] = .{ .ip = ip, .origin = origin };
        resolver.servers_count += 1;
    }

    /// The servers that `origin` told of count no more.
    pub fn forgetServers(resolver: *Resolver, origin: routes.Origin) void {
        var kept: usize = 0;
        for (resolver.servers[0..resolver.servers_count]) |server| {
            if (server.origin == origin) continue;
            resolver.servers[kept] = server;
            kept += 1;
        }
        resolver.servers_count = kept;
    }

    /// When a question has waited long enough.
    pub fn deadlineNs(resolver: *const Resolver) ?u64 {
        var earliest: ?u64 = null;
        for (&resolver.queries) |*query| {
            if (!query.is_used) continue;
            for (&query.questions) |*question| {
                if (question.state == .done) continue;
                earliest = @min(earliest orelse question.deadline_ns, question.deadline_ns);
            }
        }
        return earliest;
    }

    /// Takes what has come; asks again what has not been answered.
    pub fn advance(resolver: *Resolver, stack: *Stack) void {
        for (&resolver.queries) |*query| {
            if (!query.is_used) continue;
            query.poll(stack);
            if (!query.isDone()) continue;
            resolver.remember(query, stack.now_ns);
            query.is_used = false;
        }
    }

    pub fn deinit(resolver: *Resolver, stack: *Stack) void {
        for (&resolver.queries) |*query| {
            if (!query.is_used) continue;
            for (&query.questions) |*question| question.finish(stack, .failed);
            query.is_used = false;
        }
    }

    fn remember(resolver: *Resolver, query: *const Query, now_ns: u64) void {
        var entry = &resolver.cache[0];
        for (&resolver.cache) |*other| {
            if (other.name.eql(&query.name)) {
                entry = other;
                break;
            }
            if (other.expiry_ns < entry.expiry_ns) entry = other;
        }
        entry.* = .{ .name = query.name };
        var ttl_s: u32 = ttl_s_max;
        for (&query.questions) |*question| {
            for (question.ips[0..question.count]) |ip| {
                entry.ips[entry.count] = ip;
                entry.count += 1;
            }
            if (question.count > 0) ttl_s = @min(ttl_s, question.ttl_s);
            if (question.outcome == .failed) entry.outcome = .failed;
        }
        if (entry.count > 0) {
            entry.outcome = .found;
        } else {
            ttl_s = if (entry.outcome == .failed) ttl_failure_s else ttl_nothing_s;
        }
        const valid_s: u64 = std.math.clamp(ttl_s, ttl_s_min, ttl_s_max);
        entry.expiry_ns = now_ns +| valid_s * second_ns;
    }

    fn find(resolver: *Resolver, name: *const Name, now_ns: u64) ?*const Entry {
        for (&resolver.cache) |*entry| {
            if (entry.expiry_ns > now_ns and entry.name.eql(name)) return entry;
        }
        return null;
    }
};

/// Addresses of a host name, or of an address as text. Again while name servers are being asked:
/// call again with the same name when something has happened. Fills `found` from its start and
/// returns how many there are, at least one; their ports are 0. Noent: there is no such name.
/// Timedout: no server answers. Netunreach: there is no server to ask.
pub fn resolve(stack: *Stack, text: []const u8, found: []types.Address) types.Error!usize {
    const resolver = &stack.resolver;
    if (addresses.parseIp(text)) |ip| return give(found, &.{ip});
    const name = Name.parse(text) orelse return error.Noent;
    // RFC 6761, section 6.3: it is not asked for.
    if (isLocalhost(name.slice())) return give(found, &.{ .loopback4, .loopback6 });
    resolver.advance(stack);
    if (resolver.find(&name, stack.now_ns)) |entry| return switch (entry.outcome) {
        .found => give(found, entry.ips[0..entry.count]),
        .nothing => error.Noent,
        .failed => error.Timedout,
    };
    if (resolver.servers_count == 0) {
        // They are known with the lease.
        return if (stack.dhcp.isWaiting()) error.Again else error.Netunreach;
    }
    var free: ?*Query = null;
    for (&resolver.queries) |*query| {
        if (!query.is_used) {
            free = query;
        } else if (query.name.eql(&name)) return error.Again;
    }
    const query = free orelse return error.Again;
    query.* = .{ .is_used = true, .name = name };
    query.questions[0].start(stack, name, .a);
    // Addresses that nothing can be sent to would only be waited for.
    if (stack.hasGlobal6()) query.questions[1].start(stack, name, .aaaa);
    return error.Again;
}

fn isLocalhost(name: []const u8) bool {
    return std.mem.eql(u8, name, "localhost") or std.mem.endsWith(u8, name, ".localhost");
}

fn give(found: []types.Address, ips: []const Ip) types.Error!usize {
    if (found.len == 0) return error.Inval;
    const count = @min(found.len, ips.len);
    for (found[0..count], ips[0..count]) |*place, ip| place.* = ip.withPort(0);
    return count;
}
