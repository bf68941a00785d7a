// SPDX-License-Identifier: Apache-2.0
//! The Linux host: the same program objects as a static executable, WASI over system calls.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const cpu = @import("arch/x86_64/cpu.zig");
const signals = @import("linux/signals.zig");
const stack = @import("mem/stack.zig");

/// For platform.zig, filesystem.zig, network.zig, faults.zig and mem/*.zig.
pub const platform = @import("linux/platform.zig");
pub const filesystem = @import("linux/filesystem.zig");
pub const network = @import("linux/network.zig");
pub const vm = @import("linux/vm.zig");
pub const end = @import("linux/end.zig");
/// For whatever the program calls: Linux delivers signals at any time.
pub const calls = struct {
    pub inline fn enter() void {}
    pub inline fn leave() void {}
};

pub const panic = std.debug.FullPanic(panicHandler);

comptime {
    // Exported to programs; kept or dropped one by one when an image is linked.
    _ = @import("mem/linear.zig");
    _ = @import("mem/table.zig");
    _ = @import("wasi/exports.zig");
}

/// The program.
extern fn mew_start() callconv(.c) void;
/// Its address is the psABI level that the program was compiled for.
const required_level_symbol = @extern(?*const u8, .{ .name = abi.cpu_level, .linkage = .weak });

/// What a main thread gets on Linux. Untouched pages cost nothing.
const default_stack_size = 8 << 20;

/// SSE control at reset: round to nearest, all exceptions masked.
const mxcsr_reset: u32 = 0x1f80;

/// Linux enters here with `argc argv... 0 envp... 0 auxv...` on the stack (System V ABI, AMD64
/// supplement, figure 3.9) and every register but rsp undefined.
export fn _start() callconv(.naked) noreturn {
    asm volatile (
        \\ xor %%ebp, %%ebp
        \\ mov %%rsp, %%rdi
        \\ and $-16, %%rsp
        \\ call linuxStart
        \\ ud2
    );
}

export fn linuxStart(initial_stack: [*]const usize) callconv(.c) noreturn {
    const argument_count = initial_stack[0];
    const argument_list: platform.List = @ptrCast(initial_stack + 1);
    const environment_list: platform.List = @ptrCast(initial_stack + 1 + argument_count + 1);
    const has_streams = platform.initialize(argument_list, environment_list);
    auxiliary_vector = @ptrCast(@alignCast(platform.afterList(environment_list)));
    signals.catchFaults();
    if (!has_streams) end.refuse("a standard stream is closed, and so is /dev/null", .{});
    vm.initialize() catch end.refuse("the address space of linear memory is taken", .{});
    checkCpuLevel();
    var random: u64 = undefined;
    platform.randomBytes(std.mem.asBytes(&random)) catch end.refuse("no random bytes", .{});
    const stack_size = stack.sizeOr(default_stack_size);
    const top = stack.create(stack_size, random) catch
        end.refuse("no memory for a stack of {d} KiB", .{stack_size / 1024});
    callOnStack(top);
}

var auxiliary_vector: [*]const std.elf.Auxv = undefined;

/// std.os.linux finds the vDSO with it: clocks then cost no system call.
export fn getauxval(kind: usize) callconv(.c) usize {
    var rest = auxiliary_vector;
    while (rest[0].a_type != std.elf.AT.NULL) : (rest += 1) {
        if (rest[0].a_type == kind) return rest[0].a_un.a_val;
    }
    return 0;
}

fn callOnStack(stack_top: u64) noreturn {
    assert(stack_top % 16 == 0);
    asm volatile (
        \\ fninit
        \\ ldmxcsr (%[mxcsr])
        \\ mov %[stack_top], %%rsp
        \\ xor %%ebp, %%ebp
        \\ call *%[function]
        \\ ud2
        :
        : [mxcsr] "r" (&mxcsr_reset),
          [stack_top] "r" (stack_top),
          [function] "r" (&runProgram),
        : .{ .memory = true });
    unreachable;
}

fn runProgram() callconv(.c) noreturn {
    mew_start();
    platform.exit(0);
}

fn checkCpuLevel() void {
    const required: u64 = @intFromPtr(required_level_symbol);
    const features: cpu.Features = .read();
    const found = features.level();
    if (required > found) end.refuse(
        "the program was compiled for x86-64-v{d}, this CPU is x86-64-v{d}; compile it for v{d}",
        .{ required, found, found },
    );
}

fn panicHandler(message: []const u8, return_address: ?usize) noreturn {
    @branchHint(.cold);
    const frame = @frameAddress();
    end.panic(message, end.beginWalk(frame, return_address orelse @returnAddress(), frame));
}
