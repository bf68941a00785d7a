// SPDX-License-Identifier: Apache-2.0
//! The DHCP client (RFC 2131, section 4.4): gets an address, keeps it, and gives it up in time.

const std = @import("std");
const addresses = @import("address.zig");
const messages = @import("dhcp_messages.zig");

const Ip = addresses.Ip;
const Answer = messages.Answer;

const second_ns = std.time.ns_per_s;
/// The first repetition. RFC 2131 suggests 4 s, for networks with many hosts that start at once.
const retry_first_ns = 2 * second_ns;
const retry_last_ns = 64 * second_ns;
/// After so many requests for what was offered it begins again.
const requests_max = 4;
/// While renewing, section 4.4.5.
const renewal_retry_min_ns = 60 * second_ns;
/// Section 3.1, 5: after a conflict.
const decline_pause_ns = 10 * second_ns;
/// Another host that answers for the address so early had it before.
const conflict_ns = 10 * second_ns;
const lease_infinite = 0xffff_ffff;
/// What stands for it.
const century_s = 100 * 365 * 24 * 3600;
/// Shorter leases are taken as this long: renewing them would be all that happens.
const lease_s_min = 20;

pub const State = enum { off, paused, selecting, requesting, bound, renewing, rebinding };

pub const Lease = struct {
    answer: Answer,
    server: Ip,
    bound_ns: u64,
    renewal_ns: u64,
    rebinding_ns: u64,
    expiry_ns: u64,
};

pub const Event = enum {
    nothing,
    /// `lease` is there, new or renewed.
    bound,
    /// The address must not be used any more.
    lost,
};

pub const Client = struct {
    client_port: u16 = messages.client_port,
    state: State = .off,
    hardware: [6]u8 = @splat(0),
    hostname: []const u8 = "",
    transaction: u32 = 0,
    started_ns: u64 = 0,
    deadline_ns: u64 = std.math.maxInt(u64),
    attempts: u8 = 0,
    /// What is to be sent now.
    pending: ?messages.Kind = null,
    offer: ?Answer = null,
    lease: ?Lease = null,

    /// Begins to look for a server. `random`: number of the transaction and spread of times.
    pub fn start(client: *Client, random: u64, now_ns: u64) void {
        client.state = .selecting;
        client.transaction = @truncate(random);
        client.started_ns = now_ns;
        client.attempts = 0;
        client.offer = null;
        client.pending = .discover;
        client.deadline_ns = now_ns +| client.retryNs(random);
    }

    /// Whether answers are waited for.
    pub fn isListening(client: *const Client) bool {
        return switch (client.state) {
            .selecting, .requesting, .renewing, .rebinding => true,
            .off, .paused, .bound => false,
        };
    }

    /// Whether there may be a lease soon that is not there yet.
    pub fn isWaiting(client: *const Client) bool {
        return client.state != .off and client.lease == null;
    }

    /// Lets time pass; when it returns, `pending` says what to send.
    pub fn advance(client: *Client, random: u64, now_ns: u64) Event {
        if (now_ns < client.deadline_ns) return .nothing;
        switch (client.state) {
            .off => client.deadline_ns = std.math.maxInt(u64),
            .paused => client.start(random, now_ns),
            .selecting => {
                client.attempts +|= 1;
                client.pending = .discover;
                client.deadline_ns = now_ns +| client.retryNs(random);
            },
            .requesting => {
                client.attempts +|= 1;
                if (client.attempts >= requests_max) {
                    client.start(random, now_ns);
                } else {
                    client.pending = .request;
                    client.deadline_ns = now_ns +| client.retryNs(random);
                }
            },
            .bound, .renewing, .rebinding => return client.keep(random, now_ns),
        }
        return .nothing;
    }

    /// Renews in time, of the server that gave the lease, then of any; gives up at its end.
    fn keep(client: *Client, random: u64, now_ns: u64) Event {
        const lease = &client.lease.?;
        if (now_ns >= lease.expiry_ns) {
            client.lease = null;
            client.start(random, now_ns);
            return .lost;
        }
        if (client.state == .bound) {
            client.transaction = @truncate(random);
            client.started_ns = now_ns;
        }
        const is_late = now_ns >= lease.rebinding_ns;
        client.state = if (is_late) .rebinding else .renewing;
        client.pending = .request;
        const end_ns = if (is_late) lease.expiry_ns else lease.rebinding_ns;
        const half_ns = (end_ns - now_ns) / 2;
        client.deadline_ns = @min(end_ns, now_ns +| @max(half_ns, renewal_retry_min_ns));
        return .nothing;
    }

    /// The wait doubles each time, give or take a part.
    fn retryNs(client: *const Client, random: u64) u64 {
        const doubled = @as(u64, retry_first_ns) << @min(client.attempts, 6);
        const spread = (random >> 32) % second_ns;
        return @min(doubled, retry_last_ns) - second_ns / 2 + spread;
    }

    /// The message to send, and where to: null is broadcast. Null: nothing is to be sent.
    pub fn take(client: *Client, now_ns: u64) ?struct { messages.Question, ?Ip } {
        const kind = client.pending orelse return null;
        client.pending = null;
        const seconds = (now_ns -| client.started_ns) / second_ns;
        var question: messages.Question = .{
            .kind = kind,
            .transaction = client.transaction,
            .seconds = @intCast(@min(seconds, 0xffff)),
            .hardware = client.hardware,
            .hostname = client.hostname,
        };
        if (kind == .discover) return .{ question, null };
        const current = if (client.lease) |lease| lease.answer else client.offer orelse return null;
        const is_kept = client.state == .renewing or client.state == .rebinding;
        if (is_kept) {
            // Table 4 of RFC 2131: then neither server nor requested address.
            question.client = current.address;
            return .{ question, if (client.state == .renewing) client.lease.?.server else null };
        }
        question.requested = current.address;
        question.server = current.server;
        return .{ question, null };
    }

    /// Takes a message that came to the client's port.
    pub fn receive(client: *Client, bytes: []const u8, random: u64, now_ns: u64) Event {
        const answer = messages.parse(bytes, client.transaction, client.hardware) orelse
            return .nothing;
        switch (client.state) {
            .selecting => if (answer.kind == .offer) client.accept(answer, random, now_ns),
            .requesting, .renewing, .rebinding => switch (answer.kind) {
                .ack => return client.bind(answer, now_ns),
                .nak => {
                    const had_lease = client.lease != null;
                    client.lease = null;
                    client.start(random, now_ns);
                    return if (had_lease) .lost else .nothing;
                },
                else => {},
            },
            .off, .paused, .bound => {},
        }
        return .nothing;
    }

    /// The first offer that makes sense.
    fn accept(client: *Client, answer: Answer, random: u64, now_ns: u64) void {
        if (!answer.address.isUnicast() or answer.address.isLoopback()) return;
        if (answer.server == null) return;
        client.state = .requesting;
        client.offer = answer;
        client.attempts = 0;
        client.pending = .request;
        client.deadline_ns = now_ns +| client.retryNs(random);
    }

    fn bind(client: *Client, answer: Answer, now_ns: u64) Event {
        const before = if (client.lease) |lease| lease.answer else client.offer.?;
        if (!answer.address.eql(before.address)) return .nothing;
        const server = answer.server orelse before.server orelse return .nothing;
        const lease_s = @max(answer.lease_s orelse before.lease_s orelse 3600, lease_s_min);
        const whole: u64 = if (lease_s == lease_infinite) century_s else lease_s;
        // Section 4.4.5: half, and seven eighths, unless the server says otherwise and makes sense.
        const rebinding = @min(answer.rebinding_s orelse whole * 7 / 8, whole);
        const renewal = @min(answer.renewal_s orelse whole / 2, rebinding);
        client.lease = .{
            .answer = answer,
            .server = server,
            .bound_ns = if (client.lease) |lease| lease.bound_ns else now_ns,
            .renewal_ns = now_ns +| @max(renewal, 1) * second_ns,
            .rebinding_ns = now_ns +| @max(rebinding, 1) * second_ns,
            .expiry_ns = now_ns +| whole * second_ns,
        };
        client.offer = null;
        client.state = .bound;
        client.pending = null;
        client.deadline_ns = client.lease.?.renewal_ns;
        return .bound;
    }

    /// Another host has the address. Lost: it had it before us, and the server is told.
    pub fn conflict(client: *Client, ip: Ip, now_ns: u64) Event {
        const lease = client.lease orelse return .nothing;
        if (!lease.answer.address.eql(ip)) return .nothing;
        if (now_ns -| lease.bound_ns > conflict_ns) return .nothing;
        client.offer = lease.answer;
        client.offer.?.server = lease.server;
        client.lease = null;
        client.state = .paused;
        client.pending = .decline;
        client.deadline_ns = now_ns +| decline_pause_ns;
        return .lost;
    }

    pub fn deadlineNs(client: *const Client) ?u64 {
        if (client.pending != null) return 0;
        return if (client.state == .off) null else client.deadline_ns;
    }
};

const testing = std.testing;

const Server = struct {
    client: Client = .{ .hardware = @splat(2), .hostname = "test" },
    random: u64 = 1,

    fn answer(server: *Server, kind: messages.Kind, lease_s: u32, now_ns: u64) Event {
        var buffer: [600]u8 = undefined;
        var options = [_]u8{ 54, 4, 10, 0, 0, 1, 1, 4, 255, 255, 255, 0, 51, 4, 0, 0, 0, 0 };
        @import("view.zig").put32(&options, 14, lease_s);
        const message: messages.TestAnswer = .{
            .kind = kind,
            .transaction = server.client.transaction,
            .address = .{ 10, 0, 0, 9 },
            .hardware = @splat(2),
            .options = &options,
        };
        return server.client.receive(message.write(&buffer), server.random, now_ns);
    }

    /// Time passes until the client sends something; returns when.
    fn until(server: *Server, from_ns: u64, kind: messages.Kind, to: ?Ip) !u64 {
        const at = @max(from_ns, server.client.deadlineNs().?);
        server.random +%= 0x9e37_79b9_7f4a_7c15;
        _ = server.client.advance(server.random, at);
        const question, const where = server.client.take(at) orelse
            return error.TestUnexpectedResult;
        try testing.expectEqual(kind, question.kind);
        try testing.expectEqual(to, where);
        return at;
    }

    fn bindAt(server: *Server, lease_s: u32, from_ns: u64) !void {
        server.client.start(server.random, from_ns);
        const at = try server.until(from_ns, .discover, null);
        try testing.expectEqual(.nothing, server.answer(.offer, lease_s, at));
        _ = try server.until(at, .request, null);
        try testing.expectEqual(.bound, server.answer(.ack, lease_s, at));
    }
};

const server_ip: Ip = .from4(.{ 10, 0, 0, 1 });

test "a lease is renewed at half its time" {
    var server: Server = .{};
    try server.bindAt(1000, 0);
    try testing.expectEqual(500 * second_ns, server.client.deadlineNs().?);
    const at = try server.until(0, .request, server_ip);
    try testing.expectEqual(500 * second_ns, at);
    try testing.expectEqual(.bound, server.answer(.ack, 1000, at));
    try testing.expectEqual(1000 * second_ns, server.client.deadlineNs().?);
}

test "a silent server: rebinding with any, then the end" {
    var server: Server = .{};
    try server.bindAt(1000, 0);
    var at = try server.until(0, .request, server_ip);
    var renewals: usize = 1;
    while (server.client.deadlineNs().? < 875 * second_ns) : (renewals += 1) {
        at = try server.until(at, .request, server_ip);
    }
    try testing.expect(renewals >= 2);
    at = try server.until(at, .request, null);
    try testing.expectEqual(875 * second_ns, at);
    while (server.client.deadlineNs().? < 1000 * second_ns) {
        at = try server.until(at, .request, null);
    }
    try testing.expectEqual(.lost, server.client.advance(5, 1000 * second_ns));
    try testing.expectEqual(.selecting, server.client.state);
    _ = try server.until(at, .discover, null);
}

test "discovering goes on for ever, ever more slowly" {
    var server: Server = .{};
    server.client.start(1, 0);
    var at: u64 = 0;
    for (0..20) |_| at = try server.until(at, .discover, null);
    try testing.expect(at > 600 * second_ns and at < 1300 * second_ns);
    try testing.expectEqual(.nothing, server.answer(.ack, 1000, at));
}

test "an offer that is not kept, and a refusal" {
    var server: Server = .{};
    server.client.start(1, 0);
    var at = try server.until(0, .discover, null);
    _ = server.answer(.offer, 1000, at);
    for (0..requests_max) |_| at = try server.until(at, .request, null);
    at = try server.until(at, .discover, null);
    _ = server.answer(.offer, 1000, at);
    at = try server.until(at, .request, null);
    try testing.expectEqual(.nothing, server.answer(.nak, 1000, at));
    try testing.expectEqual(.selecting, server.client.state);
    try server.bindAt(1000, at);
    at = try server.until(at, .request, server_ip);
    try testing.expectEqual(.lost, server.answer(.nak, 1000, at));
}

test "an address that another host has is declined, and asked for again later" {
    var server: Server = .{};
    try server.bindAt(1000, 0);
    try testing.expectEqual(.nothing, server.client.conflict(server_ip, 1));
    const ip: Ip = .from4(.{ 10, 0, 0, 9 });
    try testing.expectEqual(.lost, server.client.conflict(ip, second_ns));
    const question, _ = server.client.take(second_ns).?;
    try testing.expectEqual(.decline, question.kind);
    try testing.expectEqual(ip, question.requested.?);
    try testing.expectEqual(server_ip, question.server.?);
    try testing.expectEqual(11 * second_ns, server.client.deadlineNs().?);
    _ = try server.until(0, .discover, null);
}

test "leases without end, and absurdly short ones" {
    var server: Server = .{};
    try server.bindAt(lease_infinite, 0);
    try testing.expect(server.client.deadlineNs().? > 365 * 24 * 3600 * second_ns);
    var hasty: Server = .{};
    try hasty.bindAt(0, 0);
    try testing.expectEqual(10 * second_ns, hasty.client.deadlineNs().?);
}
