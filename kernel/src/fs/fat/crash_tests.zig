// SPDX-License-Identifier: Apache-2.0
//! Random work on a volume, and what is left of it when the machine ends at any moment.

const std = @import("std");
const fat = @import("fat.zig");
const layout = @import("layout.zig");
const test_volume = @import("test_volume.zig");
const workloads = @import("workload.zig");
const MemoryDevice = @import("memory_device.zig").MemoryDevice;
const Step = @import("memory_device.zig").Step;

const Shape = test_volume.Shape;
const Workload = workloads.Workload;
const testing = std.testing;
const sector_size = 512;

var clock_ns: u64 = 0;

/// A hundredth of a second later each time.
fn testClock() u64 {
    clock_ns += 10 * std.time.ns_per_ms;
    return clock_ns;
}

fn discard(root: fat.Node) void {
    root.inode.volume.discard();
}

const Recording = struct {
    shape: Shape,
    before: []u8,
    steps: std.ArrayList(Step) = .empty,
    marks: []const workloads.Mark = &.{},

    fn make(arena: std.mem.Allocator, shape: Shape, seed: u64, operations: usize) !Recording {
        var recording: Recording = .{ .shape = shape, .before = try shape.make(arena) };
        var random: std.Random.DefaultPrng = .init(seed);
        // What is left of files that were deleted long ago.
        random.random().bytes(shape.freeSpace(recording.before));
        var device: MemoryDevice = .{
            .bytes = try arena.dupe(u8, recording.before),
            .steps = &recording.steps,
            .notes = arena,
        };
        const root = try fat.mount(testing.allocator, testClock, &device, .{ .cache_lines = 32 });
        var workload: Workload = .{ .arena = arena, .random = random.random(), .root = root };
        try workload.begin();
        for (0..operations) |_| {
            // As if much had been there before: chains go through many sectors of the table.
            root.inode.volume.table.cursor = layout.first_cluster +
                random.random().uintLessThan(u32, shape.clusters);
            if (try workload.step()) try device.note(.{ .mark = workload.marks.items.len - 1 });
        }
        try expectModel(root, &workload.model);
        workload.end();
        try fat.finish(root);
        discard(root);
        const report = try test_volume.check(testing.allocator, device.bytes, shape);
        try testing.expectEqual(0, report.lost);
        try testing.expectEqual(0, report.too_long);
        recording.marks = workload.marks.items;
        return recording;
    }
};

fn expectModel(root: fat.Node, model: *const workloads.Model) !void {
    for (model.keys(), model.values()) |path, content| {
        switch (content) {
            .directory => {
                const node = try workloads.openAt(root, path, .{ .directory = true });
                fat.release(node);
            },
            .file => |bytes| try testing.expect(try workloads.hasContent(root, path, bytes)),
        }
    }
    try testing.expectEqual(model.count(), try workloads.countNames(root));
}

/// What the disk holds, and what should survive on it.
const Cut = struct {
    recording: *const Recording,
    image: []u8,
    scratch: []u8,
    mark: usize = 0,

    fn init(arena: std.mem.Allocator, recording: *const Recording) !Cut {
        return .{
            .recording = recording,
            .image = try arena.dupe(u8, recording.before),
            .scratch = try arena.alloc(u8, recording.before.len),
        };
    }

    fn write(cut: *Cut, image: []u8, sector: u64, bytes: []const u8) void {
        _ = cut;
        @memcpy(image[@intCast(sector * sector_size)..][0..bytes.len], bytes);
    }

    /// The machine ends with `image` on the disk.
    fn check(cut: *Cut, image: []const u8) !void {
        @memcpy(cut.scratch, image);
        _ = try test_volume.check(testing.allocator, cut.scratch, cut.recording.shape);
        var device: MemoryDevice = .{ .bytes = cut.scratch };
        const root = try fat.mount(testing.allocator, testClock, &device, .{ .cache_lines = 32 });
        defer discard(root);
        _ = try test_volume.check(testing.allocator, cut.scratch, cut.recording.shape);
        _ = try workloads.countNames(root);
        const mark = &cut.recording.marks[cut.mark];
        for (mark.model.keys(), mark.model.values()) |path, content| {
            if (content != .file) continue;
            if (mark.touched.contains(path)) {
                try expectSomewhere(root, mark, path, content.file);
            } else {
                try testing.expect(try workloads.hasContent(root, path, content.file));
            }
        }
    }
};

/// A file that has only been moved is at one of the places that it went through.
fn expectSomewhere(
    root: fat.Node,
    mark: *const workloads.Mark,
    path: []const u8,
    content: []const u8,
) !void {
    var name = path;
    var moved = false;
    var touches: usize = 0;
    for (mark.moves.items) |move| {
        if (!std.mem.eql(u8, move.from, name)) continue;
        if (moved) return;
        moved = true;
        name = move.to;
    }
    // Only the simple case is certain: one move, and both names used for nothing else.
    for (mark.moves.items) |move| {
        for ([_][]const u8{ move.from, move.to }) |used| {
            if (std.mem.eql(u8, used, path) or std.mem.eql(u8, used, name)) touches += 1;
        }
    }
    if (!moved or touches != 2 or mark.model.contains(name)) return;
    if (mark.changed.contains(path) or mark.changed.contains(name)) return;
    const here = try workloads.hasContent(root, path, content);
    const there = try workloads.hasContent(root, name, content);
    try testing.expect(here or there);
}

/// Every prefix of the writes, and of those with several sectors every prefix of these.
fn expectPrefixesHold(arena: std.mem.Allocator, recording: *const Recording) !usize {
    var cut: Cut = try .init(arena, recording);
    var count: usize = 0;
    for (recording.steps.items) |step| switch (step) {
        .flush => {},
        .mark => |mark| cut.mark = mark,
        .write => |request| {
            for (0..request.bytes.len / sector_size) |index| {
                const bytes = request.bytes[index * sector_size ..][0..sector_size];
                cut.write(cut.image, request.sector + index, bytes);
                try cut.check(cut.image);
                count += 1;
            }
        },
    };
    return count;
}

/// Between two flushes the device may keep any of the sectors.
fn expectWindowsHold(
    arena: std.mem.Allocator,
    recording: *const Recording,
    random: std.Random,
    samples: usize,
) !void {
    var cut: Cut = try .init(arena, recording);
    const image = try arena.alloc(u8, recording.before.len);
    const steps = recording.steps.items;
    var start: usize = 0;
    for (steps, 0..) |step, end| {
        if (step == .mark) cut.mark = step.mark;
        if (step != .flush) continue;
        for (0..samples) |_| {
            @memcpy(image, cut.image);
            for (steps[start..end]) |kept| {
                if (kept != .write) continue;
                for (0..kept.write.bytes.len / sector_size) |index| {
                    if (random.boolean()) continue;
                    const bytes = kept.write.bytes[index * sector_size ..][0..sector_size];
                    cut.write(image, kept.write.sector + index, bytes);
                }
            }
            try cut.check(image);
        }
        for (steps[start..end]) |kept| {
            if (kept == .write) cut.write(cut.image, kept.write.sector, kept.write.bytes);
        }
        start = end;
    }
}

pub fn run(shape: Shape, seed: u64, operations: usize, samples: usize) !usize {
    var arena_state: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena_state.deinit();
    const arena = arena_state.allocator();
    const recording: Recording = try .make(arena, shape, seed, operations);
    errdefer std.debug.print("seed {d}, {any}\n", .{ seed, shape });
    const count = try expectPrefixesHold(arena, &recording);
    var random: std.Random.DefaultPrng = .init(seed);
    try expectWindowsHold(arena, &recording, random.random(), samples);
    return count;
}

test "the machine may end at any write" {
    // A table of several sectors: without the flush before clusters are freed this fails.
    _ = try run(.{ .clusters = 1500 }, 6, 150, 8);
    _ = try run(.{ .clusters = 200, .sectors_per_cluster = 4 }, 2, 150, 4);
}

test "a full disk" {
    var arena_state: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena_state.deinit();
    for (0..10) |seed| {
        _ = arena_state.reset(.retain_capacity);
        _ = try Recording.make(arena_state.allocator(), .{ .clusters = 70 }, seed, 400);
    }
}
