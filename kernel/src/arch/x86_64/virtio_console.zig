// SPDX-License-Identifier: Apache-2.0
//! A virtio console as a fast way out (OASIS virtio 1.2, sections 4.2 and 5.3): one notification
//! for thousands of bytes, where the serial port takes a port write for each.
//!
//! Memory-mapped transport, split queue, one descriptor, polled. Buffers lie in the image, which
//! has its physical addresses.

const std = @import("std");
const assert = std.debug.assert;
const vm = @import("../../mem/vm.zig");

/// Where QEMU's microvm has its transports; all lie in one page.
const transports_address = 0xfeb0_0000;
const transport_size = 0x200;
const transport_count = 8;

const magic = 0x7472_6976;
const version_modern = 2;
const device_console = 3;
/// Of port 0; the receive queue is 0 and not used.
const queue_transmit = 1;

const Register = enum(u32) {
    magic = 0x000,
    version = 0x004,
    device = 0x008,
    driver_features = 0x020,
    driver_features_select = 0x024,
    queue_select = 0x030,
    queue_size_max = 0x034,
    queue_size = 0x038,
    queue_ready = 0x044,
    queue_notify = 0x050,
    status = 0x070,
    descriptors_low = 0x080,
    descriptors_high = 0x084,
    available_low = 0x090,
    available_high = 0x094,
    used_low = 0x0a0,
    used_high = 0x0a4,
};

const status_acknowledge = 1;
const status_driver = 2;
const status_driver_ok = 4;
const status_features_ok = 8;
/// Feature bit 32, VIRTIO_F_VERSION_1, in the upper word; no other feature is needed.
const features_high_version_1 = 1;
const available_no_interrupt = 1;

const queue_size = 2;
const Descriptor = extern struct { address: u64, length: u32, flags: u16, next: u16 };
const Available = extern struct { flags: u16, index: u16, ring: [queue_size]u16, event: u16 };
const UsedElement = extern struct { id: u32, length: u32 };
const Used = extern struct { flags: u16, index: u16, ring: [queue_size]UsedElement, event: u16 };

var descriptors: [queue_size]Descriptor align(16) = undefined;
var available: Available align(2) = .{
    .flags = available_no_interrupt,
    .index = 0,
    .ring = @splat(0),
    .event = 0,
};
var used: Used align(4) = undefined;
/// The program's memory is not contiguous to a device; what is sent goes through here.
var buffer: [16 << 10]u8 = undefined;

var registers: u64 = 0;

/// Looks for a console and sets it up. False when there is none; once.
///
/// Caller requirements: after vm.initialize().
pub fn initialize() bool {
    assert(registers == 0);
    const base = vm.mapDevice(.virtio, transports_address);
    for (0..transport_count) |index| {
        registers = base + index * transport_size;
        if (read(.magic) != magic or read(.version) != version_modern) continue;
        if (read(.device) == device_console) return negotiate();
    }
    return false;
}

/// Section 3.1.1, device initialization.
fn negotiate() bool {
    write(.status, 0);
    write(.status, status_acknowledge | status_driver);
    write(.driver_features_select, 0);
    write(.driver_features, 0);
    write(.driver_features_select, 1);
    write(.driver_features, features_high_version_1);
    write(.status, status_acknowledge | status_driver | status_features_ok);
    if (read(.status) & status_features_ok == 0) return false;
    write(.queue_select, queue_transmit);
    if (read(.queue_size_max) < queue_size) return false;
    write(.queue_size, queue_size);
    writeAddress(.descriptors_low, .descriptors_high, @intFromPtr(&descriptors));
    writeAddress(.available_low, .available_high, @intFromPtr(&available));
    writeAddress(.used_low, .used_high, @intFromPtr(&used));
    used = std.mem.zeroes(Used);
    write(.queue_ready, 1);
    write(.status, status_acknowledge | status_driver | status_features_ok | status_driver_ok);
    return true;
}

/// Sends all bytes and waits until the device has taken them.
///
/// Caller requirements: initialize() was true.
pub fn send(bytes: []const u8) void {
    assert(registers != 0);
    var rest = bytes;
    while (rest.len > 0) {
        const part = rest[0..@min(rest.len, buffer.len)];
        @memcpy(buffer[0..part.len], part);
        sendBuffer(@intCast(part.len));
        rest = rest[part.len..];
    }
}

fn sendBuffer(length: u32) void {
    assert(length > 0 and length <= buffer.len);
    const descriptor: *volatile Descriptor = &descriptors[0];
    descriptor.* = .{ .address = @intFromPtr(&buffer), .length = length, .flags = 0, .next = 0 };
    const ring: *volatile Available = &available;
    // The ring's entries are all 0, the one descriptor.
    ring.index +%= 1;
    // x86 keeps the order of stores; this keeps the compiler to it.
    asm volatile ("" ::: .{ .memory = true });
    write(.queue_notify, queue_transmit);
    const done: *volatile Used = &used;
    while (done.index != ring.index) std.atomic.spinLoopHint();
}

fn writeAddress(low: Register, high: Register, address: u64) void {
    write(low, @truncate(address));
    write(high, @truncate(address >> 32));
}

fn read(register: Register) u32 {
    const address: *const volatile u32 = @ptrFromInt(registers + @backingInt(register));
    return address.*;
}

fn write(register: Register, value: u32) void {
    const address: *volatile u32 = @ptrFromInt(registers + @backingInt(register));
    address.* = value;
}
