// SPDX-License-Identifier: Apache-2.0
//! Which hardware address a neighbor on the link has: one cache for ARP (RFC 826; timing of RFC
//! 1122, section 2.3.2) and neighbor discovery (RFC 4861, section 7.3), with the latter's states.
//!
//! Only neighbors that packets go to, or that asked for us, get an entry; so others' traffic can
//! not push them out.

const std = @import("std");
const addresses = @import("address.zig");

const Ip = addresses.Ip;
const second_ns = std.time.ns_per_s;

pub const neighbors_max = 64;
/// RFC 4861, section 10: RETRANS_TIMER, MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT,
/// REACHABLE_TIME, DELAY_FIRST_PROBE_TIME.
const request_interval_ns = 1 * second_ns;
const requests_max = 3;
const reachable_ns = 30 * second_ns;
const delay_ns = 5 * second_ns;
/// How long one that does not answer is not asked again.
const failed_ns = 1 * second_ns;

pub const Hardware = [6]u8;

pub const State = enum {
    free,
    /// Being asked for; its address is not known yet.
    incomplete,
    reachable,
    /// Was reachable; nobody has looked since.
    stale,
    /// Used though stale; asked again if nothing is heard of it soon.
    delayed,
    probed,
    /// Does not answer.
    failed,

    pub fn isUsable(state: State) bool {
        return switch (state) {
            .reachable, .stale, .delayed, .probed => true,
            .free, .incomplete, .failed => false,
        };
    }
};

pub const Neighbor = struct {
    state: State = .free,
    ip: Ip = .any4,
    hardware: Hardware = @splat(0),
    /// What happens by itself, happens then.
    deadline_ns: u64 = never_ns,
    used_ns: u64 = 0,
    requests: u8 = 0,
    wants_request: bool = false,
    is_router: bool = false,
};

const never_ns = std.math.maxInt(u64);

pub const Lookup = union(enum) {
    known: Hardware,
    /// Keep the packet until it is.
    pending,
    /// It does not answer, or too many are being asked.
    unreachable_now,
};

/// A request to send. `to` null: to all that may know.
pub const Request = struct { ip: Ip, to: ?Hardware };

/// How much a packet says about its sender.
pub const Evidence = enum {
    /// It answered us.
    confirmed,
    /// It said so, perhaps long ago.
    hinted,
};

pub const Cache = struct {
    entries: [neighbors_max]Neighbor = @splat(.{}),
    /// Where the last one was found: most packets go to one gateway.
    hint: usize = 0,
    requests_wanted: u32 = 0,
    /// No entry's deadline is earlier.
    earliest_ns: u64 = never_ns,
    /// Some neighbor has become usable, or has failed, since this was last cleared.
    has_news: bool = false,
    /// Counts changes: a hardware address that was told before may be wrong after one, or its
    /// neighbor has to be asked whether it is still there.
    version: u32 = 0,

    pub fn find(cache: *Cache, ip: Ip) ?*Neighbor {
        const hinted = &cache.entries[cache.hint];
        if (hinted.state != .free and hinted.ip.eql(ip)) return hinted;
        for (&cache.entries, 0..) |*entry, index| {
            if (entry.state == .free or !entry.ip.eql(ip)) continue;
            cache.hint = index;
            return entry;
        }
        return null;
    }

    /// Where a packet for the neighbor `ip` goes. Asks for it if that is not known.
    pub fn lookup(cache: *Cache, ip: Ip, now_ns: u64) Lookup {
        const entry = cache.find(ip) orelse cache.create(ip, now_ns) orelse
            return .unreachable_now;
        entry.used_ns = now_ns;
        switch (entry.state) {
            .free => {
                entry.state = .incomplete;
                entry.requests = 0;
                cache.ask(entry, now_ns);
                return .pending;
            },
            .incomplete => return .pending,
            .failed => return .unreachable_now,
            .stale => {
                entry.state = .delayed;
                cache.setDeadline(entry, now_ns +| delay_ns);
            },
            .reachable, .delayed, .probed => {},
        }
        return .{ .known = entry.hardware };
    }

    /// Whether a packet that waits for `ip` can go, should wait, or never will. Asks nothing.
    pub fn peek(cache: *Cache, ip: Ip) Lookup {
        const entry = cache.find(ip) orelse return .unreachable_now;
        if (entry.state.isUsable()) return .{ .known = entry.hardware };
        return if (entry.state == .incomplete) .pending else .unreachable_now;
    }

    /// Takes in that `ip` has `hardware`. Without an entry only if `create`.
    pub fn update(
        cache: *Cache,
        ip: Ip,
        hardware: Hardware,
        evidence: Evidence,
        create_if_new: bool,
        now_ns: u64,
    ) void {
        const entry = cache.find(ip) orelse
            (if (create_if_new) cache.create(ip, now_ns) else null) orelse return;
        cache.version +%= 1;
        const is_new = !entry.state.isUsable();
        const is_same = !is_new and std.mem.eql(u8, &entry.hardware, &hardware);
        entry.hardware = hardware;
        if (is_new) cache.has_news = true;
        if (evidence == .confirmed) {
            cache.withdraw(entry);
            entry.state = .reachable;
            cache.setDeadline(entry, now_ns +| reachable_ns);
        } else if (!is_same) {
            cache.withdraw(entry);
            entry.state = .stale;
            entry.deadline_ns = never_ns;
        }
    }

    /// The next request that is due.
    pub fn nextRequest(cache: *Cache) ?Request {
        if (cache.requests_wanted == 0) return null;
        for (&cache.entries) |*entry| {
            if (!entry.wants_request) continue;
            cache.withdraw(entry);
            const to = if (entry.state == .probed) entry.hardware else null;
            return .{ .ip = entry.ip, .to = to };
        }
        return null;
    }

    pub fn advance(cache: *Cache, now_ns: u64) void {
        if (now_ns < cache.earliest_ns) return;
        cache.earliest_ns = never_ns;
        for (&cache.entries) |*entry| {
            if (entry.deadline_ns <= now_ns) cache.expire(entry, now_ns);
            cache.earliest_ns = @min(cache.earliest_ns, entry.deadline_ns);
        }
    }

    /// 0: there is a request to send now.
    pub fn deadlineNs(cache: *const Cache) ?u64 {
        if (cache.requests_wanted > 0) return 0;
        return if (cache.earliest_ns == never_ns) null else cache.earliest_ns;
    }

    /// Somebody says that it has another address, and may be wrong.
    pub fn doubt(cache: *Cache, entry: *Neighbor) void {
        if (entry.state != .reachable) return;
        cache.version +%= 1;
        entry.state = .stale;
        entry.deadline_ns = never_ns;
    }

    fn expire(cache: *Cache, entry: *Neighbor, now_ns: u64) void {
        cache.version +%= 1;
        entry.deadline_ns = never_ns;
        switch (entry.state) {
            .reachable => entry.state = .stale,
            .delayed => {
                entry.state = .probed;
                entry.requests = 0;
                cache.ask(entry, now_ns);
            },
            .incomplete, .probed => {
                if (entry.requests < requests_max) return cache.ask(entry, now_ns);
                cache.withdraw(entry);
                entry.state = .failed;
                cache.setDeadline(entry, now_ns +| failed_ns);
                cache.has_news = true;
            },
            .failed => entry.state = .free,
            .free, .stale => {},
        }
    }

    fn ask(cache: *Cache, entry: *Neighbor, now_ns: u64) void {
        entry.requests += 1;
        if (!entry.wants_request) cache.requests_wanted += 1;
        entry.wants_request = true;
        cache.setDeadline(entry, now_ns +| request_interval_ns);
    }

    fn withdraw(cache: *Cache, entry: *Neighbor) void {
        if (!entry.wants_request) return;
        entry.wants_request = false;
        cache.requests_wanted -= 1;
    }

    fn setDeadline(cache: *Cache, entry: *Neighbor, deadline_ns: u64) void {
        entry.deadline_ns = deadline_ns;
        cache.earliest_ns = @min(cache.earliest_ns, deadline_ns);
    }

    /// A free entry for `ip`: an unused one, or that of the neighbor not used for longest. One that
    /// packets wait for keeps its own.
    fn create(cache: *Cache, ip: Ip, now_ns: u64) ?*Neighbor {
        var oldest: ?*Neighbor = null;
        for (&cache.entries) |*entry| {
            if (entry.state == .free) {
                oldest = entry;
                break;
            }
            if (entry.state == .incomplete) continue;
            if (oldest == null or entry.used_ns < oldest.?.used_ns) oldest = entry;
        }
        const entry = oldest orelse return null;
        cache.version +%= 1;
        cache.withdraw(entry);
        entry.* = .{ .ip = ip, .used_ns = now_ns };
        return entry;
    }
};

const testing = std.testing;
const peer: Ip = .from4(.{ 10, 0, 0, 2 });
const hardware_a: Hardware = .{ 2, 0, 0, 0, 0, 1 };
const hardware_b: Hardware = .{ 2, 0, 0, 0, 0, 2 };

test "a neighbor is asked for three times, a second apart, then left alone for one" {
    var cache: Cache = .{};
    var requests: usize = 0;
    for (0..40) |tenth| {
        const now_ns = tenth * second_ns / 10;
        cache.advance(now_ns);
        const expected: Lookup = if (now_ns < 3 * second_ns) .pending else .unreachable_now;
        try testing.expectEqual(expected, cache.lookup(peer, now_ns));
        while (cache.nextRequest()) |request| {
            try testing.expectEqual(Request{ .ip = peer, .to = null }, request);
            try testing.expectEqual(0, now_ns % second_ns);
            requests += 1;
        }
    }
    try testing.expectEqual(3, requests);
    cache.advance(4 * second_ns);
    try testing.expectEqual(.pending, cache.lookup(peer, 4 * second_ns));
    try testing.expectEqual(0, cache.deadlineNs().?);
}

test "an answer lasts, then the neighbor is asked directly, then by all" {
    var cache: Cache = .{};
    _ = cache.lookup(peer, 0);
    _ = cache.nextRequest();
    cache.update(peer, hardware_a, .confirmed, false, 1);
    try testing.expect(cache.has_news);
    try testing.expectEqual(Lookup{ .known = hardware_a }, cache.lookup(peer, 2));
    cache.advance(40 * second_ns);
    try testing.expectEqual(null, cache.deadlineNs());
    try testing.expectEqual(Lookup{ .known = hardware_a }, cache.lookup(peer, 40 * second_ns));
    for (45..48) |second| {
        cache.advance(second * second_ns);
        try testing.expectEqual(Request{ .ip = peer, .to = hardware_a }, cache.nextRequest().?);
        try testing.expectEqual(null, cache.nextRequest());
    }
    cache.advance(48 * second_ns);
    try testing.expectEqual(.unreachable_now, cache.lookup(peer, 48 * second_ns));
}

test "hints change what is known, and make nothing known that was not wanted" {
    var cache: Cache = .{};
    cache.update(peer, hardware_a, .hinted, false, 0);
    try testing.expectEqual(null, cache.find(peer));
    cache.update(peer, hardware_a, .hinted, true, 0);
    try testing.expectEqual(.stale, cache.find(peer).?.state);
    cache.update(peer, hardware_a, .confirmed, false, 0);
    cache.update(peer, hardware_a, .hinted, false, 0);
    try testing.expectEqual(.reachable, cache.find(peer).?.state);
    cache.update(peer, hardware_b, .hinted, false, 0);
    try testing.expectEqual(.stale, cache.find(peer).?.state);
    try testing.expectEqual(Lookup{ .known = hardware_b }, cache.peek(peer));
}

test "the cache is bounded: the least recently used goes, those being asked for stay" {
    var cache: Cache = .{};
    for (0..neighbors_max) |index| {
        const ip: Ip = .from4(.{ 10, 0, 1, @intCast(index) });
        cache.update(ip, hardware_a, .hinted, true, index);
    }
    try testing.expectEqual(.pending, cache.lookup(peer, 1000));
    try testing.expectEqual(null, cache.find(.from4(.{ 10, 0, 1, 0 })));
    for (1..neighbors_max) |index| {
        _ = cache.lookup(.from4(.{ 10, 0, 2, @intCast(index) }), 1000);
    }
    try testing.expectEqual(.unreachable_now, cache.lookup(.from4(.{ 10, 0, 3, 1 }), 1000));
    try testing.expectEqual(.pending, cache.lookup(peer, 1000));
}
