// SPDX-License-Identifier: Apache-2.0
//! Messages of DNS (RFC 1035): questions for addresses, and what answers say.

const std = @import("std");
const addresses = @import("address.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const get16 = views.get16;
const get32 = views.get32;
const put16 = views.put16;

pub const name_bytes_max = 253;
const label_bytes_max = 63;
const header_bytes = 12;
/// Header, longest name, type and class.
pub const question_bytes_max = header_bytes + name_bytes_max + 2 + 4;
/// Without extensions a server sends no more by UDP (RFC 1035, section 2.3.4).
pub const answer_bytes_max = 512;

pub const addresses_max = 8;
/// Aliases in one answer.
const aliases_max = 8;

const class_internet = 1;
const type_alias = 5;

pub const Type = enum(u16) {
    a = 1,
    aaaa = 28,

    pub fn family(wanted: Type) addresses.Family {
        return if (wanted == .a) .ip4 else .ip6;
    }
};

/// A host name in lower case, without the dot at its end.
pub const Name = struct {
    bytes: [name_bytes_max]u8 = undefined,
    count: u8 = 0,

    /// Null: no host can have it.
    pub fn parse(text: []const u8) ?Name {
        const whole = if (std.mem.endsWith(u8, text, ".")) text[0 .. text.len - 1] else text;
        if (whole.len == 0 or whole.len > name_bytes_max) return null;
        var name: Name = .{ .count = @intCast(whole.len) };
        var label: usize = 0;
        for (whole, 0..) |character, index| {
            name.bytes[index] = std.ascii.toLower(character);
            if (character == '.') {
                if (label == 0) return null;
                label = 0;
                continue;
            }
            // What can not be in a name of a host may still be one of a service: "_sip".
            if (character <= ' ' or character >= 0x7f) return null;
            label += 1;
            if (label > label_bytes_max) return null;
        }
        return if (label == 0) null else name;
    }

    pub fn slice(name: *const Name) []const u8 {
        return name.bytes[0..name.count];
    }

    pub fn eql(name: *const Name, other: *const Name) bool {
        return std.mem.eql(u8, name.slice(), other.slice());
    }
};

/// Writes a question; returns its length.
pub fn write(buffer: *[question_bytes_max]u8, id: u16, name: *const Name, wanted: Type) usize {
    @memset(buffer[0..header_bytes], 0);
    put16(buffer, 0, id);
    buffer[2] = 1; // recursion desired
    put16(buffer, 4, 1);
    var at: usize = header_bytes;
    var labels = std.mem.splitScalar(u8, name.slice(), '.');
    while (labels.next()) |label| {
        buffer[at] = @intCast(label.len);
        @memcpy(buffer[at + 1 ..][0..label.len], label);
        at += 1 + label.len;
    }
    buffer[at] = 0;
    put16(buffer, at + 1, @backingInt(wanted));
    put16(buffer, at + 3, class_internet);
    return at + 5;
}

pub const Answer = struct {
    kind: Kind,
    ips: [addresses_max]Ip = undefined,
    count: u8 = 0,
    ttl_s: u32 = 0,
    /// What the name is an alias of, when only that is known.
    alias: Name = .{},

    pub const Kind = enum {
        addresses,
        /// The name has none of this kind.
        nothing,
        no_such_name,
        alias,
        /// The server can not, or will not.
        failure,
        /// To be asked over TCP.
        truncated,
    };
};

/// Reads an answer to the question; null if it is not one. Of an answer that is cut what is there
/// counts.
pub fn parse(bytes: []const u8, id: u16, name: *const Name, wanted: Type) ?Answer {
    if (bytes.len < header_bytes or get16(bytes, 0) != id) return null;
    const flags = get16(bytes, 2);
    // An answer, to a standard query.
    if (flags & 0xf800 != 0x8000) return null;
    if (get16(bytes, 4) != 1) return null;
    var reader: Reader = .{ .bytes = bytes, .at = header_bytes };
    var asked: Name = undefined;
    if (!reader.readName(&asked) or !asked.eql(name)) return null;
    const question = reader.take(4) orelse return null;
    if (get16(question, 0) != @backingInt(wanted) or get16(question, 2) != class_internet) {
        return null;
    }
    switch (flags & 0xf) {
        0 => {},
        3 => return .{ .kind = .no_such_name },
        else => return .{ .kind = .failure },
    }
    if (flags & 0x0200 != 0) return .{ .kind = .truncated };
    return readRecords(reader, get16(bytes, 6), name, wanted);
}

/// Follows aliases to addresses, in whatever order the records are.
fn readRecords(start: Reader, count: u16, name: *const Name, wanted: Type) Answer {
    var answer: Answer = .{ .kind = .nothing, .ttl_s = std.math.maxInt(u32) };
    var target = name.*;
    for (0..aliases_max) |_| {
        var next: ?Name = null;
        var reader = start;
        for (0..count) |_| {
            var owner: Name = undefined;
            if (!reader.readName(&owner)) break;
            const about = reader.take(10) orelse break;
            const data_at = reader.at;
            const data = reader.take(get16(about, 8)) orelse break;
            if (get16(about, 2) != class_internet or !owner.eql(&target)) continue;
            const kind = get16(about, 0);
            if (kind == @backingInt(wanted)) {
                addAddress(&answer, data, wanted);
            } else if (kind == type_alias) {
                var inner: Reader = .{ .bytes = start.bytes, .at = data_at };
                var alias: Name = undefined;
                if (inner.readName(&alias)) next = alias;
            } else continue;
            // With the top bit it would be negative (RFC 2181, section 8).
            const ttl_s = get32(about, 4);
            answer.ttl_s = @min(answer.ttl_s, if (ttl_s >> 31 != 0) 0 else ttl_s);
        }
        if (answer.count > 0) {
            answer.kind = .addresses;
            return answer;
        }
        target = next orelse break;
        answer.kind = .alias;
        answer.alias = target;
    }
    return answer;
}

fn addAddress(answer: *Answer, data: []const u8, wanted: Type) void {
    if (answer.count == addresses_max) return;
    answer.ips[answer.count] = switch (wanted) {
        .a => if (data.len == 4) .from4(data[0..4].*) else return,
        .aaaa => if (data.len == 16) .from6(data[0..16].*) else return,
    };
    answer.count += 1;
}

const Reader = struct {
    bytes: []const u8,
    at: usize,

    fn take(reader: *Reader, count: usize) ?[]const u8 {
        if (count > reader.bytes.len - reader.at) return null;
        defer reader.at += count;
        return reader.bytes[reader.at..][0..count];
    }

    /// Reads a name that may point to parts of others (section 4.1.4); false: it is none. The
    /// root is an empty one.
    fn readName(reader: *Reader, name: *Name) bool {
        name.* = .{};
        var at = reader.at;
        var end: ?usize = null;
        // Each pointer leads to what is before it, so it ends.
        var limit = reader.bytes.len;
        while (true) {
            if (at >= limit) return false;
            const length = reader.bytes[at];
            if (length == 0) break;
            if (length >= 0xc0) {
                if (at + 1 >= reader.bytes.len) return false;
                if (end == null) end = at + 2;
                const to = get16(reader.bytes, at) & 0x3fff;
                if (to >= at) return false;
                limit = at;
                at = to;
                continue;
            }
            if (length > label_bytes_max or at + 1 + length > reader.bytes.len) return false;
            if (!addLabel(name, reader.bytes[at + 1 ..][0..length])) return false;
            at += 1 + @as(usize, length);
        }
        reader.at = end orelse at + 1;
        return true;
    }

    fn addLabel(name: *Name, label: []const u8) bool {
        const dot: usize = if (name.count > 0) 1 else 0;
        if (name.count + dot + label.len > name_bytes_max) return false;
        if (dot > 0) name.bytes[name.count] = '.';
        for (label, name.count + dot..) |character, index| {
            name.bytes[index] = std.ascii.toLower(character);
        }
        name.count += @intCast(dot + label.len);
        return true;
    }
};

const testing = std.testing;

fn bytesOf(buffer: []u8, hex: []const u8) []u8 {
    return std.fmt.hexToBytes(buffer, hex) catch unreachable;
}

test "a question" {
    var buffer: [question_bytes_max]u8 = undefined;
    const name = Name.parse("Example.COM.").?;
    const count = write(&buffer, 0x1234, &name, .aaaa);
    var expected: [100]u8 = undefined;
    const hex = "12340100000100000000000007" ++ "6578616d706c65" ++ "03636f6d00" ++ "001c0001";
    try testing.expectEqualSlices(u8, bytesOf(&expected, hex), buffer[0..count]);
    const longest = @as([63]u8, @splat('a')) ++ "." ++ @as([63]u8, @splat('b')) ++ "." ++
        @as([63]u8, @splat('c')) ++ "." ++ @as([61]u8, @splat('d'));
    try testing.expectEqual(question_bytes_max, write(&buffer, 1, &Name.parse(longest).?, .a));
    for ([_][]const u8{ "", ".", "a..b", ".a", "a b", "\xc3\xa4", longest ++ "d" }) |text| {
        try testing.expectEqual(null, Name.parse(text));
    }
    try testing.expectEqual(null, Name.parse("a." ++ @as([64]u8, @splat('b'))));
}

const question_www = "03777777" ++ "076578616d706c65" ++ "03636f6d00" ++ "00010001";

test "aliases are followed, in any order of records" {
    var buffer: [300]u8 = undefined;
    // www.example.com -> x.example.com (by pointers) -> 192.0.2.1 and 192.0.2.2
    const alias = "c00c" ++ "00050001" ++ "00000e10" ++ "0004" ++ "0178" ++ "c010";
    const first = "0178c010" ++ "00010001" ++ "0000003c" ++ "0004" ++ "c0000201";
    const second = "0178c010" ++ "00010001" ++ "00000078" ++ "0004" ++ "c0000202";
    const name = Name.parse("www.example.com").?;
    const last = second ++ first ++ alias;
    inline for (.{ alias ++ first ++ second, first ++ alias ++ second, last }) |records| {
        const hex = "0007" ++ "8180" ++ "0001" ++ "0003" ++ "00000000" ++ question_www ++ records;
        const bytes = bytesOf(&buffer, hex);
        const answer = parse(bytes, 7, &name, .a).?;
        try testing.expectEqual(.addresses, answer.kind);
        try testing.expectEqual(2, answer.count);
        try testing.expectEqual(60, answer.ttl_s);
        for (0..bytes.len) |length| _ = parse(bytes[0..length], 7, &name, .a);
        try testing.expectEqual(null, parse(bytes, 8, &name, .a));
        try testing.expectEqual(null, parse(bytes, 7, &name, .aaaa));
        try testing.expectEqual(null, parse(bytes, 7, &Name.parse("example.com").?, .a));
    }
    const only = "0007" ++ "8180" ++ "0001" ++ "0001" ++ "00000000" ++ question_www ++ alias;
    const answer = parse(bytesOf(&buffer, only), 7, &name, .a).?;
    try testing.expectEqual(.alias, answer.kind);
    try testing.expectEqualStrings("x.example.com", answer.alias.slice());
}

test "kinds of answers" {
    var buffer: [300]u8 = undefined;
    const name = Name.parse("www.example.com").?;
    const Case = struct { flags: []const u8, kind: ?Answer.Kind };
    const cases = [_]Case{
        .{ .flags = "8180", .kind = .nothing },
        .{ .flags = "8183", .kind = .no_such_name },
        .{ .flags = "8182", .kind = .failure },
        .{ .flags = "8185", .kind = .failure },
        .{ .flags = "8380", .kind = .truncated },
        .{ .flags = "0100", .kind = null },
        .{ .flags = "9180", .kind = null },
    };
    for (cases) |case| {
        var hex: [200]u8 = undefined;
        const text = try std.fmt.bufPrint(&hex, "0007{s}00010000" ++ "00000000" ++ question_www, .{
            case.flags,
        });
        const answer = parse(bytesOf(&buffer, text), 7, &name, .a);
        try testing.expectEqual(case.kind, if (answer) |known| known.kind else null);
    }
}

test "names that point in circles, or nowhere, are none" {
    var buffer: [300]u8 = undefined;
    const name = Name.parse("www.example.com").?;
    for ([_][]const u8{ "c00c", "c00e", "c0ff", "ffff", "c0", "40", "80ff", "3f61" }) |text| {
        var hex: [200]u8 = undefined;
        const whole = try std.fmt.bufPrint(&hex, "0007818000010001" ++ "00000000{s}00010001", .{
            text,
        });
        try testing.expectEqual(null, parse(bytesOf(&buffer, whole), 7, &name, .a));
    }
    // Of records the same.
    for ([_][]const u8{ "c029", "c02b", "0161c029", "c0ff" }) |text| {
        var hex: [200]u8 = undefined;
        const whole = try std.fmt.bufPrint(&hex, "0007818000010001" ++ "00000000" ++
            question_www ++ "{s}00010001" ++ "0000000000" ++ "04" ++ "01020304", .{text});
        const answer = parse(bytesOf(&buffer, whole), 7, &name, .a).?;
        try testing.expectEqual(.nothing, answer.kind);
    }
}
