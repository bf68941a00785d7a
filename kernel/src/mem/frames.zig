// SPDX-License-Identifier: Apache-2.0
//! Page frames: which physical memory is still unused.
//!
//! Nothing is ever given back. Wasm memories and tables only grow, page tables and stacks live as
//! long as the program, and a grow that cannot succeed is refused before it takes anything. So
//! the allocator is a list of untouched regions that shrink from either end.

const std = @import("std");
const assert = std.debug.assert;

pub const frame_size = 4096;
pub const large_frame_size = 2 << 20;

/// Machines list fewer than ten; what is beyond the limit is not used.
pub const regions_max = 32;

/// Physical addresses, end not included.
pub const Region = struct {
    start: u64,
    end: u64,

    fn size(region: Region) u64 {
        assert(region.start <= region.end);
        return region.end - region.start;
    }
};

pub const Frames = struct {
    regions: [regions_max]Region = undefined,
    count: usize = 0,

    /// Adds usable memory; partial frames at its ends are left out.
    pub fn add(frames: *Frames, region: Region) void {
        assert(region.start <= region.end);
        const start = std.mem.alignForward(u64, region.start, frame_size);
        const end = std.mem.alignBackward(u64, region.end, frame_size);
        if (start >= end or frames.count == regions_max) return;
        frames.regions[frames.count] = .{ .start = start, .end = end };
        frames.count += 1;
        assert(frames.count <= regions_max);
    }

    /// Takes everything that overlaps `hole` out.
    pub fn remove(frames: *Frames, hole: Region) void {
        assert(hole.start <= hole.end);
        const old = frames.*;
        frames.count = 0;
        for (old.regions[0..old.count]) |region| {
            const below: Region = .{ .start = region.start, .end = @min(region.end, hole.start) };
            const above: Region = .{ .start = @max(region.start, hole.end), .end = region.end };
            if (below.start < below.end) frames.add(below);
            if (above.start < above.end) frames.add(above);
        }
        assert(frames.freeBytes() <= old.freeBytes());
    }

    pub fn freeBytes(frames: *const Frames) u64 {
        var total: u64 = 0;
        for (frames.regions[0..frames.count]) |region| total += region.size();
        assert(total % frame_size == 0);
        return total;
    }

    /// One frame, lowest address of the first region; its content is undefined. Null: none left.
    pub fn take(frames: *Frames) ?u64 {
        return frames.takeRun(frame_size);
    }

    /// Frames that follow each other, together `size` bytes; content undefined. Null: no region
    /// holds as many.
    pub fn takeRun(frames: *Frames, size: u64) ?u64 {
        assert(size > 0 and size % frame_size == 0);
        for (frames.regions[0..frames.count]) |*region| {
            if (region.size() < size) continue;
            const run = region.start;
            region.start += size;
            assert(region.start <= region.end);
            return run;
        }
        return null;
    }

    /// One aligned 2 MiB frame, from the high end so that the low end stays whole; its content is
    /// undefined. Null: no region holds one.
    pub fn takeLarge(frames: *Frames) ?u64 {
        for (frames.regions[0..frames.count]) |*region| {
            const end = std.mem.alignBackward(u64, region.end, large_frame_size);
            if (end < large_frame_size or end - large_frame_size < region.start) continue;
            const tail: Region = .{ .start = end, .end = region.end };
            region.end = end - large_frame_size;
            // The cut-off tail serves small requests later; with a full list it is lost.
            frames.add(tail);
            assert(region.end % large_frame_size == 0);
            return region.end;
        }
        return null;
    }
};

const testing = std.testing;

test "partial frames are left out" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1001, .end = 0x4fff });
    try testing.expectEqual(0x2000, frames.freeBytes());
    try testing.expectEqual(0x2000, frames.take());
    try testing.expectEqual(0x3000, frames.take());
    try testing.expectEqual(null, frames.take());
}

test "a hole splits, trims and swallows regions" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x0, .end = 0x4000 });
    frames.add(.{ .start = 0x5000, .end = 0x6000 });
    frames.add(.{ .start = 0x7000, .end = 0xa000 });
    frames.remove(.{ .start = 0x1800, .end = 0x7800 });
    try testing.expectEqual(0x1000 + 0x2000, frames.freeBytes());
    try testing.expectEqual(0x0, frames.take());
    try testing.expectEqual(0x8000, frames.take());
    frames.remove(.{ .start = 0, .end = 1 << 40 });
    try testing.expectEqual(null, frames.take());
}

test "large frames are aligned and overlap no small ones" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x10_0000, .end = 0x60_5000 });
    try testing.expectEqual(0x40_0000, frames.takeLarge());
    try testing.expectEqual(0x20_0000, frames.takeLarge());
    try testing.expectEqual(null, frames.takeLarge());
    // 1 MiB below and the five frames of the tail are left.
    try testing.expectEqual(0x10_0000 + 0x5000, frames.freeBytes());
    var taken: u64 = 0;
    while (frames.take()) |frame| : (taken += 1) {
        try testing.expect(frame < 0x20_0000 or frame >= 0x60_0000);
    }
    try testing.expectEqual(0x100 + 5, taken);
}

test "a run comes from one region" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1000, .end = 0x3000 });
    frames.add(.{ .start = 0x8000, .end = 0xb000 });
    try testing.expectEqual(0x8000, frames.takeRun(0x3000));
    try testing.expectEqual(null, frames.takeRun(0x3000));
    try testing.expectEqual(0x1000, frames.takeRun(0x2000));
    try testing.expectEqual(0, frames.freeBytes());
}

test "region list overflow loses memory but nothing else" {
    var frames: Frames = .{};
    for (0..regions_max + 3) |index| {
        frames.add(.{ .start = index * 0x2000, .end = index * 0x2000 + 0x1000 });
    }
    try testing.expectEqual(regions_max, frames.count);
    try testing.expectEqual(regions_max * 0x1000, frames.freeBytes());
}
