// SPDX-License-Identifier: Apache-2.0
//! Tables that can grow: arrays at fixed addresses with room to their limit, so they never move.
//! The object ABI's `mew.table_create` and `mew.table_grow` (docs/reference/abi.md).

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("../generated/abi.zig");
/// Each system has its own.
const calls = @import("root").calls;
const vm = @import("root").vm;
const frame_size = @import("frames.zig").frame_size;

const Element = ?*anyopaque;

/// The object's view of one table; the object owns it, we write `elements` and `size`.
pub const Table = extern struct {
    elements: ?[*]Element,
    size: u64,
    max_size: u64,
};

/// Limit on growable tables, over all linked modules.
pub const tables_max = 256;
var next_base: u64 = abi.table_region_base;

const failed: u64 = std.math.maxInt(u64);

comptime {
    @export(&create, .{ .name = abi.table_create });
    @export(&grow, .{ .name = abi.table_grow });
}

/// 0, or 1 when there is not enough memory or no room for another table.
fn create(table: *Table) callconv(.c) u32 {
    calls.enter();
    defer calls.leave();
    if (table.size > table.max_size or table.size > size_max) return 1;
    const end = next_base + abi.table_region_stride;
    if (end > abi.table_region_base + tables_max * abi.table_region_stride) return 1;
    // Zeroed pages are null elements.
    vm.allocateAt(next_base, mappedBytes(table.size), .zeroed) catch return 1;
    table.elements = @ptrFromInt(next_base);
    next_base = end;
    assert(next_base % abi.table_region_stride == 0);
    return 0;
}

/// The size before, in elements; all ones when refused, and then nothing has changed.
fn grow(table: *Table, delta: u64, value: Element) callconv(.c) u64 {
    calls.enter();
    defer calls.leave();
    const old_size = table.size;
    assert(old_size <= table.max_size);
    if (delta > table.max_size - old_size or delta > size_max -| old_size) return failed;
    const elements = table.elements.?;
    const mapped = mappedBytes(old_size);
    const more = mappedBytes(old_size + delta) - mapped;
    vm.allocateAt(@intFromPtr(elements) + mapped, more, .zeroed) catch return failed;
    @memset(elements[old_size .. old_size + delta], value);
    table.size = old_size + delta;
    assert(table.size <= table.max_size);
    return old_size;
}

/// A stride keeps one unmapped page behind the last element that fits.
const size_max = abi.table_region_stride / @sizeOf(Element) - frame_size;

fn mappedBytes(size: u64) u64 {
    assert(size <= size_max);
    return std.mem.alignForward(u64, size * @sizeOf(Element), frame_size);
}
