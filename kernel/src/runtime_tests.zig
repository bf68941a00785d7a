// SPDX-License-Identifier: Apache-2.0
//! Tests of the memory functions: every size around each change of method, every overlap.

const std = @import("std");
const testing = std.testing;

comptime {
    // Defines memcpy and the others for this program: these tests, and std, run on them.
    _ = @import("runtime.zig");
}

extern fn memmove(to: [*]u8, from: [*]const u8, size: usize) callconv(.c) [*]u8;
extern fn memset(to: [*]u8, value: c_int, size: usize) callconv(.c) [*]u8;
extern fn memcmp(left: [*]const u8, right: [*]const u8, size: usize) callconv(.c) c_int;

/// Beyond the largest special case (128 bytes), with several rounds of the loops.
const size_max = 330;
const margin = 150;
const length = size_max + 2 * margin;

fn pattern(index: usize) u8 {
    return @truncate(index *% 167 +% index / 251);
}

fn fill(bytes: *[length]u8) void {
    for (bytes, 0..) |*byte, index| byte.* = pattern(index);
}

test "memmove at every size and distance" {
    var bytes: [length]u8 align(64) = undefined;
    const distances = [_]isize{ -150, -129, -65, -64, -33, -16, -7, -1, 0, 1, 8, 31, 63, 64, 150 };
    for (0..size_max + 1) |size| {
        for (distances) |distance| {
            fill(&bytes);
            const to: usize = @intCast(@as(isize, margin) + distance);
            const result = memmove(bytes[to..].ptr, bytes[margin..].ptr, size);
            try testing.expectEqual(bytes[to..].ptr, result);
            for (bytes, 0..) |byte, index| {
                const inside = index >= to and index < to + size;
                const wanted = if (inside) pattern(index - to + margin) else pattern(index);
                if (byte == wanted) continue;
                std.debug.print("size {d}, {d} away, byte {d}\n", .{ size, distance, index });
                return error.TestUnexpectedResult;
            }
        }
    }
}

test "memset at every size and alignment" {
    var bytes: [length]u8 align(64) = undefined;
    for (0..size_max + 1) |size| {
        for (0..17) |offset| {
            fill(&bytes);
            _ = memset(bytes[margin + offset ..].ptr, 0x1a5, size);
            for (bytes, 0..) |byte, index| {
                const inside = index >= margin + offset and index < margin + offset + size;
                try testing.expectEqual(if (inside) 0xa5 else pattern(index), byte);
            }
        }
    }
}

test "memcmp finds the first difference, as unsigned bytes" {
    var left: [40]u8 = @splat(1);
    var right: [40]u8 = @splat(1);
    for (0..left.len + 1) |size| {
        try testing.expectEqual(0, memcmp(&left, &right, size));
        for (0..size) |at| {
            left[at] = 0x80;
            right[at] = 0x7f;
            // A later difference the other way must not count.
            if (at + 1 < size) right[at + 1] = 0xff;
            try testing.expect(memcmp(&left, &right, size) > 0);
            try testing.expect(memcmp(&right, &left, size) < 0);
            left[at] = 1;
            right[at] = 1;
            if (at + 1 < size) right[at + 1] = 1;
        }
    }
}
