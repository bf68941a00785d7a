// SPDX-License-Identifier: Apache-2.0
//! The header of IPv4 (RFC 791), read and written.

const std = @import("std");
const addresses = @import("address.zig");
const checksum = @import("checksum.zig");
const packets = @import("packet.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const View = views.View;
const get16 = views.get16;
const put16 = views.put16;

const header_bytes_max = 60;
const flag_dont_fragment = 0x4000;
const flag_more_fragments = 0x2000;
const option_end = 0;
const option_nothing = 1;
const option_loose_route = 131;
const option_strict_route = 137;

/// Reads the header of a packet; null if it is not one that a host takes (RFC 1122, section 3.2.1).
/// What follows the packet, as padding of short Ethernet frames, is cut off.
pub fn parse(frame: View) ?packets.Incoming {
    var scratch: [header_bytes_max]u8 = undefined;
    const start = frame.head(scratch[0..packets.ip4_bytes]) orelse return null;
    const header_bytes = @as(usize, start[0] & 0xf) * 4;
    if (start[0] >> 4 != 4 or header_bytes < packets.ip4_bytes) return null;
    const header = frame.head(scratch[0..header_bytes]) orelse return null;
    const total = get16(header, 2);
    if (total < header_bytes or total > frame.len) return null;
    if (header_bytes == packets.ip4_bytes) {
        if (checksum.ofHeader(header[0..packets.ip4_bytes]) != 0) return null;
    } else {
        if (checksum.of(header) != 0 or routesItself(header[packets.ip4_bytes..])) return null;
    }
    const whole = frame.first(total);
    const fragment = get16(header, 6);
    const offset = @as(u32, fragment & 0x1fff) * 8;
    const has_more = fragment & flag_more_fragments != 0;
    return .{
        .source = .from4(header[12..16].*),
        .destination = .from4(header[16..20].*),
        .protocol = header[9],
        .hop_limit = header[8],
        .whole = whole,
        .payload = whole.from(header_bytes),
        .fragment = if (offset == 0 and !has_more) null else .{
            .identification = get16(header, 4),
            .offset = offset,
            .has_more = has_more,
        },
    };
}

/// Options that let a sender choose the way, or that make no sense. No host should take part
/// (RFC 7126, section 4.3); all others are without effect.
fn routesItself(options: []const u8) bool {
    var rest = options;
    while (rest.len > 0) {
        switch (rest[0]) {
            option_end => return false,
            option_nothing => rest = rest[1..],
            option_loose_route, option_strict_route => return true,
            else => {
                if (rest.len < 2 or rest[1] < 2 or rest[1] > rest.len) return true;
                rest = rest[rest[1]..];
            },
        }
    }
    return false;
}

/// What of a packet one IP packet holds.
pub const Part = struct {
    /// Transport header and payload in it.
    bytes: u16,
    offset: u32 = 0,
    has_more: bool = false,
};

pub fn write(header: *[packets.ip4_bytes]u8, packet: *const packets.Outgoing, part: Part) void {
    header[0] = 0x45;
    header[1] = 0;
    put16(header, 2, packets.ip4_bytes + part.bytes);
    put16(header, 4, packet.identification);
    const flags: u16 = if (packet.dont_fragment) flag_dont_fragment else 0;
    const more: u16 = if (part.has_more) flag_more_fragments else 0;
    put16(header, 6, flags | more | @as(u16, @intCast(part.offset / 8)));
    header[8] = packet.hop_limit;
    header[9] = packet.protocol;
    put16(header, 10, 0);
    header[12..16].* = packet.source.four();
    header[16..20].* = packet.destination.four();
    put16(header, 10, checksum.ofHeader(header));
}

const testing = std.testing;

fn parseBytes(bytes: []const u8) ?packets.Incoming {
    return parse(.init(&.{.{ .block = undefined, .bytes = bytes }}));
}

fn sample() [48]u8 {
    var packet: packets.Outgoing = .{
        .source = .from4(.{ 10, 0, 0, 1 }),
        .destination = .from4(.{ 10, 0, 0, 2 }),
        .protocol = 17,
        .identification = 0x1234,
    };
    var bytes: [48]u8 = @splat(0xaa);
    write(bytes[0..20], &packet, .{ .bytes = 20 });
    return bytes;
}

fn seal(bytes: []u8) void {
    const count = @as(usize, bytes[0] & 0xf) * 4;
    put16(bytes, 10, 0);
    put16(bytes, 10, checksum.of(bytes[0..count]));
}

test "what is written is read" {
    const bytes = sample();
    const packet = parseBytes(&bytes).?;
    try testing.expectEqual(Ip.from4(.{ 10, 0, 0, 1 }), packet.source);
    try testing.expectEqual(Ip.from4(.{ 10, 0, 0, 2 }), packet.destination);
    try testing.expectEqual(17, packet.protocol);
    try testing.expectEqual(20, packet.payload.len);
    try testing.expectEqual(40, packet.whole.?.len);
    try testing.expectEqual(null, packet.fragment);
}

test "headers that are refused" {
    const Change = struct { at: usize, value: u8 };
    const changes = [_]Change{
        .{ .at = 0, .value = 0x55 }, // version
        .{ .at = 0, .value = 0x44 }, // header too short
        .{ .at = 0, .value = 0x4f }, // header longer than the packet
        .{ .at = 3, .value = 19 }, // packet shorter than its header
        .{ .at = 3, .value = 49 }, // packet longer than the frame
        .{ .at = 2, .value = 1 },
    };
    for (changes) |change| {
        var bytes = sample();
        bytes[change.at] = change.value;
        if (change.value != 0x4f) seal(&bytes);
        try testing.expectEqual(null, parseBytes(&bytes));
    }
    var bytes = sample();
    bytes[8] ^= 1;
    try testing.expectEqual(null, parseBytes(&bytes));
    try testing.expectEqual(null, parseBytes(bytes[0..19]));
    try testing.expectEqual(null, parseBytes(""));
}

test "options are skipped, source routes and nonsense refused" {
    const Case = struct { options: [4]u8, is_good: bool };
    const cases = [_]Case{
        .{ .options = .{ 1, 1, 1, 0 }, .is_good = true },
        .{ .options = .{ 148, 4, 0, 0 }, .is_good = true },
        .{ .options = .{ 131, 3, 4, 0 }, .is_good = false },
        .{ .options = .{ 1, 137, 3, 4 }, .is_good = false },
        .{ .options = .{ 7, 0, 0, 0 }, .is_good = false },
        .{ .options = .{ 7, 5, 0, 0 }, .is_good = false },
        .{ .options = .{ 1, 1, 1, 7 }, .is_good = false },
    };
    for (cases) |case| {
        var bytes = sample();
        bytes[0] = 0x46;
        bytes[20..24].* = case.options;
        seal(&bytes);
        const packet = parseBytes(&bytes);
        try testing.expectEqual(case.is_good, packet != null);
        if (packet) |good| try testing.expectEqual(16, good.payload.len);
    }
}

test "fragments" {
    const packet: packets.Outgoing = .{
        .source = .loopback4,
        .destination = .loopback4,
        .protocol = 17,
        .identification = 7,
    };
    var bytes: [28]u8 = @splat(0);
    write(bytes[0..20], &packet, .{ .bytes = 8, .offset = 65528 - 8, .has_more = true });
    const expected: packets.Fragment = .{ .identification = 7, .offset = 65520, .has_more = true };
    try testing.expectEqual(expected, parseBytes(&bytes).?.fragment.?);
}
