// SPDX-License-Identifier: Apache-2.0
//! Volumes that are wrong: whatever they hold, work on them ends, with results or errors.

const std = @import("std");
const fat = @import("fat.zig");
const test_volume = @import("test_volume.zig");
const workloads = @import("workload.zig");
const MemoryDevice = @import("memory_device.zig").MemoryDevice;

const Shape = test_volume.Shape;
const testing = std.testing;

fn testClock() u64 {
    return 0;
}

/// Limits on what one volume is asked for: a directory may lead to itself.
const names_max = 200;
const depth_max = 6;

/// A volume with something of everything in it.
fn makeVolume(allocator: std.mem.Allocator, shape: Shape, seed: u64) ![]u8 {
    var arena: std.heap.ArenaAllocator = .init(allocator);
    defer arena.deinit();
    var device: MemoryDevice = .{ .bytes = try shape.make(allocator) };
    const root = try fat.mount(allocator, testClock, &device, .{ .cache_lines = 32 });
    var random: std.Random.DefaultPrng = .init(seed);
    var workload: workloads.Workload = .{
        .arena = arena.allocator(),
        .random = random.random(),
        .root = root,
    };
    try workload.begin();
    for (0..60) |_| _ = try workload.step();
    workload.end();
    try fat.finish(root);
    root.inode.volume.discard();
    return device.bytes;
}

/// Changes a few bytes, most of them where the volume's structure is.
fn damage(image: []u8, shape: Shape, random: std.Random) void {
    const structure = image.len - shape.freeSpace(image).len;
    for (0..1 + random.uintLessThan(usize, 12)) |_| {
        const limit = if (random.uintLessThan(u8, 4) == 0) image.len else structure;
        const offset = random.uintLessThan(usize, limit);
        switch (random.uintLessThan(u8, 4)) {
            0 => image[offset] ^= @as(u8, 1) << random.int(u3),
            1 => image[offset] = random.int(u8),
            2 => {
                // An entry of the table that leads somewhere, often to where it must not.
                const cluster = random.uintLessThan(u32, shape.clusters + 10);
                const start = @as(usize, shape.reserved) * 512 + offset / 4 % shape.clusters * 4;
                std.mem.writeInt(u32, image[start..][0..4], cluster, .little);
            },
            else => {
                const from = random.uintLessThan(usize, limit) / 32 * 32;
                const to = offset / 32 * 32;
                const slot = image[from..][0..32].*;
                image[to..][0..32].* = slot;
            },
        }
    }
}

const Visitor = struct {
    random: std.Random,
    names_left: usize = names_max,

    /// Looks at all there is and changes much of it. Any error will do.
    fn visit(visitor: *Visitor, directory: fat.Node, depth: usize) void {
        var entries = fat.Entries.begin(directory, 0) catch return;
        while (visitor.names_left > 0) {
            const entry = (entries.next() catch return) orelse return;
            visitor.names_left -= 1;
            var buffer: [765]u8 = undefined;
            const name = buffer[0..entry.name.len];
            @memcpy(name, entry.name);
            if (std.mem.eql(u8, name, ".") or std.mem.eql(u8, name, "..")) continue;
            visitor.use(directory, name, depth);
        }
    }

    fn use(visitor: *Visitor, directory: fat.Node, name: []const u8, depth: usize) void {
        _ = fat.statusOf(directory, name) catch {};
        if (fat.lookup(directory, name)) |inner| {
            if (depth < depth_max) visitor.visit(inner, depth + 1);
            fat.release(inner);
        } else |_| {}
        const random = visitor.random;
        if (fat.open(directory, name, .{ .read = true, .write = true })) |file| {
            defer fat.release(file);
            var buffer: [3000]u8 = @splat(0x55);
            const size = (fat.status(file) catch unreachable).size;
            _ = fat.readAt(file, &buffer, random.uintAtMost(u64, size)) catch {};
            _ = fat.writeAt(file, &buffer, random.uintAtMost(u64, @min(size, 20000))) catch {};
            if (random.boolean()) fat.setSize(file, random.uintLessThan(u64, 20000)) catch {};
        } else |_| {}
        switch (random.uintLessThan(u8, 8)) {
            0 => fat.removeFile(directory, name) catch {},
            1 => fat.removeDirectory(directory, name) catch {},
            2 => fat.makeDirectory(directory, "made") catch {},
            3 => fat.rename(directory, name, directory, "renamed to a long name") catch {},
            4 => fat.rename(directory, name, directory, "made") catch {},
            5 => fat.sync(directory, false) catch {},
            else => {},
        }
    }
};

pub fn run(first_seed: u64, count: usize) !void {
    const shapes = [_]Shape{ .{}, .{ .clusters = 150, .sectors_per_cluster = 2, .tables = 1 } };
    for (shapes) |shape| {
        const image = try makeVolume(testing.allocator, shape, first_seed);
        defer testing.allocator.free(image);
        const damaged = try testing.allocator.alloc(u8, image.len);
        defer testing.allocator.free(damaged);
        for (first_seed..first_seed + count) |seed| {
            errdefer std.debug.print("seed {d}\n", .{seed});
            var random: std.Random.DefaultPrng = .init(seed);
            @memcpy(damaged, image);
            damage(damaged, shape, random.random());
            var device: MemoryDevice = .{ .bytes = damaged };
            const root = fat.mount(testing.allocator, testClock, &device, .{ .cache_lines = 32 });
            const top = root catch continue;
            var visitor: Visitor = .{ .random = random.random() };
            visitor.visit(top, 0);
            fat.finish(top) catch {};
            top.inode.volume.discard();
        }
    }
}

test "damaged volumes" {
    try run(1, 300);
}

test "a chain that leads to itself, and one that leaves the volume" {
    for ([_]u32{ 3, 2, 1, 0, 0x0FFFFFF7, 600 }) |next| {
        const shape: Shape = .{};
        var device: MemoryDevice = .{ .bytes = try shape.make(testing.allocator) };
        defer testing.allocator.free(device.bytes);
        var root = try fat.mount(testing.allocator, testClock, &device, .{});
        const made = try fat.open(root, "f", .{ .write = true, .create = true });
        const bytes: [2000]u8 = @splat(7);
        _ = try fat.writeAt(made, &bytes, 0);
        fat.release(made);
        try fat.finish(root);
        root.inode.volume.discard();
        const start = @as(usize, shape.reserved) * 512;
        std.mem.writeInt(u32, device.bytes[start + 3 * 4 ..][0..4], next, .little);
        root = try fat.mount(testing.allocator, testClock, &device, .{});
        defer root.inode.volume.discard();
        const file = try fat.open(root, "f", .{ .read = true, .write = true });
        defer fat.release(file);
        var buffer: [2000]u8 = undefined;
        const wanted: usize = switch (next) {
            3 => 2000,
            2 => 2 * 512,
            else => 512,
        };
        try testing.expectEqual(wanted, fat.readAt(file, &buffer, 0) catch 0);
        if (next == 3) {
            // In circles, but not for ever.
            try fat.setSize(file, 1);
            try fat.setSize(file, 0);
        }
    }
}
