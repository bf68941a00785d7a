// SPDX-License-Identifier: Apache-2.0
//! Ending the virtual machine.

const std = @import("std");
const cpu = @import("cpu.zig");
const ports = @import("ports.zig");
const abi = @import("../../generated/abi.zig");

/// Tells QEMU's debug-exit device the class of the end. Where there is no such device the write
/// does nothing and a triple fault ends the machine.
pub fn exit(class: u8) noreturn {
    std.debug.assert(class >= abi.class_exit);
    std.debug.assert(class <= abi.class_panic);
    ports.write8(abi.debug_exit_port, class);
    cpu.tripleFault();
}
