// SPDX-License-Identifier: Apache-2.0
//! The program's stack: at a random place in its region, everything below it unmapped.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("../generated/abi.zig");
/// Each system has its own.
const vm = @import("root").vm;
const frame_size = @import("frames.zig").frame_size;

/// Never mapped below the stack. Compiled programs touch each page of a large frame in order, but
/// kernel functions that run on this stack do not: no frame of theirs comes near this size.
const guard_bytes = 16 << 20;

/// Random page offsets: 2^24 places of 4 KiB in the 64 GiB above the guard.
const place_bits = 24;

/// Both 0 until there is a stack.
var first: u64 = 0;
var top: u64 = 0;

/// The part that every program uses.
const near_bytes = 16 << 10;

/// Its address is the size that the image was linked for.
const linked_size = @extern(?*const u8, .{ .name = abi.stack_size, .linkage = .weak });

/// Size to create a stack with, in bytes: what the link asked for, else `default`.
pub fn sizeOr(default: u64) u64 {
    const size: u64 = @intFromPtr(linked_size);
    return if (size == 0) default else size;
}

/// Maps a stack of `size` bytes and returns its top. `random` picks the place.
/// Most of it is not touched: what the program never reaches costs nothing.
pub fn create(size: u64, random: u64) vm.Error!u64 {
    assert(size > near_bytes and size % frame_size == 0);
    assert(top == 0);
    const place = random % (1 << place_bits);
    const base = abi.stack_region_base + guard_bytes + place * frame_size;
    try vm.allocateAt(base, size - near_bytes, .undefined);
    try vm.allocateAt(base + size - near_bytes, near_bytes, .zeroed);
    first = base;
    top = base + size;
    return top;
}

/// First byte of the stack.
pub fn start() u64 {
    return first;
}

/// First byte above the stack.
pub fn end() u64 {
    return top;
}

pub fn holds(address: u64) bool {
    assert(first <= top);
    return address >= first and address < top;
}

/// True for an address that only an overflowing stack can reach.
pub fn isGuard(address: u64) bool {
    assert(first <= top);
    return address >= abi.stack_region_base and address < first;
}
