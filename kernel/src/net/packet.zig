// SPDX-License-Identifier: Apache-2.0
//! IP packets of both versions, going out and coming in, with what is the same in both.

const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const link = @import("link.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const View = views.View;

pub const ethernet_bytes = 14;
pub const ip4_bytes = 20;
pub const ip6_bytes = 40;
pub const udp_bytes = 8;
pub const icmp_bytes = 8;

/// RFC 1122, section 3.3.3; RFC 8200, section 5: what every link and every host can take.
pub const ip4_mtu_min = 576;
pub const ip6_mtu_min = 1280;

/// Assigned protocol numbers.
pub const protocol_icmp4 = 1;
pub const protocol_tcp = 6;
pub const protocol_udp = 17;
pub const protocol_icmp6 = 58;

/// RFC 1700; what Linux uses.
pub const hop_limit_default = 64;

/// Largest transport header, with data that is not in pieces.
pub const head_bytes_max = link.header_bytes_max - ethernet_bytes - ip6_bytes;

pub fn headerBytes(family: addresses.Family) u16 {
    return if (family == .ip4) ip4_bytes else ip6_bytes;
}

/// What is to be sent: a transport header and its payload, with the addresses.
pub const Outgoing = struct {
    source: Ip,
    destination: Ip,
    protocol: u8,
    hop_limit: u8 = hop_limit_default,
    /// Where in `head` the transport checksum belongs that covers the pseudo header too; the field
    /// is 0. Null: nothing is left to do.
    checksum_at: ?u8 = null,
    /// For a device that cuts segments.
    segment_bytes: ?u16 = null,
    /// Routers do not cut it either.
    dont_fragment: bool = false,
    head_count: u8 = 0,
    payload_count: u8 = 0,
    payload_bytes: u32 = 0,
    /// Sent already, in fragments: bytes of head and payload.
    sent_bytes: u32 = 0,
    /// Of the fragments.
    identification: u16 = 0,
    head: [head_bytes_max]u8 = undefined,
    /// Retained once each for this packet.
    payload: [link.pieces_max]link.Piece = undefined,

    pub fn setHead(packet: *Outgoing, bytes: []const u8) void {
        @memcpy(packet.head[0..bytes.len], bytes);
        packet.head_count = @intCast(bytes.len);
    }

    /// Adds the bytes of `data`, retained; false if they have too many pieces: nothing is added.
    pub fn addPayload(packet: *Outgoing, data: View) bool {
        const cut = data.cut(packet.payload[packet.payload_count..]) orelse return false;
        for (cut) |piece| blocks.retain(piece.block);
        packet.payload_count += @intCast(cut.len);
        packet.payload_bytes += @intCast(data.len);
        return true;
    }

    /// Adds a copy of `data`; false: there is no memory, or it is more than a packet holds.
    pub fn copyPayload(packet: *Outgoing, pool: *blocks.Pool, data: View) bool {
        var rest = data;
        while (rest.len > 0) {
            if (packet.payload_count == packet.payload.len) return false;
            const block = pool.take() orelse return false;
            const count = rest.copy(block.bytes);
            packet.givePayload(.{ .block = block, .bytes = block.bytes[0..count] });
            rest = rest.from(count);
        }
        return true;
    }

    /// Takes over a piece that is retained for it.
    pub fn givePayload(packet: *Outgoing, piece: link.Piece) void {
        packet.payload[packet.payload_count] = piece;
        packet.payload_count += 1;
        packet.payload_bytes += @intCast(piece.bytes.len);
    }

    pub fn pieces(packet: *const Outgoing) []const link.Piece {
        return packet.payload[0..packet.payload_count];
    }

    pub fn transportBytes(packet: *const Outgoing) u32 {
        return packet.head_count + packet.payload_bytes;
    }

    pub fn release(packet: *const Outgoing, pool: *blocks.Pool) void {
        for (packet.pieces()) |piece| pool.release(piece.block);
    }
};

/// What has come: an IP packet whose header is valid.
pub const Incoming = struct {
    source: Ip,
    destination: Ip,
    protocol: u8,
    hop_limit: u8,
    /// From the IP header on. Null of one that came in fragments.
    whole: ?View,
    payload: View,
    /// Not for this host alone, on the link or by its address: no error answers it.
    is_group: bool = false,
    /// From this host itself.
    is_local: bool = false,
    checksum: link.Checksum = .unknown,
    fragment: ?Fragment = null,
};

/// Where the payload of a fragment belongs.
pub const Fragment = struct { identification: u32, offset: u32, has_more: bool };

/// What an ICMP error says about a packet that this host sent.
pub const Failure = struct {
    kind: Kind,
    /// Largest packet that passes; 0: not said.
    mtu: u32 = 0,

    pub const Kind = enum {
        network,
        host,
        protocol,
        port,
        /// Forbidden by a filter.
        prohibited,
        too_big,
        /// Lost its way, or was reassembled too late; says little about the peer.
        time_exceeded,
    };
};
