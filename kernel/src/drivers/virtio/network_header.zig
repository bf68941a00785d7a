// SPDX-License-Identifier: Apache-2.0
//! What network device and driver exchange for each frame (OASIS virtio 1.2, section 5.1.6).

const std = @import("std");
const assert = std.debug.assert;
const queues = @import("queue.zig");

/// Entries are few hundred bytes of ours each; a device gives out no more than so many by default.
pub const Ring = queues.QueueOf(256);

/// Before every frame, in the queue's byte order, which is ours.
pub const Header = extern struct {
    flags: u8 = 0,
    segmentation: u8 = segmentation_none,
    /// Of a frame to be cut: bytes up to the payload, and payload bytes of each segment.
    header_bytes: u16 = 0,
    segment_bytes: u16 = 0,
    /// From the frame's start, and from there on.
    checksum_start: u16 = 0,
    checksum_offset: u16 = 0,
    /// Of a received frame: how many buffers it takes. Otherwise 0.
    buffers: u16 = 0,
};

comptime {
    assert(@sizeOf(Header) == 12);
}

pub const flag_needs_checksum = 1;
pub const flag_data_valid = 2;

pub const segmentation_none = 0;
pub const segmentation_tcp4 = 1;
pub const segmentation_tcp6 = 4;
