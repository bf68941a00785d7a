// SPDX-License-Identifier: Apache-2.0
//! x86-64 behind arch/interface.zig.

const std = @import("std");
const assert = std.debug.assert;
const apic = @import("apic.zig");
const clock = @import("clock.zig");
const cpu = @import("cpu.zig");
const exit_port = @import("exit.zig");
const fw_cfg = @import("fw_cfg.zig");
const idt = @import("idt.zig");
const io_apic = @import("io_apic.zig");
const paging = @import("paging.zig");
const pci = @import("pci.zig");
const pvh = @import("pvh.zig");
const random = @import("random.zig");
const segments = @import("segments.zig");
const serial = @import("serial.zig");

pub const AddressSpace = paging.AddressSpace;
pub const Permissions = paging.Permissions;
pub const tableFramesMax = paging.tableFramesMax;

pub const readMemoryMap = pvh.readMemoryMap;
pub const commandLine = pvh.commandLine;

pub const SerialPort = serial.Port;

pub const pciPresent = pci.present;
pub const pciRead = pci.read;
pub const pciWrite = pci.write;

pub const allowStop = apic.enable;
pub const connectInterruptLine = io_apic.connect;
pub const message_address = apic.message_address;
pub const message_data = apic.message_data;

pub const ConfigFile = fw_cfg.File;
pub const configFilesPresent = fw_cfg.present;
pub const findConfigFile = fw_cfg.find;
pub const readConfigFile = fw_cfg.read;

pub const monotonicNs = clock.monotonicNs;
pub const realtimeNs = clock.realtimeNs;
pub const busyNs = clock.busyNs;
pub const differenceNs = clock.differenceNs;
pub const sleepUntilNs = clock.sleepUntilNs;
pub const idleUntilNs = clock.idleUntilNs;
pub const readTimestamp = cpu.readTimestamp;

pub const fillZero = cpu.fillZero;
pub const exit = exit_port.exit;

/// Written by boot.S: the time stamp at the monitor's jump.
extern const boot_timestamp: u64;
extern const boot_stack_bottom: u8;
extern const boot_stack_top: u8;

var features: cpu.Features = undefined;

pub fn bootTimestamp() u64 {
    assert(boot_timestamp != 0);
    return boot_timestamp;
}

pub fn bootStack() struct { start: u64, end: u64 } {
    return .{ .start = @intFromPtr(&boot_stack_bottom), .end = @intFromPtr(&boot_stack_top) };
}

pub fn catchExceptions() void {
    segments.initialize();
    idt.initialize();
}

pub fn enableFeatures() bool {
    features = .read();
    if (!features.noExecute()) return false;
    cpu.enable(&features);
    return true;
}

pub fn cpuLevel() u32 {
    const level = features.level();
    assert(level >= 1 and level <= 3);
    return level;
}

pub fn largestPagesUsable() bool {
    return features.pages1GiB();
}

pub fn randomSeed() u64 {
    return random.seed(&features);
}

/// SSE control at reset: round to nearest, all exceptions masked.
const mxcsr_reset: u32 = 0x1f80;

pub fn callOnStack(stack_top: u64, function: *const fn () callconv(.c) noreturn) noreturn {
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
          [function] "r" (function),
        : .{ .memory = true });
    unreachable;
}
