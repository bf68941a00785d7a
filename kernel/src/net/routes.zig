// SPDX-License-Identifier: Apache-2.0
//! Which addresses this host has, and which way packets leave it.

const std = @import("std");
const addresses = @import("address.zig");

const Ip = addresses.Ip;
const Prefix = addresses.Prefix;

/// Addresses of both families, loopback not counted.
pub const assigned_max = 16;
/// Gateways and prefixes on the link that come from elsewhere than an address.
pub const routes_max = 16;
/// Of these, from routers.
const advertised_max = 6;

const never_ns = std.math.maxInt(u64);

/// Who said so; what a source said it can take back.
pub const Origin = enum { static, dhcp, advertised, link_local };

pub const Assigned = struct {
    /// The address, and how much of it is the same on its link.
    prefix: Prefix,
    origin: Origin,
    /// Another host may have it: it is not used yet (RFC 4862, section 5.4).
    is_tentative: bool = false,
    /// Not chosen for anything new from then on.
    preferred_until_ns: u64 = never_ns,
    valid_until_ns: u64 = never_ns,
};

pub const Route = struct {
    destination: Prefix,
    /// Null: they are on the link.
    gateway: ?Ip,
    origin: Origin,
    valid_until_ns: u64 = never_ns,
};

pub const Way = union(enum) {
    /// This host itself.
    local,
    /// The neighbor that takes the packet: a gateway or the destination.
    neighbor: Ip,
    /// All hosts, or a group of them, on the link.
    group,
    none,
};

pub const Table = struct {
    /// Without a link everything but this host is out of reach.
    has_link: bool,
    assigned: [assigned_max]Assigned = undefined,
    assigned_count: usize = 0,
    routes: [routes_max]Route = undefined,
    routes_count: usize = 0,
    earliest_ns: u64 = never_ns,
    /// Counts changes: what was found out before may be wrong after one. 0 is before all.
    version: u32 = 1,
    /// The IPv4 addresses that are in use, for the question that every packet asks.
    own4: [assigned_max]u32 = undefined,
    own4_count: usize = 0,

    /// To be called after each change of addresses or routes.
    pub fn changed(table: *Table) void {
        table.version +%= 1;
        table.own4_count = 0;
        for (table.owned()) |*assigned| {
            const ip = assigned.prefix.ip;
            if (ip.family != .ip4 or assigned.is_tentative) continue;
            table.own4[table.own4_count] = ip.word4();
            table.own4_count += 1;
        }
    }

    pub fn owned(table: *Table) []Assigned {
        return table.assigned[0..table.assigned_count];
    }

    fn own(table: *const Table) []const Assigned {
        return table.assigned[0..table.assigned_count];
    }

    /// False: there are too many. An address that is there already is replaced.
    pub fn assign(table: *Table, new: Assigned) bool {
        table.earliest_ns = 0;
        defer table.changed();
        if (table.find(new.prefix.ip)) |old| {
            old.* = new;
            return true;
        }
        if (table.assigned_count == assigned_max) return false;
        table.assigned[table.assigned_count] = new;
        table.assigned_count += 1;
        return true;
    }

    pub fn find(table: *Table, ip: Ip) ?*Assigned {
        for (table.owned()) |*assigned| {
            if (assigned.prefix.ip.eql(ip)) return assigned;
        }
        return null;
    }

    pub fn unassign(table: *Table, ip: Ip) void {
        defer table.changed();
        var kept: usize = 0;
        for (table.owned()) |assigned| {
            if (assigned.prefix.ip.eql(ip)) continue;
            table.assigned[kept] = assigned;
            kept += 1;
        }
        table.assigned_count = kept;
    }

    /// False: there are too many. A route like another replaces it.
    pub fn addRoute(table: *Table, new: Route) bool {
        table.earliest_ns = 0;
        defer table.changed();
        for (table.routes[0..table.routes_count]) |*old| {
            if (!isSame(old, &new)) continue;
            old.* = new;
            return true;
        }
        if (table.routes_count == routes_max) return false;
        // Routers are not to push out what a server or the options say.
        const is_advertised = new.origin == .advertised;
        if (is_advertised and table.countOf(.advertised) >= advertised_max) return false;
        table.routes[table.routes_count] = new;
        table.routes_count += 1;
        return true;
    }

    fn countOf(table: *const Table, origin: Origin) usize {
        var count: usize = 0;
        for (table.routes[0..table.routes_count]) |*route| {
            if (route.origin == origin) count += 1;
        }
        return count;
    }

    /// What `origin` said of `family` counts no more.
    pub fn forget(table: *Table, origin: Origin, family: addresses.Family) void {
        defer table.changed();
        var kept: usize = 0;
        for (table.owned()) |assigned| {
            if (assigned.origin == origin and assigned.prefix.ip.family == family) continue;
            table.assigned[kept] = assigned;
            kept += 1;
        }
        table.assigned_count = kept;
        kept = 0;
        for (table.routes[0..table.routes_count]) |route| {
            if (route.origin == origin and route.destination.ip.family == family) continue;
            table.routes[kept] = route;
            kept += 1;
        }
        table.routes_count = kept;
    }

    /// Whether packets to `ip` are for this host.
    pub fn isLocal(table: *const Table, ip: Ip) bool {
        if (ip.isLoopback()) return true;
        if (ip.family == .ip4) {
            const word = ip.word4();
            for (table.own4[0..table.own4_count]) |own_word| {
                if (own_word == word) return true;
            }
            return false;
        }
        for (table.own()) |*assigned| {
            if (!assigned.is_tentative and assigned.prefix.ip.eql(ip)) return true;
        }
        return false;
    }

    /// Whether `ip` means all hosts of a link.
    pub fn isBroadcast(table: *const Table, ip: Ip) bool {
        // Of every subnet that has one it ends with ones: most addresses are told at once.
        if (ip.family != .ip4 or ip.bytes[3] & 3 != 3) return false;
        if (ip.eql(.broadcast4)) return true;
        for (table.own()) |*assigned| {
            const last = assigned.prefix.broadcast() orelse continue;
            if (last.eql(ip)) return true;
        }
        return false;
    }

    pub fn wayTo(table: *const Table, destination: Ip) Way {
        if (table.isLocal(destination)) return .local;
        if (!table.has_link or destination.isAny()) return .none;
        if (destination.isMulticast() or table.isBroadcast(destination)) return .group;
        if (destination.family == .ip6 and destination.isLinkLocal()) {
            return .{ .neighbor = destination };
        }
        var best: Way = .none;
        var best_bits: u8 = 0;
        for (table.own()) |*assigned| {
            const prefix = assigned.prefix;
            if (assigned.is_tentative or !prefix.contains(destination)) continue;
            if (best != .none and prefix.bits <= best_bits) continue;
            best = .{ .neighbor = destination };
            best_bits = prefix.bits;
        }
        for (table.routes[0..table.routes_count]) |*route| {
            if (!route.destination.contains(destination)) continue;
            if (best != .none and route.destination.bits <= best_bits) continue;
            best = .{ .neighbor = route.gateway orelse destination };
            best_bits = route.destination.bits;
        }
        return best;
    }

    /// The address from which packets to `destination` go; null if there is none.
    pub fn sourceFor(table: *const Table, destination: Ip, now_ns: u64) ?Ip {
        if (table.isLocal(destination)) return destination;
        const toward = switch (table.wayTo(destination)) {
            .neighbor => |neighbor| neighbor,
            else => destination,
        };
        var best: ?Ip = null;
        var best_rank: u8 = 0;
        for (table.own()) |*candidate| {
            const ip = candidate.prefix.ip;
            if (candidate.is_tentative or ip.family != destination.family) continue;
            const its_rank = rank(candidate, destination, toward, now_ns);
            if (best != null and its_rank <= best_rank) continue;
            best = ip;
            best_rank = its_rank;
        }
        return best;
    }

    /// Rules 2, 3 and 5 of RFC 6724, section 5, in short: the scope that fits, then an address
    /// that is to be preferred, then one of the link that the packet takes.
    fn rank(candidate: *const Assigned, destination: Ip, toward: Ip, now_ns: u64) u8 {
        const fits = candidate.prefix.ip.isLinkLocal() == isOfLink(destination);
        const preferred = candidate.preferred_until_ns > now_ns;
        const near = candidate.prefix.contains(toward);
        return @as(u8, @intFromBool(fits)) << 2 | @as(u8, @intFromBool(preferred)) << 1 |
            @intFromBool(near);
    }

    fn isOfLink(ip: Ip) bool {
        return ip.isLinkLocal() or (ip.family == .ip6 and ip.isMulticast());
    }

    /// Drops what is valid no more.
    pub fn advance(table: *Table, now_ns: u64) void {
        if (now_ns < table.earliest_ns) return;
        table.earliest_ns = never_ns;
        defer table.changed();
        var kept: usize = 0;
        for (table.owned()) |assigned| {
            if (assigned.valid_until_ns <= now_ns) continue;
            table.earliest_ns = @min(table.earliest_ns, assigned.valid_until_ns);
            table.assigned[kept] = assigned;
            kept += 1;
        }
        table.assigned_count = kept;
        kept = 0;
        for (table.routes[0..table.routes_count]) |route| {
            if (route.valid_until_ns <= now_ns) continue;
            table.earliest_ns = @min(table.earliest_ns, route.valid_until_ns);
            table.routes[kept] = route;
            kept += 1;
        }
        table.routes_count = kept;
    }

    pub fn deadlineNs(table: *const Table) ?u64 {
        return if (table.earliest_ns == never_ns) null else table.earliest_ns;
    }
};

fn isSame(left: *const Route, right: *const Route) bool {
    if (left.destination.bits != right.destination.bits) return false;
    if (!left.destination.ip.eql(right.destination.ip)) return false;
    const one = left.gateway orelse return right.gateway == null;
    const other = right.gateway orelse return false;
    return one.eql(other);
}

const testing = std.testing;

fn parsed(text: []const u8) Ip {
    return addresses.parseIp(text).?;
}

fn sample() Table {
    var table: Table = .{ .has_link = true };
    _ = table.assign(.{ .prefix = Prefix.parse("10.0.2.15/24").?, .origin = .dhcp });
    _ = table.assign(.{ .prefix = Prefix.parse("fe80::15/64").?, .origin = .link_local });
    _ = table.assign(.{ .prefix = Prefix.parse("2001:db8::15/128").?, .origin = .advertised });
    _ = table.addRoute(.{
        .destination = Prefix.parse("0.0.0.0/0").?,
        .gateway = parsed("10.0.2.2"),
        .origin = .dhcp,
    });
    _ = table.addRoute(.{
        .destination = Prefix.parse("10.9.0.0/16").?,
        .gateway = parsed("10.0.2.9"),
        .origin = .dhcp,
    });
    _ = table.addRoute(.{
        .destination = Prefix.parse("2001:db8::/64").?,
        .gateway = null,
        .origin = .advertised,
        .valid_until_ns = 100,
    });
    _ = table.addRoute(.{
        .destination = Prefix.parse("::/0").?,
        .gateway = parsed("fe80::1"),
        .origin = .advertised,
    });
    return table;
}

fn expectNeighbor(table: *const Table, destination: []const u8, neighbor: []const u8) !void {
    try testing.expectEqual(Way{ .neighbor = parsed(neighbor) }, table.wayTo(parsed(destination)));
}

test "the longest prefix decides" {
    var table = sample();
    try expectNeighbor(&table, "10.0.2.77", "10.0.2.77");
    try expectNeighbor(&table, "10.9.1.1", "10.0.2.9");
    try expectNeighbor(&table, "8.8.8.8", "10.0.2.2");
    try expectNeighbor(&table, "2001:db8::77", "2001:db8::77");
    try expectNeighbor(&table, "2001:db9::77", "fe80::1");
    try expectNeighbor(&table, "fe80::99", "fe80::99");
    for ([_][]const u8{ "10.0.2.15", "127.0.0.1", "127.8.9.1", "::1", "fe80::15" }) |text| {
        try testing.expectEqual(.local, table.wayTo(parsed(text)));
    }
    for ([_][]const u8{ "10.0.2.255", "255.255.255.255", "224.0.0.1", "ff02::1" }) |text| {
        try testing.expectEqual(.group, table.wayTo(parsed(text)));
    }
    try testing.expectEqual(.none, table.wayTo(parsed("0.0.0.0")));
    table.forget(.dhcp, .ip4);
    try testing.expectEqual(.none, table.wayTo(parsed("8.8.8.8")));
    try testing.expectEqual(.none, table.wayTo(parsed("10.0.2.15")));
    try expectNeighbor(&table, "2001:db9::77", "fe80::1");
    table.has_link = false;
    try testing.expectEqual(.none, table.wayTo(parsed("fe80::99")));
}

test "sources" {
    var table = sample();
    try testing.expectEqual(parsed("10.0.2.15"), table.sourceFor(parsed("8.8.8.8"), 0).?);
    try testing.expectEqual(parsed("127.0.0.1"), table.sourceFor(parsed("127.0.0.1"), 0).?);
    try testing.expectEqual(parsed("fe80::15"), table.sourceFor(parsed("ff02::2"), 0).?);
    try testing.expectEqual(parsed("2001:db8::15"), table.sourceFor(parsed("2001:db9::1"), 0).?);
    table.find(parsed("2001:db8::15")).?.is_tentative = true;
    table.changed();
    try testing.expectEqual(parsed("fe80::15"), table.sourceFor(parsed("2001:db9::1"), 0).?);
    table.unassign(parsed("10.0.2.15"));
    try testing.expectEqual(null, table.sourceFor(parsed("8.8.8.8"), 0));
}

test "what is valid for a time goes, and tables are bounded" {
    var table = sample();
    table.advance(99);
    try testing.expectEqual(100, table.deadlineNs().?);
    try expectNeighbor(&table, "2001:db8::77", "2001:db8::77");
    table.advance(100);
    try testing.expectEqual(null, table.deadlineNs());
    try expectNeighbor(&table, "2001:db8::77", "fe80::1");
    for (0..100) |index| {
        const prefix: Prefix = .{ .ip = .from4(.{ 10, 1, 1, @intCast(index) }), .bits = 24 };
        const is_added = table.assign(.{ .prefix = prefix, .origin = .static });
        try testing.expectEqual(index < assigned_max - 3, is_added);
        _ = table.addRoute(.{ .destination = prefix, .gateway = null, .origin = .static });
    }
    try testing.expectEqual(routes_max, table.routes_count);
    var flooded: Table = .{ .has_link = true };
    for (0..100) |index| {
        const prefix: Prefix = .{ .ip = .from4(.{ 10, 1, 1, @intCast(index) }), .bits = 32 };
        _ = flooded.addRoute(.{ .destination = prefix, .gateway = null, .origin = .advertised });
    }
    try testing.expectEqual(advertised_max, flooded.routes_count);
}
