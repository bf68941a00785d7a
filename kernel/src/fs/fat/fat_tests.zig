// SPDX-License-Identifier: Apache-2.0
//! Tests of the file system on a disk in memory.

const std = @import("std");
const fat = @import("fat.zig");
const filesystem = @import("../../filesystem.zig");
const layout = @import("layout.zig");
const memory_device = @import("memory_device.zig");
const test_volume = @import("test_volume.zig");

const MemoryDevice = memory_device.MemoryDevice;
const Node = fat.Node;
const Shape = test_volume.Shape;
const testing = std.testing;

const now_ns = 1_700_000_000 * std.time.ns_per_s;

fn testClock() u64 {
    return now_ns;
}

const Fixture = struct {
    device: MemoryDevice,
    shape: Shape,
    root: Node,

    fn begin(fixture: *Fixture, shape: Shape) !void {
        fixture.shape = shape;
        fixture.device = .{ .bytes = try shape.make(testing.allocator) };
        try fixture.mount();
    }

    fn mount(fixture: *Fixture) !void {
        fixture.root = try fat.mount(testing.allocator, testClock, &fixture.device, .{});
    }

    fn unmount(fixture: *Fixture) !void {
        try fat.finish(fixture.root);
        fixture.root.inode.volume.discard();
        const report = try test_volume.check(
            testing.allocator,
            fixture.device.bytes,
            fixture.shape,
        );
        try testing.expectEqual(0, report.lost);
        try testing.expectEqual(0, report.too_long);
    }

    fn remount(fixture: *Fixture) !void {
        try fixture.unmount();
        try fixture.mount();
    }

    fn finish(fixture: *Fixture) !void {
        try fixture.unmount();
        testing.allocator.free(fixture.device.bytes);
    }
};

fn create(directory: Node, name: []const u8) !Node {
    return fat.open(directory, name, .{ .write = true, .create = true, .exclusive = true });
}

fn put(directory: Node, name: []const u8, bytes: []const u8) !void {
    const file = try create(directory, name);
    defer fat.release(file);
    try testing.expectEqual(bytes.len, try fat.writeAt(file, bytes, 0));
}

fn expectContent(directory: Node, name: []const u8, bytes: []const u8) !void {
    const file = try fat.open(directory, name, .{ .read = true });
    defer fat.release(file);
    const buffer = try testing.allocator.alloc(u8, bytes.len + 1);
    defer testing.allocator.free(buffer);
    const size = try fat.readAt(file, buffer, 0);
    try testing.expectEqualSlices(u8, bytes, buffer[0..size]);
}

fn expectNames(directory: Node, wanted: []const []const u8) !void {
    var entries: fat.Entries = try .begin(directory, 2);
    for (wanted) |name| try testing.expectEqualStrings(name, (try entries.next()).?.name);
    try testing.expectEqual(null, try entries.next());
}

test "files and directories are there after mounting again" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    try put(fixture.root, "short.txt", "hello");
    try put(fixture.root, "A rather long name, größer.text", "world");
    try fat.makeDirectory(fixture.root, "Sub directory");
    const inner = try fat.lookup(fixture.root, "sub DIRECTORY");
    try put(inner, "x", "y");
    fat.release(inner);
    try fixture.remount();
    try expectContent(fixture.root, "SHORT.TXT", "hello");
    try expectContent(fixture.root, "a RATHER long NAME, grÖßer.TEXT", "world");
    try expectNames(fixture.root, &.{
        "short.txt",
        "A rather long name, größer.text",
        "Sub directory",
    });
    const again = try fat.lookup(fixture.root, "Sub directory");
    try expectContent(again, "x", "y");
    fat.release(again);
    try fixture.finish();
}

test "case can change, and does not tell names apart" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    try put(fixture.root, "Name", "1");
    try testing.expectError(error.Exist, create(fixture.root, "NAME"));
    try testing.expectError(error.Exist, fat.makeDirectory(fixture.root, "nAME"));
    try fat.rename(fixture.root, "name", fixture.root, "nAmE");
    try expectNames(fixture.root, &.{"nAmE"});
    try fat.rename(fixture.root, "nAmE", fixture.root, "NAME");
    try expectNames(fixture.root, &.{"NAME"});
    try fixture.remount();
    try expectContent(fixture.root, "name", "1");
    try fixture.finish();
}

test "names at the limit, and those that cannot be" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const longest: [255]u8 = @splat('n');
    try put(fixture.root, &longest, "1");
    try fixture.remount();
    try expectContent(fixture.root, &longest, "1");
    const longer: [256]u8 = @splat('n');
    try testing.expectError(error.Nametoolong, create(fixture.root, &longer));
    try testing.expectError(error.Inval, create(fixture.root, "a:b"));
    try testing.expectError(error.Noent, fat.statusOf(fixture.root, "a:b"));
    const old = create(fixture.root, "ends.");
    try testing.expectError(error.Inval, old);
    try testing.expectError(error.Inval, fat.rename(fixture.root, &longest, fixture.root, "?"));
    try fixture.finish();
}

test "many names with one alias, in a directory that grows" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    var buffer: [64]u8 = undefined;
    for (0..100) |number| {
        const name = try std.fmt.bufPrint(&buffer, "the same beginning {d}", .{number});
        // More than there are aliases with one hash.
        try put(fixture.root, name, name);
    }
    try fixture.remount();
    for (0..100) |number| {
        const name = try std.fmt.bufPrint(&buffer, "The same beginning {d}", .{number});
        try fat.removeFile(fixture.root, name);
    }
    try expectNames(fixture.root, &.{});
    try fixture.finish();
}

test "a gap reads as zeros, and so does what a cut file gets back" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{ .sectors_per_cluster = 2 });
    @memset(fixture.shape.freeSpace(fixture.device.bytes), 0xAA);
    const file = try create(fixture.root, "f");
    try testing.expectEqual(3, try fat.writeAt(file, "abc", 5000));
    var buffer: [6000]u8 = undefined;
    try testing.expectEqual(5003, try fat.readAt(file, &buffer, 0));
    try testing.expect(std.mem.allEqual(u8, buffer[0..5000], 0));
    try testing.expectEqualStrings("abc", buffer[5000..5003]);
    try fat.setSize(file, 5001);
    try fat.setSize(file, 5100);
    try testing.expectEqual(100, try fat.readAt(file, &buffer, 5000));
    try testing.expectEqual('a', buffer[0]);
    try testing.expect(std.mem.allEqual(u8, buffer[1..100], 0));
    try fat.allocate(file, 5000, 2000);
    try testing.expectEqual(7000, (try fat.status(file)).size);
    try testing.expectEqual(0, try fat.readAt(file, &buffer, std.math.maxInt(u64)));
    fat.release(file);
    try fixture.finish();
}

test "the largest file has 4 GiB less one byte" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const file = try create(fixture.root, "f");
    try testing.expectError(error.Fbig, fat.writeAt(file, "z", layout.file_size_max));
    try testing.expectError(error.Fbig, fat.setSize(file, layout.file_size_max + 1));
    try testing.expectError(error.Fbig, fat.allocate(file, std.math.maxInt(u64), 1));
    // This one could be, on a larger disk.
    try testing.expectError(error.Nospc, fat.setSize(file, layout.file_size_max));
    try testing.expectError(error.Nospc, fat.writeAt(file, "z", layout.file_size_max - 1));
    try testing.expectEqual(0, (try fat.status(file)).size);
    fat.release(file);
    try fixture.finish();
}

test "a full disk takes what fits" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{ .clusters = 20 });
    const file = try create(fixture.root, "f");
    const bytes: [20 * 512]u8 = @splat(1);
    try testing.expectEqual(19 * 512, try fat.writeAt(file, &bytes, 0));
    try testing.expectError(error.Nospc, fat.writeAt(file, "z", 19 * 512));
    try testing.expectError(error.Nospc, fat.makeDirectory(fixture.root, "d"));
    try fat.setSize(file, 100);
    // Clusters that are free only after the next commit are found too.
    try fat.makeDirectory(fixture.root, "d");
    try testing.expectEqual(5000, try fat.writeAt(file, bytes[0..5000], 100));
    fat.release(file);
    try fixture.finish();
}

test "a removed file lives as long as somebody holds it" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const file = try create(fixture.root, "f");
    _ = try fat.writeAt(file, "abc", 0);
    const number = (try fat.status(file)).inode;
    try fat.removeFile(fixture.root, "f");
    try put(fixture.root, "f", "new");
    _ = try fat.writeAt(file, "def", 3);
    var buffer: [8]u8 = undefined;
    try testing.expectEqual(6, try fat.readAt(file, &buffer, 0));
    try testing.expectEqualStrings("abcdef", buffer[0..6]);
    const status = try fat.status(file);
    try testing.expectEqual(0, status.links);
    try testing.expect(status.inode != (try fat.statusOf(fixture.root, "f")).inode);
    try testing.expectEqual(number, (try fat.statusOf(fixture.root, "f")).inode);
    fat.release(file);
    try expectContent(fixture.root, "f", "new");
    try fixture.finish();
}

test "rename replaces like POSIX, and directories know their parents" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const top = fixture.root;
    try fat.makeDirectory(top, "d");
    try fat.makeDirectory(top, "e");
    const inner = try fat.lookup(top, "d");
    try put(top, "f", "f");
    try put(inner, "g", "g");
    try testing.expectError(error.Isdir, fat.rename(top, "f", top, "d"));
    try testing.expectError(error.Notdir, fat.rename(top, "d", top, "f"));
    try testing.expectError(error.Notempty, fat.rename(top, "e", top, "d"));
    try testing.expectError(error.Inval, fat.rename(top, "d", inner, "d"));
    try testing.expectError(error.Noent, fat.rename(top, "none", top, "x"));
    try testing.expectError(error.Busy, fat.rename(top, ".", top, "x"));
    try testing.expectError(error.Notempty, fat.removeDirectory(top, "d"));
    const open = try fat.open(top, "f", .{ .read = true });
    try fat.rename(top, "f", inner, "g");
    try testing.expectEqual((try fat.statusOf(inner, "g")).inode, (try fat.status(open)).inode);
    fat.release(open);
    try testing.expectError(error.Noent, fat.statusOf(top, "f"));
    try fat.rename(top, "d", top, "e");
    const other = try fat.lookup(top, "e");
    try fat.makeDirectory(other, "deeper");
    try fat.rename(other, "deeper", top, "was deeper");
    const moved = try fat.lookup(top, "was deeper");
    var entries: fat.Entries = try .begin(moved, 1);
    try testing.expectEqual((try fat.status(top)).inode, (try entries.next()).?.inode);
    for ([_]Node{ moved, other, inner }) |node| fat.release(node);
    try fixture.remount();
    const again = try fat.lookup(fixture.root, "e");
    try expectContent(again, "G", "f");
    fat.release(again);
    try fixture.finish();
}

test "no links" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    try put(fixture.root, "f", "");
    var buffer: [8]u8 = undefined;
    const top = fixture.root;
    try testing.expectError(error.Notsup, fat.makeSymlink(top, "s", "f"));
    try testing.expectError(error.Notsup, fat.makeLink(top, "f", top, "g"));
    try testing.expectError(error.Inval, fat.readLink(top, "f", &buffer));
    try fixture.finish();
}

test "a walk over entries survives changes" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const top = fixture.root;
    for ([_][]const u8{ "a", "b", "c and more" }) |name| try put(top, name, "");
    var entries: fat.Entries = try .begin(top, 0);
    try testing.expectEqualStrings(".", (try entries.next()).?.name);
    try testing.expectEqualStrings("..", (try entries.next()).?.name);
    const first = (try entries.next()).?;
    try testing.expectEqualStrings("a", first.name);
    const cookie = first.next_cookie;
    try fat.removeFile(top, "a");
    try fat.removeFile(top, "b");
    entries = try .begin(top, cookie);
    try testing.expectEqualStrings("c and more", (try entries.next()).?.name);
    try testing.expectEqual(null, try entries.next());
    entries = try .begin(top, std.math.maxInt(u64));
    try testing.expectEqual(null, try entries.next());
    try fixture.finish();
}

test "times are those of FAT" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    try put(fixture.root, "f", "");
    const found = try fat.statusOf(fixture.root, "f");
    try testing.expectEqual(now_ns, found.modified_ns);
    const day_ns = std.time.ns_per_day;
    try testing.expectEqual(now_ns / day_ns * day_ns, found.accessed_ns);
    try fat.setTimesOf(fixture.root, "f", .{
        .accessed = .keep,
        .modified = .{ .at_ns = 1_000_000_003 * std.time.ns_per_s },
    });
    try fixture.remount();
    const again = try fat.statusOf(fixture.root, "f");
    try testing.expectEqual(1_000_000_002 * std.time.ns_per_s, again.modified_ns);
    try testing.expectEqual(found.accessed_ns, again.accessed_ns);
    try fixture.finish();
}

test "a device that cannot be written" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    try put(fixture.root, "f", "abc");
    try fixture.unmount();
    fixture.device.read_only = true;
    try fixture.mount();
    const top = fixture.root;
    try expectContent(top, "f", "abc");
    try testing.expectError(error.Rofs, fat.open(top, "f", .{ .write = true }));
    try testing.expectError(error.Rofs, fat.makeDirectory(top, "d"));
    try testing.expectError(error.Rofs, fat.removeFile(top, "f"));
    try testing.expectError(error.Rofs, fat.rename(top, "f", top, "g"));
    try fat.sync(top, false);
    fixture.root.inode.volume.discard();
    testing.allocator.free(fixture.device.bytes);
}

test "a device that fails gives Io, and is written no more" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    try put(fixture.root, "f", "abc");
    fixture.device.fails_at = 0;
    try testing.expectError(error.Io, fat.sync(fixture.root, false));
    fixture.device.fails_at = std.math.maxInt(u64);
    const before = fixture.device.requests;
    try testing.expectError(error.Io, fat.makeDirectory(fixture.root, "d"));
    try testing.expectError(error.Io, fat.sync(fixture.root, false));
    try testing.expectEqual(before, fixture.device.requests);
    fixture.root.inode.volume.discard();
    testing.allocator.free(fixture.device.bytes);
}

test "synchronous files are on the disk at once" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const file = try fat.open(fixture.root, "f", .{ .write = true, .create = true, .sync = true });
    _ = try fat.writeAt(file, "abc", 0);
    const flushes = fixture.device.flushes;
    try testing.expect(flushes > 0);
    const copy: MemoryDevice = .{ .bytes = try testing.allocator.dupe(u8, fixture.device.bytes) };
    fat.release(file);
    try fixture.finish();
    fixture.device = copy;
    try fixture.mount();
    try expectContent(fixture.root, "f", "abc");
    try fixture.finish();
}

test "contents go to the device in few requests" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{ .clusters = 4096, .sectors_per_cluster = 8 });
    const file = try create(fixture.root, "f");
    const before = fixture.device.requests;
    var chunk: [1 << 10]u8 = @splat('x');
    for (0..1 << 10) |index| {
        _ = try fat.writeAt(file, &chunk, index * chunk.len);
    }
    try fat.sync(file, false);
    // 1 MiB, 16 KiB at a time, and a few for the rest.
    try testing.expect(fixture.device.requests - before < 64 + 40);
    for (0..1 << 10) |index| {
        _ = try fat.readAt(file, &chunk, index * chunk.len);
    }
    fat.release(file);
    try fixture.finish();
}

test "what is no FAT32 volume is refused" {
    const image = try (Shape{}).make(testing.allocator);
    defer testing.allocator.free(image);
    const before = image[0..512].*;
    const places = [_]struct { usize, u8 }{
        .{ 510, 0 }, .{ 11, 1 },   .{ 13, 0 }, .{ 13, 3 },    .{ 16, 0 },   .{ 17, 1 },
        .{ 22, 1 },  .{ 35, 255 }, .{ 36, 0 }, .{ 44, 0 },    .{ 47, 255 }, .{ 42, 1 },
        .{ 36, 1 },  .{ 15, 255 }, .{ 14, 0 }, .{ 40, 0x8F },
    };
    for (places) |place| {
        image[0..512].* = before;
        image[place[0]] = place[1];
        var device: MemoryDevice = .{ .bytes = image };
        const mounted = fat.mount(testing.allocator, testClock, &device, .{});
        try testing.expectError(error.NotFat32, mounted);
    }
    var device: MemoryDevice = .{ .bytes = image[0..0] };
    const mounted = fat.mount(testing.allocator, testClock, &device, .{});
    try testing.expectError(error.Io, mounted);
}

test "other systems' entries: label, code page, garbage behind the end" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{ .tables = 1, .reserved = 2 });
    try testing.expectEqual(null, fixture.root.inode.volume.journal);
    const free = fixture.shape.freeSpace(fixture.device.bytes);
    const start = fixture.device.bytes.len - free.len - 512;
    const slots = fixture.device.bytes[start..][0..512];
    @memset(slots[32..], 'G');
    slots[64] = 0;
    slots[0..12].* = "MY LABEL   \x08".*;
    slots[32..44].* = "GR\x99E    TXT\x20".*;
    @memset(slots[44..64], 0);
    try expectNames(fixture.root, &.{"GRÖE.TXT"});
    try put(fixture.root, "new", "");
    try expectNames(fixture.root, &.{ "GRÖE.TXT", "new" });
    try fat.rename(fixture.root, "new", fixture.root, "a longer name for it");
    try fixture.remount();
    try expectNames(fixture.root, &.{ "GRÖE.TXT", "a longer name for it" });
    try fixture.finish();
}

test "a name is gone from one sector before it comes to another" {
    var fixture: Fixture = undefined;
    try fixture.begin(.{});
    const top = fixture.root;
    var buffer: [8]u8 = undefined;
    for (0..16) |number| try put(top, try std.fmt.bufPrint(&buffer, "F{d}", .{number}), "");
    try put(top, "VICTIM", "");
    try fat.removeFile(top, "F3");
    try fat.sync(top, false);
    const requests = fixture.device.requests;
    try fat.removeFile(top, "VICTIM");
    try put(top, "other", "");
    try testing.expectEqual(requests, fixture.device.requests);
    try fat.removeFile(top, "other");
    try put(top, "VICTIM", "");
    try testing.expect(fixture.device.requests > requests);
    try fixture.finish();
}
