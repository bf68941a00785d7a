// SPDX-License-Identifier: Apache-2.0
//! What a PVH monitor passes at entry (Xen, public/arch-x86/hvm/start_info.h).

const std = @import("std");
const assert = std.debug.assert;
const vm = @import("../../mem/vm.zig");
const Region = @import("../../mem/frames.zig").Region;
const regions_max = @import("../../mem/frames.zig").regions_max;

const magic = 0x336e_c578;
/// First version with a memory map.
const version_min = 1;
const memory_type_ram = 1;

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

/// Copies, because what the monitor wrote is not mapped for good.
pub const BootInfo = struct {
    memory: [regions_max]Region = undefined,
    memory_count: usize = 0,
    command_line: [command_line_max + 1]u8 = undefined,
    command_line_length: usize = 0,

    /// A longer command line is cut.
    const command_line_max = 2047;

    pub fn regions(info: *const BootInfo) []const Region {
        return info.memory[0..info.memory_count];
    }

    /// With its final NUL.
    pub fn commandLine(info: *BootInfo) []u8 {
        assert(info.command_line[info.command_line_length] == 0);
        return info.command_line[0 .. info.command_line_length + 1];
    }
};

/// Reads the structure at `physical`. False when it is not one, or too old to hold a memory map.
///
/// Caller requirements: the first GiB is in the direct map.
pub fn read(physical: u64, info: *BootInfo) bool {
    assert(physical < 1 << 30);
    const start: *const StartInfo = @ptrFromInt(vm.directMap(physical));
    if (start.magic != magic or start.version < version_min) return false;
    const entries: [*]const MemoryMapEntry = @ptrFromInt(vm.directMap(start.memory_map));
    info.memory_count = 0;
    for (entries[0..start.memory_map_entries]) |entry| {
        // QEMU's microvm lists one entry of size zero.
        if (entry.kind != memory_type_ram or entry.size == 0) continue;
        if (info.memory_count == regions_max) break;
        info.memory[info.memory_count] = .{
            .start = entry.address,
            .end = entry.address + entry.size,
        };
        info.memory_count += 1;
    }
    copyCommandLine(start.command_line, info);
    return info.memory_count > 0;
}

fn copyCommandLine(physical: u64, info: *BootInfo) void {
    info.command_line_length = 0;
    if (physical != 0) {
        const line: [*]const u8 = @ptrFromInt(vm.directMap(physical));
        while (info.command_line_length < BootInfo.command_line_max) {
            const byte = line[info.command_line_length];
            if (byte == 0) break;
            info.command_line[info.command_line_length] = byte;
            info.command_line_length += 1;
        }
    }
    info.command_line[info.command_line_length] = 0;
    assert(info.command_line_length <= BootInfo.command_line_max);
}
