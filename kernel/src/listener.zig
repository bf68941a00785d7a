// SPDX-License-Identifier: Apache-2.0
//! Texts that declare a socket to start with: "tcp:8080", "tcp:127.0.0.1:8080", "tcp:[::1]:8080",
//! "udp:53". src/python/mew_abi/network.py says what is wrong with one; here it is only refused.

const std = @import("std");
const address = @import("net/address.zig");
const types = @import("net/types.zig");

pub const Declaration = struct {
    kind: types.Kind,
    /// Null: every address of this machine.
    ip: ?address.Ip,
    /// Not 0.
    port: u16,

    /// Where the socket is bound; without an address to all of `family`.
    pub fn bound(declaration: Declaration, family: types.Family) types.Address {
        const ip = declaration.ip orelse address.Ip.any(family);
        return ip.withPort(declaration.port);
    }
};

/// Null for what declares nothing.
pub fn parse(text: []const u8) ?Declaration {
    const protocol_end = std.mem.findScalar(u8, text, ':') orelse return null;
    const kind: types.Kind = if (std.mem.eql(u8, text[0..protocol_end], "tcp"))
        .stream
    else if (std.mem.eql(u8, text[0..protocol_end], "udp"))
        .datagram
    else
        return null;
    const rest = text[protocol_end + 1 ..];
    const colon = std.mem.findScalarLast(u8, rest, ':') orelse
        return .{ .kind = kind, .ip = null, .port = portOf(rest) orelse return null };
    return .{
        .kind = kind,
        .ip = ipOf(rest[0..colon]) orelse return null,
        .port = portOf(rest[colon + 1 ..]) orelse return null,
    };
}

fn portOf(text: []const u8) ?u16 {
    var port: u16 = 0;
    for (text) |character| {
        const digit = std.fmt.charToDigit(character, 10) catch return null;
        port = std.math.mul(u16, port, 10) catch return null;
        port = std.math.add(u16, port, digit) catch return null;
    }
    return if (port == 0) null else port;
}

fn ipOf(text: []const u8) ?address.Ip {
    const bracketed = text.len > 2 and text[0] == '[' and text[text.len - 1] == ']';
    const ip = address.parseIp(if (bracketed) text[1 .. text.len - 1] else text) orelse
        return null;
    return if (bracketed == (ip.family == .ip6)) ip else null;
}

const testing = std.testing;

test "declarations of listeners" {
    try testing.expectEqual(
        Declaration{ .kind = .stream, .ip = null, .port = 8080 },
        parse("tcp:8080").?,
    );
    try testing.expectEqual(
        Declaration{ .kind = .datagram, .ip = .loopback4, .port = 65535 },
        parse("udp:127.0.0.1:65535").?,
    );
    try testing.expectEqual(
        Declaration{ .kind = .stream, .ip = .loopback6, .port = 1 },
        parse("tcp:[::1]:1").?,
    );
    const wrong = "|tcp|tcp:|tcp:0|tcp:65536|tcp:99999999999|tcp: 1|tcp:-1|http:80|TCP:80" ++
        "|tcp:1.2.3:4|tcp:localhost:4|tcp:::1:4|tcp:[::1]4|tcp:[]:4|tcp:[1.2.3.4]:4|tcp:1.2.3.4:";
    var texts = std.mem.splitScalar(u8, wrong, '|');
    while (texts.next()) |text| try testing.expectEqual(null, parse(text));
}
