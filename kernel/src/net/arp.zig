// SPDX-License-Identifier: Apache-2.0
//! Messages of ARP for IPv4 on Ethernet (RFC 826), with probes and announcements (RFC 5227).

const std = @import("std");
const addresses = @import("address.zig");
const ethernet = @import("ethernet.zig");
const views = @import("view.zig");

const Hardware = ethernet.Hardware;
const Ip = addresses.Ip;
const get16 = views.get16;
const put16 = views.put16;

const message_bytes = 28;
/// Without the padding that the device adds.
pub const frame_bytes = ethernet.header_bytes + message_bytes;

const hardware_ethernet = 1;

pub const Operation = enum(u16) { request = 1, reply = 2 };

pub const Message = struct {
    operation: Operation,
    sender: Ip,
    sender_hardware: Hardware,
    target: Ip,
    /// Zeros in a request.
    target_hardware: Hardware = @splat(0),
};

/// Null for anything else than a request or reply from one host about an IPv4 address.
pub fn parse(payload: views.View) ?Message {
    var scratch: [message_bytes]u8 = undefined;
    const bytes = payload.head(&scratch) orelse return null;
    if (get16(bytes, 0) != hardware_ethernet or get16(bytes, 2) != ethernet.type_ip4) return null;
    if (bytes[4] != 6 or bytes[5] != 4) return null;
    const message: Message = .{
        .operation = switch (get16(bytes, 6)) {
            1 => .request,
            2 => .reply,
            else => return null,
        },
        .sender_hardware = bytes[8..14].*,
        .sender = .from4(bytes[14..18].*),
        .target_hardware = bytes[18..24].*,
        .target = .from4(bytes[24..28].*),
    };
    return if (ethernet.isGroupAddress(message.sender_hardware)) null else message;
}

/// Writes the whole frame, to `destination` on the link.
pub fn write(frame: *[frame_bytes]u8, destination: Hardware, message: Message) void {
    ethernet.write(frame, destination, message.sender_hardware, ethernet.type_arp);
    const bytes = frame[ethernet.header_bytes..];
    put16(bytes, 0, hardware_ethernet);
    put16(bytes, 2, ethernet.type_ip4);
    bytes[4] = 6;
    bytes[5] = 4;
    put16(bytes, 6, @backingInt(message.operation));
    bytes[8..14].* = message.sender_hardware;
    bytes[14..18].* = message.sender.four();
    bytes[18..24].* = message.target_hardware;
    bytes[24..28].* = message.target.four();
}

const testing = std.testing;

test "a request as it is on the wire" {
    var frame: [frame_bytes]u8 = undefined;
    const message: Message = .{
        .operation = .request,
        .sender_hardware = .{ 0x52, 0x54, 0, 0x12, 0x34, 0x56 },
        .sender = .from4(.{ 10, 0, 2, 15 }),
        .target = .from4(.{ 10, 0, 2, 2 }),
    };
    write(&frame, ethernet.broadcast, message);
    const expected = "ffffffffffff5254001234560806" ++
        "00010800060400015254001234560a00020f0000000000000a000202";
    var bytes: [frame_bytes]u8 = undefined;
    try testing.expectEqualSlices(u8, try std.fmt.hexToBytes(&bytes, expected), &frame);
    const piece = [_]@import("link.zig").Piece{.{ .block = undefined, .bytes = &frame }};
    const whole: views.View = .init(&piece);
    try testing.expectEqual(message, parse(whole.from(14)).?);
    for ([_]usize{ 14, 16, 18, 19, 21, 22 }) |at| {
        frame[at] ^= 0x55;
        try testing.expectEqual(null, parse(whole.from(14)));
        frame[at] ^= 0x55;
    }
    try testing.expectEqual(null, parse(whole.from(15)));
}
