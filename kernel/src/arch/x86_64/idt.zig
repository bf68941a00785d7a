// SPDX-License-Identifier: Apache-2.0
//! Interrupt descriptor table and the one place where exceptions arrive.

const std = @import("std");
const assert = std.debug.assert;
const cpu = @import("cpu.zig");
const segments = @import("segments.zig");
const faults = @import("../../faults.zig");
const apic = @import("apic.zig");
const stop = @import("../../stop.zig");
const stack = @import("../../mem/stack.zig");

/// Exception vectors (Intel SDM vol. 3, table 6-1).
const vector_divide_error = 0;
const vector_non_maskable = 2;
const vector_invalid_opcode = 6;
const vector_double_fault = 8;
const vector_page_fault = 14;
const vector_machine_check = 18;
const vectors_reserved = 32;

/// As in interrupts.S.
const stub_size = 16;
const stub_count = 48;
extern const interrupt_stubs: u8;

/// Stack content at handleInterrupt; the order is that of interrupts.S and of the processor.
pub const Frame = extern struct {
    r15: u64,
    r14: u64,
    r13: u64,
    r12: u64,
    r11: u64,
    r10: u64,
    r9: u64,
    r8: u64,
    rdi: u64,
    rsi: u64,
    rbp: u64,
    rbx: u64,
    rdx: u64,
    rcx: u64,
    rax: u64,
    vector: u64,
    error_code: u64,
    rip: u64,
    cs: u64,
    rflags: u64,
    rsp: u64,
    ss: u64,
};

const Gate = packed struct(u128) {
    offset_low: u16,
    selector: u16,
    interrupt_stack: segments.InterruptStack,
    reserved_0: u5 = 0,
    kind: u4 = 0xe, // interrupt gate: interrupts are off in the handler
    zero: u1 = 0,
    privilege: u2 = 0,
    present: bool = true,
    offset_high: u48,
    reserved_1: u32 = 0,
};

var gates: [stub_count]Gate align(16) = undefined;

const TablePointer = extern struct { limit: u16 align(1), base: u64 align(1) };

/// Caller requirements: segments.initialize() has run.
pub fn initialize() void {
    for (&gates, 0..) |*gate, vector| {
        const offset = @intFromPtr(&interrupt_stubs) + vector * stub_size;
        gate.* = .{
            .offset_low = @truncate(offset),
            .selector = segments.selector_code,
            .interrupt_stack = .exception,
            .offset_high = @truncate(offset >> 16),
        };
    }
    gates[vector_non_maskable].interrupt_stack = .non_maskable;
    gates[vector_double_fault].interrupt_stack = .double_fault;
    gates[vector_machine_check].interrupt_stack = .double_fault;
    const pointer: TablePointer = .{
        .limit = @sizeOf(@TypeOf(gates)) - 1,
        .base = @intFromPtr(&gates),
    };
    asm volatile ("lidt (%[pointer])"
        :
        : [pointer] "r" (&pointer),
        : .{ .memory = true });
}

/// Called by interrupts.S. Returns for interrupts, never for exceptions.
export fn handleInterrupt(frame: *Frame) void {
    assert(frame.vector < stub_count);
    if (frame.vector >= vectors_reserved) return apic.acknowledge(frame.vector);
    if (frame.vector == vector_non_maskable) return handleNonMaskable(frame);
    faults.handle(.{
        .instruction = frame.rip,
        .frame_pointer = frame.rbp,
        .stack_pointer = frame.rsp,
        .error_code = frame.error_code,
        .name = exceptionName(frame.vector),
        .cause = switch (frame.vector) {
            vector_divide_error => .divide_error,
            vector_invalid_opcode => .invalid_opcode,
            vector_page_fault => .{ .page_fault = .{
                .address = cpu.readFaultAddress(),
                .access = accessOf(frame.error_code),
            } },
            else => .other,
        },
    });
}

/// A request to end (stop.zig).
fn handleNonMaskable(frame: *Frame) void {
    switch (stop.request()) {
        .go_on => {},
        // Pending where interrupts are off, so the processor does not idle before it has come.
        .wake => apic.interruptSelf(),
        .end => {
            // The program's stack, from its top: the program is over.
            frame.rip = @intFromPtr(&stopProgram);
            frame.rsp = stack.end() - @sizeOf(u64);
            frame.rbp = 0;
        },
    }
}

fn stopProgram() callconv(.c) noreturn {
    stop.finish();
}

/// From a page fault's error code (Intel SDM vol. 3, figure 4-12).
fn accessOf(error_code: u64) faults.Access {
    const write = 1 << 1;
    const instruction_fetch = 1 << 4;
    if (error_code & instruction_fetch != 0) return .execute;
    return if (error_code & write != 0) .write else .read;
}

fn exceptionName(vector: u64) []const u8 {
    assert(vector < vectors_reserved);
    return switch (vector) {
        vector_divide_error => "divide error",
        1 => "debug exception",
        vector_non_maskable => "non-maskable interrupt",
        3 => "breakpoint",
        4 => "overflow",
        5 => "bound range exceeded",
        vector_invalid_opcode => "invalid opcode",
        7 => "device not available",
        vector_double_fault => "double fault",
        10 => "invalid task state",
        11 => "segment not present",
        12 => "stack-segment fault",
        13 => "general protection fault",
        vector_page_fault => "page fault",
        16 => "x87 floating-point error",
        17 => "alignment check",
        vector_machine_check => "machine check",
        19 => "SIMD floating-point exception",
        20 => "virtualization exception",
        21 => "control protection exception",
        else => "reserved exception",
    };
}
