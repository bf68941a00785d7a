// SPDX-License-Identifier: Apache-2.0
//! Return addresses by frame pointers: every object is compiled with them.

const std = @import("std");
const assert = std.debug.assert;

/// The part of a stack that may be read, end not included.
pub const Stack = struct { start: u64, end: u64 };

/// What a frame pointer points to (System V ABI, AMD64 supplement, figure 3.3).
const Frame = extern struct { caller: u64, return_address: u64 };

/// Walks from the innermost code address outwards. Trusts nothing: a frame must lie in `stack`,
/// be aligned and lie above the one before, so a damaged chain ends the walk.
pub const Walk = struct {
    stack: Stack,
    address: ?u64,
    frame: u64,

    pub fn begin(stack: Stack, instruction: u64, frame: u64) Walk {
        assert(stack.start <= stack.end);
        return .{ .stack = stack, .address = instruction, .frame = frame };
    }

    /// The next code address. Those after the first are return addresses, which may lie one past
    /// the end of their function: look up the byte before.
    pub fn next(walk: *Walk) ?u64 {
        const address = walk.address orelse return null;
        assert(address != 0);
        walk.address = null;
        if (walk.frame % @alignOf(Frame) != 0) return address;
        if (walk.frame < walk.stack.start) return address;
        if (walk.stack.end -| walk.frame < @sizeOf(Frame)) return address;
        const frame: *const Frame = @ptrFromInt(walk.frame);
        walk.stack.start = walk.frame + @sizeOf(Frame);
        walk.frame = frame.caller;
        if (frame.return_address != 0) walk.address = frame.return_address;
        return address;
    }
};

const testing = std.testing;

test "a chain is walked to its zero end" {
    var frames: [2]Frame = undefined;
    frames[0] = .{ .caller = @intFromPtr(&frames[1]), .return_address = 0x200 };
    frames[1] = .{ .caller = 0, .return_address = 0x300 };
    const start = @intFromPtr(&frames);
    const stack: Stack = .{ .start = start, .end = start + @sizeOf(@TypeOf(frames)) };
    var walk: Walk = .begin(stack, 0x100, start);
    try testing.expectEqual(0x100, walk.next());
    try testing.expectEqual(0x200, walk.next());
    try testing.expectEqual(0x300, walk.next());
    try testing.expectEqual(null, walk.next());
}

test "a chain that leaves the stack, loops or is crooked ends there" {
    var frame: Frame = .{ .caller = 0, .return_address = 0x200 };
    const place = @intFromPtr(&frame);
    const stack: Stack = .{ .start = place, .end = place + @sizeOf(Frame) };
    const callers = [_]u64{ place, place + 1, place - 16, place + 16, std.math.maxInt(u64) };
    for (callers) |caller| {
        frame.caller = caller;
        var walk: Walk = .begin(stack, 0x100, place);
        try testing.expectEqual(0x100, walk.next());
        try testing.expectEqual(0x200, walk.next());
        try testing.expectEqual(null, walk.next());
    }
}
