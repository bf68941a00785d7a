// SPDX-License-Identifier: Apache-2.0
//! Memory for the kernel's own growing data: slots of power-of-two sizes in a region of address
//! space of their own. A freed slot serves the next request of its size; the page frames of a
//! large one serve whoever needs some, and its addresses lead nowhere until it is used again.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("../generated/abi.zig");
const arch = @import("../arch/interface.zig");
const vm = @import("vm.zig");
const Alignment = std.mem.Alignment;

const page_size = 4096;
/// Smaller slots are cut from a piece of this size.
const piece_size = 64 << 10;
const slot_size_min = 16;

/// By the base-2 logarithm of the slot size.
const class_count = @typeInfo(usize).int.bits;
/// First free slot of each class; a free slot holds the address of the next.
var free_slots: [class_count]usize = @splat(0);
/// First of the slots without page frames of each class, all of them large.
var vacant_slots: [class_count]?*Vacant = @splat(null);
/// Rest of the piece that the class is cutting.
var rest_start: [class_count]usize = @splat(0);
var rest_end: [class_count]usize = @splat(0);

const Vacant = struct { address: usize, next: ?*Vacant };

/// Random page offsets of the heap's first address: 2^28 places of 4 KiB, 1 TiB of the region's 16.
const place_bits = 28;
/// First address of the heap; 0 until it is first used.
var first_address: usize = 0;
/// First address that was never handed out.
var next_address: usize = undefined;

pub const allocator: std.mem.Allocator = .{
    // There is one heap, in this file's variables.
    .ptr = undefined,
    .vtable = &.{ .alloc = allocate, .resize = resize, .remap = remap, .free = free },
};

fn allocate(_: *anyopaque, size: usize, alignment: Alignment, _: usize) ?[*]u8 {
    // Slots up to a page are aligned to their size, larger ones to a page.
    if (alignment.toByteUnits() > page_size) return null;
    const slot_size = slotSize(@max(size, alignment.toByteUnits())) orelse return null;
    const class = std.math.log2_int(usize, slot_size);
    if (free_slots[class] != 0) {
        const slot: *usize = @ptrFromInt(free_slots[class]);
        free_slots[class] = slot.*;
        return @ptrCast(slot);
    }
    if (slot_size >= piece_size) return fillVacant(class, slot_size) orelse takePages(slot_size);
    if (rest_start[class] == rest_end[class]) {
        rest_start[class] = @intFromPtr(takePages(piece_size) orelse return null);
        rest_end[class] = rest_start[class] + piece_size;
    }
    const slot = rest_start[class];
    rest_start[class] += slot_size;
    assert(rest_start[class] <= rest_end[class]);
    return @ptrFromInt(slot);
}

/// A vacant slot with page frames again. Null: no slot, or no frames.
fn fillVacant(class: usize, slot_size: usize) ?[*]u8 {
    const vacant = vacant_slots[class] orelse return null;
    const address = vacant.address;
    vm.allocateAt(address, slot_size, .zeroed) catch return null;
    vacant_slots[class] = vacant.next;
    allocator.destroy(vacant);
    return @ptrFromInt(address);
}

/// The heap's first address, another one at each boot.
pub fn start() usize {
    if (first_address == 0) {
        const place = arch.randomSeed() % (1 << place_bits);
        first_address = abi.heap_region_base + place * page_size;
        next_address = first_address;
    }
    return first_address;
}

fn slotSize(size: usize) ?usize {
    return std.math.ceilPowerOfTwo(usize, @max(size, slot_size_min)) catch null;
}

fn takePages(size: usize) ?[*]u8 {
    assert(size % page_size == 0);
    _ = start();
    if (size > abi.heap_region_size - (next_address - abi.heap_region_base)) return null;
    vm.allocateAt(next_address, size, .zeroed) catch return null;
    const pages: [*]u8 = @ptrFromInt(next_address);
    next_address += size;
    return pages;
}

/// Only within the slot: what does not fit moves.
fn resize(_: *anyopaque, memory: []u8, alignment: Alignment, size: usize, _: usize) bool {
    const slot_size = slotSize(@max(memory.len, alignment.toByteUnits())).?;
    return slotSize(@max(size, alignment.toByteUnits())) == slot_size;
}

fn remap(
    context: *anyopaque,
    memory: []u8,
    alignment: Alignment,
    size: usize,
    caller: usize,
) ?[*]u8 {
    return if (resize(context, memory, alignment, size, caller)) memory.ptr else null;
}

fn free(_: *anyopaque, memory: []u8, alignment: Alignment, _: usize) void {
    const slot_size = slotSize(@max(memory.len, alignment.toByteUnits())).?;
    const class = std.math.log2_int(usize, slot_size);
    if (slot_size >= piece_size) {
        // Without memory for the note, the frames stay where they are.
        if (allocator.create(Vacant)) |vacant| {
            const address = @intFromPtr(memory.ptr);
            vm.release(address, slot_size);
            vacant.* = .{ .address = address, .next = vacant_slots[class] };
            vacant_slots[class] = vacant;
            return;
        } else |_| {}
    }
    const slot: *usize = @ptrCast(@alignCast(memory.ptr));
    slot.* = free_slots[class];
    free_slots[class] = @intFromPtr(slot);
}
