// SPDX-License-Identifier: Apache-2.0
//! Where the addresses, routes and name servers of this host come from: the options of the stack,
//! a DHCP server, routers.

const std = @import("std");
const arp = @import("arp.zig");
const addresses = @import("address.zig");
const dhcp = @import("dhcp.zig");
const dhcp_messages = @import("dhcp_messages.zig");
const discovery = @import("discovery.zig");
const ethernet = @import("ethernet.zig");
const packets = @import("packet.zig");
const views = @import("view.zig");
const Stack = @import("stack.zig").Stack;

const Ip = addresses.Ip;
const Prefix = addresses.Prefix;

/// RFC 5227, section 2.4: DEFEND_INTERVAL.
const defend_interval_ns = 10 * std.time.ns_per_s;
const everywhere4: Prefix = .{ .ip = .any4, .bits = 0 };
const everywhere6: Prefix = .{ .ip = .any6, .bits = 0 };

/// Takes what the options say, and asks for what they do not.
pub fn begin(stack: *Stack, now_ns: u64) void {
    const interface = stack.options.interface orelse return;
    for (stack.options.static_addresses) |prefix| {
        _ = stack.routes.assign(.{ .prefix = prefix, .origin = .static });
        announce(stack, prefix.ip);
    }
    for (stack.options.gateways) |gateway| {
        const everywhere = if (gateway.family == .ip4) everywhere4 else everywhere6;
        _ = stack.routes.addRoute(.{
            .destination = everywhere,
            .gateway = gateway,
            .origin = .static,
        });
    }
    for (stack.options.name_servers) |server| stack.resolver.addServer(server, .static);
    stack.dhcp.hardware = interface.hardware_address;
    stack.dhcp.hostname = stack.options.hostname;
    if (!hasStatic(stack, .ip4)) stack.dhcp.start(stack.random(), now_ns);
    sendDhcp(stack, now_ns);
    // A link that takes no packet of every size that must pass has no IPv6 (RFC 8200, section 5).
    if (stack.mtu6 < packets.ip6_mtu_min) return;
    discovery.begin(stack, !hasStatic(stack, .ip6), now_ns);
}

fn hasStatic(stack: *const Stack, family: addresses.Family) bool {
    for (stack.options.static_addresses) |prefix| {
        if (prefix.ip.family == family) return true;
    }
    return false;
}

/// Whether there is an address that is known beyond the link.
pub fn isConfigured(stack: *const Stack) bool {
    for (stack.routes.assigned[0..stack.routes.assigned_count]) |*assigned| {
        if (assigned.is_tentative) continue;
        if (assigned.origin == .static or !assigned.prefix.ip.isLinkLocal()) return true;
    }
    return false;
}

pub fn advance(stack: *Stack, now_ns: u64) void {
    if (stack.dhcp.state == .off) return;
    const due = stack.dhcp.deadlineNs() orelse return;
    if (now_ns < due) return;
    apply(stack, stack.dhcp.advance(stack.random(), now_ns));
    sendDhcp(stack, now_ns);
}

/// Takes what came to the port of DHCP.
pub fn receiveDhcp(stack: *Stack, payload: views.View, now_ns: u64) void {
    var buffer: [dhcp_messages.message_bytes_max]u8 = undefined;
    const bytes = buffer[0..payload.copy(&buffer)];
    apply(stack, stack.dhcp.receive(bytes, stack.random(), now_ns));
    sendDhcp(stack, now_ns);
}

/// Another host has `ip`: ours alone if we had it first, not ours if it had (RFC 5227).
pub fn conflict(stack: *Stack, ip: Ip, now_ns: u64) void {
    const event = stack.dhcp.conflict(ip, now_ns);
    apply(stack, event);
    sendDhcp(stack, now_ns);
    if (event == .lost) return;
    if (stack.defended_ns) |last| {
        if (now_ns -| last < defend_interval_ns) return;
    }
    stack.defended_ns = now_ns;
    announce(stack, ip);
}

fn apply(stack: *Stack, event: dhcp.Event) void {
    switch (event) {
        .nothing => {},
        .lost => stack.routes.forget(.dhcp, .ip4),
        .bound => applyLease(stack, &stack.dhcp.lease.?),
    }
}

fn applyLease(stack: *Stack, lease: *const dhcp.Lease) void {
    const answer = &lease.answer;
    const is_new = stack.routes.find(answer.address) == null;
    stack.routes.forget(.dhcp, .ip4);
    _ = stack.routes.assign(.{
        .prefix = .{
            .ip = answer.address,
            .bits = answer.prefix_bits orelse classBits(answer.address),
        },
        .origin = .dhcp,
    });
    if (answer.routes_count > 0) {
        for (answer.routes[0..answer.routes_count]) |route| {
            _ = stack.routes.addRoute(.{
                .destination = route.destination,
                // All zeros: on the link (RFC 3442).
                .gateway = if (route.gateway.isAny()) null else route.gateway,
                .origin = .dhcp,
            });
        }
    } else if (answer.gateway) |gateway| {
        _ = stack.routes.addRoute(.{
            .destination = everywhere4,
            .gateway = gateway,
            .origin = .dhcp,
        });
    }
    stack.resolver.forgetServers(.dhcp);
    for (answer.name_servers[0..answer.name_servers_count]) |server| {
        stack.resolver.addServer(server, .dhcp);
    }
    const most = @max(stack.options.interface.?.mtu, packets.ip4_mtu_min);
    stack.mtu = @min(most, answer.mtu orelse most);
    if (is_new) announce(stack, answer.address);
}

/// What a server means that sends no mask.
fn classBits(ip: Ip) u8 {
    if (ip.bytes[0] < 128) return 8;
    return if (ip.bytes[0] < 192) 16 else 24;
}

/// Tells the link whose `ip` is (RFC 5227, section 2.3); who has it too will object.
fn announce(stack: *Stack, ip: Ip) void {
    if (ip.family != .ip4) return;
    const frame = stack.output.pushFrame(arp.frame_bytes) orelse return;
    arp.write(frame, ethernet.broadcast, .{
        .operation = .request,
        .sender = ip,
        .sender_hardware = stack.options.interface.?.hardware_address,
        .target = ip,
    });
}

/// Puts the client's message in the queue; one that is lost there is sent again in time.
fn sendDhcp(stack: *Stack, now_ns: u64) void {
    const question, const server = stack.dhcp.take(now_ns) orelse return;
    const packet = stack.output.reserve() orelse return;
    const block = stack.pool.take() orelse return;
    const count = dhcp_messages.write(
        block.bytes[0..dhcp_messages.message_bytes_max],
        &question,
    );
    packet.* = .{
        .source = question.client orelse .any4,
        .destination = server orelse .broadcast4,
        .protocol = packets.protocol_udp,
        .checksum_at = 6,
    };
    var head: [packets.udp_bytes]u8 = @splat(0);
    views.put16(&head, 0, dhcp_messages.client_port);
    views.put16(&head, 2, dhcp_messages.server_port);
    views.put16(&head, 4, @intCast(packets.udp_bytes + count));
    packet.setHead(&head);
    packet.givePayload(.{ .block = block, .bytes = block.bytes[0..count] });
    stack.output.push();
}
