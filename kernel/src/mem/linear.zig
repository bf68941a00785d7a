// SPDX-License-Identifier: Apache-2.0
//! Linear memories: reserved windows of address space whose first `pages` Wasm pages are mapped.
//! The object ABI's `mew.memory_create` and `mew.memory_grow` (docs/reference/abi.md).

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("../generated/abi.zig");
/// Each system has its own.
const calls = @import("root").calls;
const vm = @import("root").vm;
const Place = @import("../trap.zig").Place;

/// The object's view of one memory; the object owns it, we write `base` and `pages`.
pub const Memory = extern struct {
    base: ?[*]u8,
    pages: u64,
    max_pages: u64,
    window_bytes: u64,
};

/// Addresses that only linear memory 0 may use.
pub const window_start = abi.linear_memory_base;
pub const window_size = abi.linear_memory_window;

/// Limit on memories other than memory 0, over all linked modules.
pub const extra_memories_max = 64;

/// Linear memory 0: the one that WASI pointers are offsets into.
var memory_zero: ?*const Memory = null;
var extra_memories: [extra_memories_max]*const Memory = undefined;
var extra_count: usize = 0;
var extra_next_base: u64 = abi.extra_memory_base;

const failed: u64 = std.math.maxInt(u64);

comptime {
    @export(&create, .{ .name = abi.memory_create });
    @export(&grow, .{ .name = abi.memory_grow });
}

/// 0, or 1 when there is not enough memory, address space or room in our list.
fn create(memory: *Memory) callconv(.c) u32 {
    calls.enter();
    defer calls.leave();
    if (memory.pages > memory.max_pages) return 1;
    if (memory.pages > memory.window_bytes / abi.wasm_page_size) return 1;
    const base = if (memory.base) |given| @intFromPtr(given) else reserve(memory) orelse return 1;
    if (base == abi.linear_memory_base and memory_zero != null) return 1;
    vm.allocateAt(base, memory.pages * abi.wasm_page_size, .zeroed) catch return 1;
    memory.base = @ptrFromInt(base);
    if (base == abi.linear_memory_base) {
        assert(memory.window_bytes <= abi.linear_memory_window);
        memory_zero = memory;
    } else {
        extra_memories[extra_count] = memory;
        extra_count += 1;
    }
    return 0;
}

/// Address space for a further memory: whole strides, so that each window ends in a guard.
fn reserve(memory: *const Memory) ?u64 {
    if (extra_count == extra_memories_max) return null;
    if (memory.window_bytes > abi.stack_region_base - abi.extra_memory_base) return null;
    const base = extra_next_base;
    const strides = memory.window_bytes / abi.extra_memory_stride + 1;
    const end = base + strides * abi.extra_memory_stride;
    if (end > abi.stack_region_base) return null;
    extra_next_base = end;
    assert(base % abi.extra_memory_stride == 0);
    return base;
}

/// The size before, in Wasm pages; all ones when refused, and then nothing has changed.
fn grow(memory: *Memory, delta_pages: u64) callconv(.c) u64 {
    calls.enter();
    defer calls.leave();
    const old_pages = memory.pages;
    assert(old_pages <= memory.max_pages);
    if (delta_pages > memory.max_pages - old_pages) return failed;
    if (delta_pages > memory.window_bytes / abi.wasm_page_size - old_pages) return failed;
    const end = @intFromPtr(memory.base.?) + old_pages * abi.wasm_page_size;
    vm.allocateAt(end, delta_pages * abi.wasm_page_size, .zeroed) catch return failed;
    memory.pages = old_pages + delta_pages;
    return old_pages;
}

/// Bytes of linear memory 0 that exist now.
pub fn sizeBytes() u64 {
    const memory = memory_zero orelse return 0;
    return memory.pages * abi.wasm_page_size;
}

/// Says which linear memory's window an address lies in, if any.
pub fn locate(address: u64) ?Place {
    if (address -% abi.linear_memory_base < abi.linear_memory_window) return .{
        .linear_memory = .{
            .offset = address - abi.linear_memory_base,
            .size_bytes = sizeBytes(),
        },
    };
    for (extra_memories[0..extra_count]) |memory| {
        const offset = address -% @intFromPtr(memory.base.?);
        if (offset < memory.window_bytes) return .{
            .linear_memory = .{
                .offset = offset,
                .size_bytes = memory.pages * abi.wasm_page_size,
            },
        };
    }
    return null;
}
