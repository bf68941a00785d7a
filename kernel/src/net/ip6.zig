// SPDX-License-Identifier: Apache-2.0
//! The headers of IPv6 (RFC 8200), read and written.

const std = @import("std");
const packets = @import("packet.zig");
const views = @import("view.zig");

const View = views.View;
const get16 = views.get16;
const get32 = views.get32;
const put16 = views.put16;
const put32 = views.put32;

const header_hop_by_hop = 0;
const header_routing = 43;
const header_fragment = 44;
const header_destination = 60;
const fragment_bytes = 8;
/// Headers between IPv6's and the transport's: more are nothing that a host sends.
const extensions_max = 8;

/// Reads the headers of a packet up to the transport's; null if it is not one that this host takes.
pub fn parse(frame: View) ?packets.Incoming {
    var scratch: [packets.ip6_bytes]u8 = undefined;
    const header = frame.head(&scratch) orelse return null;
    if (header[0] >> 4 != 6) return null;
    const bytes = get16(header, 4);
    if (bytes > frame.len - packets.ip6_bytes) return null;
    const whole = frame.first(packets.ip6_bytes + @as(usize, bytes));
    var packet: packets.Incoming = .{
        .source = .from6(header[8..24].*),
        .destination = .from6(header[24..40].*),
        .protocol = header[6],
        .hop_limit = header[7],
        .whole = whole,
        .payload = whole.from(packets.ip6_bytes),
    };
    return if (skipExtensions(&packet)) packet else null;
}

/// Goes on to the transport header; false for what this host does not take.
pub fn skipExtensions(packet: *packets.Incoming) bool {
    for (0..extensions_max) |index| {
        switch (packet.protocol) {
            // Only as the first one (section 4.1).
            header_hop_by_hop => if (index > 0 or !skipOptions(packet)) return false,
            header_destination => if (!skipOptions(packet)) return false,
            header_routing => {
                var scratch: [8]u8 = undefined;
                const header = packet.payload.head(&scratch) orelse return false;
                // With segments left it wants to be forwarded, which no host does.
                if (header[3] != 0 or !skip(packet)) return false;
            },
            header_fragment => {
                if (!readFragment(packet)) return false;
                // What follows is in the fragment at 0 only, and looked at when all are there.
                if (packet.fragment != null) return true;
            },
            else => return true,
        }
    }
    return false;
}

fn skip(packet: *packets.Incoming) bool {
    var scratch: [2]u8 = undefined;
    const header = packet.payload.head(&scratch) orelse return false;
    const bytes = (@as(usize, header[1]) + 1) * 8;
    if (bytes > packet.payload.len) return false;
    packet.protocol = header[0];
    packet.payload = packet.payload.from(bytes);
    return true;
}

/// Of options that are unknown only those count whose type says that they may be skipped
/// (section 4.2); for a packet with any other no error is sent, which is a limit of this stack.
fn skipOptions(packet: *packets.Incoming) bool {
    const before = packet.payload;
    if (!skip(packet)) return false;
    const options = before.first(before.len - packet.payload.len).from(2);
    var at: usize = 0;
    while (at < options.len) {
        var scratch: [2]u8 = undefined;
        const kind = options.from(at).head(scratch[0..1]).?[0];
        // One byte of padding.
        if (kind == 0) {
            at += 1;
            continue;
        }
        const option = options.from(at).head(&scratch) orelse return false;
        at += 2 + @as(usize, option[1]);
        if (at > options.len or kind & 0xc0 != 0) return false;
    }
    return true;
}

fn readFragment(packet: *packets.Incoming) bool {
    var scratch: [fragment_bytes]u8 = undefined;
    const header = packet.payload.head(&scratch) orelse return false;
    const place = get16(header, 2);
    packet.protocol = header[0];
    packet.payload = packet.payload.from(fragment_bytes);
    // One that is whole already is not kept (RFC 6946).
    if (place & 0xfff9 == 0) return true;
    packet.fragment = .{
        .identification = get32(header, 4),
        .offset = place & 0xfff8,
        .has_more = place & 1 != 0,
    };
    return true;
}

/// `bytes` follow the header.
pub fn write(header: *[packets.ip6_bytes]u8, packet: *const packets.Outgoing, bytes: u16) void {
    put32(header, 0, 6 << 28);
    put16(header, 4, bytes);
    header[6] = packet.protocol;
    header[7] = packet.hop_limit;
    header[8..24].* = packet.source.bytes;
    header[24..40].* = packet.destination.bytes;
}

const testing = std.testing;

fn parseBytes(bytes: []const u8) ?packets.Incoming {
    return parse(.init(&.{.{ .block = undefined, .bytes = bytes }}));
}

/// A packet with these bytes after its header, of which the first has the number `first`.
fn sample(buffer: *[200]u8, first: u8, rest: []const u8) []u8 {
    const packet: packets.Outgoing = .{
        .source = .loopback6,
        .destination = .all_nodes,
        .protocol = first,
    };
    write(buffer[0..40], &packet, @intCast(rest.len));
    @memcpy(buffer[40..][0..rest.len], rest);
    return buffer[0 .. 40 + rest.len];
}

test "extension headers are passed over" {
    var buffer: [200]u8 = undefined;
    // Hop by hop with padding, destination options, routing without segments left, UDP.
    const rest = [_]u8{
        60, 0, 1, 4, 0, 0, 0, 0, //
        43, 1, 0, 0, 1, 1, 0, 0x1e, 7, 1, 1, 2, 3, 4, 5, 6, //
        17, 0, 0, 0, 0, 0, 0, 0, //
        1,  2, 3, 4, 5, 6, 7, 8,
    };
    var good = rest;
    good[15] = 0;
    good[16] = 1;
    good[17] = 5;
    good[18..24].* = @splat(0);
    const packet = parseBytes(sample(&buffer, 0, &good)).?;
    try testing.expectEqual(17, packet.protocol);
    try testing.expectEqual(8, packet.payload.len);
    for (0..good.len) |length| {
        const bytes = sample(&buffer, 0, &good);
        // Whatever is cut off must not be read.
        _ = parseBytes(bytes[0 .. 40 + length]);
        put16(bytes, 4, @intCast(length));
        const cut = parseBytes(bytes[0 .. 40 + length]);
        try testing.expect(length >= 32 or cut == null);
    }
    good[27] = 1;
    try testing.expectEqual(null, parseBytes(sample(&buffer, 0, &good)));
    // An option that must be understood; hop by hop in second place.
    const must = [_]u8{ 17, 0, 0xc2, 4, 0, 0, 0, 0 };
    try testing.expectEqual(null, parseBytes(sample(&buffer, 60, &must)));
    const second = [_]u8{ 0, 0, 1, 4, 0, 0, 0, 0, 17, 0, 1, 4, 0, 0, 0, 0 };
    try testing.expectEqual(null, parseBytes(sample(&buffer, 60, &second)));
}

test "fragments, and fragments that are whole" {
    var buffer: [200]u8 = undefined;
    const one = [_]u8{ 17, 0, 0x05, 0xa9, 1, 2, 3, 4, 9, 9 };
    const packet = parseBytes(sample(&buffer, 44, &one)).?;
    const expected: packets.Fragment = .{
        .identification = 0x01020304,
        .offset = 0x5a8,
        .has_more = true,
    };
    try testing.expectEqual(expected, packet.fragment.?);
    try testing.expectEqual(17, packet.protocol);
    const whole = [_]u8{ 17, 0, 0, 0, 1, 2, 3, 4, 9, 9 };
    try testing.expectEqual(null, parseBytes(sample(&buffer, 44, &whole)).?.fragment);
    try testing.expectEqual(null, parseBytes(sample(&buffer, 44, whole[0..7])));
}
