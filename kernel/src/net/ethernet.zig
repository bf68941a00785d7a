// SPDX-License-Identifier: Apache-2.0
//! Ethernet frames (IEEE 802.3) and the hardware addresses of groups (RFC 1112, RFC 2464).

const std = @import("std");
const addresses = @import("address.zig");
const packets = @import("packet.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const View = views.View;

pub const Hardware = [6]u8;

pub const header_bytes = packets.ethernet_bytes;
pub const broadcast: Hardware = @splat(0xff);

pub const type_ip4 = 0x0800;
pub const type_arp = 0x0806;
pub const type_ip6 = 0x86dd;

pub const Frame = struct {
    destination: Hardware,
    source: Hardware,
    type: u16,
    payload: View,

    /// For several hosts.
    pub fn isGroup(frame: *const Frame) bool {
        return isGroupAddress(frame.destination);
    }
};

pub fn isGroupAddress(hardware: Hardware) bool {
    return hardware[0] & 1 != 0;
}

/// Null: too short.
pub fn parse(frame: View) ?Frame {
    var scratch: [header_bytes]u8 = undefined;
    const header = frame.head(&scratch) orelse return null;
    return .{
        .destination = header[0..6].*,
        .source = header[6..12].*,
        .type = views.get16(header, 12),
        .payload = frame.from(header_bytes),
    };
}

pub fn write(header: []u8, destination: Hardware, source: Hardware, kind: u16) void {
    header[0..6].* = destination;
    header[6..12].* = source;
    views.put16(header, 12, kind);
}

/// Where packets for a group or for all hosts go.
pub fn groupAddress(ip: Ip) Hardware {
    if (ip.family == .ip6) return .{ 0x33, 0x33 } ++ ip.bytes[12..16].*;
    if (!ip.isMulticast()) return broadcast;
    return .{ 0x01, 0x00, 0x5e, ip.bytes[1] & 0x7f, ip.bytes[2], ip.bytes[3] };
}

const testing = std.testing;

test "groups" {
    const parse_ip = addresses.parseIp;
    try testing.expectEqual(broadcast, groupAddress(.broadcast4));
    try testing.expectEqual(broadcast, groupAddress(parse_ip("10.0.2.255").?));
    const all4: Hardware = .{ 1, 0, 0x5e, 0, 0, 1 };
    try testing.expectEqual(all4, groupAddress(parse_ip("224.128.0.1").?));
    const all6: Hardware = .{ 0x33, 0x33, 0, 0, 0, 1 };
    try testing.expectEqual(all6, groupAddress(.all_nodes));
    try testing.expect(isGroupAddress(all4) and isGroupAddress(broadcast));
}
