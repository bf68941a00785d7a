// SPDX-License-Identifier: Apache-2.0
//! How connections come to be, what both sides agree on, and how they go. The functions are
//! `Tcp`'s.

const calls = @import("calls.zig");
const connections = @import("connection.zig");
const paths = @import("path.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Connection = connections.Connection;
const Tcp = tcps.Tcp;

/// No peer is sent less in a segment: otherwise headers would be most of what is sent.
pub const mss_min = 88;
/// RFC 9293, section 3.7.1: of peers that say nothing.
const mss_default4 = 536;
const mss_default6 = 1220;

/// A connection in the table. Nobufs: no memory, or too many.
pub fn create(
    tcp: *Tcp,
    path: *const paths.Path,
    route: paths.Route,
    state: connections.State,
    iss: u32,
    now_ns: u64,
) error{Nobufs}!*Connection {
    const allocator = tcp.options.allocator;
    if (tcp.connections_count >= tcp.options.connections_max) try makeRoom(tcp);
    tcp.reserveTimer() catch return error.Nobufs;
    const connection = allocator.create(Connection) catch return error.Nobufs;
    errdefer allocator.destroy(connection);
    connection.* = .{
        .node = .{ .path = path.*, .kind = .connection },
        .state = state,
        .mss = @max(route.mss, mss_min),
        .cuts_segments = route.cuts_segments,
        .timestamp_offset = tcp.secrets.timestampOffset(path),
        .user_timeout_ms = calls.user_timeout_ms,
        .heard_at_ns = now_ns,
    };
    const sender = &connection.send;
    sender.* = .{ .una = iss, .nxt = iss, .start = iss +% 1, .small_end = iss };
    sender.limit = tcp.options.send_bytes_initial;
    sender.progress_at_ns = now_ns;
    connection.receive.limit = tcp.options.receive_bytes_initial;
    connection.congestion.begin(iss, connection.mss);
    tcp.table.insert(allocator, &connection.node) catch return error.Nobufs;
    tcp.connections_count += 1;
    return connection;
}

/// Gives up the connection that the program has been done with for the longest time.
fn makeRoom(tcp: *Tcp) error{Nobufs}!void {
    const link = tcp.orphans.first orelse {
        tcp.counters.refused += 1;
        return error.Nobufs;
    };
    const connection: *Connection = @fieldParentPtr("owner_link", link);
    tcp.reset(connection);
    tcp.settle(connection);
}

/// Room for one timer more than there are; setting one cannot fail.
pub fn reserveTimer(tcp: *Tcp) !void {
    const count: usize = tcp.connections_count + tcp.half_open_count;
    try tcp.timers.reserve(tcp.options.allocator, count + 1);
}

/// The peer's SYN is known.
pub fn beginReceiving(
    tcp: *Tcp,
    connection: *Connection,
    irs: u32,
    recent: u32,
    now_ns: u64,
) void {
    const receiver = &connection.receive;
    receiver.nxt = irs +% 1;
    receiver.edge = receiver.nxt +% tcp.synWindow();
    receiver.last_acknowledged = receiver.nxt;
    receiver.recent = recent;
    receiver.recent_at_ms = connections.clockMs(now_ns);
}

/// What a SYN, or its answer, has in it for a connection that this machine opened.
pub fn negotiate(
    tcp: *Tcp,
    connection: *Connection,
    header: *const segments.Header,
    now_ns: u64,
) void {
    const peer_mss = tcp.peerMss(connection.path().family, header);
    connection.mss = @max(mss_min, @min(connection.mss, peer_mss));
    connection.timestamps = header.timestamps != null;
    connection.sack = header.sack_permitted;
    if (header.scale) |scale| {
        connection.scales = true;
        connection.send.scale = scale;
        connection.receive.scale = tcp.windowScale();
    }
    const recent = if (header.timestamps) |timestamps| timestamps.value else 0;
    tcp.beginReceiving(connection, header.sequence, recent, now_ns);
}

pub fn peerMss(_: *const Tcp, family: paths.Family, header: *const segments.Header) u16 {
    const default: u16 = if (family == .ip4) mss_default4 else mss_default6;
    return @max(mss_min, header.mss orelse default);
}

/// The shift with which the largest window can be said.
pub fn windowScale(tcp: *const Tcp) u8 {
    var scale: u8 = 0;
    while (scale < segments.scale_max and
        tcp.options.receive_bytes_max >> @intCast(scale) > connections.window_unscaled_max)
    {
        scale += 1;
    }
    return scale;
}

pub fn synWindow(tcp: *const Tcp) u16 {
    return @intCast(@min(tcp.options.receive_bytes_initial, connections.window_unscaled_max));
}

/// Ends the connection with a reset.
pub fn reset(tcp: *Tcp, connection: *Connection) void {
    switch (connection.state) {
        .closed, .syn_sent => {},
        else => {
            tcp.counters.resets += 1;
            tcp.reply(connection.path(), &.{
                .sequence = connection.send.nxt,
                .acknowledgement = connection.receive.nxt,
                .flags = .{ .rst = true, .ack = true },
            });
        },
    }
    tcp.detach(connection);
}

pub fn fail(tcp: *Tcp, connection: *Connection, failure: tcps.Error) void {
    connection.failure = failure;
    tcp.detach(connection);
}

/// Takes the connection out of everything; what has come can still be read.
pub fn detach(tcp: *Tcp, connection: *Connection) void {
    if (connection.state == .closed) return;
    tcp.table.remove(&connection.node);
    tcp.timers.cancel(&connection.timer);
    tcp.unready(connection);
    tcp.undelay(connection);
    tcp.unhold(connection);
    connection.send.queue.clear(tcp.options.pool);
    if (connection.receive.assembly != null) tcp.dropAssembly(connection);
    if (connection.congestion.board != null) tcp.dropBoard(connection);
    connection.state = .closed;
}

/// Frees a connection that is over and that nobody has.
pub fn settle(tcp: *Tcp, connection: *Connection) void {
    if (connection.state == .closed and connection.is_orphan) tcp.destroy(connection);
}

pub fn destroy(tcp: *Tcp, connection: *Connection) void {
    tcp.detach(connection);
    connection.receive.queue.clear(tcp.options.pool);
    if (connection.is_orphan) tcp.orphans.remove(&connection.owner_link);
    if (connection.listener) |listener| {
        listener.waiting.remove(&connection.owner_link);
        listener.waiting_count -= 1;
    }
    tcp.connections_count -= 1;
    tcp.options.allocator.destroy(connection);
}

pub fn dropAssembly(tcp: *Tcp, connection: *Connection) void {
    const assembly = connection.receive.assembly.?;
    assembly.clear(tcp.options.pool);
    tcp.options.allocator.destroy(assembly);
    connection.receive.assembly = null;
}

pub fn dropBoard(tcp: *Tcp, connection: *Connection) void {
    tcp.options.allocator.destroy(connection.congestion.board.?);
    connection.congestion.board = null;
}
