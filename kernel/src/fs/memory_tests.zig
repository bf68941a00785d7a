// SPDX-License-Identifier: Apache-2.0
//! Tests of the file system in memory.

const std = @import("std");
const inodes = @import("inode.zig");
const memory = @import("memory.zig");

const Node = memory.Node;
const testing = std.testing;

fn testClock() u64 {
    return 7;
}

/// An empty file system.
fn begin() !Node {
    memory.initialize(testing.allocator, testClock);
    return memory.create("");
}

/// Frees what the test left, and fails if it still holds anything.
fn finish(top: Node) !void {
    removeAll(top);
    try testing.expectEqual(1, top.holders);
    try testing.expectEqual(2, top.links);
    top.links = 0;
    memory.release(top);
}

fn removeAll(directory: Node) void {
    const entries = &directory.content.directory.entries;
    while (entries.count() > 0) {
        const name = entries.keys()[entries.count() - 1];
        const inode = entries.values()[entries.count() - 1].inode;
        if (inode.content == .directory) {
            removeAll(inode);
            memory.removeDirectory(directory, name) catch unreachable;
        } else {
            memory.removeFile(directory, name) catch unreachable;
        }
    }
}

fn create(directory: Node, name: []const u8) !Node {
    return memory.open(directory, name, .{ .write = true, .create = true, .exclusive = true });
}

test "a gap reads as zeros, and so does what a cut file gets back" {
    const top = try begin();
    const file = try create(top, "f");
    try testing.expectEqual(3, try memory.writeAt(file, "abc", 5));
    var buffer: [16]u8 = @splat('x');
    try testing.expectEqual(8, try memory.readAt(file, &buffer, 0));
    try testing.expectEqualSlices(u8, "\x00\x00\x00\x00\x00abc", buffer[0..8]);
    try memory.setSize(file, 6);
    try memory.setSize(file, 9);
    try testing.expectEqual(9, try memory.readAt(file, &buffer, 0));
    try testing.expectEqualSlices(u8, "a\x00\x00\x00", buffer[5..9]);
    try testing.expectEqual(0, try memory.readAt(file, &buffer, 9));
    try testing.expectEqual(0, try memory.readAt(file, &buffer, std.math.maxInt(u64)));
    try testing.expectError(error.Fbig, memory.writeAt(file, "z", std.math.maxInt(u64)));
    try testing.expectError(error.Fbig, memory.setSize(file, inodes.file_size_max + 1));
    memory.release(file);
    try finish(top);
}

test "a removed file lives as long as somebody holds it" {
    const top = try begin();
    const file = try create(top, "f");
    _ = try memory.writeAt(file, "abc", 0);
    try memory.removeFile(top, "f");
    try testing.expectError(error.Noent, memory.statusOf(top, "f"));
    var buffer: [3]u8 = undefined;
    try testing.expectEqual(3, try memory.readAt(file, &buffer, 0));
    try testing.expectEqual(0, file.links);
    memory.release(file);
    try finish(top);
}

test "a removed directory takes no names and has no parent" {
    const top = try begin();
    try memory.makeDirectory(top, "a");
    const outer = try memory.lookup(top, "a");
    try memory.makeDirectory(outer, "b");
    const inner = try memory.lookup(outer, "b");
    try testing.expectError(error.Notempty, memory.removeDirectory(top, "a"));
    try memory.removeDirectory(outer, "b");
    try memory.removeDirectory(top, "a");
    memory.release(outer);
    try testing.expectError(error.Noent, create(inner, "f"));
    try testing.expectError(error.Noent, memory.makeDirectory(inner, "d"));
    var entries: memory.Entries = try .begin(inner, inodes.Directory.cookie_self);
    try testing.expectEqual(inner.number, (try entries.next()).?.inode);
    memory.release(inner);
    try finish(top);
}

test "rename replaces like POSIX" {
    const top = try begin();
    try memory.makeDirectory(top, "d");
    try memory.makeDirectory(top, "e");
    const inner = try memory.lookup(top, "d");
    memory.release(try create(top, "f"));
    memory.release(try create(inner, "g"));
    try testing.expectError(error.Isdir, memory.rename(top, "f", top, "d"));
    try testing.expectError(error.Notdir, memory.rename(top, "d", top, "f"));
    try testing.expectError(error.Notempty, memory.rename(top, "e", top, "d"));
    try testing.expectError(error.Inval, memory.rename(top, "d", inner, "d"));
    try testing.expectError(error.Noent, memory.rename(top, "none", top, "x"));
    try memory.rename(top, "f", inner, "g");
    try testing.expectError(error.Noent, memory.statusOf(top, "f"));
    try memory.rename(top, "d", top, "e");
    try testing.expectEqual(inner.number, (try memory.statusOf(top, "e")).inode);
    try testing.expectEqual(3, top.links);
    memory.release(inner);
    try finish(top);
}

test "hard links share a file; renaming one onto the other changes nothing" {
    const top = try begin();
    memory.release(try create(top, "a"));
    try memory.makeLink(top, "a", top, "b");
    try testing.expectEqual(2, (try memory.statusOf(top, "b")).links);
    try memory.rename(top, "a", top, "b");
    try testing.expectEqual(2, (try memory.statusOf(top, "a")).links);
    try testing.expectError(error.Exist, memory.makeLink(top, "a", top, "b"));
    try testing.expectError(error.Perm, memory.makeLink(top, ".", top, "c"));
    try finish(top);
}

test "a walk over entries survives changes" {
    const top = try begin();
    for ([_][]const u8{ "a", "b", "c" }) |name| memory.release(try create(top, name));
    var entries: memory.Entries = try .begin(top, 0);
    try testing.expectEqualStrings(".", (try entries.next()).?.name);
    try testing.expectEqualStrings("..", (try entries.next()).?.name);
    const first = (try entries.next()).?;
    try testing.expectEqualStrings("a", first.name);
    const cookie = first.next_cookie;
    try memory.removeFile(top, "a");
    try memory.removeFile(top, "b");
    memory.release(try create(top, "d"));
    entries = try .begin(top, cookie);
    try testing.expectEqualStrings("c", (try entries.next()).?.name);
    try testing.expectEqualStrings("d", (try entries.next()).?.name);
    try testing.expectEqual(null, try entries.next());
    try finish(top);
}
