// SPDX-License-Identifier: Apache-2.0
//! Memory for payload: blocks with a count of their users, and queues of bytes made of them.
//!
//! A block is in one queue at most: the queue's link is in the block, so that a queue costs no
//! memory but its bytes, and nothing while it is empty.

const std = @import("std");
const assert = std.debug.assert;

pub const block_size = 4096;
/// Blocks that a pool takes from its source at once, if the source has as many.
const run_blocks_max = 64;
const run_blocks_min = 4;

/// Where a pool gets memory from. Nothing is given back.
pub const Source = struct {
    context: ?*anyopaque = null,
    /// Memory of `blocks` blocks, one behind the other; null: there is not as much.
    allocate: *const fn (context: ?*anyopaque, blocks: u32) ?[]align(block_size) u8,
};

pub const Block = struct {
    bytes: *[block_size]u8,
    /// 0: in the pool.
    users: u32 = 0,
    /// Which bytes are the queue's.
    start: u16 = 0,
    end: u16 = 0,
    /// In a queue, which then is one of the users.
    queued: bool = false,
    /// What follows `end` is the queue's to write.
    growable: bool = false,
    /// The next block of the queue, or of the pool.
    next: ?*Block = null,

    fn length(block: *const Block) u32 {
        return block.end - block.start;
    }
};

/// Part of a block. Whoever keeps it longer than the call that passed it retains its block.
pub const Piece = struct {
    block: *Block,
    bytes: []const u8,
};

pub fn retain(block: *Block) void {
    assert(block.users > 0);
    block.users += 1;
}

/// Gives out blocks, up to a limit; grows in runs when it has none.
pub const Pool = struct {
    source: Source,
    blocks_max: u32,
    /// Blocks that only `takeForDevice` gives out: a device that has nowhere to write loses the
    /// very acknowledgements that would free memory.
    device_reserve: u32 = 0,
    free: ?*Block = null,
    free_count: u32 = 0,
    /// Blocks there are, free or used.
    blocks_count: u32 = 0,

    pub fn init(source: Source, blocks_max: u32) Pool {
        return .{ .source = source, .blocks_max = blocks_max };
    }

    /// A block with one user; null: there is none to be had now.
    pub fn take(pool: *Pool) ?*Block {
        if (pool.available() <= pool.device_reserve) return null;
        return pool.takeForDevice();
    }

    /// Same for a device to write to; the last blocks are for it alone.
    pub fn takeForDevice(pool: *Pool) ?*Block {
        if (pool.free == null and !pool.grow()) return null;
        const block = pool.free.?;
        assert(block.users == 0 and !block.queued);
        pool.free = block.next;
        pool.free_count -= 1;
        block.next = null;
        block.users = 1;
        return block;
    }

    pub fn release(pool: *Pool, block: *Block) void {
        assert(block.users > 0);
        block.users -= 1;
        if (block.users > 0) return;
        assert(!block.queued);
        block.next = pool.free;
        pool.free = block;
        pool.free_count += 1;
    }

    /// Blocks that can still be taken, by a device too, if the source has memory for them.
    pub fn available(pool: *const Pool) u32 {
        return pool.free_count + (pool.blocks_max - pool.blocks_count);
    }

    /// Blocks that somebody uses.
    pub fn used(pool: *const Pool) u32 {
        return pool.blocks_count - pool.free_count;
    }

    fn grow(pool: *Pool) bool {
        const wanted = @min(run_blocks_max, pool.blocks_max - pool.blocks_count);
        if (wanted == 0) return false;
        var blocks: u32 = @max(wanted + 1, run_blocks_min);
        while (blocks >= run_blocks_min) : (blocks /= 2) {
            const memory = pool.source.allocate(pool.source.context, blocks) orelse continue;
            pool.add(memory, wanted);
            return true;
        }
        // Not asked again: the source has nothing, and what is out comes back.
        pool.blocks_max = pool.blocks_count;
        pool.device_reserve = @min(pool.device_reserve, pool.blocks_max / 2);
        return false;
    }

    /// The first of the run's blocks holds what is known of the others.
    fn add(pool: *Pool, memory: []align(block_size) u8, blocks_max: u32) void {
        comptime assert(@sizeOf(Block) * run_blocks_max <= block_size);
        const records = std.mem.bytesAsSlice(Block, memory[0..recordsBytes()]);
        const count: u32 = @intCast(@min(blocks_max, memory.len / block_size - 1));
        for (0..count) |index| {
            const start = (index + 1) * block_size;
            const record = &records[index];
            record.* = .{ .bytes = memory[start..][0..block_size], .next = pool.free };
            pool.free = record;
        }
        pool.free_count += count;
        pool.blocks_count += count;
    }

    fn recordsBytes() usize {
        return block_size - block_size % @sizeOf(Block);
    }
};

/// What of a queue fitted into an array of pieces.
pub const Range = struct { count: usize, bytes: u32 };

/// A stream of bytes: grows at its end, shrinks from its front.
pub const Queue = struct {
    first: ?*Block = null,
    last: ?*Block = null,
    /// Bytes.
    count: u32 = 0,
    /// The block where the last range was found, and how many bytes are before it: the next range
    /// is usually behind that one.
    found: ?*Block = null,
    found_offset: u32 = 0,

    /// Copies as much of `bytes` as there is memory for, and returns how much.
    pub fn append(queue: *Queue, pool: *Pool, bytes: []const u8) usize {
        var copied: usize = 0;
        while (copied < bytes.len) {
            const block = queue.writable() orelse queue.extend(pool) orelse break;
            const part: u32 = @intCast(@min(bytes.len - copied, block_size - block.end));
            @memcpy(block.bytes[block.end..][0..part], bytes[copied..][0..part]);
            block.end += @intCast(part);
            queue.count += part;
            copied += part;
        }
        return copied;
    }

    /// Appends without a copy: the queue becomes one more user of the block. False: it is in a
    /// queue already, so its bytes have to be copied.
    pub fn appendPiece(queue: *Queue, piece: Piece) bool {
        const block = piece.block;
        if (block.queued) return false;
        const start = @intFromPtr(piece.bytes.ptr) - @intFromPtr(block.bytes);
        assert(start + piece.bytes.len <= block_size);
        if (piece.bytes.len == 0) return true;
        retain(block);
        block.start = @intCast(start);
        block.end = @intCast(start + piece.bytes.len);
        block.growable = false;
        queue.link(block);
        queue.count += block.length();
        return true;
    }

    /// Moves all of `tail` behind what is here.
    pub fn appendQueue(queue: *Queue, tail: *Queue) void {
        const first = tail.first orelse return;
        if (queue.last) |last| last.next = first else queue.first = first;
        queue.last = tail.last;
        queue.count += tail.count;
        tail.* = .{};
    }

    /// The block to append to without taking another.
    fn writable(queue: *const Queue) ?*Block {
        const block = queue.last orelse return null;
        if (block.end == block_size) return null;
        // Somebody's bytes may follow in a block that came from outside, until it is ours alone.
        return if (block.growable or block.users == 1) block else null;
    }

    fn extend(queue: *Queue, pool: *Pool) ?*Block {
        const block = pool.take() orelse return null;
        block.start = 0;
        block.end = 0;
        block.growable = true;
        queue.link(block);
        return block;
    }

    fn link(queue: *Queue, block: *Block) void {
        assert(!block.queued and block.next == null);
        block.queued = true;
        if (queue.last) |last| last.next = block else queue.first = block;
        queue.last = block;
    }

    /// Finds `length` bytes from `offset` on, which must be there. Fills `into` from its start
    /// with as many pieces as it has room for; does not retain them.
    pub fn pieces(queue: *Queue, offset: u32, length: u32, into: []Piece) Range {
        assert(offset <= queue.count and length <= queue.count - offset);
        var range: Range = .{ .count = 0, .bytes = 0 };
        if (length == 0) return range;
        var at = queue.seek(offset);
        var skip = offset - queue.found_offset;
        while (range.bytes < length and range.count < into.len) {
            const bytes = at.bytes[at.start + skip .. at.end];
            const part: u32 = @intCast(@min(bytes.len, length - range.bytes));
            into[range.count] = .{ .block = at, .bytes = bytes[0..part] };
            range.count += 1;
            range.bytes += part;
            skip = 0;
            if (range.bytes < length) at = at.next.?;
        }
        return range;
    }

    /// The block that holds the byte at `offset`, which is there.
    fn seek(queue: *Queue, offset: u32) *Block {
        assert(offset < queue.count);
        if (queue.found == null or queue.found_offset > offset) {
            queue.found = queue.first;
            queue.found_offset = 0;
        }
        while (offset - queue.found_offset >= queue.found.?.length()) {
            queue.found_offset += queue.found.?.length();
            queue.found = queue.found.?.next;
        }
        return queue.found.?;
    }

    /// Copies what is at the front into `buffers`, in order; returns how much. Drops nothing.
    pub fn copy(queue: *const Queue, buffers: []const []u8) usize {
        var at = queue.first;
        var skip: usize = 0;
        var total: usize = 0;
        for (buffers) |buffer| {
            var filled: usize = 0;
            while (filled < buffer.len) {
                const block = at orelse return total;
                const bytes = block.bytes[block.start + skip .. block.end];
                const part = @min(bytes.len, buffer.len - filled);
                @memcpy(buffer[filled..][0..part], bytes[0..part]);
                filled += part;
                total += part;
                skip += part;
                if (part < bytes.len) continue;
                at = block.next;
                skip = 0;
            }
        }
        return total;
    }

    /// Forgets `bytes` bytes at the front, which must be there.
    pub fn drop(queue: *Queue, pool: *Pool, bytes: u32) void {
        assert(bytes <= queue.count);
        var left = bytes;
        while (left > 0) {
            const block = queue.first.?;
            if (left < block.length()) {
                block.start += @intCast(left);
                break;
            }
            left -= block.length();
            queue.unlinkFirst(pool);
        }
        queue.count -= bytes;
        if (queue.found != null and queue.found_offset >= bytes) {
            queue.found_offset -= bytes;
        } else {
            queue.found = null;
            queue.found_offset = 0;
        }
    }

    fn unlinkFirst(queue: *Queue, pool: *Pool) void {
        const block = queue.first.?;
        if (queue.found == block) queue.found = null;
        queue.first = block.next;
        if (queue.first == null) queue.last = null;
        block.next = null;
        block.queued = false;
        pool.release(block);
    }

    pub fn clear(queue: *Queue, pool: *Pool) void {
        queue.drop(pool, queue.count);
    }
};

/// Memory of an allocator as a source, for tests: what it gave is lost with the allocator.
pub fn testSource(arena: *std.heap.ArenaAllocator) Source {
    return .{ .context = arena, .allocate = allocateForTest };
}

fn allocateForTest(context: ?*anyopaque, blocks: u32) ?[]align(block_size) u8 {
    const arena: *std.heap.ArenaAllocator = @ptrCast(@alignCast(context));
    const alignment = comptime std.mem.Alignment.fromByteUnits(block_size);
    const bytes = @as(usize, blocks) * block_size;
    return arena.allocator().alignedAlloc(u8, alignment, bytes) catch null;
}

const testing = std.testing;

test "a pool gives out as many blocks as its limit, and the last ones to devices only" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var pool: Pool = .init(testSource(&arena), 70);
    pool.device_reserve = 2;
    var taken: [70]*Block = undefined;
    for (taken[0..68]) |*block| block.* = pool.take().?;
    try testing.expectEqual(null, pool.take());
    for (taken[68..]) |*block| block.* = pool.takeForDevice().?;
    try testing.expectEqual(null, pool.takeForDevice());
    try testing.expectEqual(70, pool.used());
    retain(taken[3]);
    for (taken) |block| pool.release(block);
    try testing.expectEqual(1, pool.used());
    pool.release(taken[3]);
    try testing.expectEqual(70, pool.available());
}

test "a source without memory ends a pool's growth" {
    const nothing: Source = .{ .allocate = struct {
        fn allocate(_: ?*anyopaque, _: u32) ?[]align(block_size) u8 {
            return null;
        }
    }.allocate };
    var pool: Pool = .init(nothing, 10);
    try testing.expectEqual(null, pool.take());
    try testing.expectEqual(0, pool.available());
}

test "a queue keeps the order of what was appended, copied and not" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var pool: Pool = .init(testSource(&arena), 16);
    var queue: Queue = .{};
    try testing.expectEqual(3, queue.append(&pool, "abc"));
    const block = pool.take().?;
    @memcpy(block.bytes[10..14], "defg");
    try testing.expect(queue.appendPiece(.{ .block = block, .bytes = block.bytes[10..13] }));
    try testing.expect(!queue.appendPiece(.{ .block = block, .bytes = block.bytes[13..14] }));
    // The block is still another's: nothing is written behind the piece.
    try testing.expectEqual(1, queue.append(&pool, "h"));
    try testing.expectEqual("g"[0], block.bytes[13]);
    pool.release(block);
    try testing.expectEqual(3, pool.used());
    var first: [4]u8 = undefined;
    var second: [9]u8 = undefined;
    try testing.expectEqual(7, queue.copy(&.{ &first, &second }));
    try testing.expectEqualStrings("abcd", &first);
    try testing.expectEqualStrings("efh", second[0..3]);
    var parts: [2]Piece = undefined;
    try testing.expectEqual(Range{ .count = 2, .bytes = 4 }, queue.pieces(2, 5, &parts));
    try testing.expectEqualStrings("c", parts[0].bytes);
    try testing.expectEqualStrings("def", parts[1].bytes);
    queue.drop(&pool, 4);
    try testing.expectEqual(Range{ .count = 2, .bytes = 3 }, queue.pieces(0, 3, &parts));
    try testing.expectEqualStrings("ef", parts[0].bytes);
    queue.clear(&pool);
    try testing.expectEqual(0, pool.used());
}

test "queues behave as an array of bytes" {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var pool: Pool = .init(testSource(&arena), 64);
    var prng: std.Random.DefaultPrng = .init(7);
    const random = prng.random();
    var model: std.ArrayList(u8) = .empty;
    defer model.deinit(testing.allocator);
    var queue: Queue = .{};
    var text: [9000]u8 = undefined;
    random.bytes(&text);
    for (0..4000) |_| {
        const length = random.uintAtMost(usize, text.len);
        switch (random.uintLessThan(u8, 4)) {
            0 => {
                const copied = queue.append(&pool, text[0..length]);
                try model.appendSlice(testing.allocator, text[0..copied]);
            },
            1 => {
                var tail: Queue = .{};
                const copied = tail.append(&pool, text[0 .. length / 4]);
                queue.appendQueue(&tail);
                try model.appendSlice(testing.allocator, text[0..copied]);
            },
            2 => {
                const dropped = @min(length, model.items.len);
                queue.drop(&pool, @intCast(dropped));
                try model.replaceRange(testing.allocator, 0, dropped, "");
            },
            else => try expectRange(&queue, model.items, random),
        }
        try testing.expectEqual(model.items.len, queue.count);
    }
    queue.clear(&pool);
    try testing.expectEqual(0, pool.used());
}

fn expectRange(queue: *Queue, model: []const u8, random: std.Random) !void {
    const offset = random.uintAtMost(usize, model.len);
    const length = random.uintAtMost(usize, model.len - offset);
    var parts: [5]Piece = undefined;
    const range = queue.pieces(@intCast(offset), @intCast(length), &parts);
    var at = offset;
    for (parts[0..range.count]) |part| {
        try testing.expectEqualSlices(u8, model[at..][0..part.bytes.len], part.bytes);
        at += part.bytes.len;
    }
    try testing.expectEqual(at - offset, range.bytes);
    try testing.expect(range.bytes == length or range.count == parts.len);
}
