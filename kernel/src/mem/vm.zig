// SPDX-License-Identifier: Apache-2.0
//! The kernel's address space: the image with its permissions, the direct map of physical memory,
//! and pages for the program. The map is src/python/mew_abi/layout.py.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("../generated/abi.zig");
const arch = @import("../arch/interface.zig");
const Frames = @import("frames.zig").Frames;
const Region = @import("frames.zig").Region;
const frame_size = @import("frames.zig").frame_size;
const large_frame_size = @import("frames.zig").large_frame_size;

// Section borders, from kernel/link/kernel.ld.
extern const mew_image_base: u8;
extern const mew_text_end: u8;
extern const mew_rodata_end: u8;
extern const mew_device_page: u8;
extern const mew_data_start: u8;
extern const mew_data_end: u8;
extern const mew_image_end: u8;

var frames: Frames = .{};
var space: arch.AddressSpace = undefined;

pub const Error = arch.MapError;

/// Where the kernel sees a physical address of RAM (or of a mapped device).
pub fn directMap(physical: u64) usize {
    assert(physical < abi.null_funcref_fault_start - abi.direct_map_base);
    return abi.direct_map_base + physical;
}

/// Bytes of page frames that nobody has taken.
pub fn freeBytes() u64 {
    return frames.freeBytes();
}

/// Learns the usable memory and moves from the boot code's tables to ones where text is not
/// writable, nothing else is executable, and address 0 is not mapped.
///
/// Caller requirements: the first GiB is in the direct map; the image lies within it.
pub fn initialize(memory: []const Region, pages_1gib: bool) Error!void {
    assert(memory.len > 0);
    assert(@intFromPtr(&mew_image_base) == abi.image_base);
    for (memory) |region| frames.add(usablePart(region));
    space = try .create(takeZeroedFrame, pages_1gib);
    for (memory) |region| {
        const part = usablePart(region);
        try space.map(directMap(part.start), part.start, part.size(), .read_write);
    }
    try mapImage(&mew_image_base, &mew_text_end, .read_execute);
    try mapImage(&mew_text_end, &mew_rodata_end, .read_only);
    try mapImage(&mew_data_start, &mew_data_end, .read_write);
    try mapImage(&mew_data_end, &mew_image_end, .read_only);
    space.activate();
}

/// The image lies at its physical address.
noinline fn mapImage(start: *const u8, end: *const u8, permissions: arch.Permissions) Error!void {
    const address = @intFromPtr(start);
    try space.map(address, address, @intFromPtr(end) - address, permissions);
}

/// Whole frames above the image; may be empty. Below the image is the firmware's first MiB, of
/// which nothing is handed out. Neither is in the direct map: no second, writable view of text.
noinline fn usablePart(region: Region) Region {
    const end = std.mem.alignBackward(u64, region.end, frame_size);
    const start = std.mem.alignForward(u64, region.start, frame_size);
    const image_end = @intFromPtr(&mew_image_end);
    return .{ .start = @min(@max(start, image_end), end), .end = end };
}

/// Makes one page of device registers reachable, at a page of the image that the linker script
/// left a hole for: its page tables exist, so this cannot run out of frames.
///
/// Caller requirements: once.
pub fn mapDevice(physical: u64) usize {
    assert(physical % frame_size == 0);
    const virtual = @intFromPtr(&mew_device_page);
    space.map(virtual, physical, frame_size, .device) catch unreachable;
    return virtual;
}

pub const Content = enum {
    /// Reads as zero.
    zeroed,
    /// Anything. The frames come from the far end of memory: they may never be touched, and then
    /// the monitor need not back them.
    undefined,
};

/// Backs `size` bytes at `virtual` with page frames that can be read and written. On OutOfFrames
/// nothing has changed.
///
/// Caller requirements: nothing is mapped there yet.
pub noinline fn allocateAt(virtual: u64, size: u64, content: Content) Error!void {
    assert(virtual % frame_size == 0 and size % frame_size == 0);
    assert(virtual < abi.direct_map_base);
    const tables_size = arch.tableFramesMax(size) * frame_size;
    if (frames.freeBytes() < size + tables_size) return error.OutOfFrames;
    var done: u64 = 0;
    while (done < size) {
        // Cannot fail: the frames were counted above.
        const run = takeRun(virtual + done, size - done, content).?;
        space.map(virtual + done, run.start, run.size(), .read_write) catch unreachable;
        if (content == .zeroed) zero(run.start, run.size());
        done += run.size();
    }
    assert(done == size);
}

/// Frames for the beginning of `size` bytes at `virtual`: a large frame where one fits, else as
/// many small ones as follow each other.
noinline fn takeRun(virtual: u64, size: u64, content: Content) ?Region {
    assert(size > 0);
    if (content == .undefined) return frames.takeFar(size);
    const to_boundary = large_frame_size - virtual % large_frame_size;
    if (to_boundary == large_frame_size and size >= large_frame_size) {
        if (frames.takeLarge()) |run| return run;
    }
    return frames.takeUpTo(@min(size, to_boundary));
}

noinline fn takeZeroedFrame() ?u64 {
    const frame = frames.takeUpTo(frame_size) orelse return null;
    zero(frame.start, frame_size);
    return frame.start;
}

fn zero(physical: u64, size: u64) void {
    arch.fillZero(directMap(physical), size);
}
