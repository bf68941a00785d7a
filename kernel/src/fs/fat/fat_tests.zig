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
