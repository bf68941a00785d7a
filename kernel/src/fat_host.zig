// SPDX-License-Identifier: Apache-2.0
//! Root for a library on the host: the disk's file system with disks in memory, for tests that
//! show to other programs what it writes, and for measurements.

const std = @import("std");
const fat = @import("fs/fat/fat.zig");
const layout = @import("fs/fat/layout.zig");
const memory_device = @import("fs/fat/memory_device.zig");
const test_volume = @import("fs/fat/test_volume.zig");
const workloads = @import("fs/fat/workload.zig");

const MemoryDevice = memory_device.MemoryDevice;
const Shape = test_volume.Shape;

/// A hundredth of a second later each time.
var clock_ns: u64 = 1_700_000_000 * std.time.ns_per_s;

fn clock() u64 {
    clock_ns += 10 * std.time.ns_per_ms;
    return clock_ns;
}

/// What is told to who asked: the volume at first, then each write, flush and moment at which all
/// was on the disk.
const Kind = enum(u32) { volume, write, flush, mark };
const Tell = *const fn (kind: Kind, sector: u64, bytes: [*]const u8, size: usize) callconv(.c) void;

/// Random work on an empty volume. 0 unless something went wrong.
export fn fat_record(seed: u64, clusters: u32, operations: u32, tell: Tell) u32 {
    record(seed, .{ .clusters = clusters }, operations, tell) catch return 1;
    return 0;
}

fn record(seed: u64, shape: Shape, operations: u32, tell: Tell) !void {
    var arena_state: std.heap.ArenaAllocator = .init(std.heap.page_allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    var steps: std.ArrayList(memory_device.Step) = .empty;
    var device: MemoryDevice = .{
        .bytes = try shape.make(arena),
        .steps = &steps,
        .notes = arena,
    };
    tell(.volume, 0, device.bytes.ptr, device.bytes.len);
    const root = try fat.mount(arena, clock, &device, .{ .cache_lines = 32 });
    var random: std.Random.DefaultPrng = .init(seed);
    var workload: workloads.Workload = .{ .arena = arena, .random = random.random(), .root = root };
    try workload.begin();
    for (0..operations) |_| {
        root.inode.volume.table.cursor = layout.first_cluster +
            random.random().uintLessThan(u32, shape.clusters);
        if (try workload.step()) try device.note(.{ .mark = 0 });
    }
    workload.end();
    try fat.finish(root);
    for (steps.items) |step| switch (step) {
        .write => |write| tell(.write, write.sector, write.bytes.ptr, write.bytes.len),
        .flush => tell(.flush, 0, "", 0),
        .mark => tell(.mark, 0, "", 0),
    };
}

/// A file system on `size` bytes of memory, for `fat_transfer`; null when there is no memory.
export fn fat_mount(bytes: [*]u8, size: usize) ?*anyopaque {
    const device = std.heap.page_allocator.create(MemoryDevice) catch return null;
    device.* = .{ .bytes = bytes[0..size] };
    const root = fat.mount(std.heap.smp_allocator, clock, device, .{}) catch return null;
    const file = fat.open(root, "file", .{ .write = true, .create = true }) catch return null;
    return file.inode;
}

/// Moves `size` bytes in pieces of `piece` bytes from or to the file of `fat_mount`, then to the
/// disk. Returns the number of requests to the device; 0 when something went wrong.
export fn fat_transfer(opaque_file: *anyopaque, writes: bool, size: usize, piece: usize) u64 {
    return transfer(@ptrCast(@alignCast(opaque_file)), writes, size, piece) catch 0;
}

fn transfer(inode: @FieldType(fat.Node, "inode"), writes: bool, size: usize, piece: usize) !u64 {
    const file: fat.Node = .{ .inode = inode };
    const device: *MemoryDevice = @ptrCast(@alignCast(inode.volume.disk.context));
    const before = device.requests;
    const buffer = try std.heap.page_allocator.alloc(u8, piece);
    defer std.heap.page_allocator.free(buffer);
    @memset(buffer, 0x5A);
    var done: usize = 0;
    while (done < size) : (done += piece) {
        const count = if (writes)
            try fat.writeAt(file, buffer, done)
        else
            try fat.readAt(file, buffer, done);
        if (count != piece) return error.Incomplete;
    }
    if (writes) try fat.sync(file, false);
    return device.requests - before;
}
