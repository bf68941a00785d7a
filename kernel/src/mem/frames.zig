// SPDX-License-Identifier: Apache-2.0
//! Page frames: which physical memory is still unused.
//!
//! Wasm memories and tables only grow, page tables and stacks live as long as the program, and a
//! grow that cannot succeed is refused before it takes anything. So the allocator is a list of
//! untouched regions that shrink from either end. What the heap gives back, vm.zig keeps apart.

const std = @import("std");
const assert = std.debug.assert;

pub const frame_size = 4096;
const frame_mask: u64 = frame_size - 1;
pub const large_frame_size = 2 << 20;

/// Machines list fewer than ten; what is beyond the limit is not used.
pub const regions_max = 16;

/// Physical addresses, end not included. `start <= end`: whoever makes one sees to it, so that
/// arithmetic below cannot overflow and is not checked. Boot runs each line here once, where an
/// emulator charges by the line.
pub const Region = struct {
    start: u64,
    end: u64,

    pub fn size(region: Region) u64 {
        return region.end -% region.start;
    }

    /// Takes the first `bytes` off.
    fn cut(region: *Region, bytes: u64) Region {
        assert(bytes <= region.size());
        const first: Region = .{ .start = region.start, .end = region.start +% bytes };
        region.start = first.end;
        return first;
    }
};

pub const Frames = struct {
    regions: [regions_max]Region = undefined,
    count: usize = 0,

    /// Adds usable memory; partial frames at its ends are left out.
    pub noinline fn add(frames: *Frames, region: Region) void {
        const end = region.end & ~frame_mask;
        const start = @min((region.start +% frame_mask) & ~frame_mask, end);
        if (frames.count == regions_max) return;
        frames.regions[frames.count] = .{ .start = start, .end = end };
        frames.count += 1;
    }

    /// Leaves out everything below `floor`.
    pub fn raise(frames: *Frames, floor: u64) void {
        assert(floor & frame_mask == 0);
        for (frames.regions[0..frames.count]) |*region| {
            region.start = @min(@max(region.start, floor), region.end);
        }
    }

    pub noinline fn freeBytes(frames: *const Frames) u64 {
        var total: u64 = 0;
        for (frames.regions[0..frames.count]) |region| total +%= region.size();
        return total;
    }

    /// Between one frame and `size` bytes of them, as many as follow each other from the lowest
    /// free address on; content undefined. Null: none left.
    pub noinline fn takeUpTo(frames: *Frames, size: u64) ?Region {
        assert(size > 0 and size % frame_size == 0);
        for (frames.regions[0..frames.count]) |*region| {
            if (region.size() == 0) continue;
            return region.cut(@min(size, region.size()));
        }
        return null;
    }

    /// `size` bytes that follow each other; content undefined. Null: no region holds so many.
    pub fn takeContiguous(frames: *Frames, size: u64) ?Region {
        assert(size > 0 and size % frame_size == 0);
        for (frames.regions[0..frames.count]) |*region| {
            if (region.size() >= size) return region.cut(size);
        }
        return null;
    }

    /// As takeUpTo, but from the highest free address downwards.
    pub fn takeFar(frames: *Frames, size: u64) ?Region {
        assert(size > 0 and size % frame_size == 0);
        var index = frames.count;
        while (index > 0) {
            index -= 1;
            const region = &frames.regions[index];
            if (region.size() == 0) continue;
            const end = region.end;
            region.end -%= @min(size, region.size());
            return .{ .start = region.end, .end = end };
        }
        return null;
    }

    /// One aligned 2 MiB frame, from the high end so that the low end stays whole; its content is
    /// undefined. Null: no region holds one.
    pub fn takeLarge(frames: *Frames) ?Region {
        for (frames.regions[0..frames.count]) |*region| {
            const end = std.mem.alignBackward(u64, region.end, large_frame_size);
            if (end < large_frame_size or end - large_frame_size < region.start) continue;
            const tail: Region = .{ .start = end, .end = region.end };
            region.end = end - large_frame_size;
            // The cut-off tail serves small requests later; with a full list it is lost.
            if (tail.size() > 0) frames.add(tail);
            return .{ .start = end - large_frame_size, .end = end };
        }
        return null;
    }
};

const testing = std.testing;

fn expectRegion(start: u64, end: u64, found: ?Region) !void {
    try testing.expectEqual(Region{ .start = start, .end = end }, found.?);
}

test "partial frames are left out" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1001, .end = 0x3fff });
    frames.add(.{ .start = 0x5001, .end = 0x5fff });
    try testing.expectEqual(0x1000, frames.freeBytes());
    try expectRegion(0x2000, 0x3000, frames.takeUpTo(0x1000));
    try testing.expectEqual(null, frames.takeUpTo(0x1000));
    try testing.expectEqual(null, frames.takeFar(0x1000));
    try testing.expectEqual(null, frames.takeLarge());
}

test "what lies below the floor is left out" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1000, .end = 0x3000 });
    frames.add(.{ .start = 0x5000, .end = 0x8000 });
    frames.add(.{ .start = 0x9000, .end = 0xa000 });
    frames.raise(0x6000);
    try expectRegion(0x6000, 0x8000, frames.takeUpTo(0x3000));
    try expectRegion(0x9000, 0xa000, frames.takeUpTo(0x3000));
    try testing.expectEqual(0, frames.freeBytes());
}

test "as much as there is comes region by region" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1000, .end = 0x3000 });
    frames.add(.{ .start = 0x8000, .end = 0xb000 });
    try expectRegion(0x1000, 0x3000, frames.takeUpTo(0x4000));
    try expectRegion(0x8000, 0xa000, frames.takeUpTo(0x2000));
    try testing.expectEqual(0x1000, frames.freeBytes());
}

test "frames that follow each other come from one region" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1000, .end = 0x3000 });
    frames.add(.{ .start = 0x8000, .end = 0xb000 });
    try expectRegion(0x8000, 0xb000, frames.takeContiguous(0x3000));
    try testing.expectEqual(null, frames.takeContiguous(0x3000));
    try expectRegion(0x1000, 0x3000, frames.takeContiguous(0x2000));
}

test "the far end is taken from above" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x1000, .end = 0x3000 });
    frames.add(.{ .start = 0x8000, .end = 0xb000 });
    try expectRegion(0x9000, 0xb000, frames.takeFar(0x2000));
    try expectRegion(0x8000, 0x9000, frames.takeFar(0x2000));
    try expectRegion(0x2000, 0x3000, frames.takeFar(0x1000));
    try expectRegion(0x1000, 0x2000, frames.takeUpTo(0x5000));
    try testing.expectEqual(0, frames.freeBytes());
}

test "large frames are aligned and overlap no small ones" {
    var frames: Frames = .{};
    frames.add(.{ .start = 0x10_0000, .end = 0x60_5000 });
    try expectRegion(0x40_0000, 0x60_0000, frames.takeLarge());
    try expectRegion(0x20_0000, 0x40_0000, frames.takeLarge());
    try testing.expectEqual(null, frames.takeLarge());
    // 1 MiB below and the five frames of the tail are left.
    try expectRegion(0x10_0000, 0x20_0000, frames.takeUpTo(1 << 30));
    try expectRegion(0x60_0000, 0x60_5000, frames.takeUpTo(1 << 30));
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
