// SPDX-License-Identifier: Apache-2.0
//! A packet in pieces, looked at without copying it; and numbers in network order.

const std = @import("std");
const assert = std.debug.assert;
const link = @import("link.zig");

const Piece = link.Piece;
const Sum = @import("checksum.zig").Sum;

pub fn get16(bytes: []const u8, at: usize) u16 {
    return std.mem.readInt(u16, bytes[at..][0..2], .big);
}

pub fn get32(bytes: []const u8, at: usize) u32 {
    return std.mem.readInt(u32, bytes[at..][0..4], .big);
}

pub fn put16(bytes: []u8, at: usize, value: u16) void {
    std.mem.writeInt(u16, bytes[at..][0..2], value, .big);
}

pub fn put32(bytes: []u8, at: usize, value: u32) void {
    std.mem.writeInt(u32, bytes[at..][0..4], value, .big);
}

/// Part of a packet: `len` bytes after the first `skip` of the pieces.
pub const View = struct {
    pieces: []const Piece,
    skip: usize = 0,
    len: usize,

    pub fn init(pieces: []const Piece) View {
        var len: usize = 0;
        for (pieces) |piece| len += piece.bytes.len;
        return .{ .pieces = pieces, .len = len };
    }

    /// The first `scratch.len` bytes, copied there if they are not in one piece; null if there
    /// are fewer.
    pub fn head(view: View, scratch: []u8) ?[]const u8 {
        if (view.len < scratch.len) return null;
        var skip = view.skip;
        for (view.pieces, 0..) |piece, index| {
            if (skip >= piece.bytes.len) {
                skip -= piece.bytes.len;
                continue;
            }
            const bytes = piece.bytes[skip..];
            if (bytes.len >= scratch.len) return bytes[0..scratch.len];
            const rest: View = .{ .pieces = view.pieces[index..], .skip = skip, .len = view.len };
            _ = rest.copy(scratch);
            return scratch;
        }
        // Only if nothing is wanted of nothing.
        return scratch;
    }

    /// Without the first `count` bytes, which must be there.
    pub fn from(view: View, count: usize) View {
        assert(count <= view.len);
        var rest: View = .{
            .pieces = view.pieces,
            .skip = view.skip + count,
            .len = view.len - count,
        };
        while (rest.pieces.len > 0 and rest.skip >= rest.pieces[0].bytes.len) {
            rest.skip -= rest.pieces[0].bytes.len;
            rest.pieces = rest.pieces[1..];
        }
        return rest;
    }

    /// The first `count` bytes, which must be there.
    pub fn first(view: View, count: usize) View {
        assert(count <= view.len);
        return .{ .pieces = view.pieces, .skip = view.skip, .len = count };
    }

    pub fn iterate(view: View) Iterator {
        return .{ .view = view };
    }

    /// Copies from the start as much as there is and fits; returns how much.
    pub fn copy(view: View, buffer: []u8) usize {
        var done: usize = 0;
        var parts = view.iterate();
        while (parts.next()) |part| {
            const count = @min(part.bytes.len, buffer.len - done);
            @memcpy(buffer[done..][0..count], part.bytes[0..count]);
            done += count;
            if (done == buffer.len) break;
        }
        return done;
    }

    pub fn addTo(view: View, sum: *Sum) void {
        var parts = view.iterate();
        while (parts.next()) |part| sum.add(part.bytes);
    }

    /// The pieces, cut to what is part; null if `buffer` has no room for them.
    pub fn cut(view: View, buffer: []Piece) ?[]const Piece {
        var count: usize = 0;
        var parts = view.iterate();
        while (parts.next()) |part| {
            if (count == buffer.len) return null;
            buffer[count] = part;
            count += 1;
        }
        return buffer[0..count];
    }
};

/// The pieces of a view, none of them empty.
const Iterator = struct {
    view: View,

    pub fn next(parts: *Iterator) ?Piece {
        while (parts.view.len > 0 and parts.view.pieces.len > 0) {
            const piece = parts.view.pieces[0];
            parts.view.pieces = parts.view.pieces[1..];
            if (parts.view.skip >= piece.bytes.len) {
                parts.view.skip -= piece.bytes.len;
                continue;
            }
            const bytes = piece.bytes[parts.view.skip..];
            const count = @min(bytes.len, parts.view.len);
            parts.view.skip = 0;
            parts.view.len -= count;
            return .{ .block = piece.block, .bytes = bytes[0..count] };
        }
        return null;
    }
};

const testing = std.testing;

test "any cut of any pieces shows the same bytes" {
    var bytes: [64]u8 = undefined;
    for (&bytes, 0..) |*byte, index| byte.* = @intCast(index);
    var random: std.Random.DefaultPrng = .init(1);
    for (0..2000) |_| {
        var pieces: [12]Piece = undefined;
        var count: usize = 0;
        var at: usize = 0;
        while (count < pieces.len) : (count += 1) {
            const left = bytes.len - at;
            const last = count == pieces.len - 1;
            const size = if (last) left else random.random().uintAtMost(usize, @min(left, 20));
            pieces[count] = .{ .block = undefined, .bytes = bytes[at..][0..size] };
            at += size;
        }
        const whole: View = .init(&pieces);
        const start = random.random().uintAtMost(usize, 64);
        const length = random.random().uintAtMost(usize, 64 - start);
        const part = whole.from(start).first(length);
        const expected = bytes[start..][0..length];
        var buffer: [64]u8 = undefined;
        try testing.expectEqualSlices(u8, expected, buffer[0..part.copy(&buffer)]);
        if (length < 64) try testing.expectEqual(null, part.head(buffer[0 .. length + 1]));
        try testing.expectEqualSlices(u8, expected, part.head(buffer[0..length]).?);
        var sum: Sum = .{};
        part.addTo(&sum);
        try testing.expectEqual(@import("checksum.zig").of(expected), sum.finish());
        var cut: [12]Piece = undefined;
        const left = part.cut(&cut).?;
        try testing.expectEqual(length, View.init(left).len);
        for (left) |piece| try testing.expect(piece.bytes.len > 0);
    }
}
