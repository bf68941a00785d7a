// SPDX-License-Identifier: Apache-2.0
//! One machine and a peer that sends whatever a test says: for tests of single segments.

const std = @import("std");
const blocks = @import("../blocks.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Header = segments.Header;
const Tcp = tcps.Tcp;
const testing = std.testing;

pub const port = 80;
pub const peer_port = 40000;
/// The peer's first sequence number, near the end of all.
pub const irs: u32 = 0xffff_fff0;

/// A segment that the machine sent.
pub const Sent = struct {
    path: tcps.Path,
    header: Header,
    payload_bytes: u32,
    segment_bytes: ?u16,
    /// Its payload's beginning.
    text: [16]u8,
};

pub const Script = struct {
    arena: *std.heap.ArenaAllocator,
    pool: blocks.Pool,
    tcp: Tcp,
    now_ns: u64 = 5 * std.time.ns_per_s,
    route: tcps.Route = .{ .mss = 1460 },
    /// Whom segments come from and go to.
    remote_port: u16 = peer_port,
    /// Ours, once the machine has sent a SYN.
    iss: u32 = 0,
    /// Sent with every segment of the peer, if set.
    timestamps: ?segments.Timestamps = null,

    pub fn init(script: *Script, arena: *std.heap.ArenaAllocator, options: Options) void {
        script.* = .{
            .arena = arena,
            .pool = .init(blocks.testSource(arena), options.pool_blocks),
            .tcp = undefined,
        };
        script.tcp = .init(.{
            .allocator = testing.allocator,
            .pool = &script.pool,
            .secret = @splat(42),
            .connections_max = options.connections_max,
            .backlog_min = 1,
            .half_open_max = options.half_open_max,
            .time_wait_max = options.time_wait_max,
            .receive_bytes_initial = options.receive_bytes,
        });
    }

    pub const Options = struct {
        pool_blocks: u32 = 500,
        connections_max: u32 = 100,
        half_open_max: u32 = 100,
        time_wait_max: u32 = 100,
        receive_bytes: u32 = 50_000,
    };

    /// Fails if a block is still used.
    pub fn deinit(script: *Script) !void {
        script.tcp.deinit();
        try testing.expectEqual(0, script.pool.used());
    }

    pub fn end(number: u8, of_port: u16) tcps.Endpoint {
        var address: [16]u8 = @splat(0);
        address[0..4].* = .{ 192, 168, 0, number };
        return .{ .family = .ip4, .address = address, .port = of_port };
    }

    pub fn path(script: *const Script) tcps.Path {
        return .{
            .family = .ip4,
            .local = end(1, 0).address,
            .remote = end(2, 0).address,
            .local_port = port,
            .remote_port = script.remote_port,
        };
    }

    /// The peer's segment; ports of the test's connection.
    pub fn give(script: *Script, header: Header, payload: []const u8) void {
        script.giveTo(port, header, payload);
    }

    pub fn giveTo(script: *Script, local_port: u16, header: Header, payload: []const u8) void {
        var whole = header;
        if (whole.timestamps == null) whole.timestamps = script.timestamps;
        const block = script.pool.takeForDevice() orelse return;
        defer script.pool.release(block);
        var buffer: [segments.header_bytes_max]u8 = undefined;
        const bytes = segments.encode(&buffer, script.remote_port, local_port, &whole);
        @memcpy(block.bytes[0..bytes.len], bytes);
        @memcpy(block.bytes[bytes.len..][0..payload.len], payload);
        const piece: blocks.Piece = .{
            .block = block,
            .bytes = block.bytes[0 .. bytes.len + payload.len],
        };
        const addresses: tcps.Addresses = .{
            .family = .ip4,
            .local = end(1, 0).address,
            .remote = end(2, 0).address,
        };
        script.tcp.receive(addresses, &.{piece}, script.route, script.now_ns);
    }

    /// Data or an acknowledgement of the established connection: numbers count from the first byte
    /// of data.
    pub fn giveData(script: *Script, offset: u32, acknowledged: u32, text: []const u8) void {
        script.give(.{
            .sequence = irs +% 1 +% offset,
            .acknowledgement = script.iss +% 1 +% acknowledged,
            .flags = .{ .ack = true, .psh = text.len > 0 },
            .window = 10_000,
        }, text);
    }

    pub fn giveFlags(
        script: *Script,
        offset: u32,
        acknowledged: u32,
        flags: segments.Flags,
    ) void {
        script.give(.{
            .sequence = irs +% 1 +% offset,
            .acknowledgement = script.iss +% 1 +% acknowledged,
            .flags = flags,
            .window = 10_000,
        }, "");
    }

    /// What the machine sends next; null: nothing.
    pub fn take(script: *Script) ?Sent {
        var header: [tcps.header_bytes_max]u8 = undefined;
        var payload: [tcps.pieces_max]blocks.Piece = undefined;
        const outgoing = script.tcp.next(&header, &payload, script.now_ns) orelse return null;
        var sent: Sent = .{
            .path = outgoing.path,
            .header = segments.parse(outgoing.header).?.header,
            .payload_bytes = outgoing.payload_bytes,
            .segment_bytes = outgoing.segment_bytes,
            .text = @splat(0),
        };
        var total: usize = 0;
        for (payload[0..outgoing.payload_count]) |piece| {
            const part = @min(sent.text.len -| total, piece.bytes.len);
            if (part > 0) @memcpy(sent.text[total..][0..part], piece.bytes[0..part]);
            total += piece.bytes.len;
            script.pool.release(piece.block);
        }
        std.debug.assert(total == outgoing.payload_bytes);
        if (sent.header.flags.syn) script.iss = sent.header.sequence;
        return sent;
    }

    pub fn expectNothing(script: *Script) !void {
        try testing.expectEqual(null, script.take());
    }

    /// The next segment has these flags, and no payload.
    pub fn expectFlags(script: *Script, flags: segments.Flags) !Sent {
        const sent = script.take() orelse return error.NothingSent;
        try testing.expectEqual(flags, sent.header.flags);
        try testing.expectEqual(0, sent.payload_bytes);
        return sent;
    }

    /// The next segment acknowledges so much data, and says nothing else.
    pub fn expectAcknowledgement(script: *Script, acknowledged: u32) !void {
        const sent = try script.expectFlags(.{ .ack = true });
        const expected = irs +% 1 +% acknowledged;
        try testing.expectEqual(expected, sent.header.acknowledgement);
    }

    /// The next segment has so much payload from `offset` on.
    pub fn expectData(script: *Script, offset: u32, bytes: u32) !Sent {
        const sent = script.take() orelse return error.NothingSent;
        try testing.expectEqual(script.iss +% 1 +% offset, sent.header.sequence);
        try testing.expectEqual(bytes, sent.payload_bytes);
        return sent;
    }

    pub fn pass(script: *Script, ms: u64) void {
        script.now_ns += ms * std.time.ns_per_ms;
        script.tcp.advance(script.now_ns);
    }

    /// A listener, and a connection to it that is not accepted yet.
    pub fn open(script: *Script, syn: Header) !*tcps.Listener {
        const listener = try script.tcp.listen(end(1, port), .{}, script.now_ns);
        script.give(syn, "");
        _ = try script.expectFlags(.{ .syn = true, .ack = true });
        script.giveFlags(0, 0, .{ .ack = true });
        return listener;
    }

    /// Accepted, with no options but the MSS.
    pub fn establish(script: *Script) !*tcps.Connection {
        const listener = try script.open(plain_syn);
        try script.expectNothing();
        return script.tcp.accept(listener);
    }
};

pub const plain_syn: Header = .{
    .sequence = irs,
    .flags = .{ .syn = true },
    .window = 10_000,
    .mss = 1000,
};
