// SPDX-License-Identifier: Apache-2.0
//! The C functions that compilers assume: memcpy, memmove, memset, memcmp.
//!
//! An object of its own (rt.o), linked with kernel, Linux host and program alike. Vectors of 16
//! bytes and overlapping ends: no loop runs for less than 128 bytes, and a longer copy stores to
//! aligned addresses. Measured against `rep movsb` from 7 bytes to 32 MiB, source and target
//! aligned differently: faster at every size, and emulators do not make it a loop over bytes.

const Block = @Vector(16, u8);
const block_size = @sizeOf(Block);
/// What a loop moves each time, four registers full. As vectors: arrays of them go over the stack.
const Stride = @Vector(64, u8);
const stride_size = @sizeOf(Stride);
const HalfStride = @Vector(32, u8);

comptime {
    // One function: telling the two directions apart costs a subtraction.
    @export(&move, .{ .name = "memcpy" });
    @export(&move, .{ .name = "memmove" });
    @export(&set, .{ .name = "memset" });
    @export(&compare, .{ .name = "memcmp" });
}

inline fn load(comptime T: type, from: [*]const u8) T {
    return @as(*align(1) const T, @ptrCast(from)).*;
}

inline fn store(comptime T: type, to: [*]u8, value: T) void {
    @as(*align(1) T, @ptrCast(to)).* = value;
}

inline fn storeAligned(to: [*]u8, value: Stride) void {
    @as(*align(block_size) Stride, @ptrCast(@alignCast(to))).* = value;
}

fn move(to: [*]u8, from: [*]const u8, size: usize) callconv(.c) [*]u8 {
    if (size <= 2 * block_size) {
        moveSmall(to, from, size);
    } else if (size <= 8 * block_size) {
        moveMedium(to, from, size);
    } else if (@intFromPtr(to) -% @intFromPtr(from) >= size) {
        moveUp(to, from, size);
    } else {
        moveDown(to, from, size);
    }
    return to;
}

/// Up to 32 bytes: everything is read before anything is written, here and in moveMedium.
inline fn moveSmall(to: [*]u8, from: [*]const u8, size: usize) void {
    if (size >= 16) return moveEnds(Block, to, from, size);
    if (size >= 8) return moveEnds(u64, to, from, size);
    if (size >= 4) return moveEnds(u32, to, from, size);
    if (size >= 2) return moveEnds(u16, to, from, size);
    if (size == 1) to[0] = from[0];
}

/// The first and the last bytes; they may overlap.
inline fn moveEnds(comptime T: type, to: [*]u8, from: [*]const u8, size: usize) void {
    const first = load(T, from);
    const last = load(T, from + size - @sizeOf(T));
    store(T, to, first);
    store(T, to + size - @sizeOf(T), last);
}

/// 33 to 128 bytes.
inline fn moveMedium(to: [*]u8, from: [*]const u8, size: usize) void {
    if (size <= 4 * block_size) return moveEnds(HalfStride, to, from, size);
    return moveEnds(Stride, to, from, size);
}

/// Over 128 bytes, lowest address first: right when `to` is not inside what is still to be read.
fn moveUp(to: [*]u8, from: [*]const u8, size: usize) void {
    // Read before the loop writes over them.
    const first = load(Block, from);
    const last = load(Stride, from + size - stride_size);
    const end = size - stride_size;
    var done: usize = block_size - @intFromPtr(to) % block_size;
    const aligned = load(Stride, from + done);
    store(Block, to, first);
    storeAligned(to + done, aligned);
    done += stride_size;
    while (done < end) : (done += stride_size) {
        storeAligned(to + done, load(Stride, from + done));
    }
    store(Stride, to + end, last);
}

/// Over 128 bytes, highest address first.
fn moveDown(to: [*]u8, from: [*]const u8, size: usize) void {
    const first = load(Stride, from);
    var left: usize = size;
    while (left > stride_size) {
        left -= stride_size;
        store(Stride, to + left, load(Stride, from + left));
    }
    store(Stride, to, first);
}

fn set(to: [*]u8, value: c_int, size: usize) callconv(.c) [*]u8 {
    const byte: u8 = @truncate(@as(c_uint, @bitCast(value)));
    if (size >= block_size) {
        setBlocks(to, byte, size);
    } else {
        const word: u64 = @as(u64, byte) * 0x0101_0101_0101_0101;
        setSmall(to, word, size);
    }
    return to;
}

inline fn setSmall(to: [*]u8, word: u64, size: usize) void {
    if (size >= 8) return setEnds(u64, to, word, size);
    if (size >= 4) return setEnds(u32, to, @truncate(word), size);
    if (size >= 2) return setEnds(u16, to, @truncate(word), size);
    if (size == 1) to[0] = @truncate(word);
}

inline fn setEnds(comptime T: type, to: [*]u8, value: T, size: usize) void {
    store(T, to, value);
    store(T, to + size - @sizeOf(T), value);
}

/// At least 16 bytes.
inline fn setBlocks(to: [*]u8, byte: u8, size: usize) void {
    if (size <= 2 * block_size) return setEnds(Block, to, @splat(byte), size);
    if (size <= 4 * block_size) return setEnds(HalfStride, to, @splat(byte), size);
    const blocks: Stride = @splat(byte);
    store(Block, to, @splat(byte));
    const end = size - stride_size;
    var done: usize = block_size - @intFromPtr(to) % block_size;
    while (done < end) : (done += stride_size) {
        storeAligned(to + done, blocks);
    }
    store(Stride, to + end, blocks);
}

fn compare(left: [*]const u8, right: [*]const u8, size: usize) callconv(.c) c_int {
    var done: usize = 0;
    while (size - done >= 8) : (done += 8) {
        const a = load(u64, left + done);
        const b = load(u64, right + done);
        if (a != b) return if (@byteSwap(a) < @byteSwap(b)) -1 else 1;
    }
    while (done < size) : (done += 1) {
        if (left[done] != right[done]) return if (left[done] < right[done]) -1 else 1;
    }
    return 0;
}
