// SPDX-License-Identifier: Apache-2.0
//! What a PVH monitor passes at entry (Xen, public/arch-x86/hvm/start_info.h).

const std = @import("std");
const assert = std.debug.assert;
const Region = @import("../../mem/frames.zig").Region;
const regions_max = @import("../../mem/frames.zig").regions_max;

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

/// The usable memory. A copy, because what the monitor wrote is not mapped for good.
pub const MemoryMap = struct {
    regions: [regions_max]Region = undefined,
    count: usize = 0,

    pub fn slice(map: *const MemoryMap) []const Region {
        return map.regions[0..map.count];
    }
};

/// Reads the memory map. False when there is none, or it lists no memory.
///
/// Caller requirements: the boot code's page tables are in use.
pub fn readMemoryMap(physical: u32, map: *MemoryMap) bool {
    assert(map.count == 0);
    const start = startInfo(physical) orelse return false;
    const entries: [*]const MemoryMapEntry = @ptrFromInt(start.memory_map);
    for (entries[0..start.memory_map_entries]) |entry| {
        // QEMU's microvm lists one entry of size zero.
        if (entry.kind != memory_type_ram or entry.size == 0) continue;
        if (map.count == regions_max) break;
        map.regions[map.count] = .{ .start = entry.address, .end = entry.address + entry.size };
        map.count += 1;
    }
    return map.count > 0;
}

/// Copies the command line, with its final NUL; one that does not fit is cut.
///
/// Caller requirements: the boot code's page tables are in use.
pub fn readCommandLine(physical: u32, buffer: []u8) []u8 {
    assert(buffer.len > 0);
    var length: usize = 0;
    if (startInfo(physical)) |start| {
        const line: ?[*]const u8 = @ptrFromInt(start.command_line);
        if (line) |bytes| while (length < buffer.len - 1 and bytes[length] != 0) : (length += 1) {
            buffer[length] = bytes[length];
        };
    }
    buffer[length] = 0;
    return buffer[0 .. length + 1];
}

/// Null when there is no such structure, or one too old to have a memory map.
fn startInfo(physical: u32) ?*const StartInfo {
    if (physical == 0 or physical >= boot_mapped_end) return null;
    const start: *const StartInfo = @ptrFromInt(physical);
    if (start.magic != magic or start.version < version_min) return null;
    return start;
}
