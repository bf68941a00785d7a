// SPDX-License-Identifier: Apache-2.0
//! What passes between the stack and a network device: Ethernet frames, in pieces of blocks that
//! both can reach, with what the device does of the work (OASIS virtio 1.2, section 5.1.6).

const blocks = @import("blocks.zig");

/// Ethernet, IPv6 and TCP headers with all options; a header never takes more.
pub const header_bytes_max = 128;
/// Payload pieces of one outgoing frame: 64 KiB in blocks, the first and the last cut.
pub const pieces_max = 18;

/// What the device can do. All false: a plain device.
pub const Offloads = struct {
    /// Completes the checksum of an outgoing frame (VIRTIO_NET_F_CSUM).
    transmit_checksum: bool = false,
    /// Cuts an outgoing TCP frame of up to 64 KiB into segments (HOST_TSO4, HOST_TSO6).
    segment_tcp4: bool = false,
    segment_tcp6: bool = false,
};

/// What an interface is, before it has addresses.
pub const Interface = struct {
    hardware_address: [6]u8,
    /// Largest IP packet.
    mtu: u16 = 1500,
    offloads: Offloads = .{},
};

/// Part of a frame.
pub const Piece = blocks.Piece;

/// What is known of the transport checksum of a received frame.
pub const Checksum = enum {
    unknown,
    /// The device has verified it.
    valid,
    /// The sender left it to a device that was not needed: the data is good, the field is not.
    partial,
};

/// An Ethernet frame as it came, whole; larger than the MTU if the device has joined segments.
pub const Received = struct {
    pieces: []const Piece,
    checksum: Checksum = .unknown,
};

/// An Ethernet frame to send: headers, then payload.
pub const Outgoing = struct {
    /// In the buffer that the device gave to `Stack.next`.
    header: []const u8,
    /// Retained once each for this frame; `Stack.sent` releases them.
    payload: [pieces_max]Piece = undefined,
    payload_count: usize = 0,
    /// Where in the frame the device's checksum begins, and where after that it is stored. The
    /// field holds the pseudo header's sum. Null: nothing is left to do.
    checksum: ?struct { start: u16, offset: u16 } = null,
    /// Payload bytes of each segment that the device makes. Null: the frame is sent as it is.
    segment: ?struct { kind: enum { tcp4, tcp6 }, bytes: u16 } = null,

    /// A frame with headers only. What is not counted of the payload stays as it is.
    pub fn begin(frame: *Outgoing, header: []const u8) void {
        frame.header = header;
        frame.payload_count = 0;
        frame.checksum = null;
        frame.segment = null;
    }
};
