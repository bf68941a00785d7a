// SPDX-License-Identifier: Apache-2.0
//! Frames to a network device (OASIS virtio 1.2, section 5.1.6.2): headers in slots of ours, the
//! payload where it lies.

const std = @import("std");
const assert = std.debug.assert;
const blocks = @import("../../net/blocks.zig");
const headers = @import("network_header.zig");
const link = @import("../../net/link.zig");
const queues = @import("queue.zig");
const Header = headers.Header;
const Ring = headers.Ring;

/// Frames that the device can have at a time.
const slots_max = 128;
/// A payload up to this is copied behind its headers: each further descriptor costs the device
/// more than that.
const copied_bytes_max = 256;

/// What the device reads first of a frame.
const Slot = extern struct {
    header: Header,
    bytes: [link.header_bytes_max + copied_bytes_max]u8,
};
pub const Slots = [slots_max]Slot;

/// The blocks of a frame.
const Held = struct {
    blocks: [link.pieces_max]*blocks.Block,
    count: usize,
};

/// `physicalOf` says what the device calls an address.
pub fn Transmitter(comptime physicalOf: fn (address: usize) u64) type {
    return struct {
        const Self = @This();

        ring: *Ring,
        pool: *blocks.Pool,
        /// Shared with the device.
        slots: *Slots,
        held: [slots_max]Held = undefined,
        /// The first `free_count` are slots that the device does not have.
        free: [slots_max]u8 = firstSlots(),
        free_count: usize = slots_max,
        /// By the name of the request.
        slot_of: [Ring.size_max]u8 = undefined,

        fn firstSlots() [slots_max]u8 {
            var slots: [slots_max]u8 = undefined;
            for (&slots, 0..) |*slot, index| slot.* = @intCast(slots_max - 1 - index);
            return slots;
        }

        /// Whether any frame can be sent.
        pub fn hasRoom(transmitter: *const Self) bool {
            return transmitter.free_count > 0 and transmitter.ring.free_count > link.pieces_max;
        }

        /// Where the headers of the next frame have to be.
        ///
        /// Caller requirements: hasRoom().
        pub fn headerPlace(transmitter: *Self) *[link.header_bytes_max]u8 {
            return transmitter.nextSlot().bytes[0..link.header_bytes_max];
        }

        fn nextSlot(transmitter: *Self) *Slot {
            return &transmitter.slots[transmitter.free[transmitter.free_count - 1]];
        }

        /// Gives the device a frame. Its blocks are released when it has been sent.
        ///
        /// Caller requirements: hasRoom(); the header is at headerPlace().
        pub fn send(transmitter: *Self, frame: *const link.Outgoing) void {
            const slot = transmitter.nextSlot();
            const payload = frame.payload[0..frame.payload_count];
            assert(frame.header.ptr == &slot.bytes and frame.header.len <= link.header_bytes_max);
            slot.header = headerOf(frame);
            const index = transmitter.free[transmitter.free_count - 1];
            transmitter.free_count -= 1;
            var buffers: [1 + link.pieces_max]queues.Buffer = undefined;
            var count: usize = 1;
            const copied = transmitter.copyShort(slot, frame);
            const held = &transmitter.held[index];
            held.count = 0;
            if (copied == null) for (payload) |piece| {
                buffers[count] = bufferOf(piece.bytes);
                held.blocks[held.count] = piece.block;
                held.count += 1;
                count += 1;
            };
            const first_bytes = @sizeOf(Header) + frame.header.len + (copied orelse 0);
            buffers[0] = bufferOf(std.mem.asBytes(slot)[0..first_bytes]);
            const name = transmitter.ring.offer(buffers[0..count], &.{}).?;
            transmitter.slot_of[name] = index;
        }

        /// Copies the payload behind its headers and returns how much it is; null if it is long.
        fn copyShort(transmitter: *Self, slot: *Slot, frame: *const link.Outgoing) ?usize {
            const payload = frame.payload[0..frame.payload_count];
            var bytes: usize = 0;
            for (payload) |piece| bytes += piece.bytes.len;
            if (bytes > copied_bytes_max) return null;
            var end = frame.header.len;
            for (payload) |piece| {
                @memcpy(slot.bytes[end..][0..piece.bytes.len], piece.bytes);
                end += piece.bytes.len;
                transmitter.pool.release(piece.block);
            }
            return bytes;
        }

        /// Takes back what the device has sent.
        pub fn reclaim(transmitter: *Self) queues.Error!void {
            while (try transmitter.ring.take()) |completion| {
                const index = transmitter.slot_of[completion.head];
                const held = &transmitter.held[index];
                for (held.blocks[0..held.count]) |block| transmitter.pool.release(block);
                transmitter.free[transmitter.free_count] = index;
                transmitter.free_count += 1;
            }
        }

        /// Frames that the device has.
        pub fn inFlight(transmitter: *const Self) usize {
            return slots_max - transmitter.free_count;
        }

        fn bufferOf(bytes: []const u8) queues.Buffer {
            assert(bytes.len > 0);
            return .{
                .address = physicalOf(@intFromPtr(bytes.ptr)),
                .length = @intCast(bytes.len),
            };
        }
    };
}

fn headerOf(frame: *const link.Outgoing) Header {
    var header: Header = .{};
    if (frame.checksum) |checksum| {
        header.flags = headers.flag_needs_checksum;
        header.checksum_start = checksum.start;
        header.checksum_offset = checksum.offset;
    }
    if (frame.segment) |segment| {
        // Section 5.1.6.2.1: only with a checksum to be completed.
        assert(frame.checksum != null);
        header.segmentation = switch (segment.kind) {
            .tcp4 => headers.segmentation_tcp4,
            .tcp6 => headers.segmentation_tcp6,
        };
        header.header_bytes = @intCast(frame.header.len);
        header.segment_bytes = segment.bytes;
    }
    return header;
}
