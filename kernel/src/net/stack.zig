// SPDX-License-Identifier: Apache-2.0
//! The network stack: frames and time in, frames out. Nothing here waits, reads a clock or knows
//! the machine.
//!
//! Whoever drives it calls `receive` for each frame that came, then `advance`, then `next` until
//! it is null or the device is full, and again at `deadlineNs` at the latest.

const std = @import("std");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const configuration = @import("configuration.zig");
const datagrams = @import("datagrams.zig");
const dhcp = @import("dhcp.zig");
const discovery = @import("discovery.zig");
const dns = @import("dns.zig");
const fragments = @import("fragments.zig");
const icmp = @import("icmp.zig");
const input = @import("input.zig");
const link = @import("link.zig");
const neighbors = @import("neighbors.zig");
const output = @import("output.zig");
const packets = @import("packet.zig");
const routes = @import("routes.zig");
const sockets = @import("sockets.zig");
const tcp = @import("tcp/tcp.zig");
const types = @import("types.zig");

const Ip = addresses.Ip;

/// Payload of a segment to this host itself: a few blocks.
const local_mss = 16 << 10;
const tcp_header_bytes = 20;

pub const sockets_max_default = 4096;

pub const Options = struct {
    /// Null: no device, loopback only.
    interface: ?link.Interface,
    pool: *blocks.Pool,
    /// For control blocks, within the limits.
    allocator: std.mem.Allocator,
    /// Nobody else knows it: sequence numbers, ports and transaction numbers come from it.
    secret: [32]u8,
    /// With no IPv4 address among them: DHCP; no IPv6 address: from router advertisements.
    static_addresses: []const addresses.Prefix = &.{},
    gateways: []const Ip = &.{},
    name_servers: []const Ip = &.{},
    /// Sent to the DHCP server; may be empty. Lives as long as the stack.
    hostname: []const u8 = "",
    /// Open at once.
    sockets_max: u16 = sockets_max_default,
};

pub const Stack = struct {
    options: Options,
    pool: *blocks.Pool,
    /// The last time that anyone told.
    now_ns: u64,
    /// Largest IP packet on the link.
    mtu: u16,
    /// Same of IPv6: a router may say less.
    mtu6: u16,
    neighbors: neighbors.Cache = .{},
    routes: routes.Table,
    fragments: fragments.Reassembly = .{},
    output: output.Output,
    icmp_limit: icmp.Limit = .{},
    datagrams: datagrams.Table = .{},
    sockets: sockets.Table = .{},
    tcp: tcp.Tcp,
    dhcp: dhcp.Client = .{},
    discovery: discovery.Discovery = .{},
    resolver: dns.Resolver = .{},
    /// Hosts that used an address of ours, and when we last said so.
    conflicts: u32 = 0,
    defended_ns: ?u64 = null,
    random_counter: u64 = 0,

    /// Nomem when the allocator has not enough for what the stack always needs.
    pub fn init(stack: *Stack, options: Options, now_ns: u64) types.Error!void {
        const wanted = if (options.interface) |interface| interface.mtu else packets.ip6_mtu_min;
        // Less than every host must take is a device's mistake.
        const mtu = @max(wanted, packets.ip4_mtu_min);
        stack.* = .{
            .options = options,
            .pool = options.pool,
            .now_ns = now_ns,
            .mtu = mtu,
            .mtu6 = mtu,
            .routes = .{ .has_link = options.interface != null },
            .output = output.Output.init(options.allocator) catch return error.Nomem,
            .tcp = .init(.{
                .allocator = options.allocator,
                .pool = options.pool,
                .secret = options.secret,
            }),
        };
        stack.output.identification = @truncate(stack.random());
        configuration.begin(stack, now_ns);
    }

    /// Gives back all memory. Connections end without a word.
    pub fn deinit(stack: *Stack) void {
        stack.resolver.deinit(stack);
        sockets.closeAll(stack);
        stack.tcp.deinit();
        stack.fragments.advance(stack.pool, std.math.maxInt(u64));
        stack.output.deinit(stack.options.allocator, stack.pool);
    }

    /// Takes a frame that has come.
    pub fn receive(stack: *Stack, frame: link.Received, now_ns: u64) void {
        stack.now_ns = now_ns;
        input.receive(stack, frame, now_ns);
    }

    /// Makes `frame` the next one to send, its headers at the start of `header`; false when there
    /// is none now.
    pub fn next(
        stack: *Stack,
        header: *[link.header_bytes_max]u8,
        frame: *link.Outgoing,
        now_ns: u64,
    ) bool {
        stack.now_ns = now_ns;
        return output.next(stack, header, frame, now_ns);
    }

    /// The device has sent `frame` or given up on it: its pieces are released.
    pub fn sent(stack: *Stack, frame: *const link.Outgoing) void {
        for (frame.payload[0..frame.payload_count]) |piece| stack.pool.release(piece.block);
    }

    /// When `advance` has to be called at the latest; 0 at once, null not before a call or a frame.
    pub fn deadlineNs(stack: *const Stack) ?u64 {
        if (!stack.output.isIdle()) return 0;
        var earliest: u64 = std.math.maxInt(u64);
        for ([_]?u64{
            stack.tcp.deadlineNs(),
            stack.neighbors.deadlineNs(),
            stack.dhcp.deadlineNs(),
            stack.discovery.deadlineNs(),
            stack.fragments.deadlineNs(),
            stack.routes.deadlineNs(),
            stack.resolver.deadlineNs(),
        }) |deadline| {
            if (deadline) |ns| earliest = @min(earliest, ns);
        }
        return if (earliest == std.math.maxInt(u64)) null else earliest;
    }

    /// Lets time pass: what was due is done.
    pub fn advance(stack: *Stack, now_ns: u64) void {
        stack.now_ns = now_ns;
        stack.tcp.advance(now_ns);
        stack.neighbors.advance(now_ns);
        stack.fragments.advance(stack.pool, now_ns);
        stack.routes.advance(now_ns);
        configuration.advance(stack, now_ns);
        discovery.advance(stack, now_ns);
        stack.resolver.advance(stack);
    }

    /// The program is about to wait: acknowledgements that waited for its answer go now. To be
    /// called before `next` for the last time before the machine idles.
    pub fn idle(stack: *Stack) void {
        stack.tcp.idle();
    }

    /// Whether all that closed sockets sent has arrived, and nothing waits to be sent.
    pub fn isDrained(stack: *const Stack) bool {
        if (!stack.output.isIdle() or stack.output.waiting_count > 0) return false;
        var at = stack.tcp.orphans.first;
        while (at) |node| : (at = node.next) {
            const connection: *const tcp.Connection = @fieldParentPtr("owner_link", node);
            if (!connection.send.finAcknowledged()) return false;
        }
        return true;
    }

    /// Whether an address is there that others can reach.
    pub fn isConfigured(stack: *const Stack) bool {
        return configuration.isConfigured(stack);
    }

    /// Whether there is an IPv6 address that is known beyond the link.
    pub fn hasGlobal6(stack: *const Stack) bool {
        for (stack.routes.assigned[0..stack.routes.assigned_count]) |*assigned| {
            const ip = assigned.prefix.ip;
            if (ip.family == .ip6 and !ip.isLinkLocal() and !assigned.is_tentative) return true;
        }
        return false;
    }

    /// A number that nobody can foresee.
    pub fn random(stack: *Stack) u64 {
        stack.random_counter += 1;
        const bytes = std.mem.asBytes(&stack.random_counter);
        return std.hash.SipHash64(2, 4).toInt(bytes, stack.options.secret[0..16]);
    }

    /// The next segment of TCP as a packet; false when there is none.
    pub fn nextSegment(stack: *Stack, packet: *packets.Outgoing, now_ns: u64) bool {
        packet.payload_count = 0;
        const header = packet.head[0..tcp.header_bytes_max];
        const segment = stack.tcp.next(header, &packet.payload, now_ns) orelse return false;
        if (segment.header.ptr != header) {
            std.mem.copyForwards(u8, header, segment.header);
        }
        packet.head_count = @intCast(segment.header.len);
        packet.source = ipOf(segment.path.family, segment.path.local);
        packet.destination = ipOf(segment.path.family, segment.path.remote);
        packet.protocol = packets.protocol_tcp;
        packet.hop_limit = packets.hop_limit_default;
        packet.checksum_at = 16;
        packet.segment_bytes = segment.segment_bytes;
        packet.dont_fragment = true;
        packet.payload_count = @intCast(segment.payload_count);
        packet.payload_bytes = segment.payload_bytes;
        packet.sent_bytes = 0;
        packet.identification = 0;
        return true;
    }

    /// What the way to `remote` carries.
    pub fn routeTo(stack: *const Stack, remote: Ip) tcp.Route {
        return stack.routeOf(remote.family, stack.routes.isLocal(remote));
    }

    pub fn routeOf(stack: *const Stack, family: addresses.Family, is_local: bool) tcp.Route {
        const interface = stack.options.interface orelse return .{ .mss = local_mss };
        if (is_local) return .{ .mss = local_mss };
        return switch (family) {
            .ip4 => .{
                .mss = stack.mtu - packets.ip4_bytes - tcp_header_bytes,
                .cuts_segments = interface.offloads.segment_tcp4,
            },
            .ip6 => .{
                .mss = stack.mtu6 - packets.ip6_bytes - tcp_header_bytes,
                .cuts_segments = interface.offloads.segment_tcp6,
            },
        };
    }

    /// A host on the link says that an address of ours is its own (RFC 5227, section 2.4).
    pub fn conflict(stack: *Stack, ip: Ip, now_ns: u64) void {
        stack.conflicts +|= 1;
        configuration.conflict(stack, ip, now_ns);
    }

    pub const open = sockets.open;
    pub const bind = sockets.bind;
    pub const listen = sockets.listen;
    pub const accept = sockets.accept;
    pub const connect = sockets.connect;
    pub const read = sockets.read;
    pub const write = sockets.write;
    pub const shutdown = sockets.shutdown;
    pub const close = sockets.close;
    pub const localAddress = sockets.localAddress;
    pub const peerAddress = sockets.peerAddress;
    pub const kindOf = sockets.kindOf;
    pub const getOption = sockets.getOption;
    pub const setOption = sockets.setOption;
    pub const readiness = sockets.readiness;
    pub const stopListening = sockets.stopListening;
    pub const resolve = dns.resolve;
};

pub fn ipOf(family: tcp.Family, bytes: [16]u8) Ip {
    return if (family == .ip4) .{ .family = .ip4, .bytes = bytes } else .from6(bytes);
}
