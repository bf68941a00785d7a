// SPDX-License-Identifier: Apache-2.0
//! Internet addresses of both families, as bytes in network order, and as text (RFC 4291).

const std = @import("std");
const types = @import("types.zig");

pub const Family = types.Family;

/// An address. Of IPv4 the first four bytes count, and the others are zeros, so that values can be
/// compared.
pub const Ip = struct {
    family: Family,
    bytes: [16]u8,

    pub const any4: Ip = .{ .family = .ip4, .bytes = @splat(0) };
    pub const any6: Ip = .{ .family = .ip6, .bytes = @splat(0) };
    /// RFC 919.
    pub const broadcast4: Ip = .from4(.{ 255, 255, 255, 255 });
    pub const loopback4: Ip = .from4(.{ 127, 0, 0, 1 });
    pub const loopback6: Ip = .from6(.{ 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 });
    /// RFC 4291, section 2.7.1.
    pub const all_nodes: Ip = .from6(.{ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 });
    pub const all_routers: Ip = .from6(.{ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2 });

    pub fn from4(bytes: [4]u8) Ip {
        var ip: Ip = .any4;
        ip.bytes[0..4].* = bytes;
        return ip;
    }

    pub fn from6(bytes: [16]u8) Ip {
        return .{ .family = .ip6, .bytes = bytes };
    }

    /// An address of `family` for any.
    pub fn any(family: Family) Ip {
        return if (family == .ip4) .any4 else .any6;
    }

    /// What counts of the bytes.
    pub fn slice(ip: *const Ip) []const u8 {
        return if (ip.family == .ip4) ip.bytes[0..4] else &ip.bytes;
    }

    /// Of IPv4, in the machine's order: for comparing.
    pub inline fn word4(ip: *const Ip) u32 {
        return std.mem.readInt(u32, ip.bytes[0..4], .native);
    }

    pub fn four(ip: Ip) [4]u8 {
        return ip.bytes[0..4].*;
    }

    /// Several times for each packet: by reference, and in place.
    pub inline fn eql(left: *const Ip, right: Ip) bool {
        const a: u128 = @bitCast(left.bytes);
        const b: u128 = @bitCast(right.bytes);
        return a == b and left.family == right.family;
    }

    pub inline fn isAny(ip: *const Ip) bool {
        const bytes: u128 = @bitCast(ip.bytes);
        return bytes == 0;
    }

    pub fn isLoopback(ip: Ip) bool {
        return switch (ip.family) {
            .ip4 => ip.bytes[0] == 127,
            .ip6 => ip.eql(.loopback6),
        };
    }

    pub fn isMulticast(ip: Ip) bool {
        return switch (ip.family) {
            .ip4 => ip.bytes[0] & 0xf0 == 0xe0,
            .ip6 => ip.bytes[0] == 0xff,
        };
    }

    /// Known on one link only: 169.254/16 (RFC 3927), fe80::/10.
    pub fn isLinkLocal(ip: Ip) bool {
        return switch (ip.family) {
            .ip4 => ip.bytes[0] == 169 and ip.bytes[1] == 254,
            .ip6 => ip.bytes[0] == 0xfe and ip.bytes[1] & 0xc0 == 0x80,
        };
    }

    /// Whether one host can have it: it may be a source, or the peer of a connection.
    pub inline fn isUnicast(ip: *const Ip) bool {
        return switch (ip.family) {
            // 0/8 is "this network" (RFC 1122, section 3.2.1.3), from 224 on are groups, and class
            // E with the broadcast address.
            .ip4 => ip.bytes[0] != 0 and ip.bytes[0] < 224,
            .ip6 => ip.bytes[0] != 0xff and !ip.isAny(),
        };
    }

    /// Where neighbor solicitations for it go (RFC 4291, section 2.7.1).
    pub fn solicitedNode(ip: Ip) Ip {
        var group: [16]u8 = .{ 0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0 };
        group[13..16].* = ip.bytes[13..16].*;
        return .from6(group);
    }

    pub fn withPort(ip: Ip, port: u16) types.Address {
        return .{ .family = ip.family, .bytes = ip.bytes, .port = port };
    }

    /// The address without its port; what does not count is made zero.
    pub fn of(address: types.Address) Ip {
        return switch (address.family) {
            .ip4 => .from4(address.bytes[0..4].*),
            .ip6 => .from6(address.bytes),
        };
    }
};

/// Addresses whose first `bits` are those of `ip`.
pub const Prefix = struct {
    ip: Ip,
    /// At most 32, or 128.
    bits: u8,

    pub fn contains(prefix: Prefix, ip: Ip) bool {
        if (prefix.ip.family != ip.family) return false;
        const whole = prefix.bits / 8;
        if (!std.mem.eql(u8, prefix.ip.bytes[0..whole], ip.bytes[0..whole])) return false;
        const rest: u3 = @intCast(prefix.bits % 8);
        if (rest == 0) return true;
        const mask = ~(@as(u8, 0xff) >> rest);
        return (prefix.ip.bytes[whole] ^ ip.bytes[whole]) & mask == 0;
    }

    /// The last address of an IPv4 subnet, if it has one for broadcasts (RFC 922, RFC 3021).
    pub fn broadcast(prefix: Prefix) ?Ip {
        if (prefix.ip.family != .ip4 or prefix.bits >= 31) return null;
        const host: u32 = @as(u32, 0xffff_ffff) >> @intCast(prefix.bits);
        const ip = std.mem.readInt(u32, prefix.ip.bytes[0..4], .big) | host;
        var bytes: [4]u8 = undefined;
        std.mem.writeInt(u32, &bytes, ip, .big);
        return .from4(bytes);
    }

    /// "10.0.2.15/24" or "fd00::5/64"; without a length the prefix is the address alone. Null for
    /// what is neither.
    pub fn parse(text: []const u8) ?Prefix {
        const slash = std.mem.findScalar(u8, text, '/');
        const ip = parseIp(text[0 .. slash orelse text.len]) orelse return null;
        const most: u8 = if (ip.family == .ip4) 32 else 128;
        const at = slash orelse return .{ .ip = ip, .bits = most };
        const bits = parseNumber(text[at + 1 ..], 10, 3) orelse return null;
        return if (bits > most) null else .{ .ip = ip, .bits = @intCast(bits) };
    }
};

/// An address of either family as text; null for anything else.
pub fn parseIp(text: []const u8) ?Ip {
    if (std.mem.findScalar(u8, text, ':') != null) return .from6(parse6(text) orelse return null);
    return .from4(parse4(text) orelse return null);
}

fn parseNumber(text: []const u8, base: u8, digits_max: usize) ?u16 {
    if (text.len == 0 or text.len > digits_max) return null;
    var number: u16 = 0;
    for (text) |character| {
        const digit = std.fmt.charToDigit(character, base) catch return null;
        number = number * base + digit;
    }
    return number;
}

fn parse4(text: []const u8) ?[4]u8 {
    var bytes: [4]u8 = undefined;
    var rest = text;
    for (&bytes, 0..) |*byte, index| {
        const end = if (index == 3) rest.len else std.mem.findScalar(u8, rest, '.') orelse
            return null;
        const number = parseNumber(rest[0..end], 10, 3) orelse return null;
        if (number > 255) return null;
        byte.* = @intCast(number);
        if (index < 3) rest = rest[end + 1 ..];
    }
    return bytes;
}

/// RFC 4291, section 2.2; the last 32 bits may be written as an IPv4 address.
fn parse6(text: []const u8) ?[16]u8 {
    var bytes: [16]u8 = @splat(0);
    var count: usize = 0;
    var gap: ?usize = null;
    var rest = text;
    if (std.mem.startsWith(u8, rest, "::")) {
        gap = 0;
        rest = rest[2..];
    }
    while (rest.len > 0) {
        const end = std.mem.findScalar(u8, rest, ':') orelse rest.len;
        const group = rest[0..end];
        if (end == rest.len and std.mem.findScalar(u8, group, '.') != null) {
            if (count > 12) return null;
            bytes[count..][0..4].* = parse4(group) orelse return null;
            count += 4;
            break;
        }
        if (count > 14) return null;
        const number = parseNumber(group, 16, 4) orelse return null;
        std.mem.writeInt(u16, bytes[count..][0..2], number, .big);
        count += 2;
        if (end == rest.len) break;
        rest = rest[end + 1 ..];
        if (rest.len == 0) return null;
        if (rest[0] != ':') continue;
        if (gap != null) return null;
        gap = count;
        rest = rest[1..];
    }
    const at = gap orelse return if (count == 16) bytes else null;
    if (count > 14) return null;
    const moved = count - at;
    std.mem.copyBackwards(u8, bytes[16 - moved ..], bytes[at..count]);
    @memset(bytes[at .. 16 - moved], 0);
    return bytes;
}

const testing = std.testing;

test "addresses as text" {
    try testing.expectEqual(Ip.from4(.{ 10, 0, 2, 15 }), parseIp("10.0.2.15").?);
    try testing.expectEqual(Ip.loopback6, parseIp("::1").?);
    try testing.expectEqual(Ip.any6, parseIp("::").?);
    const whole = parseIp("2001:db8:0:1:2:3:4:5").?;
    try testing.expectEqual(0x20, whole.bytes[0]);
    try testing.expectEqual(5, whole.bytes[15]);
    const gap = parseIp("fe80::1:2").?;
    try testing.expectEqualSlices(u8, &.{ 0, 1, 0, 2 }, gap.bytes[12..]);
    try testing.expectEqualSlices(u8, &.{ 0xfe, 0x80, 0, 0 }, gap.bytes[0..4]);
    try testing.expectEqual(9, parseIp("::ffff:1.2.3.9").?.bytes[15]);
    try testing.expectEqual(8, parseIp("7:8::").?.bytes[3]);
    const wrong = "|1.2.3|1.2.3.4.5|256.1.1.1|1.2.3.|a.b.c.d|:|1:|1::2::3|:::|12345::|1:2:3:4:5" ++
        "|g::|::1.2.3|1:2|:1|1::2:|0x1::|-1.2.3.4|1..2.3|1.2.3.4::1|::1:2:3:4:5:6:7:8|::1 ";
    var texts = std.mem.splitScalar(u8, wrong, '|');
    while (texts.next()) |text| try testing.expectEqual(null, parseIp(text));
}

test "prefixes" {
    const subnet = Prefix.parse("10.1.2.3/20").?;
    try testing.expect(subnet.contains(parseIp("10.1.15.255").?));
    try testing.expect(!subnet.contains(parseIp("10.1.16.0").?));
    try testing.expect(!subnet.contains(parseIp("::1").?));
    try testing.expectEqual(parseIp("10.1.15.255").?, subnet.broadcast().?);
    try testing.expectEqual(null, Prefix.parse("10.0.0.0/31").?.broadcast());
    try testing.expectEqual(32, Prefix.parse("10.0.0.1").?.bits);
    try testing.expect(Prefix.parse("::/0").?.contains(.loopback6));
    try testing.expect(Prefix.parse("0.0.0.0/0").?.contains(.loopback4));
    try testing.expectEqual(null, Prefix.parse("10.0.0.1/33"));
    try testing.expectEqual(null, Prefix.parse("10.0.0.1/"));
    try testing.expectEqual(null, Prefix.parse("::1/129"));
}

test "kinds of addresses" {
    try testing.expect(parseIp("169.254.1.1").?.isLinkLocal());
    try testing.expect(parseIp("fe80::1").?.isLinkLocal());
    try testing.expect(parseIp("224.0.0.1").?.isMulticast() and Ip.all_nodes.isMulticast());
    try testing.expect(parseIp("10.0.0.1").?.isUnicast() and parseIp("2001:db8::1").?.isUnicast());
    for ([_][]const u8{ "0.0.0.0", "255.255.255.255", "0.1.2.3", "::", "ff02::1" }) |text| {
        try testing.expect(!parseIp(text).?.isUnicast());
    }
    const group = parseIp("fe80::1122:3344:5566").?.solicitedNode();
    try testing.expectEqual(parseIp("ff02::1:ff44:5566").?, group);
}
