// SPDX-License-Identifier: Apache-2.0
//! Global descriptor table and task state segment: in long mode they are there for one thing,
//! known-good stacks for exceptions (Intel SDM vol. 3, sections 7.7 and 7.14.5).

const std = @import("std");
const assert = std.debug.assert;

pub const selector_code = 0x08;
const selector_task = 0x18;

/// Which of the task state's stacks a gate switches to; 0 would be none.
pub const InterruptStack = enum(u3) {
    /// Exceptions: the program's stack may be what is broken. Device interrupts too: they come
    /// only while idling, never inside a handler.
    exception = 1,
    /// A fault while handling a fault, and machine checks.
    double_fault = 2,
    /// Can come at any time, also before an exception handler's first instruction.
    non_maskable = 3,
};

/// Report formatting is the deepest thing that runs here.
const exception_stack_size = 32 << 10;
const small_stack_size = 8 << 10;

var exception_stack: [exception_stack_size]u8 align(16) = undefined;
var double_fault_stack: [small_stack_size]u8 align(16) = undefined;
var non_maskable_stack: [small_stack_size]u8 align(16) = undefined;

const TaskState = extern struct {
    reserved_0: u32 align(1) = 0,
    ring_stacks: [3]u64 align(1) = @splat(0),
    reserved_1: u64 align(1) = 0,
    interrupt_stacks: [7]u64 align(1) = @splat(0),
    reserved_2: u64 align(1) = 0,
    reserved_3: u16 align(1) = 0,
    io_map_base: u16 align(1) = @sizeOf(TaskState),

    comptime {
        assert(@sizeOf(TaskState) == 104);
    }
};

var task_state: TaskState = .{};

/// Null, code, data, task state (two slots).
var descriptors: [5]u64 align(16) = .{ 0, 0x00af_9b00_0000_ffff, 0x00cf_9300_0000_ffff, 0, 0 };

const TablePointer = extern struct { limit: u16 align(1), base: u64 align(1) };

fn topOf(comptime stack: anytype) u64 {
    comptime assert(stack.len % 16 == 0);
    return @intFromPtr(stack) + stack.len;
}

/// Loads the final descriptor table. The code and data selectors stay those of boot.S.
pub fn initialize() void {
    const stacks = &task_state.interrupt_stacks;
    stacks[@backingInt(InterruptStack.exception) - 1] = topOf(&exception_stack);
    stacks[@backingInt(InterruptStack.double_fault) - 1] = topOf(&double_fault_stack);
    stacks[@backingInt(InterruptStack.non_maskable) - 1] = topOf(&non_maskable_stack);

    const base = @intFromPtr(&task_state);
    const available_task: u64 = 0x89;
    descriptors[selector_task / 8] = (@sizeOf(TaskState) - 1) |
        (base & 0xff_ffff) << 16 | available_task << 40 | (base >> 24 & 0xff) << 56;
    descriptors[selector_task / 8 + 1] = base >> 32;

    const pointer: TablePointer = .{
        .limit = @sizeOf(@TypeOf(descriptors)) - 1,
        .base = @intFromPtr(&descriptors),
    };
    asm volatile (
        \\ lgdt (%[pointer])
        \\ ltr %[task]
        :
        : [pointer] "r" (&pointer),
          [task] "r" (@as(u16, selector_task)),
        : .{ .memory = true });
}
