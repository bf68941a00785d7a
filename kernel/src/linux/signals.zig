// SPDX-License-Identifier: Apache-2.0
//! Processor exceptions as Linux delivers them: signals, with the processor's own numbers inside.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const faults = @import("../faults.zig");

/// The program's stack may be the reason for the signal.
var handler_stack: [64 << 10]u8 align(16) = undefined;

/// From here on a fault is reported by name.
pub fn catchFaults() void {
    const stack: linux.stack_t = .{ .sp = &handler_stack, .flags = 0, .size = handler_stack.len };
    assert(linux.errno(linux.sigaltstack(&stack, null)) == .SUCCESS);
    const action: linux.Sigaction = .{
        .handler = .{ .sigaction = handle },
        .mask = std.mem.zeroes(linux.sigset_t),
        // A fault while reporting must be seen too: end.zig tells it apart.
        .flags = linux.SA.SIGINFO | linux.SA.ONSTACK | linux.SA.NODEFER,
    };
    for ([_]linux.SIG{ .SEGV, .BUS, .ILL, .FPE }) |signal| {
        assert(linux.errno(linux.sigaction(signal, &action, null)) == .SUCCESS);
    }
}

/// asm/ucontext.h and asm/sigcontext.h of x86-64; what follows is not needed.
const Context = extern struct {
    flags: u64,
    link: u64,
    stack: linux.stack_t,
    r8: u64,
    r9: u64,
    r10: u64,
    r11: u64,
    r12: u64,
    r13: u64,
    r14: u64,
    r15: u64,
    rdi: u64,
    rsi: u64,
    rbp: u64,
    rbx: u64,
    rdx: u64,
    rax: u64,
    rcx: u64,
    rsp: u64,
    rip: u64,
    eflags: u64,
    segments: u64,
    error_code: u64,
    vector: u64,
    old_mask: u64,
    cr2: u64,
};

comptime {
    assert(@offsetOf(Context, "r8") == 40);
    assert(@offsetOf(Context, "cr2") == 40 + 22 * 8);
}

/// Vectors of the Intel SDM, vol. 3, table 6-1.
const vector_divide_error = 0;
const vector_invalid_opcode = 6;
const vector_page_fault = 14;

/// Bits of a page fault's error code (Intel SDM, vol. 3, 4.7).
const error_write = 1 << 1;
const error_fetch = 1 << 4;

fn handle(signal: linux.SIG, info: *const linux.siginfo_t, raw: ?*anyopaque) callconv(.c) void {
    const context: *const Context = @ptrCast(@alignCast(raw.?));
    // Sent by a process, not by the processor: the numbers in the context are stale.
    if (info.code <= 0) endAsSignal(signal);
    faults.handle(.{
        .instruction = context.rip,
        .frame_pointer = context.rbp,
        .stack_pointer = context.rsp,
        .error_code = context.error_code,
        .name = @tagName(signal),
        .cause = switch (context.vector) {
            vector_page_fault => .{ .page_fault = .{
                .address = context.cr2,
                .access = accessOf(context.error_code),
            } },
            vector_divide_error => .divide_error,
            vector_invalid_opcode => .invalid_opcode,
            else => .other,
        },
    });
}

fn accessOf(error_code: u64) faults.Access {
    if (error_code & error_fetch != 0) return .execute;
    return if (error_code & error_write != 0) .write else .read;
}

/// As if there had been no handler.
fn endAsSignal(signal: linux.SIG) noreturn {
    const action: linux.Sigaction = .{
        .handler = .{ .handler = linux.SIG.DFL },
        .mask = std.mem.zeroes(linux.sigset_t),
        .flags = 0,
    };
    _ = linux.sigaction(signal, &action, null);
    _ = linux.tgkill(linux.getpid(), linux.gettid(), signal);
    unreachable;
}
