// SPDX-License-Identifier: Apache-2.0
//! PCI configuration space by its two ports (PCI Local Bus Specification 3.0, section 3.2.2.3.2),
//! which every PC has; bus 0 only, where monitors put their devices.

const assert = @import("std").debug.assert;
const ports = @import("ports.zig");

const port_address = 0xcf8;
const port_data = 0xcfc;
const address_enable = 0x8000_0000;

/// True when the machine has the ports: the address register keeps what is written.
pub fn present() bool {
    ports.write32(port_address, address_enable);
    return ports.read32(port_address) == address_enable;
}

/// All ones where there is no such function.
pub fn read(function: u8, offset: u8) u32 {
    select(function, offset);
    return ports.read32(port_data);
}

pub fn write(function: u8, offset: u8, value: u32) void {
    select(function, offset);
    ports.write32(port_data, value);
}

fn select(function: u8, offset: u8) void {
    assert(offset % 4 == 0);
    ports.write32(port_address, address_enable | @as(u32, function) << 8 | offset);
}
