// SPDX-License-Identifier: Apache-2.0
//! Random bytes from the host (OASIS virtio 1.2, section 5.4).

const std = @import("std");
const devices = @import("device.zig");

const queue_requests = 0;
/// Enough for a seed; the device may give fewer.
const piece_size = 64;
/// A program waits for its first random byte so long at most.
const timeout_ns = 1 * std.time.ns_per_s;

var rings: devices.Rings = undefined;
var buffer: [piece_size]u8 = undefined;

/// Random bytes, at least one; empty when the machine has no source. Once.
///
/// Caller requirements: after vm.initialize().
pub fn read() []const u8 {
    var device = devices.Device.open(.entropy, 0, 0) orelse return "";
    var queue = device.openQueue(queue_requests, &rings, 1) orelse {
        device.refuse("has no queue");
        return "";
    };
    device.start();
    const writable = [_]devices.Buffer{devices.bufferOf(&buffer)};
    const written = device.exchange(&queue, &.{}, &writable, timeout_ns) catch return "";
    return buffer[0..written];
}
