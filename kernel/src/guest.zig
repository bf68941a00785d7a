// SPDX-License-Identifier: Apache-2.0
//! Guest pointers: the one place where an offset into linear memory 0 becomes an address.
//!
//! What a program passes is a number that it chose. Each function here checks that all bytes it
//! is about to touch exist right now, in 64-bit arithmetic that cannot wrap, or says Fault.
//! Memories never shrink, so a slice stays good for the rest of the call.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const platform = @import("platform.zig");

pub const Error = error{Fault};

/// The `size` bytes at `pointer`. An empty slice may begin at the very end of the memory.
pub fn bytes(pointer: u32, size: u64) Error![]u8 {
    const memory_size = platform.linearMemorySizeBytes();
    if (pointer > memory_size or size > memory_size - pointer) return error.Fault;
    // Without a memory there is no address; an empty slice needs none.
    if (size == 0) return &.{};
    const first: [*]u8 = @ptrFromInt(abi.linear_memory_base + @as(u64, pointer));
    return first[0..size];
}

/// `count` values of T, which may lie at any address: Wasm knows no alignment.
pub fn array(comptime T: type, pointer: u32, count: u32) Error![]align(1) T {
    const size = @as(u64, count) * @sizeOf(T);
    return std.mem.bytesAsSlice(T, try bytes(pointer, size));
}

/// Where one value of T is to be stored. Taken before the work whose result it gets, so that a
/// bad pointer leaves nothing done.
pub fn place(comptime T: type, pointer: u32) Error!*align(1) T {
    return @ptrCast(try bytes(pointer, @sizeOf(T)));
}

/// Buffers of a scattered read or write: pairs of pointer and size.
///
/// The list is copied, since what is read may be read over it: a call touches what its arguments
/// said when it began, and nothing that they say later.
pub const Vectors = struct {
    list: []const Vector,
    /// Sum of all sizes.
    total: u32,

    const Vector = extern struct { pointer: u32, size: u32 };

    /// As many as Linux allows (IOV_MAX).
    pub const count_max = 1024;

    /// Of the call that is running; there is one at a time.
    var copies: [count_max]Vector = undefined;

    /// Checks every buffer. Invalid: too many of them, or their sum does not fit 32 bits.
    pub fn init(pointer: u32, count: u32) (Error || error{Inval})!Vectors {
        if (count > count_max) return error.Inval;
        const list = copies[0..count];
        @memcpy(list, try array(Vector, pointer, count));
        var total: u64 = 0;
        for (list) |vector| {
            _ = try bytes(vector.pointer, vector.size);
            total += vector.size;
        }
        assert(total <= @as(u64, count_max) << 32);
        const sum = std.math.cast(u32, total) orelse return error.Inval;
        return .{ .list = list, .total = sum };
    }

    /// Buffer `index`, which has been checked.
    pub fn get(vectors: Vectors, index: usize) []u8 {
        const vector = vectors.list[index];
        return bytes(vector.pointer, vector.size) catch unreachable;
    }

    pub fn length(vectors: Vectors) usize {
        assert(vectors.list.len <= count_max);
        return vectors.list.len;
    }
};
