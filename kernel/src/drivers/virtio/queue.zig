// SPDX-License-Identifier: Apache-2.0
//! The split virtqueue (OASIS virtio 1.2, section 2.7), driver's side.
//!
//! What the device writes is not trusted: the rings hold addresses and lengths for it, and what it
//! says back is compared with a copy of our own before anything follows from it. A device that
//! breaks the rules breaks its queue, and nothing else.

const std = @import("std");
const assert = std.debug.assert;

const descriptor_next = 1;
const descriptor_write = 2;
const available_no_interrupt = 1;
const used_no_notify = 1;

const Descriptor = extern struct { address: u64, length: u32, flags: u16, next: u16 };
const UsedElement = extern struct { id: u32, length: u32 };

/// Memory as a device sees it, by physical address.
pub const Buffer = struct { address: u64, length: u32 };

/// A request that the device has finished. `written` bytes of its writable buffers, in their
/// order, are new; never more than they hold.
pub const Completion = struct { head: u16, written: u32 };

pub const Error = error{
    /// The device answered what nobody asked, or claims to have written more than it was given.
    Broken,
};

/// Of a chain that the device has.
const Chain = struct {
    /// 0: the device has no chain that begins here.
    descriptors: u16 = 0,
    writable_bytes: u32 = 0,
};

/// For devices that a program waits for: one request at a time, or few.
pub const Queue = QueueOf(16);
pub const Rings = Queue.Rings;

/// A queue of at most `capacity` entries.
pub fn QueueOf(comptime capacity: u16) type {
    return struct {
        const Self = @This();

        /// Most entries that we use.
        pub const size_max = capacity;

        /// Behind the last entry of each ring, as the device counts them, stands the number of the
        /// request that its reader waits for (section 2.7.10).
        const Available = extern struct { flags: u16, index: u16, ring: [capacity + 1]u16 };
        const Used = extern struct { flags: u16, index: u16, ring: [capacity + 1]UsedElement };

        /// What driver and device share. Smaller queues use the beginning of each array.
        pub const Rings = extern struct {
            descriptors: [capacity]Descriptor align(16),
            available: Available align(2),
            used: Used align(4),
        };

        rings: *volatile Self.Rings,
        size: u16,
        /// Free descriptors, each naming the next.
        free_first: u16 = 0,
        free_count: u16,
        next: [capacity]u16,
        chains: [capacity]Chain = @splat(.{}),
        in_flight: u16 = 0,
        /// As many requests as were ever offered, and finished; both wrap around.
        offered: u16 = 0,
        taken: u16 = 0,
        broken: bool = false,
        /// VIRTIO_F_EVENT_IDX was agreed on: both sides name the request that they wait for.
        has_events: bool = false,
        /// As many requests as were offered when the device was last told.
        told: u16 = 0,

        /// An empty queue of `size` entries, a power of two, in `rings`, which live as long as it.
        pub noinline fn init(rings: *Self.Rings, size: u16) Self {
            assert(size > 0 and size <= capacity and std.math.isPowerOfTwo(size));
            rings.* = std.mem.zeroes(Self.Rings);
            rings.available.flags = available_no_interrupt;
            var queue: Self = .{
                .rings = rings,
                .size = size,
                .free_count = size,
                .next = undefined,
            };
            for (&queue.next, 1..) |*next, index| next.* = @intCast(index);
            return queue;
        }

        /// What the device is told of the queue.
        pub fn place(queue: *const Self) Place {
            return .{ .size = queue.size, .parts = .{
                @intFromPtr(&queue.rings.descriptors),
                @intFromPtr(&queue.rings.available),
                @intFromPtr(&queue.rings.used),
            } };
        }

        /// Offers a request: buffers for the device to read, then buffers for it to write. Returns
        /// the name that its completion will have; null when too few descriptors are free.
        /// The device may look at once, but need not before it is notified.
        pub fn offer(queue: *Self, readable: []const Buffer, writable: []const Buffer) ?u16 {
            const count = readable.len + writable.len;
            assert(count > 0);
            if (count > queue.free_count) return null;
            const head = queue.free_first;
            var chain: Chain = .{ .descriptors = @intCast(count) };
            for (readable, 0..) |buffer, index| queue.add(buffer, 0, index + 1 == count);
            for (writable, readable.len..) |buffer, index| {
                queue.add(buffer, descriptor_write, index + 1 == count);
                chain.writable_bytes += buffer.length;
            }
            assert(queue.chains[head].descriptors == 0);
            queue.chains[head] = chain;
            queue.in_flight += 1;
            queue.rings.available.ring[queue.slot(queue.offered)] = head;
            queue.offered +%= 1;
            // Section 2.7.13.3.1: the ring's entry before its index. x86 keeps the order of
            // stores; this keeps the compiler to it.
            compilerBarrier();
            queue.rings.available.index = queue.offered;
            compilerBarrier();
            return head;
        }

        /// Where the ring has request number `count`.
        fn slot(queue: *const Self, count: u16) u16 {
            return count & (queue.size - 1);
        }

        fn add(queue: *Self, buffer: Buffer, flags: u16, last: bool) void {
            const index = queue.free_first;
            queue.free_first = queue.next[index];
            queue.free_count -= 1;
            queue.rings.descriptors[index] = .{
                .address = buffer.address,
                .length = buffer.length,
                .flags = if (last) flags else flags | descriptor_next,
                .next = if (last) 0 else queue.free_first,
            };
        }

        /// The next finished request, null when there is none yet. Once Broken, always Broken.
        pub fn take(queue: *Self) Error!?Completion {
            if (queue.broken) return error.Broken;
            const finished = queue.rings.used.index -% queue.taken;
            if (finished == 0) return null;
            if (finished > queue.in_flight) return queue.fail();
            compilerBarrier();
            const element = queue.rings.used.ring[queue.slot(queue.taken)];
            if (element.id >= queue.size) return queue.fail();
            const head: u16 = @intCast(element.id);
            const chain = queue.chains[head];
            if (chain.descriptors == 0 or element.length > chain.writable_bytes) {
                return queue.fail();
            }
            queue.taken +%= 1;
            queue.in_flight -= 1;
            queue.free(head, chain.descriptors);
            return .{ .head = head, .written = element.length };
        }

        /// Whether `take` has something to tell, if only that the queue is broken.
        pub fn hasFinished(queue: *const Self) bool {
            return queue.broken or queue.rings.used.index != queue.taken;
        }

        /// To be called when the device broke a rule of what the requests mean.
        pub fn fail(queue: *Self) Error {
            queue.broken = true;
            return error.Broken;
        }

        fn free(queue: *Self, head: u16, count: u16) void {
            queue.chains[head] = .{};
            var last = head;
            // Our own list: what stands in the ring may have been overwritten.
            for (1..count) |_| last = queue.next[last];
            queue.next[last] = queue.free_first;
            queue.free_first = head;
            queue.free_count += count;
            assert(queue.free_count <= queue.size);
        }

        /// Whether the device interrupts when it has finished a request. At first it does not.
        /// Look again after switching it on: what was finished before is not told.
        pub fn setInterrupt(queue: *Self, wanted: bool) void {
            queue.rings.available.flags = if (wanted) 0 else available_no_interrupt;
            // Section 2.7.7.2: on before the look at the used ring, also in the device's eyes.
            storeBarrier();
        }

        /// As setInterrupt(true), but only when `count` more requests have been finished, as far
        /// as the device can count; later ones are not told.
        pub fn interruptAfter(queue: *Self, count: u16) void {
            assert(count > 0);
            if (!queue.has_events) return queue.setInterrupt(true);
            queue.rings.available.ring[queue.size] = queue.taken +% (count - 1);
            // With this feature the flag is not looked at (section 2.7.7.1).
            storeBarrier();
        }

        /// Ends what interruptAfter began. One interrupt may still come.
        pub fn interruptNever(queue: *Self) void {
            if (!queue.has_events) return queue.setInterrupt(false);
            // The last one that was finished: not to be finished again before the numbers have
            // gone round, and every call moves it on.
            queue.rings.available.ring[queue.size] = queue.taken -% 1;
        }

        /// Whether the device has to be notified of what was offered since the last call; it then
        /// counts as told.
        pub fn mustNotify(queue: *Self) bool {
            const before = queue.told;
            if (queue.offered == before) return false;
            queue.told = queue.offered;
            // Section 2.7.13.4.1: the device sees the requests, or we see that it wants to know.
            storeBarrier();
            if (!queue.has_events) return queue.rings.used.flags & used_no_notify == 0;
            const wanted: u16 = @truncate(queue.rings.used.ring[queue.size].id);
            return queue.offered -% wanted -% 1 < queue.offered -% before;
        }
    };
}

/// Of a queue, in our addresses: descriptors, available ring, used ring.
pub const Place = struct { size: u16, parts: [3]usize };

fn compilerBarrier() void {
    asm volatile ("" ::: .{ .memory = true });
}

/// What was stored is seen by the device before we load what comes next.
fn storeBarrier() void {
    asm volatile ("mfence" ::: .{ .memory = true });
}
