// SPDX-License-Identifier: Apache-2.0
//! ICMP of both versions (RFC 792, RFC 4443): echo, and what errors quote.

const std = @import("std");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const checksum = @import("checksum.zig");
const packets = @import("packet.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const View = views.View;
const get16 = views.get16;
const get32 = views.get32;
const put16 = views.put16;

pub const type4_echo_reply = 0;
const type4_unreachable = 3;
pub const type4_echo_request = 8;
const type4_time_exceeded = 11;
const code4_fragmentation_needed = 4;

const type6_unreachable = 1;
const type6_too_big = 2;
const type6_time_exceeded = 3;
pub const type6_echo_request = 128;
pub const type6_echo_reply = 129;
pub const type6_router_solicitation = 133;
pub const type6_router_advertisement = 134;
pub const type6_neighbor_solicitation = 135;
pub const type6_neighbor_advertisement = 136;

/// Why a packet is answered with an error.
pub const Reason = enum { port, protocol };

/// An error about a packet that this host is said to have sent.
pub const Quoted = struct {
    failure: packets.Failure,
    source: Ip,
    destination: Ip,
    protocol: u8,
    /// The first eight bytes of the transport header.
    transport: [8]u8,
};

/// At most so many answers, so that this host can not be used against others (RFC 4443, section
/// 2.4 (f)): `burst` at once, and one more each `interval_ns`.
pub const Limit = struct {
    const burst = 100;
    const interval_ns = std.time.ns_per_s / 1000;

    left: u32 = burst,
    since_ns: u64 = 0,

    /// Whether one more may go.
    pub fn take(limit: *Limit, now_ns: u64) bool {
        const more = (now_ns -| limit.since_ns) / interval_ns;
        if (more > 0) {
            limit.left = @intCast(@min(burst, limit.left + more));
            limit.since_ns = now_ns;
        }
        if (limit.left == 0) return false;
        limit.left -= 1;
        return true;
    }
};

/// Fills in the answer to an echo request, whose checksum is good. The same data, by reference if
/// it is not in too many pieces. False: there is no memory for it.
pub fn echoReply(
    pool: *blocks.Pool,
    request: *const packets.Incoming,
    packet: *packets.Outgoing,
) bool {
    var head: [packets.icmp_bytes]u8 = undefined;
    const old = request.payload.head(&head) orelse return false;
    head = old[0..packets.icmp_bytes].*;
    const is_ip4 = request.protocol == packets.protocol_icmp4;
    head[0] = if (is_ip4) type4_echo_reply else type6_echo_reply;
    put16(&head, 2, 0);
    packet.setHead(&head);
    const data = request.payload.from(packets.icmp_bytes);
    if (packet.addPayload(data)) return true;
    if (packet.copyPayload(pool, data)) return true;
    packet.release(pool);
    return false;
}

/// Fills in the error about a packet: as much of it as a host has to quote.
pub fn writeError(packet: *packets.Outgoing, reason: Reason, whole: View) void {
    const is_ip4 = packet.source.family == .ip4;
    var head: [packets.head_bytes_max]u8 = @splat(0);
    head[0] = if (is_ip4) type4_unreachable else type6_unreachable;
    head[1] = switch (reason) {
        .port => if (is_ip4) 3 else 4,
        .protocol => if (is_ip4) 2 else 3,
    };
    if (reason == .protocol and !is_ip4) {
        // An unknown next header is a parameter problem there; the pointer is to the field.
        head[0] = 4;
        head[1] = 1;
        head[7] = 6;
    }
    const count = whole.copy(head[packets.icmp_bytes..]);
    packet.setHead(head[0 .. packets.icmp_bytes + count]);
}

/// Puts in the checksum of an ICMPv4 message: no pseudo header.
pub fn seal4(packet: *packets.Outgoing) void {
    var sum: checksum.Sum = .{};
    sum.add(packet.head[0..packet.head_count]);
    for (packet.pieces()) |piece| sum.add(piece.bytes);
    put16(&packet.head, 2, sum.finish());
}

pub fn isChecksumGood(message: *const packets.Incoming) bool {
    var sum: checksum.Sum = switch (message.source.family) {
        .ip4 => .{},
        .ip6 => checksum.pseudoHeader(
            message.source,
            message.destination,
            packets.protocol_icmp6,
            @intCast(message.payload.len),
        ),
    };
    message.payload.addTo(&sum);
    return sum.finish() == 0;
}

/// Reads an error; null if it is another message, or quotes too little.
pub fn parseError(message: *const packets.Incoming) ?Quoted {
    var scratch: [packets.icmp_bytes]u8 = undefined;
    const head = message.payload.head(&scratch) orelse return null;
    const is_ip4 = message.protocol == packets.protocol_icmp4;
    const failure = (if (is_ip4) failure4(head) else failure6(head)) orelse return null;
    const quoted = message.payload.from(packets.icmp_bytes);
    return if (is_ip4) quoted4(failure, quoted) else quoted6(failure, quoted);
}

fn failure4(head: []const u8) ?packets.Failure {
    if (head[0] == type4_time_exceeded) return .{ .kind = .time_exceeded };
    if (head[0] != type4_unreachable) return null;
    return switch (head[1]) {
        0, 6, 11 => .{ .kind = .network },
        1, 5, 7, 8, 12 => .{ .kind = .host },
        2 => .{ .kind = .protocol },
        3 => .{ .kind = .port },
        code4_fragmentation_needed => .{ .kind = .too_big, .mtu = get16(head, 6) },
        9, 10, 13 => .{ .kind = .prohibited },
        else => null,
    };
}

fn failure6(head: []const u8) ?packets.Failure {
    return switch (head[0]) {
        type6_unreachable => switch (head[1]) {
            0 => .{ .kind = .network },
            1, 5, 6 => .{ .kind = .prohibited },
            2, 3 => .{ .kind = .host },
            4 => .{ .kind = .port },
            else => null,
        },
        type6_too_big => .{ .kind = .too_big, .mtu = get32(head, 4) },
        type6_time_exceeded => .{ .kind = .time_exceeded },
        4 => if (head[1] == 1) .{ .kind = .protocol } else null,
        else => null,
    };
}

fn quoted4(failure: packets.Failure, quoted: View) ?Quoted {
    var scratch: [68]u8 = undefined;
    const start = quoted.head(scratch[0..packets.ip4_bytes]) orelse return null;
    const count = @as(usize, start[0] & 0xf) * 4;
    if (start[0] >> 4 != 4 or count < packets.ip4_bytes) return null;
    // Only the first fragment has the ports.
    if (get16(start, 6) & 0x1fff != 0) return null;
    const bytes = quoted.head(scratch[0 .. count + 8]) orelse return null;
    return .{
        .failure = failure,
        .source = .from4(bytes[12..16].*),
        .destination = .from4(bytes[16..20].*),
        .protocol = bytes[9],
        .transport = bytes[count..][0..8].*,
    };
}

fn quoted6(failure: packets.Failure, quoted: View) ?Quoted {
    var scratch: [packets.ip6_bytes + 8]u8 = undefined;
    const bytes = quoted.head(&scratch) orelse return null;
    if (bytes[0] >> 4 != 6) return null;
    return .{
        .failure = failure,
        .source = .from6(bytes[8..24].*),
        .destination = .from6(bytes[24..40].*),
        .protocol = bytes[6],
        .transport = bytes[40..48].*,
    };
}

const testing = std.testing;

test "answers are limited" {
    var limit: Limit = .{};
    var count: usize = 0;
    // A second, a hundred thousand questions.
    for (0..100_000) |index| count += @intFromBool(limit.take(index * 10_000));
    try testing.expect(count >= 1000 and count <= 1100);
}

test "quotes that are too short or not the first fragment say nothing" {
    var bytes: [36]u8 = @splat(0);
    bytes[0] = type4_unreachable;
    bytes[1] = code4_fragmentation_needed;
    put16(&bytes, 6, 1400);
    bytes[8] = 0x45;
    bytes[8 + 9] = packets.protocol_tcp;
    const piece = [_]@import("link.zig").Piece{.{ .block = undefined, .bytes = &bytes }};
    var message: packets.Incoming = .{
        .source = .loopback4,
        .destination = .loopback4,
        .protocol = packets.protocol_icmp4,
        .hop_limit = 1,
        .whole = null,
        .payload = .init(&piece),
    };
    const quoted = parseError(&message).?;
    try testing.expectEqual(1400, quoted.failure.mtu);
    try testing.expectEqual(.too_big, quoted.failure.kind);
    for (0..36) |length| {
        message.payload = View.init(&piece).first(length);
        try testing.expectEqual(null, parseError(&message));
    }
    message.payload = .init(&piece);
    bytes[15] = 1;
    try testing.expectEqual(null, parseError(&message));
    bytes[15] = 0;
    bytes[8] = 0x46;
    try testing.expectEqual(null, parseError(&message));
}
