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
extern const mew_data_start: u8;
extern const mew_data_end: u8;
extern const mew_image_end: u8;

/// The first MiB belongs to firmware and monitor.
pub const firmware_end = abi.image_base;
/// boot.S maps so much.
const image_end_max = 1 << 30;

/// At first what the monitor says is usable, then what nobody has taken.
pub var frames: Frames = .{};
var space: arch.AddressSpace = undefined;

pub const Error = error{OutOfFrames};

/// Where the kernel sees a physical address of RAM. No machine has any at or above 2^47.
pub fn directMap(physical: u64) usize {
    return abi.direct_map_base | physical;
}

/// Frames that were given back: each holds the physical address of the next. None: 0, which
/// firmware has.
var released: u64 = 0;
var released_bytes: u64 = 0;

/// Bytes of page frames that nobody has taken, or that were given back.
pub fn freeBytes() u64 {
    return frames.freeBytes() + released_bytes;
}

/// Moves from the boot code's tables to ones where text is not
/// writable, nothing else is executable, and address 0 is not mapped.
///
/// Caller requirements: `frames` holds the usable memory; the first GiB is in the direct map and
/// the image within it.
pub fn initialize(pages_1gib: bool) Error!void {
    assert(frames.count > 0);
    assert(@intFromPtr(&mew_image_base) == firmware_end);
    assert(@intFromPtr(&mew_image_end) <= image_end_max);
    // Neither the image is in the direct map (no second, writable view of text), nor is anything
    // below it handed out: firmware has its tables there, monitors what they pass.
    frames.raise(@intFromPtr(&mew_image_end));
    const free = frames.freeBytes();
    if (free < tableBytesMax(free) + tableBytesMax(image_end_max)) return error.OutOfFrames;
    space = .create(takeZeroedFrame, pages_1gib);
    // By value: mapping takes frames from the first region.
    for (frames.regions[0..frames.count]) |region| {
        space.map(directMap(region.start), region.start, region.size(), .read_write);
    }
    space.map(directMap(0), 0, firmware_end, .read_only);
    mapImage(&mew_image_base, &mew_text_end, .read_execute);
    mapImage(&mew_text_end, &mew_rodata_end, .read_only);
    mapImage(&mew_data_start, &mew_data_end, .read_write);
    mapImage(&mew_data_end, &mew_image_end, .read_only);
    space.activate();
}

/// The image lies at its physical address.
noinline fn mapImage(start: *const u8, end: *const u8, permissions: arch.Permissions) void {
    const address = @intFromPtr(start);
    space.map(address, address, @intFromPtr(end) - address, permissions);
}

/// Never allocated, but for the tables of the devices' region, one of each level: a device can be
/// found when a program has taken all memory.
const device_table_bytes = 3 * frame_size;
/// First address of the devices' region that has nothing mapped.
var next_registers: u64 = abi.device_region_base;

/// Makes `size` bytes of device registers reachable and returns where. Works without free frames.
/// Null when the region is full, which takes more devices than machines have.
pub fn mapRegisters(physical: u64, size: u64) ?usize {
    assert(size > 0);
    const offset = physical % frame_size;
    const first = physical - offset;
    const bytes = std.mem.alignForward(u64, offset + size, frame_size);
    const region_end = abi.device_region_base + abi.device_region_size;
    if (bytes > region_end - next_registers) return null;
    const virtual = next_registers;
    space.map(virtual, first, bytes, .device);
    next_registers += bytes;
    return virtual + offset;
}

/// Zeroed memory of `size` bytes for devices to read and write: its frames follow each other.
/// Never given back. Null: there is none.
pub fn allocateShared(size: u64) ?[]align(frame_size) u8 {
    const bytes = allocateSharedUntouched(size) orelse return null;
    arch.fillZero(@intFromPtr(bytes.ptr), size);
    return bytes;
}

/// Same with any content: what is never used the monitor need not back.
pub fn allocateSharedUntouched(size: u64) ?[]align(frame_size) u8 {
    assert(size > 0 and size % frame_size == 0);
    if (frames.freeBytes() < size + device_table_bytes) return null;
    const run = frames.takeContiguous(size) orelse return null;
    const bytes: [*]align(frame_size) u8 = @ptrFromInt(directMap(run.start));
    return bytes[0..size];
}

/// What devices call an address of the image or of shared memory.
pub fn physicalOf(address: usize) u64 {
    if (address >= abi.direct_map_base) return address - abi.direct_map_base;
    assert(address >= firmware_end and address < @intFromPtr(&mew_image_end));
    return address;
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
    const needed = size + tableBytesMax(size) + device_table_bytes;
    if (freeBytes() < needed) return error.OutOfFrames;
    var place = virtual;
    const end = virtual +% size;
    while (place != end) {
        // There is one: the frames were counted above.
        const run = takeRun(place, end -% place, content).?;
        space.map(place, run.start, run.size(), .read_write);
        place +%= run.size();
    }
}

/// Frames for the beginning of `size` bytes at `virtual`: a large frame where one fits, else as
/// many small ones as follow each other.
noinline fn takeRun(virtual: u64, size: u64, content: Content) ?Region {
    assert(size > 0);
    if (content == .undefined) return frames.takeFar(size) orelse takeReleased();
    const to_boundary = large_frame_size - virtual % large_frame_size;
    const large = to_boundary == large_frame_size and size >= large_frame_size;
    const run = (if (large) frames.takeLarge() else null) orelse
        frames.takeUpTo(@min(size, to_boundary)) orelse takeReleased() orelse return null;
    arch.fillZero(directMap(run.start), run.size());
    return run;
}

/// Gives back the frames behind `size` bytes at `virtual`, where nothing is mapped from now on.
///
/// Caller requirements: allocateAt put them there, in calls that lie wholly inside.
pub fn release(virtual: u64, size: u64) void {
    assert(size > 0 and size % frame_size == 0);
    var place = virtual;
    while (place != virtual + size) {
        const run = space.unmap(place);
        place += run.size();
        assert(place <= virtual + size);
        var frame = run.start;
        while (frame != run.end) : (frame += frame_size) {
            @as(*u64, @ptrFromInt(directMap(frame))).* = released;
            released = frame;
        }
        released_bytes += run.size();
    }
}

fn takeReleased() ?Region {
    if (released == 0) return null;
    const frame = released;
    released = @as(*const u64, @ptrFromInt(directMap(frame))).*;
    released_bytes -= frame_size;
    return .{ .start = frame, .end = frame + frame_size };
}

/// For page tables, which whoever maps has counted.
noinline fn takeZeroedFrame() u64 {
    const frame = frames.takeUpTo(frame_size) orelse takeReleased().?;
    arch.fillZero(directMap(frame.start), frame_size);
    return frame.start;
}

fn tableBytesMax(size: u64) u64 {
    return arch.tableFramesMax(size) * frame_size;
}
