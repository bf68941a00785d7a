// SPDX-License-Identifier: Apache-2.0
//! The Internet checksum (RFC 1071): the complement of the ones' complement sum of 16-bit words.
//!
//! Words are added eight bytes at a time in the machine's own order; a ones' complement sum does
//! not care, up to one swap at its end (section 2 (B) there).

const std = @import("std");

const Ip = @import("address.zig").Ip;

/// A sum that goes on over several pieces, of odd lengths too.
pub const Sum = struct {
    /// Native order, not folded: each addition is below 2^35, so it never overflows.
    total: u64 = 0,
    is_odd: bool = false,

    pub fn add(sum: *Sum, bytes: []const u8) void {
        const part = partOf(bytes);
        sum.total += if (sum.is_odd) @byteSwap(part) else part;
        if (bytes.len % 2 != 0) sum.is_odd = !sum.is_odd;
    }

    /// A number as it would be in the packet, after an even number of bytes.
    pub fn addWord(sum: *Sum, word: u16) void {
        std.debug.assert(!sum.is_odd);
        sum.total += std.mem.nativeToBig(u16, word);
    }

    /// The sum itself, to be written in network order. This is what a device wants in the field of
    /// a checksum that it completes (virtio 1.2, section 5.1.6.2).
    pub fn folded(sum: Sum) u16 {
        return std.mem.bigToNative(u16, fold(sum.total));
    }

    /// The checksum. Over data that contains its right checksum it is 0.
    pub fn finish(sum: Sum) u16 {
        return ~sum.folded();
    }
};

/// Begins with the pseudo header of TCP, UDP and ICMPv6 (RFC 9293, section 3.1; RFC 8200, 8.1).
/// `length` counts the transport header and its data.
pub fn pseudoHeader(source: Ip, destination: Ip, protocol: u8, length: u32) Sum {
    const words = std.mem.nativeToBig(u32, length) +
        @as(u64, std.mem.nativeToBig(u16, protocol));
    return .{ .total = words + addressSum(&source) + addressSum(&destination) };
}

/// Not folded: below 2^34.
fn addressSum(ip: *const Ip) u64 {
    if (ip.family == .ip4) return ip.word4();
    const low = std.mem.readInt(u64, ip.bytes[0..8], .native);
    const high = std.mem.readInt(u64, ip.bytes[8..16], .native);
    return halves(low) + halves(high);
}

inline fn halves(word: u64) u64 {
    return (word & 0xffff_ffff) + (word >> 32);
}

/// Of an IPv4 header without options: every packet has one.
pub fn ofHeader(header: *const [20]u8) u16 {
    const first = std.mem.readInt(u64, header[0..8], .native);
    const second = std.mem.readInt(u64, header[8..16], .native);
    const last = std.mem.readInt(u32, header[16..20], .native);
    return ~std.mem.bigToNative(u16, fold(halves(first) + halves(second) + last));
}

pub fn of(bytes: []const u8) u16 {
    var sum: Sum = .{};
    sum.add(bytes);
    return sum.finish();
}

fn partOf(bytes: []const u8) u16 {
    const whole = bytes.len & ~@as(usize, 7);
    var total: u64 = 0;
    for (std.mem.bytesAsSlice(u64, bytes[0..whole])) |word| total = addCarrying(total, word);
    if (whole < bytes.len) {
        var last: [8]u8 = @splat(0);
        @memcpy(last[0 .. bytes.len - whole], bytes[whole..]);
        total = addCarrying(total, @bitCast(last));
    }
    return fold(total);
}

inline fn addCarrying(left: u64, right: u64) u64 {
    const sum, const carry = @addWithOverflow(left, right);
    // Of two numbers that overflow the sum is below the maximum.
    return sum +% carry;
}

fn fold(total: u64) u16 {
    var sum = (total & 0xffff_ffff) + (total >> 32);
    inline for (0..3) |_| sum = (sum & 0xffff) + (sum >> 16);
    return @truncate(sum);
}

const testing = std.testing;

/// As RFC 1071 says it, one word after the other.
fn slow(bytes: []const u8) u16 {
    var sum: u32 = 0;
    for (bytes, 0..) |byte, index| {
        sum += if (index % 2 == 0) @as(u32, byte) << 8 else byte;
    }
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
    return ~@as(u16, @truncate(sum));
}

test "the example of RFC 1071" {
    const bytes = [_]u8{ 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
    try testing.expectEqual(~@as(u16, 0xddf2), of(&bytes));
}

test "any length at any alignment, in any pieces" {
    var random: std.Random.DefaultPrng = .init(1);
    var bytes: [4099]u8 = undefined;
    for (0..2000) |round| {
        random.random().bytes(&bytes);
        if (round % 5 == 0) @memset(&bytes, 0xff);
        const start = random.random().uintLessThan(usize, 9);
        const length = random.random().uintLessThan(usize, if (round % 2 == 0) 70 else 4090);
        const data = bytes[start..][0..length];
        try testing.expectEqual(slow(data), of(data));
        var sum: Sum = .{};
        var at: usize = 0;
        while (at < data.len) {
            const piece = 1 + random.random().uintLessThan(usize, data.len - at);
            sum.add(data[at..][0..piece]);
            at += piece;
        }
        try testing.expectEqual(slow(data), sum.finish());
    }
}

test "pseudo headers and IP headers are sums like any other" {
    const four: [2]Ip = .{ .from4(.{ 10, 1, 2, 3 }), .from4(.{ 192, 168, 255, 254 }) };
    const six: [2]Ip = .{ .loopback6, .all_nodes };
    for ([_][2]Ip{ four, six }) |ips| {
        for ([_]u32{ 0, 1, 20, 0xffff, 0x1_0000, 0x1234_5678 }) |length| {
            var sum: Sum = .{};
            for (&ips) |*ip| sum.add(ip.slice());
            sum.addWord(@truncate(length >> 16));
            sum.addWord(@truncate(length));
            sum.addWord(17);
            const pseudo = pseudoHeader(ips[0], ips[1], 17, length);
            try testing.expectEqual(sum.folded(), pseudo.folded());
        }
    }
    var random: std.Random.DefaultPrng = .init(2);
    for (0..100) |_| {
        var header: [20]u8 = undefined;
        random.random().bytes(&header);
        try testing.expectEqual(slow(&header), ofHeader(&header));
    }
}

test "data with its checksum sums to zero" {
    var bytes = [_]u8{ 0x45, 0, 0, 28, 0xff, 0xff, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1 };
    std.mem.writeInt(u16, bytes[10..12], of(&bytes), .big);
    try testing.expectEqual(0, of(&bytes));
    bytes[3] ^= 1;
    try testing.expect(of(&bytes) != 0);
}
