// SPDX-License-Identifier: Apache-2.0
//! Devices behind memory-mapped registers (OASIS virtio 1.2, section 4.2), which monitors list on
//! the kernel's command line (listing.zig).

const std = @import("std");
const assert = std.debug.assert;
const queues = @import("queue.zig");
const arch = @import("../../arch/interface.zig");
const listing = @import("listing.zig");
const vm = @import("../../mem/vm.zig");

const magic = 0x7472_6976;
const version_modern = 2;

/// Section 4.2.2. Addresses of a queue's parts take two registers each, the low half first.
const Register = enum(u32) {
    magic = 0x000,
    version = 0x004,
    device = 0x008,
    device_features = 0x010,
    device_features_select = 0x014,
    driver_features = 0x020,
    driver_features_select = 0x024,
    queue_select = 0x030,
    queue_size_max = 0x034,
    queue_size = 0x038,
    queue_ready = 0x044,
    queue_notify = 0x050,
    interrupt_status = 0x060,
    interrupt_acknowledge = 0x064,
    status = 0x070,
    descriptors = 0x080,
    available = 0x090,
    used = 0x0a0,
    config_generation = 0x0fc,
};

const interrupt_kinds = 0b11;
const config_offset = 0x100;
const registers_end = 0x200;

const page_size = 4096;
/// No machine has anything behind it.
const address_max = 1 << 46;

/// Page that the last transport was in: monitors put several into one.
var mapped_page: u64 = 0;
var mapped_at: usize = 0;

pub const Mmio = struct {
    registers: usize,
    line: u32,

    /// Null when there is no modern transport at this place, or none that can be reached.
    pub fn open(place: listing.Place) ?Mmio {
        const offset = place.address % page_size;
        const page = place.address - offset;
        if (offset % @alignOf(u32) != 0 or offset + registers_end > page_size) return null;
        if (page == 0 or page >= address_max) return null;
        if (page != mapped_page) {
            mapped_at = vm.mapRegisters(page, page_size) orelse return null;
            mapped_page = page;
        }
        const transport: Mmio = .{ .registers = mapped_at + offset, .line = place.line };
        if (transport.read(.magic) != magic) return null;
        return if (transport.read(.version) == version_modern) transport else null;
    }

    /// 0 where no device is plugged in.
    pub fn device(transport: *const Mmio) u32 {
        return transport.read(.device);
    }

    /// An edge of the line, then acknowledgeInterrupt() lets it fall so that it can rise again.
    pub fn connectInterrupt(transport: *Mmio) void {
        arch.connectInterruptLine(transport.line);
    }

    pub fn acknowledgeInterrupt(transport: *const Mmio) void {
        // Both kinds there are (section 4.2.2): asking first which it was takes as long again.
        transport.write(.interrupt_acknowledge, interrupt_kinds);
    }

    pub fn status(transport: *const Mmio) u8 {
        return @truncate(transport.read(.status));
    }

    pub fn setStatus(transport: *const Mmio, value: u8) void {
        transport.write(.status, value);
    }

    pub fn features(transport: *const Mmio, word: u1) u32 {
        transport.write(.device_features_select, word);
        return transport.read(.device_features);
    }

    pub fn acceptFeatures(transport: *const Mmio, word: u1, bits: u32) void {
        transport.write(.driver_features_select, word);
        transport.write(.driver_features, bits);
    }

    /// Selects the queue. 0: there is no such queue.
    pub fn queueSizeMax(transport: *const Mmio, number: u16) u32 {
        transport.write(.queue_select, number);
        return transport.read(.queue_size_max);
    }

    /// Section 4.2.3.2. The selected queue is ours from here on.
    /// Returns where to notify the device; null when it does not want the queue.
    pub fn startQueue(transport: *const Mmio, queue: queues.Place) ?usize {
        transport.write(.queue_size, queue.size);
        for (queue.parts, [_]Register{ .descriptors, .available, .used }) |part, register| {
            const physical = vm.physicalOf(part);
            transport.at(@backingInt(register)).* = @truncate(physical);
            transport.at(@backingInt(register) + 4).* = @truncate(physical >> 32);
        }
        transport.write(.queue_ready, 1);
        if (transport.read(.queue_ready) != 1) return null;
        return transport.registers + @backingInt(Register.queue_notify);
    }

    pub fn notify(doorbell: usize, number: u16) void {
        const address: *volatile u32 = @ptrFromInt(doorbell);
        address.* = number;
    }

    pub fn configGeneration(transport: *const Mmio) u32 {
        return transport.read(.config_generation);
    }

    /// Null behind the end of what a device can have here.
    pub fn config(transport: *const Mmio, comptime Word: type, offset: usize) ?Word {
        if (offset + @sizeOf(Word) > registers_end - config_offset) return null;
        const base = transport.registers + config_offset;
        const address: *volatile Word = @ptrFromInt(base + offset);
        return address.*;
    }

    fn read(transport: *const Mmio, register: Register) u32 {
        return transport.at(@backingInt(register)).*;
    }

    fn write(transport: *const Mmio, register: Register, value: u32) void {
        transport.at(@backingInt(register)).* = value;
    }

    fn at(transport: *const Mmio, offset: usize) *volatile u32 {
        assert(offset < config_offset);
        return @ptrFromInt(transport.registers + offset);
    }
};
