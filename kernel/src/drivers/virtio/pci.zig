// SPDX-License-Identifier: Apache-2.0
//! Devices on the PCI bus (OASIS virtio 1.2, section 4.1): the modern interface, whose structures
//! are found by vendor capabilities; interrupts are MSI-X messages.

const std = @import("std");
const assert = std.debug.assert;
const queues = @import("queue.zig");
const arch = @import("../../arch/interface.zig");
const vm = @import("../../mem/vm.zig");

/// Section 4.1.2. Transitional devices have the modern interface too; their kind is the subsystem.
const vendor_virtio = 0x1af4;
const device_modern_first = 0x1040;
const device_modern_last = 0x107f;
const device_transitional_first = 0x1000;
const device_transitional_last = 0x103f;

// Configuration space (PCI Local Bus Specification 3.0, section 6.1).
const offset_identity = 0x00;
const offset_command = 0x04;
const offset_bar_first = 0x10;
const offset_subsystem = 0x2c;
const offset_capabilities = 0x34;
const command_memory = 1 << 1;
const command_master = 1 << 2;
const status_capabilities = 1 << 20;
const bar_count = 6;
const bar_port = 1;
const bar_64_bit = 4;
/// No machine has anything behind it.
const address_max = 1 << 46;

const capability_msix = 0x11;
const capability_vendor = 0x09;
/// As many as fit: a list that is longer goes round in circles.
const capabilities_max = 48;

const msix_enable: u32 = 1 << 31;
const msix_mask_all: u32 = 1 << 30;
const msix_entry_bytes = 16;
const vector_none = 0xffff;

/// Section 4.1.4, the kinds of structures that are used here.
const structure_common = 1;
const structure_notify = 2;
const structure_device = 4;
const structure_bytes_max = 1 << 16;

/// Section 4.1.4.3.
const Common = extern struct {
    device_features_select: u32,
    device_features: u32,
    driver_features_select: u32,
    driver_features: u32,
    config_vector: u16,
    queue_count: u16,
    status: u8,
    config_generation: u8,
    queue_select: u16,
    queue_size: u16,
    queue_vector: u16,
    queue_enable: u16,
    queue_notify_offset: u16,
    /// Descriptors, available ring, used ring: low and high halves.
    queue_parts: [3][2]u32,
};

comptime {
    assert(@sizeOf(Common) == 56);
}

/// Registers that have been made reachable.
const Structure = struct { base: usize, size: u32 };

pub const Pci = struct {
    /// Device number * 8 + function number, on bus 0.
    function: u8,
    common: *volatile Common,
    device_config: ?Structure,
    notify_area: Structure,
    notify_multiplier: u32,
    msix_offset: ?u8,
    has_vector: bool = false,

    /// The kind of the virtio device at this place of the bus; null when there is none.
    pub fn kindAt(function: u8) ?u32 {
        const identity = arch.pciRead(function, offset_identity);
        if (identity & 0xffff != vendor_virtio) return null;
        return switch (identity >> 16) {
            device_modern_first...device_modern_last => |device| device - device_modern_first,
            device_transitional_first...device_transitional_last => arch.pciRead(
                function,
                offset_subsystem,
            ) >> 16,
            else => null,
        };
    }

    /// Null when the device at this place lacks a structure, or it cannot be reached.
    pub fn open(function: u8) ?Pci {
        const command = arch.pciRead(function, offset_command);
        if (command & status_capabilities == 0) return null;
        // The upper half is the status: zeros change nothing there.
        const wanted = command & 0xffff | command_memory | command_master;
        arch.pciWrite(function, offset_command, wanted);
        var common: ?Structure = null;
        var device_config: ?Structure = null;
        var notify_area: ?Structure = null;
        var notify_multiplier: u32 = 0;
        var msix_offset: ?u8 = null;
        var walk: Capabilities = .begin(function);
        while (walk.next()) |offset| {
            const header = arch.pciRead(function, offset);
            if (header & 0xff == capability_msix) msix_offset = offset;
            if (header & 0xff != capability_vendor) continue;
            switch (header >> 24) {
                // Where there are several the first counts (section 4.1.4.1).
                structure_common => common = common orelse structureAt(function, offset),
                structure_device => {
                    device_config = device_config orelse structureAt(function, offset);
                },
                structure_notify => if (notify_area == null) {
                    notify_area = structureAt(function, offset);
                    notify_multiplier = arch.pciRead(function, offset + 16);
                },
                else => {},
            }
        }
        const found = common orelse return null;
        if (found.size < @sizeOf(Common) or found.base % @alignOf(Common) != 0) return null;
        return .{
            .function = function,
            .common = @ptrFromInt(found.base),
            .device_config = device_config,
            .notify_area = notify_area orelse return null,
            .notify_multiplier = notify_multiplier,
            .msix_offset = msix_offset,
        };
    }

    /// Of vector 0, which all queues then use. Without MSI-X there are no interrupts.
    pub fn connectInterrupt(transport: *Pci) void {
        const offset = transport.msix_offset orelse return;
        const table = arch.pciRead(transport.function, offset + 4);
        const bar: u3 = @truncate(table);
        const base = barAddress(transport.function, bar) orelse return;
        const entry_address = base + (table & ~@as(u32, 7));
        const entry = vm.mapRegisters(entry_address, msix_entry_bytes) orelse return;
        const words: *volatile [4]u32 = @ptrFromInt(entry);
        words[0] = @truncate(arch.message_address);
        words[1] = @truncate(arch.message_address >> 32);
        words[2] = arch.message_data;
        words[3] = 0;
        const control = arch.pciRead(transport.function, offset);
        arch.pciWrite(transport.function, offset, (control | msix_enable) & ~msix_mask_all);
        transport.has_vector = true;
    }

    /// A message needs no answer.
    pub fn acknowledgeInterrupt(transport: *const Pci) void {
        _ = transport;
    }

    pub fn status(transport: *const Pci) u8 {
        return transport.common.status;
    }

    pub fn setStatus(transport: *const Pci, value: u8) void {
        transport.common.status = value;
    }

    pub fn features(transport: *const Pci, word: u1) u32 {
        transport.common.device_features_select = word;
        return transport.common.device_features;
    }

    pub fn acceptFeatures(transport: *const Pci, word: u1, bits: u32) void {
        transport.common.driver_features_select = word;
        transport.common.driver_features = bits;
    }

    /// Selects the queue. 0: there is no such queue.
    pub fn queueSizeMax(transport: *const Pci, number: u16) u32 {
        transport.common.queue_select = number;
        return transport.common.queue_size;
    }

    /// Section 4.1.5.1.3. The selected queue is ours from here on.
    /// Returns where to notify the device; null when it has no place for that.
    pub fn startQueue(transport: *const Pci, queue: queues.Place) ?usize {
        transport.common.queue_size = queue.size;
        // 0 is the vector's number; a device that cannot have it says "none".
        if (transport.has_vector) transport.common.queue_vector = 0;
        for (queue.parts, &transport.common.queue_parts) |part, *place| {
            const physical = vm.physicalOf(part);
            place[0] = @truncate(physical);
            place[1] = @truncate(physical >> 32);
        }
        // Section 4.1.4.4.
        const offset = @as(u64, transport.common.queue_notify_offset) * transport.notify_multiplier;
        if (offset % 2 != 0 or offset + 2 > transport.notify_area.size) return null;
        transport.common.queue_enable = 1;
        return transport.notify_area.base + offset;
    }

    pub fn notify(doorbell: usize, number: u16) void {
        const address: *volatile u16 = @ptrFromInt(doorbell);
        address.* = number;
    }

    pub fn configGeneration(transport: *const Pci) u32 {
        return transport.common.config_generation;
    }

    /// Null behind the end of what the device has.
    pub fn config(transport: *const Pci, comptime Word: type, offset: usize) ?Word {
        const structure = transport.device_config orelse return null;
        if (offset + @sizeOf(Word) > structure.size) return null;
        const address: *align(1) volatile Word = @ptrFromInt(structure.base + offset);
        return address.*;
    }
};

const Capabilities = struct {
    function: u8,
    following: u8,
    left: u32 = capabilities_max,

    fn begin(function: u8) Capabilities {
        const first: u8 = @truncate(arch.pciRead(function, offset_capabilities));
        return .{ .function = function, .following = first & 0xfc };
    }

    fn next(walk: *Capabilities) ?u8 {
        // A capability takes 20 bytes at most; one that hangs over the end is none.
        if (walk.following == 0 or walk.following > 0xff - 20 or walk.left == 0) return null;
        const offset = walk.following;
        walk.following = @as(u8, @truncate(arch.pciRead(walk.function, offset) >> 8)) & 0xfc;
        walk.left -= 1;
        return offset;
    }
};

/// Makes a capability's structure reachable (section 4.1.4: bar, offset, length).
fn structureAt(function: u8, capability: u8) ?Structure {
    const bar: u8 = @truncate(arch.pciRead(function, capability + 4));
    const offset = arch.pciRead(function, capability + 8);
    const size = @min(arch.pciRead(function, capability + 12), structure_bytes_max);
    if (bar >= bar_count or size == 0) return null;
    const base = barAddress(function, @intCast(bar)) orelse return null;
    const address = base + offset;
    if (address >= address_max) return null;
    return .{ .base = vm.mapRegisters(address, size) orelse return null, .size = size };
}

/// Where firmware has put the memory behind a base address register; null when nowhere.
fn barAddress(function: u8, bar: u3) ?u64 {
    if (bar >= bar_count) return null;
    const offset = offset_bar_first + @as(u8, bar) * 4;
    const low = arch.pciRead(function, offset);
    if (low & bar_port != 0) return null;
    var address: u64 = low & ~@as(u32, 0xf);
    if (low & bar_64_bit != 0) {
        if (bar + 1 >= bar_count) return null;
        address |= @as(u64, arch.pciRead(function, offset + 4)) << 32;
    }
    return if (address == 0 or address >= address_max) null else address;
}
