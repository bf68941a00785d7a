// SPDX-License-Identifier: Apache-2.0
//! A virtio console as a fast way out (OASIS virtio 1.2, section 5.3): one notification for
//! thousands of bytes, where the serial port takes a port write for each.
//!
//! The device has ports, of which the first that is there gets our output. QEMU's consoles (port
//! 0) drop what their reader is too slow for; its other ports wait, so the runner gives us one of
//! those (src/python/mew/vm/devices.py).

const std = @import("std");
const assert = std.debug.assert;
const devices = @import("device.zig");

/// Section 5.3.3.
const feature_multiport: u64 = 1 << 1;

/// Section 5.3.2, queues. Those for input are not used.
const queue_transmit_0 = 1;
const queue_control_in = 2;
const queue_control_out = 3;
const queue_transmit_1 = 5;

/// Section 5.3.6.2.
const Control = extern struct { port: u32, event: u16, value: u16 };
const event_device_ready = 0;
const event_port_add = 1;
const event_port_ready = 3;
const event_port_open = 6;
const control_timeout_ns = 1 * std.time.ns_per_s;
/// QEMU says of each port that it is there, then more that nobody needs.
const messages_max = 8;

/// The reader of our output may be a person who looks at it page by page.
const timeout_ns = std.math.maxInt(u64) / 2;

// In the image: there when a program has taken all memory before its first word.
var rings: [4]devices.Rings = undefined;
var messages: [messages_max]Control = undefined;
var command: Control = undefined;
/// The program's memory is not contiguous to a device; what is sent goes through here.
var buffer: [16 << 10]u8 = undefined;

var device: devices.Device = undefined;
var transmit: devices.Queue = undefined;

/// Looks for a console and sets it up. False when there is none; once.
///
/// Caller requirements: after vm.initialize().
pub fn initialize() bool {
    device = devices.Device.open(.console, 0, feature_multiport) orelse return false;
    transmit = start() orelse {
        device.refuse("has no port for output");
        return false;
    };
    return true;
}

/// The queue for output.
fn start() ?devices.Queue {
    const first = device.openQueue(queue_transmit_0, &rings[0], 1) orelse return null;
    if (!device.has(feature_multiport)) {
        device.start();
        return first;
    }
    const second = device.openQueue(queue_transmit_1, &rings[1], 1);
    var incoming = device.openQueue(queue_control_in, &rings[2], 1) orelse return null;
    var outgoing = device.openQueue(queue_control_out, &rings[3], 1) orelse return null;
    device.start();
    for (&messages) |*message| {
        _ = incoming.ring.offer(&.{}, &.{devices.bufferOf(std.mem.asBytes(message))}) orelse break;
    }
    device.notify(&incoming);
    if (!tell(&outgoing, 0, event_device_ready)) return null;
    const port = firstPort(&incoming) orelse return null;
    if (!tell(&outgoing, port, event_port_ready)) return null;
    if (!tell(&outgoing, port, event_port_open)) return null;
    return switch (port) {
        0 => first,
        1 => second,
        else => null,
    };
}

fn tell(outgoing: *devices.Queue, port: u32, event: u16) bool {
    command = .{ .port = port, .event = event, .value = 1 };
    const readable = [_]devices.Buffer{devices.bufferOf(std.mem.asBytes(&command))};
    _ = device.exchange(outgoing, &readable, &.{}, control_timeout_ns) catch return false;
    return true;
}

/// The port that the device adds first.
fn firstPort(incoming: *devices.Queue) ?u32 {
    for (0..messages_max) |_| {
        const completion = device.wait(incoming, control_timeout_ns) catch return null;
        if (completion.written < @sizeOf(Control)) return null;
        // The first requests of a queue are named 0, 1, 2...
        const message = messages[completion.head];
        if (message.event == event_port_add) return message.port;
    }
    return null;
}

/// Sends all bytes and waits until the device has taken them. False when it is broken.
///
/// Caller requirements: initialize() was true.
pub fn send(bytes: []const u8) bool {
    var rest = bytes;
    while (rest.len > 0) {
        const part = rest[0..@min(rest.len, buffer.len)];
        @memcpy(buffer[0..part.len], part);
        const filled = devices.bufferOf(buffer[0..part.len]);
        _ = device.exchange(&transmit, &.{filled}, &.{}, timeout_ns) catch return false;
        rest = rest[part.len..];
    }
    return true;
}
