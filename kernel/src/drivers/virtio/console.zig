// SPDX-License-Identifier: Apache-2.0
//! A virtio console as a fast way out (OASIS virtio 1.2, section 5.3): one notification for
//! thousands of bytes, where the serial port takes a port write for each.

const std = @import("std");
const assert = std.debug.assert;
const devices = @import("device.zig");

/// Of port 0; the receive queue is 0 and not used.
const queue_transmit = 1;
/// The reader of our output may be a person who looks at it page by page.
const timeout_ns = std.math.maxInt(u64) / 2;

// In the image: there when a program has taken all memory before its first word.
var rings: devices.Rings = undefined;
/// The program's memory is not contiguous to a device; what is sent goes through here.
var buffer: [16 << 10]u8 = undefined;

var device: devices.Device = undefined;
var transmit: devices.Queue = undefined;

/// Looks for a console and sets it up. False when there is none; once.
///
/// Caller requirements: after vm.initialize().
pub fn initialize() bool {
    device = devices.Device.open(.console, 0, 0) orelse return false;
    transmit = device.openQueue(queue_transmit, &rings, 1) orelse {
        device.refuse("has no queue for output");
        return false;
    };
    device.start();
    return true;
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
