// SPDX-License-Identifier: Apache-2.0
//! Tests of file systems side by side.

const std = @import("std");
const memory = @import("memory.zig");
const mounts = @import("mounts.zig");

const testing = std.testing;

const writable: mounts.Mount = .{ .device = 1 };
const fixed: mounts.Mount = .{ .device = 2, .read_only = true };

/// Made by `mew.link.archive`: file `f` with "hi".
const archive =
    "0707010000000100" ++ "0081A4000000000000000000000001000000000000000200000000000000000000" ++
    "0000000000000000000200000000" ++ "f\x00" ++ "hi\x00\x00";

/// Two trees with the file `f`, of which one cannot be changed. They live in `arena`.
fn begin(arena: *std.heap.ArenaAllocator) ![2]mounts.Node {
    memory.initialize(arena.allocator(), testClock);
    return .{
        .{ .mount = &writable, .place = .{ .memory = try memory.create(archive) } },
        .{ .mount = &fixed, .place = .{ .memory = try memory.create(archive) } },
    };
}

fn testClock() u64 {
    return 7;
}

test "no name leads to another file system" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    const here, const there = try begin(&arena);
    try testing.expectError(error.Xdev, mounts.rename(here, "f", there, "g"));
    try testing.expectError(error.Xdev, mounts.rename(there, "f", here, "g"));
    try testing.expectError(error.Xdev, mounts.makeLink(there, "f", here, "g"));
    try mounts.rename(here, "f", here, "g");
    try mounts.makeLink(here, "g", here, "f");
    try testing.expectEqual(1, (try mounts.statusOf(here, "f")).device);
    try testing.expectEqual(2, (try mounts.statusOf(there, "f")).device);
}

test "a read-only file system refuses every change and nothing else" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    _, const top = try begin(&arena);
    const file = try mounts.open(top, "f", .{ .read = true });
    defer mounts.release(file);
    const now: @import("../filesystem.zig").Times = .{ .accessed = .now, .modified = .now };
    const refused = [_]anyerror!void{
        mounts.setTimes(file, now),
        mounts.setTimesOf(top, "f", now),
        mounts.setSize(file, 0),
        mounts.allocate(file, 0, 9),
        mounts.makeDirectory(top, "d"),
        mounts.makeSymlink(top, "l", "f"),
        mounts.makeLink(top, "f", top, "g"),
        mounts.rename(top, "f", top, "g"),
        mounts.removeFile(top, "f"),
        mounts.removeDirectory(top, "f"),
    };
    for (refused) |result| try testing.expectError(error.Rofs, result);
    try testing.expectError(error.Rofs, mounts.writeAt(file, "x", 0));
    var buffer: [4]u8 = undefined;
    try testing.expectEqual(2, try mounts.readAt(file, &buffer, 0));
    try testing.expectEqualStrings("hi", buffer[0..2]);
    try mounts.sync(file, false);
}

test "opening in a read-only file system" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    _, const top = try begin(&arena);
    try testing.expectError(error.Rofs, mounts.open(top, "f", .{ .write = true }));
    try testing.expectError(error.Rofs, mounts.open(top, "f", .{ .truncate = true }));
    try testing.expectError(error.Rofs, mounts.open(top, "new", .{ .create = true }));
    try testing.expectError(error.Noent, mounts.open(top, "new", .{ .write = true }));
    try testing.expectError(error.Isdir, mounts.open(top, ".", .{ .write = true }));
    const exclusive: @import("../filesystem.zig").Open = .{ .create = true, .exclusive = true };
    try testing.expectError(error.Exist, mounts.open(top, "f", exclusive));
    mounts.release(try mounts.open(top, "f", .{ .read = true, .create = true }));
}

test "content of the image is read where it is" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    const top, _ = try begin(&arena);
    const file = try mounts.open(top, "f", .{ .read = true, .write = true });
    defer mounts.release(file);
    const bytes = &file.place.memory.content.file.bytes;
    try testing.expectEqual(archive.ptr + archive.len - 4, bytes.ptr);
    _ = try mounts.writeAt(file, "H", 0);
    try testing.expect(archive.ptr + archive.len - 4 != bytes.ptr);
    try testing.expectEqualStrings("Hi", bytes.*[0..2]);
}
