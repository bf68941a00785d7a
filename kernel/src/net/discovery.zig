// SPDX-License-Identifier: Apache-2.0
//! IPv6 on a link: neighbors (RFC 4861), addresses of this host's own making from what routers say
//! (RFC 4862), each asked for before it is used, and name servers (RFC 8106).

const std = @import("std");
const addresses = @import("address.zig");
const checksum = @import("checksum.zig");
const ethernet = @import("ethernet.zig");
const icmp = @import("icmp.zig");
const ip6 = @import("ip6.zig");
const neighbors = @import("neighbors.zig");
const packets = @import("packet.zig");
const routes = @import("routes.zig");
const views = @import("view.zig");
const Stack = @import("stack.zig").Stack;

const Ip = addresses.Ip;
const Hardware = ethernet.Hardware;
const Prefix = addresses.Prefix;
const View = views.View;
const get16 = views.get16;
const get32 = views.get32;
const put16 = views.put16;

const second_ns = std.time.ns_per_s;
const never_ns = std.math.maxInt(u64);

/// RFC 4861, section 10.
const solicitations_max = 3;
const solicitation_interval_ns = 4 * second_ns;
/// RetransTimer: so long another host may object to an address (RFC 4862, section 5.4).
const objection_ns = 1 * second_ns;
/// Only neighbors can send with it: routers count it down.
const hop_limit = 255;
/// RFC 4862, section 5.5.3 (e): nobody can take an address away at once.
const valid_s_min = 2 * 3600;
const infinite_s = 0xffff_ffff;
/// Addresses from routers; more would push out others.
const advertised_max = 6;
/// Options of a message that are looked at.
const options_max = 16;
const interface_bits = 64;

const option_source = 1;
const option_target = 2;
const option_prefix = 3;
const option_mtu = 5;
const option_name_servers = 25;

const flag_router = 0x80;
const flag_solicited = 0x40;
const flag_override = 0x20;
const flag_on_link = 0x80;
const flag_autonomous = 0x40;

pub const Discovery = struct {
    /// Whether what routers say about addresses and routes counts.
    listens: bool = false,
    solicitations: u8 = 0,
    solicitation_ns: u64 = never_ns,
    /// When the next address may be used; an address is tentative until then.
    objection_ns: u64 = never_ns,

    pub fn deadlineNs(discovery: *const Discovery) ?u64 {
        const earliest = @min(discovery.solicitation_ns, discovery.objection_ns);
        return if (earliest == never_ns) null else earliest;
    }
};

/// Begins to make an address for the link, and to look for routers if `listens`.
pub fn begin(stack: *Stack, listens: bool, now_ns: u64) void {
    stack.discovery.listens = listens;
    const link_local: Prefix = .{ .ip = addresses.parseIp("fe80::").?, .bits = interface_bits };
    adopt(stack, .{ .prefix = link_local, .origin = .link_local }, now_ns);
    if (!listens) return;
    stack.discovery.solicitation_ns = now_ns;
    advance(stack, now_ns);
}

/// RFC 4291, appendix A: of 48 bits.
fn interfaceId(hardware: Hardware) [8]u8 {
    return .{ hardware[0] ^ 2, hardware[1], hardware[2], 0xff, 0xfe } ++ hardware[3..6].*;
}

/// Makes an address of a prefix, and asks whether another host has it.
fn adopt(stack: *Stack, like: routes.Assigned, now_ns: u64) void {
    var assigned = like;
    const hardware = stack.options.interface.?.hardware_address;
    assigned.prefix.ip.bytes[8..16].* = interfaceId(hardware);
    assigned.is_tentative = true;
    if (!stack.routes.assign(assigned)) return;
    // Of several at once all wait for the last.
    stack.discovery.objection_ns = now_ns +| objection_ns;
    const target = assigned.prefix.ip;
    const group = target.solicitedNode();
    const frame = startFrame(stack, 24, null, .any6, group) orelse return;
    frame[0] = icmp.type6_neighbor_solicitation;
    frame[8..24].* = target.bytes;
    seal(frame, .any6, group);
}

pub fn advance(stack: *Stack, now_ns: u64) void {
    const discovery = &stack.discovery;
    if (discovery.objection_ns <= now_ns) {
        discovery.objection_ns = never_ns;
        for (stack.routes.owned()) |*assigned| assigned.is_tentative = false;
        stack.routes.changed();
    }
    if (discovery.solicitation_ns > now_ns) return;
    discovery.solicitations += 1;
    discovery.solicitation_ns = if (discovery.solicitations < solicitations_max)
        now_ns +| solicitation_interval_ns
    else
        never_ns;
    // From no address, so that it need not wait for one (RFC 4861, section 6.3.7).
    const frame = startFrame(stack, 8, null, .any6, .all_routers) orelse return;
    frame[0] = icmp.type6_router_solicitation;
    seal(frame, .any6, .all_routers);
}

/// Whether this host is in the group.
pub fn isMember(stack: *Stack, group: Ip) bool {
    if (group.eql(.all_nodes)) return true;
    for (stack.routes.owned()) |*assigned| {
        const ip = assigned.prefix.ip;
        if (ip.family == .ip6 and ip.solicitedNode().eql(group)) return true;
    }
    return false;
}

/// Asks for a neighbor's hardware address, or whether it is still there.
pub fn solicit(stack: *Stack, request: neighbors.Request, source: Ip) void {
    const to = if (request.to == null) request.ip.solicitedNode() else request.ip;
    const frame = startFrame(stack, 32, request.to, source, to) orelse return;
    frame[0] = icmp.type6_neighbor_solicitation;
    frame[8..24].* = request.ip.bytes;
    putHardware(stack, frame, option_source);
    seal(frame, source, to);
}

/// Whether the message was one of neighbor discovery. Its checksum is good.
pub fn receive(stack: *Stack, packet: *const packets.Incoming, now_ns: u64) bool {
    var scratch: [24]u8 = undefined;
    const kind = (packet.payload.head(scratch[0..1]) orelse return false)[0];
    switch (kind) {
        icmp.type6_router_solicitation => return true,
        icmp.type6_router_advertisement,
        icmp.type6_neighbor_solicitation,
        icmp.type6_neighbor_advertisement,
        => {},
        else => return false,
    }
    // From beyond the link, in pieces, or to itself: RFC 4861, section 6.1 and 7.1; RFC 6980.
    if (packet.hop_limit != hop_limit or packet.whole == null) return true;
    if (stack.options.interface == null or stack.routes.isLocal(packet.source)) return true;
    const is_router = kind == icmp.type6_router_advertisement;
    const count: usize = if (is_router) 16 else 24;
    const head = packet.payload.head(scratch[0..count]) orelse return true;
    if (head[1] != 0) return true;
    var options: Options = .{};
    if (!options.read(packet.payload.from(count))) return true;
    switch (kind) {
        icmp.type6_router_advertisement => receiveRouter(stack, packet, head, &options, now_ns),
        icmp.type6_neighbor_solicitation => answer(stack, packet, head, &options, now_ns),
        else => receiveNeighbor(stack, packet, head, &options, now_ns),
    }
    return true;
}

/// What the options say that this host knows.
const Options = struct {
    source: ?Hardware = null,
    target: ?Hardware = null,
    mtu: ?u32 = null,
    prefixes: [advertised_max][32]u8 = undefined,
    prefixes_count: usize = 0,
    name_server: ?Ip = null,

    /// False: there is one without length, or one that is cut off.
    fn read(options: *Options, start: View) bool {
        var rest = start;
        for (0..options_max) |_| {
            if (rest.len == 0) return true;
            var scratch: [32]u8 = undefined;
            const head = rest.head(scratch[0..2]) orelse return false;
            const kind = head[0];
            const bytes = @as(usize, head[1]) * 8;
            if (bytes == 0 or bytes > rest.len) return false;
            const option = rest.head(scratch[0..@min(bytes, 32)]).?;
            switch (kind) {
                option_source => options.source = option[2..8].*,
                option_target => options.target = option[2..8].*,
                option_mtu => if (bytes == 8) {
                    options.mtu = get32(option, 4);
                },
                option_prefix => if (bytes == 32 and options.prefixes_count < advertised_max) {
                    options.prefixes[options.prefixes_count] = option[0..32].*;
                    options.prefixes_count += 1;
                },
                option_name_servers => if (bytes >= 24 and get32(option, 4) != 0) {
                    options.name_server = .from6(option[8..24].*);
                },
                else => {},
            }
            rest = rest.from(bytes);
        }
        return true;
    }
};

/// RFC 4861, section 7.2.3 and 7.2.4.
fn answer(
    stack: *Stack,
    packet: *const packets.Incoming,
    head: []const u8,
    options: *const Options,
    now_ns: u64,
) void {
    const target: Ip = .from6(head[8..24].*);
    const assigned = stack.routes.find(target) orelse return;
    const is_probe = packet.source.isAny();
    if (is_probe and (!packet.is_group or options.source != null)) return;
    if (assigned.is_tentative) {
        // Another host wants it too: neither takes it. A question is only that.
        if (is_probe) stack.routes.unassign(target);
        return;
    }
    var to = packet.source;
    var flags: u8 = flag_solicited | flag_override;
    var hardware: ?Hardware = null;
    if (is_probe) {
        to = .all_nodes;
        flags = flag_override;
    } else if (options.source) |known| {
        if (ethernet.isGroupAddress(known)) return;
        stack.neighbors.update(packet.source, known, .hinted, true, now_ns);
        hardware = known;
    } else switch (stack.neighbors.lookup(packet.source, now_ns)) {
        .known => |known| hardware = known,
        .pending, .unreachable_now => return,
    }
    const frame = startFrame(stack, 32, hardware, target, to) orelse return;
    frame[0] = icmp.type6_neighbor_advertisement;
    frame[4] = flags;
    frame[8..24].* = target.bytes;
    putHardware(stack, frame, option_target);
    seal(frame, target, to);
}

/// RFC 4861, section 7.2.5.
fn receiveNeighbor(
    stack: *Stack,
    packet: *const packets.Incoming,
    head: []const u8,
    options: *const Options,
    now_ns: u64,
) void {
    const target: Ip = .from6(head[8..24].*);
    const flags = head[4];
    const is_solicited = flags & flag_solicited != 0;
    if (!target.isUnicast() or (packet.is_group and is_solicited)) return;
    if (stack.routes.find(target)) |assigned| {
        if (assigned.is_tentative) stack.routes.unassign(target);
        stack.conflicts +|= 1;
        return;
    }
    const entry = stack.neighbors.find(target) orelse return;
    const hardware = options.target orelse entry.hardware;
    const is_known = entry.state.isUsable();
    if (!is_known and options.target == null) return;
    if (ethernet.isGroupAddress(hardware)) return;
    const differs = is_known and !std.mem.eql(u8, &hardware, &entry.hardware);
    if (differs and flags & flag_override == 0) {
        return stack.neighbors.doubt(entry);
    }
    entry.is_router = flags & flag_router != 0;
    const evidence: neighbors.Evidence = if (is_solicited) .confirmed else .hinted;
    stack.neighbors.update(target, hardware, evidence, false, now_ns);
}

/// RFC 4861, section 6.3.4.
fn receiveRouter(
    stack: *Stack,
    packet: *const packets.Incoming,
    head: []const u8,
    options: *const Options,
    now_ns: u64,
) void {
    const router = packet.source;
    if (!stack.discovery.listens or router.family != .ip6 or !router.isLinkLocal()) return;
    // Found: no need to ask on.
    stack.discovery.solicitation_ns = never_ns;
    const lifetime_s = get16(head, 6);
    _ = stack.routes.addRoute(.{
        .destination = .{ .ip = .any6, .bits = 0 },
        .gateway = router,
        .origin = .advertised,
        .valid_until_ns = now_ns +| lifetime_s * @as(u64, second_ns),
    });
    if (options.source) |hardware| {
        if (!ethernet.isGroupAddress(hardware)) {
            stack.neighbors.update(router, hardware, .hinted, true, now_ns);
        }
    }
    if (options.mtu) |mtu| {
        if (mtu >= packets.ip6_mtu_min and mtu <= stack.options.interface.?.mtu) {
            stack.mtu6 = @intCast(mtu);
        }
    }
    if (options.name_server) |server| {
        if (server.isUnicast()) stack.resolver.addServer(server, .advertised);
    }
    for (options.prefixes[0..options.prefixes_count]) |*option| {
        receivePrefix(stack, option, now_ns);
    }
    // What is over already.
    stack.routes.advance(now_ns);
}

/// RFC 4861, section 6.3.4, and RFC 4862, section 5.5.3.
fn receivePrefix(stack: *Stack, option: *const [32]u8, now_ns: u64) void {
    const prefix: Prefix = .{ .ip = .from6(option[16..32].*), .bits = option[2] };
    const valid_s = get32(option, 4);
    const preferred_s = get32(option, 8);
    if (prefix.bits > 128 or prefix.ip.isLinkLocal() or prefix.ip.isMulticast()) return;
    if (option[3] & flag_on_link != 0) {
        _ = stack.routes.addRoute(.{
            .destination = prefix,
            .gateway = null,
            .origin = .advertised,
            .valid_until_ns = untilNs(now_ns, valid_s),
        });
    }
    if (option[3] & flag_autonomous == 0 or prefix.bits != interface_bits) return;
    if (preferred_s > valid_s) return;
    for (stack.routes.owned()) |*assigned| {
        if (assigned.origin != .advertised or !prefix.contains(assigned.prefix.ip)) continue;
        assigned.preferred_until_ns = untilNs(now_ns, preferred_s);
        const left_s = (assigned.valid_until_ns -| now_ns) / second_ns;
        const allowed_s = if (valid_s > valid_s_min or valid_s > left_s)
            valid_s
        else
            @min(left_s, valid_s_min);
        assigned.valid_until_ns = untilNs(now_ns, allowed_s);
        stack.routes.earliest_ns = 0;
        return;
    }
    if (valid_s == 0 or countAdvertised(stack) >= advertised_max) return;
    adopt(stack, .{
        // The route says what is on the link; the address alone does not.
        .prefix = .{ .ip = prefix.ip, .bits = interface_bits },
        .origin = .advertised,
        .preferred_until_ns = untilNs(now_ns, preferred_s),
        .valid_until_ns = untilNs(now_ns, valid_s),
    }, now_ns);
}

fn countAdvertised(stack: *Stack) usize {
    var count: usize = 0;
    for (stack.routes.owned()) |*assigned| {
        if (assigned.origin == .advertised) count += 1;
    }
    return count;
}

fn untilNs(now_ns: u64, seconds: u64) u64 {
    return if (seconds >= infinite_s) never_ns else now_ns +| seconds * second_ns;
}

/// Begins a short frame with a message of ICMPv6 of `count` bytes, zeros; returns the message.
/// `hardware` null: the destination is a group.
fn startFrame(
    stack: *Stack,
    comptime count: u8,
    hardware: ?Hardware,
    source: Ip,
    destination: Ip,
) ?*[count]u8 {
    const start = packets.ethernet_bytes + packets.ip6_bytes;
    const frame = stack.output.pushFrame(start + count) orelse return null;
    const own = stack.options.interface.?.hardware_address;
    const to = hardware orelse ethernet.groupAddress(destination);
    ethernet.write(frame, to, own, ethernet.type_ip6);
    const packet: packets.Outgoing = .{
        .source = source,
        .destination = destination,
        .protocol = packets.protocol_icmp6,
        .hop_limit = hop_limit,
    };
    ip6.write(frame[packets.ethernet_bytes..][0..packets.ip6_bytes], &packet, count);
    @memset(frame[start..], 0);
    return frame[start..];
}

fn putHardware(stack: *const Stack, message: *[32]u8, kind: u8) void {
    message[24..26].* = .{ kind, 1 };
    message[26..32].* = stack.options.interface.?.hardware_address;
}

fn seal(message: []u8, source: Ip, destination: Ip) void {
    const bytes: u32 = @intCast(message.len);
    var sum = checksum.pseudoHeader(source, destination, packets.protocol_icmp6, bytes);
    sum.add(message);
    put16(message, 2, sum.finish());
}
