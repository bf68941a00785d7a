// SPDX-License-Identifier: Apache-2.0
//! From a frame to whom it concerns. What does not make sense is dropped without a word.

const std = @import("std");
const arp = @import("arp.zig");
const checksum = @import("checksum.zig");
const configuration = @import("configuration.zig");
const discovery = @import("discovery.zig");
const ethernet = @import("ethernet.zig");
const icmp = @import("icmp.zig");
const ip4 = @import("ip4.zig");
const ip6 = @import("ip6.zig");
const link = @import("link.zig");
const packets = @import("packet.zig");
const views = @import("view.zig");
const tcp = @import("tcp/tcp.zig");
const Stack = @import("stack.zig").Stack;

const Incoming = packets.Incoming;
const View = views.View;
const get16 = views.get16;

/// Pieces of one packet: a reassembled one has most.
const pieces_max = @import("fragments.zig").pieces_max;
const udp_bytes = packets.udp_bytes;

pub fn receive(stack: *Stack, received: link.Received, now_ns: u64) void {
    const interface = stack.options.interface orelse return;
    const frame = ethernet.parse(.init(received.pieces)) orelse return;
    const is_ours = std.mem.eql(u8, &frame.destination, &interface.hardware_address);
    if (!is_ours and !frame.isGroup()) return;
    switch (frame.type) {
        ethernet.type_arp => receiveArp(stack, &frame, now_ns),
        ethernet.type_ip4 => {
            var packet = ip4.parse(frame.payload) orelse return;
            packet.is_group = frame.isGroup();
            packet.checksum = received.checksum;
            receiveIp4(stack, &packet, now_ns);
        },
        ethernet.type_ip6 => {
            var packet = ip6.parse(frame.payload) orelse return;
            packet.is_group = frame.isGroup();
            packet.checksum = received.checksum;
            receiveIp6(stack, &packet, now_ns);
        },
        else => {},
    }
}

/// A packet of this host to itself.
pub fn receiveLocal(stack: *Stack, packet: Incoming, now_ns: u64) void {
    dispatch(stack, &packet, now_ns);
}

fn receiveArp(stack: *Stack, frame: *const ethernet.Frame, now_ns: u64) void {
    const message = arp.parse(frame.payload) orelse return;
    const own = stack.options.interface.?.hardware_address;
    if (std.mem.eql(u8, &message.sender_hardware, &own)) return;
    if (stack.routes.find(message.sender)) |_| return stack.conflict(message.sender, now_ns);
    const is_for_us = stack.routes.find(message.target) != null;
    // A probe (RFC 5227) has no sender's address yet.
    if (message.sender.isUnicast() and !message.sender.isLoopback()) {
        const is_answer = message.operation == .reply and !frame.isGroup();
        stack.neighbors.update(
            message.sender,
            message.sender_hardware,
            if (is_answer) .confirmed else .hinted,
            is_for_us and message.operation == .request,
            now_ns,
        );
    }
    if (!is_for_us or message.operation != .request) return;
    const reply = stack.output.pushFrame(arp.frame_bytes) orelse return;
    arp.write(reply, message.sender_hardware, .{
        .operation = .reply,
        .sender = message.target,
        .sender_hardware = own,
        .target = message.sender,
        .target_hardware = message.sender_hardware,
    });
}

fn receiveIp4(stack: *Stack, packet: *Incoming, now_ns: u64) void {
    if (!isSourceGood(stack, packet)) return;
    if (stack.dhcp.isListening() and packet.fragment == null) {
        if (takeDhcp(stack, packet, now_ns)) return;
    }
    const to = packet.destination;
    if (stack.routes.isLocal(to)) {
        // Broadcast on the link but not by its address: RFC 1122, section 3.3.6.
        if (packet.is_group or to.isLoopback()) return;
    } else {
        if (!to.isMulticast() and !stack.routes.isBroadcast(to)) return;
        packet.is_group = true;
    }
    receiveWhole(stack, packet, now_ns);
}

fn receiveIp6(stack: *Stack, packet: *Incoming, now_ns: u64) void {
    const source = packet.source;
    if (source.isMulticast() or source.isLoopback()) return;
    if (packet.destination.isMulticast()) {
        packet.is_group = true;
        if (!discovery.isMember(stack, packet.destination)) return;
    } else {
        if (packet.is_group or packet.destination.isLoopback()) return;
        if (!stack.routes.isLocal(packet.destination)) return;
    }
    // Only a question about an address that may be free comes from none.
    if (source.isAny() and packet.protocol != packets.protocol_icmp6) return;
    receiveWhole(stack, packet, now_ns);
}

/// Whether one host on a network can have sent it (RFC 1122, section 3.2.1.3).
fn isSourceGood(stack: *Stack, packet: *const Incoming) bool {
    const source = packet.source;
    // One that has no address yet may ask all for one, by DHCP.
    if (source.isAny()) {
        return packet.destination.eql(.broadcast4) and packet.protocol == packets.protocol_udp;
    }
    return source.isUnicast() and !stack.routes.isLocal(source) and
        !stack.routes.isBroadcast(source);
}

/// Puts fragments together.
fn receiveWhole(stack: *Stack, packet: *Incoming, now_ns: u64) void {
    if (packet.fragment == null) return dispatch(stack, packet, now_ns);
    const whole = stack.fragments.receive(stack.pool, packet, now_ns) orelse return;
    defer stack.fragments.release(stack.pool, whole);
    packet.payload = whole.view();
    packet.whole = null;
    packet.fragment = null;
    // The device has seen the parts only.
    packet.checksum = .unknown;
    if (packet.source.family == .ip6) {
        if (!ip6.skipExtensions(packet) or packet.fragment != null) return;
    }
    dispatch(stack, packet, now_ns);
}

fn dispatch(stack: *Stack, packet: *const Incoming, now_ns: u64) void {
    const is_ip4 = packet.source.family == .ip4;
    switch (packet.protocol) {
        packets.protocol_tcp => receiveTcp(stack, packet, now_ns),
        packets.protocol_udp => receiveUdp(stack, packet, now_ns),
        packets.protocol_icmp4 => if (is_ip4) receiveIcmp(stack, packet, now_ns),
        packets.protocol_icmp6 => if (!is_ip4) receiveIcmp(stack, packet, now_ns),
        else => answerWithError(stack, packet, .protocol, now_ns),
    }
}

fn isChecksumGood(packet: *const Incoming) bool {
    if (packet.checksum != .unknown) return true;
    const bytes: u32 = @intCast(packet.payload.len);
    var sum = checksum.pseudoHeader(packet.source, packet.destination, packet.protocol, bytes);
    packet.payload.addTo(&sum);
    return sum.finish() == 0;
}

fn receiveTcp(stack: *Stack, packet: *const Incoming, now_ns: u64) void {
    // Connections are between two hosts (RFC 1122, section 4.2.3.10).
    if (packet.is_group or !packet.source.isUnicast()) return;
    if (!isChecksumGood(packet)) return;
    // An array for all pieces that a packet may have is large, and most have one.
    var one: [1]link.Piece = undefined;
    if (packet.payload.cut(&one)) |pieces| return deliverTcp(stack, packet, pieces, now_ns);
    var many: [pieces_max]link.Piece = undefined;
    const pieces = packet.payload.cut(&many) orelse return;
    deliverTcp(stack, packet, pieces, now_ns);
}

fn deliverTcp(
    stack: *Stack,
    packet: *const Incoming,
    pieces: []const link.Piece,
    now_ns: u64,
) void {
    stack.tcp.receive(.{
        .family = if (packet.source.family == .ip4) .ip4 else .ip6,
        .local = packet.destination.bytes,
        .remote = packet.source.bytes,
    }, pieces, stack.routeOf(packet.source.family, packet.is_local), now_ns);
}

fn receiveUdp(stack: *Stack, packet: *const Incoming, now_ns: u64) void {
    const datagram = readUdp(packet) orelse return;
    const from = packet.source.withPort(datagram.source);
    const socket = stack.datagrams.find(packet.destination, datagram.destination, from) orelse {
        return answerWithError(stack, packet, .port, now_ns);
    };
    socket.deliver(stack.pool, from, datagram.payload);
}

const Udp = struct { source: u16, destination: u16, payload: View };

/// Null: not as RFC 768 wants it.
fn readUdp(packet: *const Incoming) ?Udp {
    var scratch: [udp_bytes]u8 = undefined;
    const header = packet.payload.head(&scratch) orelse return null;
    const length = get16(header, 4);
    if (length < udp_bytes or length > packet.payload.len) return null;
    const datagram: Udp = .{
        .source = get16(header, 0),
        .destination = get16(header, 2),
        .payload = packet.payload.first(length).from(udp_bytes),
    };
    if (datagram.destination == 0) return null;
    if (get16(header, 6) == 0 and packet.checksum != .partial) {
        // IPv6 has no checksum of its own (RFC 8200, section 8.1).
        return if (packet.source.family == .ip4) datagram else null;
    }
    var checked = packet.*;
    checked.payload = packet.payload.first(length);
    return if (isChecksumGood(&checked)) datagram else null;
}

/// Whether the packet is an answer of a DHCP server, which may come before its address is ours.
fn takeDhcp(stack: *Stack, packet: *const Incoming, now_ns: u64) bool {
    if (packet.protocol != packets.protocol_udp) return false;
    const datagram = readUdp(packet) orelse return false;
    if (datagram.destination != stack.dhcp.client_port) return false;
    configuration.receiveDhcp(stack, datagram.payload, now_ns);
    return true;
}

fn receiveIcmp(stack: *Stack, packet: *const Incoming, now_ns: u64) void {
    var scratch: [packets.icmp_bytes]u8 = undefined;
    const head = packet.payload.head(&scratch) orelse return;
    const kind = head[0];
    if (packet.checksum == .unknown and !icmp.isChecksumGood(packet)) return;
    const is_ip4 = packet.protocol == packets.protocol_icmp4;
    const echo: u8 = if (is_ip4) icmp.type4_echo_request else icmp.type6_echo_request;
    if (kind == echo) return answerEcho(stack, packet, now_ns);
    if (!is_ip4 and discovery.receive(stack, packet, now_ns)) return;
    const quoted = icmp.parseError(packet) orelse return;
    // Somebody may have made it up: we must have been the sender.
    if (!stack.routes.isLocal(quoted.source)) return;
    fail(stack, quoted, now_ns);
}

fn answerEcho(stack: *Stack, packet: *const Incoming, now_ns: u64) void {
    // Broadcast echo is for attacks (RFC 1122, section 3.2.2.6, allows silence).
    if (packet.is_group or packet.source.isAny()) return;
    if (!stack.icmp_limit.take(now_ns)) return;
    const reply = stack.output.reserve() orelse return;
    reply.* = .{
        .source = packet.destination,
        .destination = packet.source,
        .protocol = packet.protocol,
    };
    if (!icmp.echoReply(stack.pool, packet, reply)) return;
    if (reply.source.family == .ip4) icmp.seal4(reply) else reply.checksum_at = 2;
    stack.output.push();
}

fn answerWithError(
    stack: *Stack,
    packet: *const Incoming,
    reason: icmp.Reason,
    now_ns: u64,
) void {
    if (packet.is_group or !packet.source.isUnicast()) return;
    const whole = packet.whole orelse return;
    if (!stack.icmp_limit.take(now_ns)) return;
    const answer = stack.output.reserve() orelse return;
    const is_ip4 = packet.source.family == .ip4;
    answer.* = .{
        .source = packet.destination,
        .destination = packet.source,
        .protocol = if (is_ip4) packets.protocol_icmp4 else packets.protocol_icmp6,
    };
    icmp.writeError(answer, reason, whole);
    if (is_ip4) icmp.seal4(answer) else answer.checksum_at = 2;
    stack.output.push();
}

/// Tells whoever sent a packet what has become of it.
pub fn fail(stack: *Stack, quoted: icmp.Quoted, now_ns: u64) void {
    const local_port = get16(&quoted.transport, 0);
    const remote_port = get16(&quoted.transport, 2);
    switch (quoted.protocol) {
        packets.protocol_tcp => {
            const problem = tcpProblem(quoted) orelse return;
            stack.tcp.report(.{
                .local = quoted.source.bytes,
                .remote = quoted.destination.bytes,
                .local_port = local_port,
                .remote_port = remote_port,
                .family = if (quoted.source.family == .ip4) .ip4 else .ip6,
            }, views.get32(&quoted.transport, 4), problem, now_ns);
        },
        packets.protocol_udp => {
            const peer = quoted.destination.withPort(remote_port);
            const socket = stack.datagrams.find(quoted.source, local_port, peer) orelse return;
            // One that sends to many can not tell whom it is about.
            if (socket.peer == null) return;
            socket.failure = switch (quoted.failure.kind) {
                .port, .protocol => error.Connrefused,
                .host, .prohibited => error.Hostunreach,
                .network => error.Netunreach,
                .too_big => error.Msgsize,
                .time_exceeded => return,
            };
        },
        else => {},
    }
}

fn tcpProblem(quoted: icmp.Quoted) ?tcp.Problem {
    return switch (quoted.failure.kind) {
        .port, .protocol => .refused,
        .host, .prohibited => .unreachable_host,
        .network => .unreachable_network,
        .time_exceeded => null,
        .too_big => {
            const is_ip4 = quoted.source.family == .ip4;
            const least: u32 = if (is_ip4) packets.ip4_mtu_min else packets.ip6_mtu_min;
            const mtu = std.math.clamp(quoted.failure.mtu, least, 65535);
            return .{ .too_big = @intCast(mtu - packets.headerBytes(quoted.source.family) - 20) };
        },
    };
}
