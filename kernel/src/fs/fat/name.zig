// SPDX-License-Identifier: Apache-2.0
//! Names: long ones in UTF-16 and the short aliases that each must have (specification, "Short
//! and Long Names" and "Name Limits and Character Sets").

const std = @import("std");
const assert = std.debug.assert;
const layout = @import("layout.zig");

pub const units_max = 255;
pub const Error = error{ Inval, Nametoolong };

/// A name that is no entry's, "." or "..".
pub const Name = struct {
    buffer: [units_max]u16,
    count: usize,

    /// Inval for characters that FAT has no room for, and for an end that Windows would drop.
    pub fn parse(name: *Name, text: []const u8) Error!void {
        var view = (std.unicode.Utf8View.init(text) catch return error.Inval).iterator();
        name.count = 0;
        while (view.nextCodepoint()) |codepoint| {
            if (codepoint < ' ' or codepoint == 0x7F) return error.Inval;
            if (isReserved(codepoint)) return error.Inval;
            if (codepoint >= 0x10000) {
                const high: u16 = @intCast((codepoint - 0x10000) >> 10);
                const low: u16 = @intCast((codepoint - 0x10000) & 0x3FF);
                try name.append(0xD800 + high);
                try name.append(0xDC00 + low);
            } else {
                try name.append(@intCast(codepoint));
            }
        }
        if (name.count == 0) return error.Inval;
        const last = name.buffer[name.count - 1];
        if (last == '.' or last == ' ') return error.Inval;
    }

    fn append(name: *Name, unit: u16) Error!void {
        if (name.count == units_max) return error.Nametoolong;
        name.buffer[name.count] = unit;
        name.count += 1;
    }

    pub fn units(name: *const Name) []const u16 {
        return name.buffer[0..name.count];
    }

    /// Slots of its long form.
    pub fn longSlots(name: *const Name) u32 {
        return @intCast(std.math.divCeil(usize, name.count, layout.Long.units) catch unreachable);
    }
};

fn isReserved(codepoint: u21) bool {
    const byte = std.math.cast(u8, codepoint) orelse return false;
    return std.mem.findScalar(u8, "\"*/:<>?\\|", byte) != null;
}

/// Equal but for case.
pub fn equal(left: []const u16, right: []const u16) bool {
    if (left.len != right.len) return false;
    for (left, right) |a, b| {
        if (fold(a) != fold(b)) return false;
    }
    return true;
}

/// Upper case, for the scripts that have it and where it is one unit for one unit.
fn fold(unit: u16) u16 {
    return switch (unit) {
        'a'...'z', 0xE0...0xF6, 0xF8...0xFE => unit - 32,
        0x3B1...0x3C1, 0x3C3...0x3CB, 0x430...0x44F => unit - 32,
        0xFF => 0x178,
        0x100...0x12F, 0x132...0x137, 0x14A...0x177 => unit & ~@as(u16, 1),
        0x460...0x481, 0x48A...0x4BF => unit & ~@as(u16, 1),
        0x139...0x148, 0x179...0x17E => if (unit % 2 == 0) unit - 1 else unit,
        0x450...0x45F => unit - 80,
        else => unit,
    };
}

/// A hash that is the same for names that are equal.
pub fn hash(units: []const u16) u32 {
    var sum: u32 = 0x811C_9DC5;
    for (units) |unit| sum = (sum ^ fold(unit)) *% 0x0100_0193;
    return sum;
}

/// What a short name is written as.
pub const Plain = struct { bytes: [11]u8, case: u8 };

/// The name as a short one if it needs no long one beside it.
pub fn plain(name: *const Name) ?Plain {
    var text: [12]u8 = undefined;
    if (name.count > text.len) return null;
    for (name.units(), 0..) |unit, index| {
        if (unit >= 0x80) return null;
        text[index] = @intCast(unit);
    }
    const all = text[0..name.count];
    const dot = std.mem.findScalar(u8, all, '.') orelse all.len;
    const base = all[0..dot];
    const extension = if (dot < all.len) all[dot + 1 ..] else "";
    if (base.len == 0 or base.len > 8 or extension.len > 3) return null;
    var result: Plain = .{ .bytes = @splat(' '), .case = 0 };
    if (!putPart(base, result.bytes[0..8])) result.case |= layout.case_base;
    if (!putPart(extension, result.bytes[8..])) result.case |= layout.case_extension;
    const is_upper = std.ascii.isUpper;
    for ([_][]const u8{ base, extension }) |part| {
        var upper = false;
        var lower = false;
        for (part) |byte| {
            if (!isShortCharacter(std.ascii.toUpper(byte))) return null;
            upper = upper or is_upper(byte);
            lower = lower or std.ascii.isLower(byte);
        }
        if (upper and lower) return null;
    }
    return result;
}

/// False when there is a lower-case letter in it.
fn putPart(part: []const u8, place: []u8) bool {
    var is_upper = true;
    for (part, 0..) |byte, index| {
        place[index] = std.ascii.toUpper(byte);
        if (std.ascii.isLower(byte)) is_upper = false;
    }
    return is_upper;
}

fn isShortCharacter(byte: u8) bool {
    return switch (byte) {
        'A'...'Z', '0'...'9' => true,
        else => std.mem.findScalar(u8, "$%'-_@~`!(){}^#&", byte) != null,
    };
}

/// Aliases to try for a long name, until one is free in its directory.
pub const alias_count = 16;
/// These end in ~1 to ~4, the others are made unlikely to be taken.
const counted_aliases = 4;

pub fn alias(name: *const Name, attempt: u32) [11]u8 {
    assert(attempt < alias_count);
    var bytes: [11]u8 = @splat(' ');
    const units = name.units();
    const dot = std.mem.findScalarLast(u16, units, '.');
    const has_extension = dot != null and dot.? > 0;
    const base = if (has_extension) units[0..dot.?] else units;
    var tail_buffer: [8]u8 = undefined;
    const tail = if (attempt < counted_aliases)
        std.fmt.bufPrint(&tail_buffer, "~{d}", .{attempt + 1}) catch unreachable
    else
        std.fmt.bufPrint(&tail_buffer, "{X:0>4}~1", .{
            @as(u16, @truncate(hash(units) >> 4)) +% @as(u16, @intCast(attempt)),
        }) catch unreachable;
    const size = putAlias(base, bytes[0 .. 8 - tail.len]);
    @memcpy(bytes[size..][0..tail.len], tail);
    if (has_extension) _ = putAlias(units[dot.? + 1 ..], bytes[8..]);
    return bytes;
}

/// As much as fits, and how much that was: at least one character.
fn putAlias(units: []const u16, place: []u8) usize {
    var size: usize = 0;
    for (units) |unit| {
        if (unit == ' ' or unit == '.') continue;
        if (size == place.len) break;
        const upper = if (unit < 0x80) std.ascii.toUpper(@intCast(unit)) else '_';
        place[size] = if (isShortCharacter(upper)) upper else '_';
        size += 1;
    }
    if (size == 0) {
        place[0] = '_';
        size = 1;
    }
    return size;
}

/// Ties the parts of a long name to their short one (specification, "ChkSum()").
pub fn checksum(short: *const [11]u8) u8 {
    var sum: u8 = 0;
    for (short) |byte| sum = std.math.rotr(u8, sum, 1) +% byte;
    return sum;
}

/// The upper half of code page 437, in which short names are without a better idea.
const page_437 = page: {
    @setEvalBranchQuota(10_000);
    break :page std.unicode.utf8ToUtf16LeStringLiteral(
        "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐" ++
            "└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{A0}",
    );
};

comptime {
    assert(page_437.len == 128);
}

/// How a short name without a long one is shown; `place` has room for 12 units.
pub fn shown(short: *const layout.Short, place: []u16) []const u16 {
    var count: usize = 0;
    const base = std.mem.trimEnd(u8, short.name[0..8], " ");
    const extension = std.mem.trimEnd(u8, short.name[8..], " ");
    for (base, 0..) |byte, index| {
        const first = index == 0 and byte == layout.mark_kanji;
        const meant = if (first) layout.mark_deleted else byte;
        place[count] = showByte(meant, short.case & layout.case_base != 0);
        count += 1;
    }
    if (extension.len == 0) return place[0..count];
    place[count] = '.';
    count += 1;
    for (extension) |byte| {
        place[count] = showByte(byte, short.case & layout.case_extension != 0);
        count += 1;
    }
    return place[0..count];
}

fn showByte(byte: u8, lower: bool) u16 {
    if (byte >= 0x80) return page_437[byte - 0x80];
    return if (lower) std.ascii.toLower(byte) else byte;
}

/// Room for a name in UTF-8.
pub const text_max = units_max * 3;

/// What is no character becomes U+FFFD.
pub fn toText(units: []const u16, buffer: *[text_max]u8) []const u8 {
    assert(units.len <= units_max);
    var size: usize = 0;
    var index: usize = 0;
    while (index < units.len) : (index += 1) {
        var codepoint: u21 = units[index];
        if (codepoint >= 0xD800 and codepoint < 0xE000) {
            const low = if (index + 1 < units.len) units[index + 1] else 0;
            if (codepoint < 0xDC00 and low >= 0xDC00 and low < 0xE000) {
                codepoint = 0x10000 + ((codepoint - 0xD800) << 10) + (low - 0xDC00);
                index += 1;
            } else {
                codepoint = 0xFFFD;
            }
        }
        size += std.unicode.utf8Encode(codepoint, buffer[size..]) catch unreachable;
    }
    return buffer[0..size];
}

const testing = std.testing;

fn expectPlain(text: []const u8, bytes: ?[]const u8, case: u8) !void {
    var name: Name = undefined;
    try name.parse(text);
    const found = plain(&name);
    if (bytes == null) return testing.expectEqual(null, found);
    try testing.expectEqualStrings(bytes.?, &found.?.bytes);
    try testing.expectEqual(case, found.?.case);
}

test "short names that need no long one" {
    try expectPlain("README.TXT", "README  TXT", 0);
    try expectPlain("readme.txt", "README  TXT", layout.case_base | layout.case_extension);
    try expectPlain("MAKEFILE", "MAKEFILE   ", 0);
    try expectPlain("a.TXT", "A       TXT", layout.case_base);
    try expectPlain("Readme.txt", null, 0);
    try expectPlain("a.b.c", null, 0);
    try expectPlain("a b", null, 0);
    try expectPlain(".git", null, 0);
    try expectPlain("123456789", null, 0);
    try expectPlain("größe", null, 0);
    try expectPlain("a+b", null, 0);
}

test "names that there cannot be" {
    var name: Name = undefined;
    for ([_][]const u8{ "a:b", "a?", "a\x1f", "a.", "a ", "...", "\x7f" }) |text| {
        try testing.expectError(error.Inval, name.parse(text));
    }
    try name.parse(&@as([255]u8, @splat('x')));
    try testing.expectError(error.Nametoolong, name.parse(&@as([256]u8, @splat('x'))));
}

test "aliases" {
    var name: Name = undefined;
    try name.parse("A long name.text");
    try testing.expectEqualStrings("ALONGN~1TEX", &alias(&name, 0));
    try testing.expectEqualStrings("ALONGN~4TEX", &alias(&name, 3));
    try testing.expect(!std.mem.eql(u8, &alias(&name, 4), &alias(&name, 5)));
    try name.parse(".git");
    try testing.expectEqualStrings("GIT~1      ", &alias(&name, 0));
    try name.parse("größe+.é");
    try testing.expectEqualStrings("GR__E_~1_  ", &alias(&name, 0));
}

test "text there and back; case does not count" {
    var name: Name = undefined;
    var other: Name = undefined;
    var buffer: [text_max]u8 = undefined;
    try name.parse("Größe 😀 Ωд");
    try testing.expectEqualStrings("Größe 😀 Ωд", toText(name.units(), &buffer));
    try other.parse("gRÖßE 😀 ωД");
    try testing.expect(equal(name.units(), other.units()));
    try testing.expectEqual(hash(name.units()), hash(other.units()));
    try testing.expectEqualStrings("\u{FFFD}a", toText(&.{ 0xD800, 'a' }, &buffer));
    const half = [_]u16{0xDC00};
    try testing.expectEqualStrings("\u{FFFD}", toText(&half, &buffer));
}

test "how a short name is shown" {
    var place: [12]u16 = undefined;
    var buffer: [text_max]u8 = undefined;
    const short: layout.Short = .{
        .name = "\x05B\x81     TXT".*,
        .attributes = .{},
        .case = layout.case_extension,
    };
    try testing.expectEqualStrings("σBü.txt", toText(shown(&short, &place), &buffer));
}
