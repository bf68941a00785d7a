// SPDX-License-Identifier: Apache-2.0
//! A virtio device in use: its start (OASIS virtio 1.2, section 3.1) and requests one at a time.
//!
//! No wait is endless and none is busy: a device answers within microseconds, or the processor
//! idles until it interrupts. It also wakes up by itself at growing intervals, so that a device
//! without an interrupt, or one whose interrupt is lost, works too, only more slowly.

const std = @import("std");
const assert = std.debug.assert;
const queues = @import("queue.zig");
const transports = @import("transport.zig");
const arch = @import("../../arch/interface.zig");
const log = @import("../../log.zig");
const vm = @import("../../mem/vm.zig");

pub const Buffer = queues.Buffer;
pub const Rings = queues.Rings;
pub const Kind = transports.Kind;

const status_acknowledge = 1;
const status_driver = 2;
const status_driver_ok = 4;
const status_features_ok = 8;
const status_failed = 128;

/// Section 6: the device is not a legacy one. Ours always are such.
const feature_version_1: u64 = 1 << 32;

/// A reset is done at once; how often to look before giving up.
const reset_looks_max = 1_000;
const config_looks_max = 16;
/// Looks at a queue before the processor idles: a console answers at once.
const looks_max = 32;
/// The interrupt comes earlier.
const idle_min_ns = 200 * std.time.ns_per_us;
const idle_max_ns = 10 * std.time.ns_per_ms;

pub const Error = error{
    /// It broke the protocol or did not answer in time. It stays so: what it was given may still
    /// be in its hands, and is never used again.
    Broken,
};

/// One virtqueue of a device.
pub const Queue = QueueWith(queues.Queue);

pub fn QueueWith(comptime Ring: type) type {
    return struct { ring: Ring, number: u16, doorbell: usize };
}

pub const Device = struct {
    transport: transports.Transport,
    /// Those that both sides have.
    features: u64,
    kind: Kind,

    /// Finds a device and agrees with it on as many of the `wanted` features as it has. Null when
    /// there is no such device, or it cannot be used, which is logged.
    pub fn open(kind: Kind, index: u32, wanted: u64) ?Device {
        var device = find(kind, index) orelse return null;
        return if (device.agree(wanted)) device else null;
    }

    /// Finds a device, for drivers whose wishes depend on what it offers.
    ///
    /// Caller requirements: agree() follows, before all else but offered().
    pub fn find(kind: Kind, index: u32) ?Device {
        const transport = transports.find(kind, index) orelse return null;
        return .{ .transport = transport, .features = undefined, .kind = kind };
    }

    /// The features that it could agree on.
    pub fn offered(device: *const Device) u64 {
        return device.transport.features();
    }

    /// As the second half of open(): false when the device cannot be used.
    pub fn agree(device: *Device, wanted: u64) bool {
        if (device.negotiate(wanted)) |failure| {
            device.refuse(failure);
            return false;
        }
        device.transport.connectInterrupt();
        return true;
    }

    /// Up to the features; says what went wrong.
    fn negotiate(device: *Device, wanted: u64) ?[]const u8 {
        const transport = &device.transport;
        transport.setStatus(0);
        for (0..reset_looks_max) |_| {
            if (transport.status() == 0) break;
        } else return "does not reset";
        transport.setStatus(status_acknowledge | status_driver);
        const possible = transport.features();
        if (possible & feature_version_1 == 0) return "is a legacy device";
        device.features = possible & (wanted | feature_version_1);
        transport.acceptFeatures(device.features);
        transport.setStatus(status_acknowledge | status_driver | status_features_ok);
        return if (transport.status() & status_features_ok == 0) "refuses features" else null;
    }

    /// Says why a device is not used, and to the device that it is not.
    pub fn refuse(device: *const Device, why: []const u8) void {
        device.transport.setStatus(status_failed);
        log.warn("virtio device of kind {d} {s}: not used", .{ @backingInt(device.kind), why });
    }

    pub fn has(device: *const Device, feature: u64) bool {
        return device.features & feature != 0;
    }

    /// Sets up a queue in `rings`, at least of `size` entries. Null when the device has no such.
    ///
    /// Caller requirements: before start(). `rings` are in the image or shared memory.
    pub fn openQueue(device: *Device, number: u16, rings: *Rings, size: u16) ?Queue {
        return device.openQueueWith(queues.Queue, number, rings, size);
    }

    /// As openQueue, of a size of its own.
    pub fn openQueueWith(
        device: *Device,
        comptime Ring: type,
        number: u16,
        rings: *Ring.Rings,
        size: u16,
    ) ?QueueWith(Ring) {
        const size_max = @min(device.transport.queueSizeMax(number), Ring.size_max);
        if (size_max < size) return null;
        const ring: Ring = .init(rings, std.math.floorPowerOfTwo(u16, @intCast(size_max)));
        const doorbell = device.transport.startQueue(ring.place()) orelse return null;
        return .{ .ring = ring, .number = number, .doorbell = doorbell };
    }

    /// From here on the device works.
    pub fn start(device: *const Device) void {
        const status = device.transport.status();
        device.transport.setStatus(status | status_driver_ok);
    }

    /// Gives the device one request and waits for its end; returns how many bytes of `writable` it
    /// has filled.
    ///
    /// Caller requirements: the queue is empty.
    pub fn exchange(
        device: *const Device,
        queue: *Queue,
        readable: []const Buffer,
        writable: []const Buffer,
        timeout_ns: u64,
    ) Error!u32 {
        if (queue.ring.broken) return error.Broken;
        assert(queue.ring.in_flight == 0);
        const head = queue.ring.offer(readable, writable).?;
        device.notify(queue);
        const completion = device.wait(queue, timeout_ns) catch |failure| {
            log.err("virtio device of kind {d} is broken: not used any more", .{
                @backingInt(device.kind),
            });
            return failure;
        };
        assert(completion.head == head);
        return completion.written;
    }

    /// Says that the queue's ring has new requests.
    pub fn notify(device: *const Device, queue: *const Queue) void {
        device.transport.notify(queue.doorbell, queue.number);
    }

    /// The next finished request of those in the queue's ring.
    pub fn wait(device: *const Device, queue: *Queue, timeout_ns: u64) Error!queues.Completion {
        for (0..looks_max) |_| {
            if (try queue.ring.take()) |completion| return completion;
            std.atomic.spinLoopHint();
        }
        const deadline_ns = arch.monotonicNs() + timeout_ns;
        var idle_ns: u64 = idle_min_ns;
        queue.ring.setInterrupt(true);
        defer queue.ring.setInterrupt(false);
        while (true) {
            device.transport.acknowledgeInterrupt();
            if (try queue.ring.take()) |completion| return completion;
            const now_ns = arch.monotonicNs();
            if (now_ns >= deadline_ns) {
                queue.ring.broken = true;
                return error.Broken;
            }
            arch.idleUntilNs(@min(now_ns + idle_ns, deadline_ns));
            idle_ns = @min(idle_ns * 2, idle_max_ns);
        }
    }

    /// A field (u8, u16 or u32) of the device's own configuration; null where it has none.
    pub fn config(device: *const Device, comptime Word: type, offset: usize) ?Word {
        return device.transport.config(Word, offset);
    }

    /// A field of 64 bits, whole even when it changes meanwhile (section 2.5.1).
    pub fn config64(device: *const Device, offset: usize) ?u64 {
        var value: u64 = 0;
        // A device that changes all the time gives a torn value, never an endless loop.
        for (0..config_looks_max) |_| {
            const before = device.transport.configGeneration();
            const low = device.config(u32, offset) orelse return null;
            const high = device.config(u32, offset + 4) orelse return null;
            value = @as(u64, high) << 32 | low;
            if (device.transport.configGeneration() == before) break;
        }
        return value;
    }
};

/// The buffer of memory in the image or in shared memory.
pub fn bufferOf(bytes: []const u8) Buffer {
    return .{ .address = vm.physicalOf(@intFromPtr(bytes.ptr)), .length = @intCast(bytes.len) };
}
