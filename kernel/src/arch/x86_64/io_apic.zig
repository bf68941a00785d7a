// SPDX-License-Identifier: Apache-2.0
//! The I/O APIC (Intel 82093AA data sheet): interrupt lines of devices that cannot send messages.

const apic = @import("apic.zig");
const vm = @import("../../mem/vm.zig");

/// Where PCs and microvm have the first one.
const physical = 0xfec0_0000;

const offset_select = 0x00;
const offset_window = 0x10;
const register_bytes = 0x14;

const register_version = 0x01;
/// Two registers a line. All other bits zero: fixed delivery to the processor with APIC number 0,
/// rising edge, not masked.
const register_redirection = 0x10;

var registers: ?usize = null;

/// Lets a rising edge on `line` interrupt with apic.vector_device.
pub fn connect(line: u32) void {
    if (registers == null) registers = vm.mapRegisters(physical, register_bytes);
    const base = registers orelse return;
    const version = read(base, register_version);
    // Nobody answers: all ones.
    if (version == 0xffff_ffff or line > (version >> 16 & 0xff)) return;
    write(base, register_redirection + 2 * line + 1, 0);
    write(base, register_redirection + 2 * line, apic.vector_device);
}

fn read(base: usize, register: u32) u32 {
    at(base, offset_select).* = register;
    return at(base, offset_window).*;
}

fn write(base: usize, register: u32, value: u32) void {
    at(base, offset_select).* = register;
    at(base, offset_window).* = value;
}

fn at(base: usize, offset: usize) *volatile u32 {
    return @ptrFromInt(base + offset);
}
