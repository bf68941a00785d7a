// SPDX-License-Identifier: Apache-2.0
//! Directories of the host by 9P: the transport of its messages (OASIS virtio 1.2, section 5.9; the
//! messages are fs/ninep_messages.zig's).

const std = @import("std");
const assert = std.debug.assert;
const devices = @import("device.zig");
const ninep = @import("../../fs/ninep.zig");
const transports = @import("transport.zig");
const vm = @import("../../mem/vm.zig");

/// Section 5.9.3.
const feature_tag: u64 = 1 << 0;
/// Section 5.9.4: a length of 16 bits, then the tag, which QEMU limits to 31 bytes.
const config_tag_size = 0;
const config_tag = 2;

const queue_requests = 0;
const descriptors_min = 2;

/// The host may be slow, as when it syncs; a hang of its file system is not ours to wait for.
const timeout_ns = 60 * std.time.ns_per_s;

/// Directories that can be used at a time.
const channels_max = 8;

const Shared = extern struct {
    request: [ninep.message_bytes_max]u8,
    reply: [ninep.message_bytes_max]u8,
    rings: devices.Rings,
};
const shared_bytes = std.mem.alignForward(usize, @sizeOf(Shared), 4096);

/// One directory of the host.
const Host = struct {
    device: devices.Device,
    queue: devices.Queue,
    shared: *Shared,
};

var hosts: [channels_max]Host = undefined;
var hosts_count: usize = 0;

fn exchange(context: *anyopaque, request: []const u8) ?[]const u8 {
    const host: *Host = @ptrCast(@alignCast(context));
    assert(request.ptr == &host.shared.request);
    const readable = [_]devices.Buffer{devices.bufferOf(request)};
    const writable = [_]devices.Buffer{devices.bufferOf(&host.shared.reply)};
    const written = host.device.exchange(&host.queue, &readable, &writable, timeout_ns) catch
        return null;
    return host.shared.reply[0..written];
}

/// The way to the device whose tag is `tag`; null when there is none, or it cannot be used, which
/// is logged. To be opened once.
pub fn open(tag: []const u8) ?ninep.Channel {
    if (hosts_count == channels_max) return null;
    for (0..transports.count(.files)) |index| {
        var device = devices.Device.open(.files, @intCast(index), feature_tag) orelse continue;
        if (!hasTag(&device, tag)) continue;
        const memory = vm.allocateShared(shared_bytes) orelse
            return refuse(&device, "has no memory");
        const shared: *Shared = @ptrCast(memory.ptr);
        const queue = device.openQueue(queue_requests, &shared.rings, descriptors_min) orelse
            return refuse(&device, "has no queue");
        device.start();
        const host = &hosts[hosts_count];
        hosts_count += 1;
        host.* = .{ .device = device, .queue = queue, .shared = shared };
        return .{ .context = host, .request = &shared.request, .exchange = exchange };
    }
    return null;
}

fn refuse(device: *devices.Device, why: []const u8) ?ninep.Channel {
    device.refuse(why);
    return null;
}

fn hasTag(device: *const devices.Device, tag: []const u8) bool {
    if (!device.has(feature_tag)) return false;
    const size = device.config(u16, config_tag_size) orelse return false;
    if (size != tag.len) return false;
    for (tag, config_tag..) |wanted, offset| {
        if (device.config(u8, offset) != wanted) return false;
    }
    return true;
}
