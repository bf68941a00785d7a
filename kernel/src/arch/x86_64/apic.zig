// SPDX-License-Identifier: Apache-2.0
//! The local APIC (Intel SDM vol. 3, chapter 11) as a one-shot timer, by its memory-mapped
//! registers: QEMU's TCG offers neither x2APIC nor the TSC-deadline mode.

const std = @import("std");
const assert = std.debug.assert;
const cpu = @import("cpu.zig");
const ports = @import("ports.zig");
const vm = @import("../../mem/vm.zig");

const msr_apic_base = 0x1b;
const apic_base_enable: u64 = 1 << 11;
const apic_base_address: u64 = 0x000f_ffff_ffff_f000;

const register_bytes = 0x400;
const Register = enum(u32) {
    end_of_interrupt = 0x0b0,
    spurious_vector = 0x0f0,
    timer_vector = 0x320,
    lint0_vector = 0x350,
    lint1_vector = 0x360,
    error_vector = 0x370,
    interrupt_command = 0x300,
    timer_initial_count = 0x380,
    timer_current_count = 0x390,
    timer_divide = 0x3e0,
};

const vector_timer = 32;
/// All devices share it: whoever waits for one looks at it.
pub const vector_device = 33;
/// The low four bits are ones, as old processors demand.
const vector_spurious = 47;
const spurious_software_enable = 0x100;
const vector_masked = 1 << 16;
/// Delivery mode of a local vector: a non-maskable interrupt.
const delivery_non_maskable = 0b100 << 8;
/// Destination of an interrupt command: whoever writes it.
const destination_self = 0b01 << 18;
const divide_by_16 = 0b0011;
pub const divider = 16;

/// Of an interrupt message to the processor with APIC number 0, the one that boots and the only one
/// that runs: fixed delivery, edge (Intel SDM vol. 3, section 11.11).
pub const message_address: u64 = 0xfee0_0000;
pub const message_data: u32 = vector_device;

var registers: u64 = 0;
var timer_has_fired = false;

/// Maps and enables the local APIC for whoever injects a non-maskable interrupt, which on PCs comes
/// in at LINT1 (Intel MultiProcessor Specification, section 5.2.2): monitors honour its mask. No
/// more than that, since every boot does it, and each access costs microseconds.
pub fn enable() void {
    if (registers != 0) return;
    const base = cpu.readMsr(msr_apic_base);
    // The first to ask for registers, or one of very few.
    registers = vm.mapRegisters(base & apic_base_address, register_bytes).?;
    if (base & apic_base_enable == 0) cpu.writeMsr(msr_apic_base, base | apic_base_enable);
    write(.spurious_vector, spurious_software_enable | vector_spurious);
    write(.lint1_vector, delivery_non_maskable);
}

/// Before interrupts are first let in: their only source is the timer, and devices that are
/// connected later.
pub fn initialize() void {
    enable();
    maskLegacyControllers();
    write(.lint0_vector, vector_masked);
    write(.error_vector, vector_masked);
    write(.timer_divide, divide_by_16);
    write(.timer_vector, vector_timer | vector_masked);
}

/// The pair of 8259s that firmware leaves enabled on PC machines; no effect where there is none.
fn maskLegacyControllers() void {
    for ([_]u16{ 0x21, 0xa1 }) |port| ports.write8(port, 0xff);
}

/// Counts down from `count` without an interrupt; `timerCount` reads it.
pub fn startCounting(count: u32) void {
    assert(count > 0);
    write(.timer_vector, vector_timer | vector_masked);
    write(.timer_initial_count, count);
}

/// Interrupts once, after `count` steps.
pub fn startTimer(count: u32) void {
    assert(count > 0);
    timer_has_fired = false;
    write(.timer_vector, vector_timer);
    write(.timer_initial_count, count);
}

pub fn timerCount() u32 {
    return read(.timer_current_count);
}

/// Is pending when this returns, if the APIC is in use.
pub fn interruptSelf() void {
    if (registers != 0) write(.interrupt_command, destination_self | vector_device);
}

/// Whether the timer has interrupted since it was last started.
pub fn timerHasFired() bool {
    return @as(*volatile bool, &timer_has_fired).*;
}

/// Ends an interrupt. There is little else to do: whoever idles looks at the clock and at the
/// device that it waits for.
pub fn acknowledge(vector: u64) void {
    assert(vector == vector_timer or vector == vector_device or vector == vector_spurious);
    if (vector == vector_timer) timer_has_fired = true;
    if (vector != vector_spurious) write(.end_of_interrupt, 0);
}

fn read(register: Register) u32 {
    assert(registers != 0);
    const address: *const volatile u32 = @ptrFromInt(registers + @backingInt(register));
    return address.*;
}

fn write(register: Register, value: u32) void {
    assert(registers != 0);
    const address: *volatile u32 = @ptrFromInt(registers + @backingInt(register));
    address.* = value;
}
