// SPDX-License-Identifier: Apache-2.0
//! Connections that others open: RFC 9293, section 3.10.7.2, against floods as RFC 4987 has it.
//!
//! Until its handshake is over, a connection is a small record, and when there are too many, none
//! at all: a SYN cookie.

const std = @import("std");
const connections = @import("connection.zig");
const input = @import("input.zig");
const paths = @import("path.zig");
const secrets = @import("secrets.zig");
const segments = @import("segment.zig");
const table = @import("table.zig");
const timers = @import("timers.zig");
const Payload = @import("payload.zig").Payload;
const Tcp = @import("tcp.zig").Tcp;

const Connection = connections.Connection;
const Header = segments.Header;
const Path = paths.Path;

/// SYN-ACKs sent again: after 1, 3, 7, 15 and 31 seconds.
const retries_max = 5;
const retry_ns = std.time.ns_per_s;

pub const Listener = struct {
    local: paths.Endpoint,
    both_families: bool,
    /// Connections that may wait to be accepted; as many handshakes may go on.
    backlog: u32,
    waiting: std.DoublyLinkedList = .{},
    waiting_count: u32 = 0,
    half_open: std.DoublyLinkedList = .{},
    half_open_count: u32 = 0,

    pub fn takes(listener: *const Listener, local: *const paths.Endpoint) bool {
        if (listener.local.port != local.port) return false;
        const is_any = paths.wide(listener.local.address) == 0;
        if (listener.local.family != local.family) return is_any and listener.both_families;
        return is_any or paths.wide(listener.local.address) == paths.wide(local.address);
    }

    /// Of two that take the same, the one that says more precisely what.
    pub fn precision(listener: *const Listener, local: *const paths.Endpoint) u2 {
        if (paths.wide(listener.local.address) != 0) return 3;
        return if (listener.local.family == local.family) 2 else 1;
    }
};

/// What both sides have said in a handshake.
const Handshake = struct {
    /// Initial sequence numbers: the peer's and ours.
    irs: u32,
    iss: u32,
    mss: u16,
    cuts_segments: bool,
    /// The peer's window scale.
    scale: ?u8,
    sack: bool,
    timestamps: bool,
    /// Last timestamp of the peer.
    recent: u32,
};

pub const HalfOpen = struct {
    node: table.Node,
    timer: timers.Timer = .{ .kind = .half_open },
    link: std.DoublyLinkedList.Node = .{},
    listener: *Listener,
    handshake: Handshake,
    /// What our SYN-ACK says.
    route_mss: u16,
    retries: u8 = 0,

    pub fn fromNode(node: *table.Node) *HalfOpen {
        return @fieldParentPtr("node", node);
    }

    pub fn fromTimer(timer: *timers.Timer) *HalfOpen {
        return @alignCast(@fieldParentPtr("timer", timer));
    }
};

pub fn find(tcp: *const Tcp, local: *const paths.Endpoint) ?*Listener {
    var best: ?*Listener = null;
    for (tcp.listeners.items) |listener| {
        if (!listener.takes(local)) continue;
        if (best) |other| {
            if (listener.precision(local) <= other.precision(local)) continue;
        }
        best = listener;
    }
    return best;
}

/// A SYN without an acknowledgement for a path that is free. `iss_min`: where our sequence numbers
/// begin at least, after an earlier connection of this path.
pub fn arriveSyn(
    tcp: *Tcp,
    path: *const Path,
    header: *const Header,
    route: paths.Route,
    iss_min: ?u32,
    now_ns: u64,
) void {
    const listener = find(tcp, &path.localEnd()) orelse {
        return tcp.replyReset(path, header, 0);
    };
    // A peer that finds no room tries again; one that is refused gives up.
    if (header.flags.fin or listener.waiting_count >= listener.backlog) {
        tcp.counters.refused += 1;
        return;
    }
    var iss = tcp.secrets.sequence(path, now_ns);
    if (iss_min) |least| iss = segments.later(iss, least);
    var handshake: Handshake = .{
        .irs = header.sequence,
        .iss = iss,
        .mss = @min(route.mss, tcp.peerMss(path.family, header)),
        .cuts_segments = route.cuts_segments,
        .scale = header.scale,
        .sack = header.sack_permitted,
        .timestamps = header.timestamps != null,
        .recent = if (header.timestamps) |timestamps| timestamps.value else 0,
    };
    const is_full = listener.half_open_count >= listener.backlog or
        tcp.half_open_count >= tcp.options.half_open_max;
    if (!is_full and remember(tcp, listener, path, handshake, route, now_ns)) return;
    tcp.cookie_at_ns = now_ns;
    tcp.counters.cookies += 1;
    handshake.iss = tcp.secrets.cookie(path, handshake.irs, handshake.mss, now_ns);
    replySyn(tcp, path, &handshake, route.mss, true, now_ns);
}

/// False: no memory.
fn remember(
    tcp: *Tcp,
    listener: *Listener,
    path: *const Path,
    handshake: Handshake,
    route: paths.Route,
    now_ns: u64,
) bool {
    const allocator = tcp.options.allocator;
    tcp.reserveTimer() catch return false;
    const half = allocator.create(HalfOpen) catch return false;
    half.* = .{
        .node = .{ .path = path.*, .kind = .half_open },
        .listener = listener,
        .handshake = handshake,
        .route_mss = route.mss,
    };
    tcp.table.insert(allocator, &half.node) catch {
        allocator.destroy(half);
        return false;
    };
    listener.half_open.append(&half.link);
    listener.half_open_count += 1;
    tcp.half_open_count += 1;
    tcp.timers.set(&half.timer, now_ns + retry_ns);
    replySyn(tcp, path, &handshake, route.mss, false, now_ns);
    return true;
}

pub fn forget(tcp: *Tcp, half: *HalfOpen) void {
    tcp.table.remove(&half.node);
    tcp.timers.cancel(&half.timer);
    half.listener.half_open.remove(&half.link);
    half.listener.half_open_count -= 1;
    tcp.half_open_count -= 1;
    tcp.options.allocator.destroy(half);
}

/// SYN-ACK.
fn replySyn(
    tcp: *Tcp,
    path: *const Path,
    handshake: *const Handshake,
    mss: u16,
    is_cookie: bool,
    now_ns: u64,
) void {
    var header: Header = .{
        .sequence = handshake.iss,
        .acknowledgement = handshake.irs +% 1,
        .flags = .{ .syn = true, .ack = true },
        .window = tcp.synWindow(),
        .mss = mss,
        .sack_permitted = handshake.sack,
    };
    var clock = connections.clockMs(now_ns);
    if (is_cookie) {
        clock = secrets.cookieTimestamp(clock, .{
            .scale = handshake.scale,
            .sack = handshake.sack,
        });
        // Nowhere else is there room for them.
        if (!handshake.timestamps) header.sack_permitted = false;
    }
    const scales = handshake.scale != null and (handshake.timestamps or !is_cookie);
    if (scales) header.scale = tcp.windowScale();
    if (handshake.timestamps) {
        const value = clock +% tcp.secrets.timestampOffset(path);
        header.timestamps = .{ .value = value, .echo = handshake.recent };
    }
    tcp.reply(path, &header);
}

/// The timer of a half-open connection is due.
pub fn expire(tcp: *Tcp, half: *HalfOpen, now_ns: u64) void {
    if (half.retries == retries_max) return forget(tcp, half);
    half.retries += 1;
    tcp.timers.set(&half.timer, now_ns + (@as(u64, retry_ns) << @intCast(half.retries)));
    tcp.counters.resent += 1;
    replySyn(tcp, &half.node.path, &half.handshake, half.route_mss, false, now_ns);
}

/// A segment for a handshake that is going on: RFC 9293, section 3.10.7.4, SYN-RECEIVED.
pub fn arriveHalfOpen(
    tcp: *Tcp,
    half: *HalfOpen,
    header: *const Header,
    payload: Payload,
    now_ns: u64,
) void {
    const handshake = &half.handshake;
    const next = handshake.irs +% 1;
    const flags = header.flags;
    if (flags.rst) {
        if (header.sequence == next) forget(tcp, half);
        return;
    }
    if (flags.syn) {
        if (flags.ack) return;
        if (header.sequence == handshake.irs) {
            if (header.timestamps) |timestamps| handshake.recent = timestamps.value;
            return replySyn(tcp, &half.node.path, handshake, half.route_mss, false, now_ns);
        }
        // RFC 5961, section 4: if the peer has started anew, it answers with a reset.
        return replyState(tcp, half, now_ns);
    }
    if (!flags.ack) return;
    if (header.acknowledgement != handshake.iss +% 1) {
        return tcp.replyReset(&half.node.path, header, payload.length);
    }
    const offset = header.sequence -% next;
    if (offset > tcp.synWindow()) return replyState(tcp, half, now_ns);
    // The peer sends again when there is room.
    if (half.listener.waiting_count >= half.listener.backlog) return;
    const path = half.node.path;
    const listener = half.listener;
    var agreed = handshake.*;
    if (header.timestamps) |timestamps| {
        if (agreed.timestamps and segments.before(timestamps.value, agreed.recent)) return;
    } else agreed.timestamps = false;
    const retried = half.retries > 0;
    forget(tcp, half);
    const connection = open(tcp, listener, &path, &agreed, now_ns) orelse return;
    if (retried) connection.send.retries = 1;
    input.arrive(tcp, connection, header, payload, now_ns);
}

fn replyState(tcp: *Tcp, half: *HalfOpen, now_ns: u64) void {
    var header: Header = .{
        .sequence = half.handshake.iss +% 1,
        .acknowledgement = half.handshake.irs +% 1,
        .flags = .{ .ack = true },
        .window = tcp.synWindow(),
    };
    const offset = tcp.secrets.timestampOffset(&half.node.path);
    if (half.handshake.timestamps) header.timestamps = .{
        .value = connections.clockMs(now_ns) +% offset,
        .echo = half.handshake.recent,
    };
    tcp.reply(&half.node.path, &header);
}

/// An acknowledgement of a path that nothing is known of: true if it answers a cookie.
pub fn arriveCookie(
    tcp: *Tcp,
    path: *const Path,
    header: *const Header,
    payload: Payload,
    route: paths.Route,
    now_ns: u64,
) bool {
    const at_ns = tcp.cookie_at_ns orelse return false;
    if (now_ns -| at_ns > 2 * secrets.cookie_period_ns) return false;
    const listener = find(tcp, &path.localEnd()) orelse return false;
    if (listener.waiting_count >= listener.backlog) return false;
    const irs = header.sequence -% 1;
    const iss = header.acknowledgement -% 1;
    const mss = tcp.secrets.checkCookie(path, irs, iss, now_ns) orelse return false;
    var handshake: Handshake = .{
        .irs = irs,
        .iss = iss,
        .mss = @min(mss, route.mss),
        .cuts_segments = route.cuts_segments,
        .scale = null,
        .sack = false,
        .timestamps = false,
        .recent = 0,
    };
    if (header.timestamps) |timestamps| {
        const options = secrets.cookieOptions(
            timestamps.echo -% tcp.secrets.timestampOffset(path),
        );
        handshake.scale = options.scale;
        handshake.sack = options.sack;
        handshake.timestamps = true;
        handshake.recent = timestamps.value;
    }
    const connection = open(tcp, listener, path, &handshake, now_ns) orelse return true;
    input.arrive(tcp, connection, header, payload, now_ns);
    return true;
}

/// A connection that only lacks its acknowledgement, waiting to be accepted.
fn open(
    tcp: *Tcp,
    listener: *Listener,
    path: *const Path,
    handshake: *const Handshake,
    now_ns: u64,
) ?*Connection {
    const route: paths.Route = .{
        .mss = handshake.mss,
        .cuts_segments = handshake.cuts_segments,
    };
    const connection = tcp.create(path, route, .syn_received, handshake.iss, now_ns) catch {
        return null;
    };
    connection.timestamps = handshake.timestamps;
    connection.sack = handshake.sack;
    const sender = &connection.send;
    sender.nxt = handshake.iss +% 1;
    if (handshake.scale) |scale| {
        connection.scales = true;
        sender.scale = @min(scale, segments.scale_max);
        connection.receive.scale = tcp.windowScale();
    }
    tcp.beginReceiving(connection, handshake.irs, handshake.recent, now_ns);
    connection.listener = listener;
    listener.waiting.append(&connection.owner_link);
    listener.waiting_count += 1;
    return connection;
}
