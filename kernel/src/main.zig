// SPDX-License-Identifier: Apache-2.0
//! The unikernel: from the monitor's jump to the program's first instruction.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const arch = @import("arch/interface.zig");
const console = @import("console.zig");
const settings = @import("settings.zig");
const stack = @import("mem/stack.zig");
const stop = @import("stop.zig");

/// For platform.zig.
pub const platform = @import("unikernel.zig");
/// For filesystem.zig.
pub const filesystem = @import("fs/mounts.zig");
/// For network.zig.
pub const network = @import("uplink.zig");
/// For faults.zig.
pub const end = @import("end.zig");
/// For whatever the program calls.
pub const calls = stop;
/// For mem/linear.zig, mem/table.zig and mem/stack.zig.
pub const vm = @import("mem/vm.zig");

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
const required_level_symbol = @extern(?*const u8, .{ .name = "mew.cpu_level", .linkage = .weak });

/// `handle` is what the monitor passed; boot.S calls this on the boot stack, interrupts off.
export fn kernelStart(handle: u32) callconv(.c) noreturn {
    console.initialize();
    arch.catchExceptions();
    if (!arch.readMemoryMap(handle, &vm.frames)) end.refuse("the monitor gave no memory map", .{});
    if (!arch.enableFeatures()) end.refuse("the CPU has no execute-disable bit (NX)", .{});
    checkCpuLevel();
    vm.initialize(arch.largestPagesUsable()) catch refuseMemory();
    const stack_size = stack.sizeOr(abi.default_stack_size);
    const top = stack.create(stack_size, arch.randomSeed()) catch end.refuse(
        "not enough memory for a stack of {d} KiB: {d} KiB left; " ++
            "give the VM more, or link with a smaller stack",
        .{ stack_size / 1024, vm.freeBytes() / 1024 },
    );
    arch.callOnStack(top, runProgram);
}

fn runProgram() callconv(.c) noreturn {
    settings.program_start = arch.readTimestamp();
    stop.begin();
    mew_start();
    end.exit(0);
}

fn checkCpuLevel() void {
    const required: u64 = @intFromPtr(required_level_symbol);
    const found = arch.cpuLevel();
    assert(found >= 1);
    if (required > found) end.refuse(
        "the program was compiled for x86-64-v{d}, this CPU is x86-64-v{d}; " ++
            "compile it for v{d}, or give the VM a newer CPU model",
        .{ required, found, found },
    );
}

fn refuseMemory() noreturn {
    end.refuse("not enough memory: {d} KiB left; give the VM more", .{vm.freeBytes() / 1024});
}

fn panicHandler(message: []const u8, return_address: ?usize) noreturn {
    @branchHint(.cold);
    const frame = @frameAddress();
    var walk = end.beginWalk(frame, @returnAddress(), frame);
    if (return_address) |check| {
        // Skip std's functions between the check that failed and this one.
        var inner = walk;
        while (true) {
            const here = inner;
            const address = inner.next() orelse break;
            if (address != check) continue;
            walk = here;
            break;
        }
    }
    end.panic(message, walk);
}
