// SPDX-License-Identifier: Apache-2.0
//! Frames from a network device (OASIS virtio 1.2, section 5.1.6.3 and 5.1.6.4): it writes them
//! into blocks, which whoever gets a frame can keep.

const std = @import("std");
const assert = std.debug.assert;
const blocks = @import("../../net/blocks.zig");
const headers = @import("network_header.zig");
const link = @import("../../net/link.zig");
const queues = @import("queue.zig");
const Header = headers.Header;
const Ring = headers.Ring;

/// Segments that a device joins make 64 KiB at most, with headers.
const frame_bytes_max = (64 << 10) + link.header_bytes_max + @sizeOf(Header);
pub const blocks_of_frame_max =
    std.math.divCeil(usize, frame_bytes_max, blocks.block_size) catch unreachable;

/// Nobody keeps the blocks of such a frame: when memory is short it still gets through, and with
/// it the acknowledgements that free memory.
const small_frame_bytes = 256;

/// `physicalOf` says what the device calls an address.
pub fn Receiver(comptime physicalOf: fn (address: usize) u64) type {
    return struct {
        const Self = @This();

        ring: *Ring,
        pool: *blocks.Pool,
        /// As many the device has at a time, if the pool has them.
        blocks_max: u16 = Ring.size_max,
        /// Whether a frame may take several blocks (VIRTIO_NET_F_MRG_RXBUF).
        joins_blocks: bool,
        /// Whether the device may leave checksums to us (VIRTIO_NET_F_GUEST_CSUM).
        tells_checksum: bool,
        /// What the device has, by the name of the request.
        with_device: [Ring.size_max]*blocks.Block = undefined,
        /// The current frame.
        current: [blocks_of_frame_max]*blocks.Block = undefined,
        current_count: usize = 0,
        pieces: [blocks_of_frame_max]link.Piece = undefined,
        /// Frames that came when there was no memory for another one in their place.
        dropped: u64 = 0,

        /// Gives the device as many blocks as it is to have.
        pub fn fill(receiver: *Self) void {
            const ring = receiver.ring;
            while (ring.free_count > 0 and ring.in_flight < receiver.blocks_max) {
                receiver.give(receiver.pool.takeForDevice() orelse return);
            }
        }

        fn give(receiver: *Self, block: *blocks.Block) void {
            const buffer: queues.Buffer = .{
                .address = physicalOf(@intFromPtr(block.bytes)),
                .length = blocks.block_size,
            };
            const name = receiver.ring.offer(&.{}, &.{buffer}).?;
            receiver.with_device[name] = block;
        }

        /// The next frame that has come; null: none. Its blocks are ours until the next call, and
        /// then whoever has retained them keeps them.
        pub fn next(receiver: *Self) queues.Error!?link.Received {
            while (true) {
                receiver.finish();
                const frame = try receiver.take() orelse return null;
                var bytes: usize = 0;
                for (frame.pieces) |piece| bytes += piece.bytes.len;
                const replaced = receiver.replace();
                // The device never runs out of blocks because of what others keep.
                if (replaced or bytes <= small_frame_bytes) return frame;
                receiver.dropped += 1;
            }
        }

        /// Releases the current frame.
        pub fn finish(receiver: *Self) void {
            for (receiver.current[0..receiver.current_count]) |block| receiver.pool.release(block);
            receiver.current_count = 0;
        }

        /// New blocks for the device in place of the current frame's. False: there are too few.
        fn replace(receiver: *Self) bool {
            for (0..receiver.current_count) |_| {
                receiver.give(receiver.pool.takeForDevice() orelse return false);
            }
            return true;
        }

        fn take(receiver: *Self) queues.Error!?link.Received {
            const ring = receiver.ring;
            const first = try ring.take() orelse return null;
            const block = receiver.keep(first.head);
            if (first.written < @sizeOf(Header)) return ring.fail();
            const header = std.mem.bytesToValue(Header, block.bytes[0..@sizeOf(Header)]);
            const count = if (receiver.joins_blocks) header.buffers else 1;
            if (count == 0 or count > blocks_of_frame_max) return ring.fail();
            receiver.pieces[0] = .{
                .block = block,
                .bytes = block.bytes[@sizeOf(Header)..first.written],
            };
            // They are finished at the same time (section 5.1.6.3.2).
            for (receiver.pieces[1..count]) |*piece| {
                const part = try ring.take() orelse return ring.fail();
                const further = receiver.keep(part.head);
                piece.* = .{ .block = further, .bytes = further.bytes[0..part.written] };
            }
            return .{
                .pieces = receiver.pieces[0..count],
                .checksum = receiver.checksumOf(header.flags),
            };
        }

        /// Adds what the device has given back to the current frame.
        fn keep(receiver: *Self, name: u16) *blocks.Block {
            const block = receiver.with_device[name];
            assert(receiver.current_count < blocks_of_frame_max);
            receiver.current[receiver.current_count] = block;
            receiver.current_count += 1;
            return block;
        }

        fn checksumOf(receiver: *const Self, flags: u8) link.Checksum {
            if (!receiver.tells_checksum) return .unknown;
            if (flags & headers.flag_needs_checksum != 0) return .partial;
            return if (flags & headers.flag_data_valid != 0) .valid else .unknown;
        }
    };
}
