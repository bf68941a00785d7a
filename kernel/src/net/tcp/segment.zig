// SPDX-License-Identifier: Apache-2.0
//! Headers of segments: RFC 9293, section 3.1; options of RFC 7323 and RFC 2018.

const std = @import("std");
const assert = std.debug.assert;

pub const header_bytes_min = 20;
/// 20 bytes and 40 of options.
pub const header_bytes_max = 60;
/// Option space for both timestamps, aligned.
pub const timestamps_bytes = 12;
/// RFC 2018: as many ranges as fit; three beside timestamps.
pub const ranges_max = 4;
/// RFC 7323, section 2.3.
pub const scale_max = 14;

pub const Flags = packed struct(u8) {
    fin: bool = false,
    syn: bool = false,
    rst: bool = false,
    psh: bool = false,
    ack: bool = false,
    urg: bool = false,
    ece: bool = false,
    cwr: bool = false,
};

/// Sequence numbers of bytes that have arrived: `start` and those before `end`.
pub const Range = struct { start: u32, end: u32 };

pub const Timestamps = struct { value: u32, echo: u32 };

/// Everything of a header but ports and checksum.
pub const Header = struct {
    sequence: u32,
    /// Zero without the flag.
    acknowledgement: u32 = 0,
    flags: Flags,
    /// As it is in the header, before scaling.
    window: u16 = 0,
    mss: ?u16 = null,
    scale: ?u8 = null,
    sack_permitted: bool = false,
    timestamps: ?Timestamps = null,
    ranges: [ranges_max]Range = undefined,
    ranges_count: u8 = 0,
};

pub const Segment = struct {
    source_port: u16,
    destination_port: u16,
    header: Header,
    /// Where the payload begins.
    header_bytes: u8,
};

/// `one` comes before `other`, of sequence numbers less than half of all apart.
pub fn before(one: u32, other: u32) bool {
    return @as(i32, @bitCast(one -% other)) < 0;
}

/// Same, or it is the other.
pub fn notAfter(one: u32, other: u32) bool {
    return !before(other, one);
}

pub fn later(one: u32, other: u32) u32 {
    return if (before(one, other)) other else one;
}

/// Bytes from `start` to `end`; 0 if it comes before.
pub fn distance(start: u32, end: u32) u32 {
    return if (before(start, end)) end -% start else 0;
}

/// Reads a header. Null: it is not one. Options that are wrong end the reading of options, as if
/// the header were shorter.
pub fn parse(bytes: []const u8) ?Segment {
    if (bytes.len < header_bytes_min) return null;
    const header_bytes: u8 = (bytes[12] >> 4) * 4;
    if (header_bytes < header_bytes_min or header_bytes > bytes.len) return null;
    const flags: Flags = @bitCast(bytes[13]);
    var header: Header = .{
        .sequence = read32(bytes[4..]),
        .acknowledgement = if (flags.ack) read32(bytes[8..]) else 0,
        .flags = flags,
        .window = read16(bytes[14..]),
    };
    parseOptions(&header, bytes[header_bytes_min..header_bytes]);
    return .{
        .source_port = read16(bytes),
        .destination_port = read16(bytes[2..]),
        .header = header,
        .header_bytes = header_bytes,
    };
}

const Option = struct {
    const end = 0;
    const nothing = 1;
    const mss = 2;
    const scale = 3;
    const sack_permitted = 4;
    const sack = 5;
    const timestamps = 8;
};

fn parseOptions(header: *Header, options: []const u8) void {
    // What nearly every segment has, and nothing else.
    if (options.len == timestamps_bytes and read32(options) == timestamps_prefix) {
        header.timestamps = .{ .value = read32(options[4..]), .echo = read32(options[8..]) };
        return;
    }
    var left = options;
    while (left.len > 0 and left[0] != Option.end) {
        if (left[0] == Option.nothing) {
            left = left[1..];
            continue;
        }
        if (left.len < 2 or left[1] < 2 or left[1] > left.len) return;
        parseOption(header, left[0], left[2..left[1]]);
        left = left[left[1]..];
    }
}

fn parseOption(header: *Header, kind: u8, value: []const u8) void {
    switch (kind) {
        Option.mss => if (value.len == 2) {
            header.mss = read16(value);
        },
        Option.scale => if (value.len == 1) {
            header.scale = @min(value[0], scale_max);
        },
        Option.sack_permitted => if (value.len == 0) {
            header.sack_permitted = true;
        },
        Option.timestamps => if (value.len == 8) {
            header.timestamps = .{ .value = read32(value), .echo = read32(value[4..]) };
        },
        Option.sack => if (value.len % 8 == 0 and value.len <= 8 * ranges_max) {
            header.ranges_count = @intCast(value.len / 8);
            for (0..header.ranges_count) |index| {
                const range = value[index * 8 ..];
                header.ranges[index] = .{ .start = read32(range), .end = read32(range[4..]) };
            }
        },
        else => {},
    }
}

/// Bytes that `header` takes.
pub fn encodedBytes(header: *const Header) u8 {
    var bytes: u8 = header_bytes_min;
    if (header.mss != null) bytes += 4;
    if (header.scale != null) bytes += 4;
    if (header.timestamps != null) {
        bytes += timestamps_bytes;
    } else if (header.sack_permitted) bytes += 4;
    if (header.ranges_count > 0) bytes += rangesBytes(header.ranges_count);
    return bytes;
}

pub fn rangesBytes(count: u8) u8 {
    return if (count == 0) 0 else 4 + 8 * count;
}

const timestamps_prefix = Option.nothing << 24 | Option.nothing << 16 | Option.timestamps << 8 | 10;

/// Writes a header with a checksum of zero; returns the part of `buffer` that it takes.
pub fn encode(
    buffer: *[header_bytes_max]u8,
    source_port: u16,
    destination_port: u16,
    header: *const Header,
) []u8 {
    const bytes = encodedBytes(header);
    assert(bytes <= header_bytes_max);
    write16(buffer[0..], source_port);
    write16(buffer[2..], destination_port);
    write32(buffer[4..], header.sequence);
    write32(buffer[8..], header.acknowledgement);
    buffer[12] = bytes / 4 << 4;
    buffer[13] = @bitCast(header.flags);
    write16(buffer[14..], header.window);
    write32(buffer[16..], 0);
    encodeOptions(buffer[header_bytes_min..bytes], header);
    return buffer[0..bytes];
}

fn encodeOptions(options: []u8, header: *const Header) void {
    var at = options;
    if (header.mss) |mss| {
        at[0..2].* = .{ Option.mss, 4 };
        write16(at[2..], mss);
        at = at[4..];
    }
    if (header.timestamps) |timestamps| {
        write32(at, timestamps_prefix);
        // RFC 7323, appendix A: the place of the padding.
        if (header.sack_permitted) at[0..2].* = .{ Option.sack_permitted, 2 };
        write32(at[4..], timestamps.value);
        write32(at[8..], timestamps.echo);
        at = at[timestamps_bytes..];
    } else if (header.sack_permitted) {
        at[0..4].* = .{ Option.nothing, Option.nothing, Option.sack_permitted, 2 };
        at = at[4..];
    }
    if (header.scale) |scale| {
        at[0..4].* = .{ Option.nothing, Option.scale, 3, scale };
        at = at[4..];
    }
    if (header.ranges_count == 0) return;
    const length = 2 + 8 * header.ranges_count;
    at[0..4].* = .{ Option.nothing, Option.nothing, Option.sack, length };
    at = at[4..];
    for (header.ranges[0..header.ranges_count]) |range| {
        write32(at, range.start);
        write32(at[4..], range.end);
        at = at[8..];
    }
}

fn read16(bytes: []const u8) u16 {
    return std.mem.readInt(u16, bytes[0..2], .big);
}

fn read32(bytes: []const u8) u32 {
    return std.mem.readInt(u32, bytes[0..4], .big);
}

fn write16(bytes: []u8, value: u16) void {
    std.mem.writeInt(u16, bytes[0..2], value, .big);
}

fn write32(bytes: []u8, value: u32) void {
    std.mem.writeInt(u32, bytes[0..4], value, .big);
}

const testing = std.testing;

fn expectRoundTrip(header: Header) !void {
    var buffer: [header_bytes_max]u8 = undefined;
    const bytes = encode(&buffer, 80, 40000, &header);
    try testing.expectEqual(encodedBytes(&header), bytes.len);
    const segment = parse(bytes).?;
    try testing.expectEqual(80, segment.source_port);
    try testing.expectEqual(40000, segment.destination_port);
    try testing.expectEqual(bytes.len, segment.header_bytes);
    var expected = header;
    // What is not in use need not be the same.
    for (expected.ranges[expected.ranges_count..]) |*range| range.* = .{ .start = 0, .end = 0 };
    var seen = segment.header;
    for (seen.ranges[seen.ranges_count..]) |*range| range.* = .{ .start = 0, .end = 0 };
    try testing.expectEqual(expected, seen);
}

test "headers are read as they were written" {
    var prng: std.Random.DefaultPrng = .init(1);
    const random = prng.random();
    for (0..2000) |_| {
        var header: Header = .{
            .sequence = random.int(u32),
            .flags = @bitCast(random.int(u8)),
            .window = random.int(u16),
        };
        if (header.flags.ack) header.acknowledgement = random.int(u32);
        if (random.boolean()) {
            header.mss = random.int(u16);
            if (random.boolean()) header.scale = random.uintAtMost(u8, scale_max);
            header.sack_permitted = random.boolean();
        } else {
            header.ranges_count = random.uintAtMost(u8, 3);
            for (header.ranges[0..header.ranges_count]) |*range| {
                range.* = .{ .start = random.int(u32), .end = random.int(u32) };
            }
        }
        if (random.boolean()) {
            header.timestamps = .{ .value = random.int(u32), .echo = random.int(u32) };
        }
        try expectRoundTrip(header);
    }
}

test "a header that says it is longer or shorter than it can be is none" {
    var bytes: [40]u8 = @splat(0);
    try testing.expectEqual(null, parse(bytes[0..19]));
    bytes[12] = 4 << 4;
    try testing.expectEqual(null, parse(&bytes));
    bytes[12] = 11 << 4;
    try testing.expectEqual(null, parse(&bytes));
    bytes[12] = 10 << 4;
    try testing.expectEqual(40, parse(&bytes).?.header_bytes);
}

test "options that are cut or too long end the options" {
    var bytes: [40]u8 = @splat(0);
    bytes[12] = 10 << 4;
    bytes[20..24].* = .{ Option.mss, 4, 5, 180 };
    bytes[24..26].* = .{ Option.timestamps, 17 };
    const segment = parse(&bytes).?;
    try testing.expectEqual(1460, segment.header.mss);
    try testing.expectEqual(null, segment.header.timestamps);
    bytes[24..26].* = .{ Option.scale, 1 };
    try testing.expectEqual(null, parse(&bytes).?.header.scale);
    bytes[24..27].* = .{ Option.scale, 3, 200 };
    try testing.expectEqual(scale_max, parse(&bytes).?.header.scale);
}

test "sequence numbers wrap around" {
    try testing.expect(before(0xffff_fff0, 5));
    try testing.expect(!before(5, 0xffff_fff0));
    try testing.expect(notAfter(7, 7));
    try testing.expectEqual(21, distance(0xffff_fff0, 5));
    try testing.expectEqual(0, distance(5, 0xffff_fff0));
    try testing.expectEqual(5, later(0xffff_fff0, 5));
}
