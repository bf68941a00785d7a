// SPDX-License-Identifier: Apache-2.0
//! Tests of the virtqueue against a device that does as it should, and one that does not.

const std = @import("std");
const testing = std.testing;
const queues = @import("queue.zig");
const Buffer = queues.Buffer;
const Queue = queues.Queue;

/// The device's side: what it reads and writes in the rings.
const Device = DeviceOf(Queue);
const LargeQueue = queues.QueueOf(256);

fn DeviceOf(comptime Ring: type) type {
    return struct {
        const Self = @This();

        rings: *Ring.Rings,
        size: u16,
        seen: u16 = 0,
        /// Index of the used ring when it was last asked about an interrupt.
        signalled: u16 = 0,

        /// The head of the next request that was offered.
        fn next(device: *Self) ?u16 {
            if (device.rings.available.index == device.seen) return null;
            const head = device.rings.available.ring[device.seen % device.size];
            device.seen +%= 1;
            return head;
        }

        fn finish(device: *Self, id: u32, written: u32) void {
            const place = device.rings.used.index % device.size;
            device.rings.used.ring[place] = .{ .id = id, .length = written };
            device.rings.used.index +%= 1;
        }

        /// Section 2.7.10.1: wants to be notified when the driver's index moves over this one.
        fn wantNotification(device: *Self, index: u16) void {
            device.rings.used.ring[device.size].id = index;
        }

        /// Section 2.7.7.1, with VIRTIO_F_EVENT_IDX.
        fn interrupts(device: *Self) bool {
            const wanted = device.rings.available.ring[device.size];
            const before = device.signalled;
            device.signalled = device.rings.used.index;
            return device.signalled -% wanted -% 1 < device.signalled -% before;
        }
    };
}

fn buffer(address: u64, length: u32) Buffer {
    return .{ .address = address, .length = length };
}

test "a chain of buffers, readable ones first" {
    var rings: queues.Rings = undefined;
    var queue: Queue = .init(&rings, 8);
    var device: Device = .{ .rings = &rings, .size = 8 };
    const head = queue.offer(&.{ buffer(0x1000, 16), buffer(0x2000, 512) }, &.{buffer(0x3000, 1)});
    try testing.expectEqual(head, device.next());
    try testing.expectEqual(null, device.next());
    const first = rings.descriptors[head.?];
    try testing.expectEqual(0x1000, first.address);
    try testing.expectEqual(1, first.flags);
    const second = rings.descriptors[first.next];
    try testing.expectEqual(512, second.length);
    try testing.expectEqual(1, second.flags);
    const third = rings.descriptors[second.next];
    try testing.expectEqual(0x3000, third.address);
    try testing.expectEqual(2, third.flags);
    try testing.expectEqual(null, try queue.take());
    device.finish(head.?, 1);
    const completion = (try queue.take()).?;
    try testing.expectEqual(queues.Completion{ .head = head.?, .written = 1 }, completion);
    try testing.expectEqual(null, try queue.take());
}

test "requests end in any order, indices wrap around, nothing is lost" {
    var rings: queues.Rings = undefined;
    for ([_]u16{ 1, 2, 4, 16 }) |size| {
        var queue: Queue = .init(&rings, size);
        var device: Device = .{ .rings = &rings, .size = size };
        var random: std.Random.DefaultPrng = .init(size);
        var held: [Queue.size_max]u16 = undefined;
        var count: usize = 0;
        // Both indices have 16 bits.
        for (0..200_000) |_| {
            if (random.random().boolean()) {
                const head = queue.offer(&.{}, &.{buffer(0x1000, 100)}) orelse {
                    try testing.expectEqual(size, count);
                    continue;
                };
                try testing.expectEqual(head, device.next());
                held[count] = head;
                count += 1;
            } else if (count > 0) {
                const index = random.random().uintLessThan(usize, count);
                count -= 1;
                device.finish(held[index], 7);
                try testing.expectEqual(held[index], (try queue.take()).?.head);
                held[index] = held[count];
            }
        }
        try testing.expectEqual(size - count, queue.free_count);
    }
}

test "what does not fit is not offered" {
    var rings: queues.Rings = undefined;
    var queue: Queue = .init(&rings, 2);
    const one = buffer(0x1000, 1);
    try testing.expectEqual(null, queue.offer(&.{ one, one }, &.{one}));
    try testing.expect(queue.offer(&.{one}, &.{one}) != null);
    try testing.expectEqual(null, queue.offer(&.{one}, &.{}));
    try testing.expectEqual(1, rings.available.index);
}

/// One request of ten writable bytes is with the device, which then answers `id` and `written`
/// and moves its index by `step`.
fn expectBroken(id: u32, written: u32, step: u16) !void {
    var rings: queues.Rings = undefined;
    var queue: Queue = .init(&rings, 4);
    const head = queue.offer(&.{buffer(0x1000, 10)}, &.{buffer(0x2000, 10)}).?;
    try testing.expectEqual(0, head);
    rings.used.ring[0] = .{ .id = id, .length = written };
    rings.used.index = step;
    try testing.expectError(error.Broken, queue.take());
    // Also when it comes to its senses.
    rings.used.ring[0] = .{ .id = 0, .length = 0 };
    rings.used.index = 1;
    try testing.expectError(error.Broken, queue.take());
}

test "nonsense breaks the queue and nothing else" {
    try expectBroken(0, 11, 1); // more than it was given
    try expectBroken(0, std.math.maxInt(u32), 1);
    try expectBroken(1, 0, 1); // the middle of a chain
    try expectBroken(3, 0, 1); // free
    try expectBroken(4, 0, 1); // behind the end
    try expectBroken(std.math.maxInt(u32), 0, 1);
    try expectBroken(0, 0, 2); // more answers than requests
    try expectBroken(0, 0, 0xffff); // backwards
}

test "a request is answered once" {
    var rings: queues.Rings = undefined;
    var queue: Queue = .init(&rings, 4);
    var device: Device = .{ .rings = &rings, .size = 4 };
    const one = buffer(0x1000, 1);
    const first = queue.offer(&.{one}, &.{}).?;
    _ = queue.offer(&.{one}, &.{}).?;
    device.finish(first, 0);
    try testing.expectEqual(first, (try queue.take()).?.head);
    device.finish(first, 0);
    try testing.expectError(error.Broken, queue.take());
}

test "what the device writes over our rings leads nowhere" {
    var rings: queues.Rings = undefined;
    var queue: Queue = .init(&rings, 4);
    var device: Device = .{ .rings = &rings, .size = 4 };
    const one = buffer(0x1000, 1);
    for (0..10) |_| {
        const head = queue.offer(&.{ one, one }, &.{one}).?;
        @memset(std.mem.asBytes(&rings.descriptors), 0xff);
        @memset(std.mem.asBytes(&rings.available.ring), 0xff);
        device.finish(head, 1);
        try testing.expectEqual(1, (try queue.take()).?.written);
        try testing.expectEqual(4, queue.free_count);
    }
}

test "interrupts are asked for or not" {
    var rings: queues.Rings = undefined;
    var queue: Queue = .init(&rings, 4);
    try testing.expectEqual(1, rings.available.flags);
    queue.setInterrupt(true);
    try testing.expectEqual(0, rings.available.flags);
    queue.setInterrupt(false);
    try testing.expectEqual(1, rings.available.flags);
}

/// One request after the other is offered and finished: which of them interrupt?
fn expectInterrupts(
    device: *DeviceOf(LargeQueue),
    queue: *LargeQueue,
    expected: []const bool,
) !void {
    for (expected) |wanted| {
        const head = queue.offer(&.{}, &.{buffer(0x1000, 1)}).?;
        device.finish(head, 0);
        try testing.expectEqual(wanted, device.interrupts());
        _ = (try queue.take()).?;
    }
}

test "an interrupt comes after so many requests, and once" {
    var rings: LargeQueue.Rings = undefined;
    for ([_]u16{ 4, 256 }) |size| {
        var queue: LargeQueue = .init(&rings, size);
        queue.has_events = true;
        var device: DeviceOf(LargeQueue) = .{ .rings = &rings, .size = size };
        // Both counters go round.
        for (0..20_000) |_| {
            queue.interruptAfter(1);
            try expectInterrupts(&device, &queue, &.{ true, false });
            queue.interruptAfter(3);
            try expectInterrupts(&device, &queue, &.{ false, false, true, false, false });
            queue.interruptAfter(2);
            try expectInterrupts(&device, &queue, &.{false});
            queue.interruptNever();
            try expectInterrupts(&device, &queue, &.{ false, false, false });
        }
    }
}

test "a device is notified when it waits, of what it has not been told" {
    var rings: LargeQueue.Rings = undefined;
    for ([_]bool{ false, true }) |has_events| {
        var queue: LargeQueue = .init(&rings, 8);
        queue.has_events = has_events;
        var device: DeviceOf(LargeQueue) = .{ .rings = &rings, .size = 8 };
        for (0..30_000) |_| {
            try testing.expect(!queue.mustNotify());
            rings.used.flags = 0;
            device.wantNotification(device.seen);
            const first = queue.offer(&.{buffer(0x1000, 1)}, &.{}).?;
            const second = queue.offer(&.{buffer(0x1000, 1)}, &.{}).?;
            try testing.expect(queue.mustNotify());
            try testing.expect(!queue.mustNotify());
            // It is at work and looks by itself.
            rings.used.flags = 1;
            const third = queue.offer(&.{buffer(0x1000, 1)}, &.{}).?;
            try testing.expect(!queue.mustNotify());
            for ([_]u16{ first, second, third }) |head| {
                try testing.expectEqual(head, device.next());
                device.finish(head, 0);
                try testing.expect((try queue.take()) != null);
            }
        }
    }
}

test "a queue of 256 is checked as one of 4 is" {
    var rings: LargeQueue.Rings = undefined;
    var queue: LargeQueue = .init(&rings, 256);
    const one = buffer(0x1000, 10);
    for (0..128) |_| _ = queue.offer(&.{one}, &.{one}).?;
    try testing.expectEqual(null, queue.offer(&.{}, &.{one}));
    try testing.expect(!queue.hasFinished());
    rings.used.ring[0] = .{ .id = 255, .length = 0 };
    rings.used.index = 1;
    try testing.expect(queue.hasFinished());
    // The second half of a chain.
    try testing.expectError(error.Broken, queue.take());
    try testing.expect(queue.hasFinished());
}
