// SPDX-License-Identifier: Apache-2.0
//! The split virtqueue (OASIS virtio 1.2, section 2.7), driver's side.
//!
//! What the device writes is not trusted: the rings hold addresses and lengths for it, and what it
//! says back is compared with a copy of our own before anything follows from it. A device that
//! breaks the rules breaks its queue, and nothing else.

const std = @import("std");
const assert = std.debug.assert;

/// Most entries that we use. A queue serves one program, which waits for most requests.
pub const size_max = 16;

const descriptor_next = 1;
const descriptor_write = 2;
const available_no_interrupt = 1;

const Descriptor = extern struct { address: u64, length: u32, flags: u16, next: u16 };
const Available = extern struct { flags: u16, index: u16, ring: [size_max]u16, event: u16 };
const UsedElement = extern struct { id: u32, length: u32 };
const Used = extern struct { flags: u16, index: u16, ring: [size_max]UsedElement, event: u16 };

/// What driver and device share. Smaller queues use the beginning of each array.
pub const Rings = extern struct {
    descriptors: [size_max]Descriptor align(16),
    available: Available align(2),
    used: Used align(4),
};

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

pub const Queue = struct {
    rings: *volatile Rings,
    size: u16,
    /// Free descriptors, each naming the next.
    free_first: u16 = 0,
    free_count: u16,
    next: [size_max]u16,
    chains: [size_max]Chain = @splat(.{}),
    in_flight: u16 = 0,
    /// As many requests as were ever offered, and finished; both wrap around.
    offered: u16 = 0,
    taken: u16 = 0,
    broken: bool = false,

    /// An empty queue of `size` entries, a power of two, in `rings`, which live as long as it.
    pub fn init(rings: *Rings, size: u16) Queue {
        assert(size > 0 and size <= size_max and std.math.isPowerOfTwo(size));
        rings.* = std.mem.zeroes(Rings);
        rings.available.flags = available_no_interrupt;
        var queue: Queue = .{ .rings = rings, .size = size, .free_count = size, .next = undefined };
        for (&queue.next, 1..) |*next, index| next.* = @intCast(index);
        return queue;
    }

    /// Virtual addresses of the three parts, in the order in which devices are told them.
    pub fn parts(queue: *const Queue) [3]usize {
        return .{
            @intFromPtr(&queue.rings.descriptors),
            @intFromPtr(&queue.rings.available),
            @intFromPtr(&queue.rings.used),
        };
    }

    /// Offers a request: buffers for the device to read, then buffers for it to write. Returns the
    /// name that its completion will have; null when too few descriptors are free.
    /// The device may look at once, but need not before it is notified.
    pub fn offer(queue: *Queue, readable: []const Buffer, writable: []const Buffer) ?u16 {
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
        queue.rings.available.ring[queue.offered % queue.size] = head;
        queue.offered +%= 1;
        // Section 2.7.13.3.1: the ring's entry before its index. x86 keeps the order of stores;
        // this keeps the compiler to it.
        compilerBarrier();
        queue.rings.available.index = queue.offered;
        compilerBarrier();
        return head;
    }

    fn add(queue: *Queue, buffer: Buffer, flags: u16, last: bool) void {
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
    pub fn take(queue: *Queue) Error!?Completion {
        if (queue.broken) return error.Broken;
        const finished = queue.rings.used.index -% queue.taken;
        if (finished == 0) return null;
        if (finished > queue.in_flight) return queue.fail();
        compilerBarrier();
        const element = queue.rings.used.ring[queue.taken % queue.size];
        if (element.id >= queue.size) return queue.fail();
        const head: u16 = @intCast(element.id);
        const chain = queue.chains[head];
        if (chain.descriptors == 0 or element.length > chain.writable_bytes) return queue.fail();
        queue.taken +%= 1;
        queue.in_flight -= 1;
        queue.free(head, chain.descriptors);
        return .{ .head = head, .written = element.length };
    }

    fn fail(queue: *Queue) Error {
        queue.broken = true;
        return error.Broken;
    }

    fn free(queue: *Queue, head: u16, count: u16) void {
        queue.chains[head] = .{};
        var last = head;
        // Our own list: what stands in the ring may have been overwritten.
        for (1..count) |_| last = queue.next[last];
        queue.next[last] = queue.free_first;
        queue.free_first = head;
        queue.free_count += count;
        assert(queue.free_count <= queue.size);
    }

    /// Whether the device interrupts when it has finished a request. At first it does not. Look
    /// again after switching it on: what was finished before is not told.
    pub fn setInterrupt(queue: *Queue, wanted: bool) void {
        queue.rings.available.flags = if (wanted) 0 else available_no_interrupt;
        // Section 2.7.7.2: on before the look at the used ring, also in the device's eyes.
        asm volatile ("mfence" ::: .{ .memory = true });
    }
};

fn compilerBarrier() void {
    asm volatile ("" ::: .{ .memory = true });
}
