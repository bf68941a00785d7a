// SPDX-License-Identifier: Apache-2.0
//! The table from code address to function name that the link step appends to an image.
//!
//! Format, little-endian, between the symbols `mew_names_start` and `mew_names_end`:
//!
//!     u32 count
//!     count x { u32 function start, as an offset from the symbol `mew_image_base`
//!               u32 name, as an offset from the table's first byte }      sorted by start
//!     the names, each ended by a NUL byte
//!
//! Every function that has a symbol has an entry, the system's own too, and ends where the next
//! entry starts. An entry with an empty name starts code that has no symbol. Wasm functions keep
//! their prefix `wasm:`. An empty blob is a valid table without names (the first link, which fixes
//! the addresses).

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");

const header_size = 4;
const entry_size = 8;

extern const mew_image_base: u8;
extern const mew_names_start: u8;
extern const mew_names_end: u8;

/// A function and how far into it an address lies.
pub const Symbol = struct {
    /// As in the table, with the prefix of Wasm functions.
    name: []const u8,
    offset: u32,

    pub fn isWasm(symbol: Symbol) bool {
        return std.mem.startsWith(u8, symbol.name, abi.function_prefix);
    }

    /// The name for people: a Wasm function's own, without the prefix.
    pub fn shown(symbol: Symbol) []const u8 {
        return if (symbol.isWasm()) symbol.name[abi.function_prefix.len..] else symbol.name;
    }
};

pub const Table = struct {
    blob: []const u8,
    image_base: u64,

    /// The table of the running image.
    pub fn ofImage() Table {
        const first: [*]const u8 = @ptrCast(&mew_names_start);
        const size = @intFromPtr(&mew_names_end) - @intFromPtr(first);
        return .{ .blob = first[0..size], .image_base = @intFromPtr(&mew_image_base) };
    }

    /// The function that holds `address`, or null when the table knows none.
    pub fn find(table: Table, address: u64) ?Symbol {
        const total = table.count();
        const wanted = std.math.cast(u32, address -% table.image_base) orelse return null;
        // The first entry that starts beyond `wanted`.
        var low: usize = 0;
        var high: usize = total;
        while (low < high) {
            const middle = low + (high - low) / 2;
            if (table.start(middle) <= wanted) low = middle + 1 else high = middle;
        }
        assert(low <= total);
        if (low == 0) return null;
        const found = table.name(low - 1);
        if (found.len == 0) return null;
        return .{ .name = found, .offset = wanted - table.start(low - 1) };
    }

    /// Number of entries; 0 for a blob that is too short to hold what it announces.
    fn count(table: Table) usize {
        if (table.blob.len < header_size) return 0;
        const announced = table.read(0);
        const room = (table.blob.len - header_size) / entry_size;
        return if (announced <= room) announced else 0;
    }

    fn start(table: Table, index: usize) u32 {
        return table.read(header_size + index * entry_size);
    }

    fn name(table: Table, index: usize) []const u8 {
        const offset = table.read(header_size + index * entry_size + 4);
        if (offset >= table.blob.len) return "?";
        const rest = table.blob[offset..];
        return rest[0 .. std.mem.findScalar(u8, rest, 0) orelse rest.len];
    }

    fn read(table: Table, offset: usize) u32 {
        assert(offset + 4 <= table.blob.len);
        return std.mem.readInt(u32, table.blob[offset..][0..4], .little);
    }
};

const testing = std.testing;

const two_functions: Table = .{
    .image_base = 0x1000,
    .blob = "\x02\x00\x00\x00" ++
        "\x10\x00\x00\x00" ++ "\x14\x00\x00\x00" ++
        "\x20\x00\x00\x00" ++ "\x1a\x00\x00\x00" ++
        "start\x00wasm:dive\x00",
};

test "an address belongs to the last function that starts at or before it" {
    try testing.expectEqual(null, two_functions.find(0x100f));
    try testing.expectEqual(null, two_functions.find(0xfff));
    const first = two_functions.find(0x101f).?;
    try testing.expectEqualStrings("start", first.shown());
    try testing.expectEqual(0xf, first.offset);
    try testing.expect(!first.isWasm());
    const second = two_functions.find(0x1020).?;
    try testing.expectEqualStrings("wasm:dive", second.name);
    try testing.expectEqualStrings("dive", second.shown());
    try testing.expectEqual(0, second.offset);
    try testing.expectEqual(null, two_functions.find(0x1000 + (1 << 32)));
}

test "an entry without a name ends the function before it" {
    const table: Table = .{
        .image_base = 0x1000,
        .blob = "\x02\x00\x00\x00" ++
            "\x10\x00\x00\x00" ++ "\x14\x00\x00\x00" ++
            "\x20\x00\x00\x00" ++ "\x16\x00\x00\x00" ++
            "f\x00\x00",
    };
    try testing.expectEqualStrings("f", table.find(0x101f).?.name);
    try testing.expectEqual(null, table.find(0x1020));
}

test "empty and damaged tables know nothing" {
    const empty: Table = .{ .blob = "", .image_base = 0x1000 };
    try testing.expectEqual(null, empty.find(0x1000));
    const none: Table = .{ .blob = "\x00\x00\x00\x00", .image_base = 0x1000 };
    try testing.expectEqual(null, none.find(0x1000));
    const cut: Table = .{ .blob = two_functions.blob[0..12], .image_base = 0x1000 };
    try testing.expectEqual(null, cut.find(0x1020));
    const nameless: Table = .{ .blob = two_functions.blob[0..20], .image_base = 0x1000 };
    try testing.expectEqualStrings("?", nameless.find(0x1020).?.shown());
}
