// SPDX-License-Identifier: Apache-2.0
//! The unikernel: from the monitor's jump to the program's first instruction.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const arch = @import("arch/interface.zig");
const config = @import("config.zig");
const console = @import("console.zig");
const log = @import("log.zig");
const stack = @import("mem/stack.zig");
const stdin = @import("stdin.zig");

/// For platform.zig.
pub const platform = @import("unikernel.zig");
/// For faults.zig.
pub const end = @import("end.zig");
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

var memory_map: arch.MemoryMap = .{};
var config_storage: [abi.config_bytes_max]u8 = undefined;

/// `handle` is what the monitor passed; boot.S calls this on the boot stack, interrupts off.
export fn kernelStart(handle: u32) callconv(.c) noreturn {
    console.initialize();
    arch.catchExceptions();
    // Before anything can be refused: a runner believes only reports with its nonce.
    readConfig(handle);
    if (!arch.readMemoryMap(handle, &memory_map)) end.refuse("the monitor gave no memory map", .{});
    if (!arch.enableFeatures()) end.refuse("the CPU has no execute-disable bit (NX)", .{});
    checkCpuLevel();
    vm.initialize(memory_map.slice(), arch.largestPagesUsable()) catch refuseMemory();
    const top = stack.create(abi.default_stack_size, arch.randomSeed()) catch refuseMemory();
    arch.callOnStack(top, runProgram);
}

fn runProgram() callconv(.c) noreturn {
    const now = arch.readTimestamp();
    if (log.level == .debug) {
        const boot_us = arch.differenceNs(arch.bootTimestamp(), now) / std.time.ns_per_us;
        log.debug("entry to app: {d} us, {d} KiB free", .{ boot_us, vm.freeBytes() / 1024 });
    }
    mew_start();
    end.exit(0);
}

/// From the monitor's configuration file, else from its command line.
fn readConfig(handle: u32) void {
    if (readConfigFile()) |records| {
        platform.config = .parse(records);
    } else {
        platform.config = .fromCommandLine(arch.readCommandLine(handle, &config_storage));
    }
    end.nonce = platform.config.nonce;
    log.level = platform.config.log_level;
    stdin.at_end = !platform.config.has_stdin;
}

/// Null when the monitor offers no such file.
fn readConfigFile() ?[]const u8 {
    if (!arch.configFilesPresent()) return null;
    const file = arch.findConfigFile(abi.config_file) orelse return null;
    if (file.size_bytes == 0) return null;
    if (file.size_bytes > config_storage.len) end.refuse(
        "the configuration has {d} bytes; at most {d} fit: pass fewer arguments",
        .{ file.size_bytes, config_storage.len },
    );
    const buffer = config_storage[0..file.size_bytes];
    if (!arch.readConfigFile(file, buffer)) end.refuse("cannot read the configuration", .{});
    return buffer;
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
        while (inner.next()) |address| {
            if (address != check) continue;
            walk = inner;
            walk.address = check;
            break;
        }
    }
    end.panic(message, walk);
}
