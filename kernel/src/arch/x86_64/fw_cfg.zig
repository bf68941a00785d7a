// SPDX-License-Identifier: Apache-2.0
//! QEMU's firmware configuration device (QEMU docs/specs/fw_cfg.rst), by DMA: one port write a
//! transfer instead of one port read a byte.

const std = @import("std");
const ports = @import("ports.zig");
const text = @import("../../text.zig");

const port_selector = 0x510;
const port_data = 0x511;
const port_dma_high = 0x514;
const port_dma_low = 0x518;

const key_signature = 0x0000;
const key_features = 0x0001;
const key_directory = 0x0019;
const feature_dma = 0x02;

const dma_error = 0x01;
const dma_read = 0x02;
const dma_select = 0x08;

/// A DMA command; all fields big-endian.
const DmaAccess = extern struct { control: u32, length: u32, address: u64 };

const DirectoryEntry = extern struct {
    size: u32,
    select: u16,
    reserved: u16,
    name: [56]u8,
};

/// A machine lists some twenty files; the rest of a longer list is not searched.
const directory_entries_max = 64;

const Directory = extern struct { count: u32, entries: [directory_entries_max]DirectoryEntry };

var command: DmaAccess align(16) = undefined;
var directory: Directory align(16) = undefined;

pub const File = struct { key: u16, size_bytes: u32 };

/// True when the machine has the device with DMA.
pub fn present() bool {
    ports.write16(port_selector, key_signature);
    for ("QEMU") |letter| {
        if (ports.read8(port_data) != letter) return false;
    }
    ports.write16(port_selector, key_features);
    return ports.read8(port_data) & feature_dma != 0;
}

/// Finds a file by its full name.
///
/// Caller requirements: `present()`.
pub fn find(name: []const u8) ?File {
    std.debug.assert(name.len < @sizeOf(@FieldType(DirectoryEntry, "name")));
    if (!transfer(key_directory, std.mem.asBytes(&directory))) return null;
    const count = @min(std.mem.bigToNative(u32, directory.count), directory_entries_max);
    for (directory.entries[0..count]) |*entry| {
        if (text.startsWith(&entry.name, name) and entry.name[name.len] == 0) return .{
            .key = std.mem.bigToNative(u16, entry.select),
            .size_bytes = std.mem.bigToNative(u32, entry.size),
        };
    }
    return null;
}

/// Reads the first `buffer.len` bytes of a file. False when the device reports an error.
///
/// Caller requirements: `buffer` is in the image, which lies at its physical address.
pub fn read(file: File, buffer: []u8) bool {
    std.debug.assert(buffer.len <= file.size_bytes);
    return transfer(file.key, buffer);
}

fn transfer(key: u16, buffer: []u8) bool {
    std.debug.assert(buffer.len > 0);
    std.debug.assert(buffer.len <= std.math.maxInt(u32));
    const access: *volatile DmaAccess = &command;
    access.* = .{
        .control = std.mem.nativeToBig(u32, @as(u32, key) << 16 | dma_select | dma_read),
        .length = std.mem.nativeToBig(u32, @intCast(buffer.len)),
        .address = std.mem.nativeToBig(u64, @intFromPtr(buffer.ptr)),
    };
    const physical: u64 = @intFromPtr(&command);
    ports.write32(port_dma_high, std.mem.nativeToBig(u32, @truncate(physical >> 32)));
    // Writing the low half starts the transfer.
    ports.write32(port_dma_low, std.mem.nativeToBig(u32, @truncate(physical)));
    while (true) {
        const control = std.mem.bigToNative(u32, access.control);
        if (control & dma_error != 0) return false;
        if (control == 0) return true;
        std.atomic.spinLoopHint();
    }
}
