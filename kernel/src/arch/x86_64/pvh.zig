// SPDX-License-Identifier: Apache-2.0
//! What a PVH monitor passes at entry (Xen, public/arch-x86/hvm/start_info.h).

const std = @import("std");
const assert = std.debug.assert;
const text = @import("../../text.zig");
const vm = @import("../../mem/vm.zig");
const Frames = @import("../../mem/frames.zig").Frames;

const magic = 0x336e_c578;
/// First version with a memory map.
const version_min = 1;
const memory_type_ram = 1;
/// boot.S maps the first GiB at its physical addresses.
const boot_mapped_end = 1 << 30;

const StartInfo = extern struct {
    magic: u32,
    version: u32,
    flags: u32,
    module_count: u32,
    module_list: u64,
    command_line: u64,
    rsdp: u64,
    memory_map: u64,
    memory_map_entries: u32,
    reserved: u32,
};

const MemoryMapEntry = extern struct {
    address: u64,
    size: u64,
    kind: u32,
    reserved: u32,
};

var command_line: u64 = 0;

/// Reads the memory map into `memory` and remembers the command line. False when `physical` is not
/// the address of a start info structure that lists memory.
///
/// Caller requirements: the boot code's page tables are in use.
pub fn readMemoryMap(physical: u32, memory: *Frames) bool {
    assert(memory.count == 0);
    if (physical == 0 or physical >= boot_mapped_end) return false;
    const start: *const StartInfo = @ptrFromInt(physical);
    if (start.magic != magic or start.version < version_min) return false;
    command_line = start.command_line;
    const entries: [*]const MemoryMapEntry = @ptrFromInt(start.memory_map);
    for (entries[0..start.memory_map_entries]) |entry| {
        if (entry.kind != memory_type_ram) continue;
        memory.add(.{ .start = entry.address, .end = entry.address +| entry.size });
    }
    return memory.count > 0;
}

/// The command line, empty when there is none. Monitors put it into the first MiB, which stays
/// mapped; elsewhere it would count as memory that is free to use.
pub fn commandLine() []const u8 {
    if (command_line == 0 or command_line >= vm.firmware_end) return "";
    const memory: [*]const u8 = @ptrFromInt(vm.directMap(command_line));
    const line = memory[0 .. vm.firmware_end - command_line];
    return line[0 .. text.find(line, 0) orelse line.len];
}
