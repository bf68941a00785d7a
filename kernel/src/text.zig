// SPDX-License-Identifier: Apache-2.0
//! Short strings at boot, byte by byte. std.mem's versions are for long ones: each use brings its
//! own unrolled copy, and under an emulator every block of code that runs once costs microseconds.

const std = @import("std");

pub noinline fn startsWith(bytes: []const u8, prefix: []const u8) bool {
    if (prefix.len > bytes.len) return false;
    for (prefix, bytes[0..prefix.len]) |wanted, found| {
        if (wanted != found) return false;
    }
    return true;
}

pub noinline fn equal(left: []const u8, right: []const u8) bool {
    return left.len == right.len and startsWith(left, right);
}

pub noinline fn find(bytes: []const u8, wanted: u8) ?usize {
    for (bytes, 0..) |byte, index| {
        if (byte == wanted) return index;
    }
    return null;
}

const testing = std.testing;

test "prefixes and equality" {
    try testing.expect(startsWith("abc", "") and startsWith("abc", "abc"));
    try testing.expect(!startsWith("abc", "abcd") and !startsWith("abc", "b"));
    try testing.expect(equal("", "") and !equal("ab", "a") and !equal("ab", "ac"));
}

test "first occurrence" {
    try testing.expectEqual(1, find("abba", 'b'));
    try testing.expectEqual(null, find("abba", 'c'));
    try testing.expectEqual(null, find("", 'c'));
}
