// SPDX-License-Identifier: Apache-2.0
//! What programs ask for: RFC 9293, section 3.9.1. The functions are `Tcp`'s.

const std = @import("std");
const assert = std.debug.assert;
const blocks = @import("../blocks.zig");
const connections = @import("connection.zig");
const lifecycle = @import("lifecycle.zig");
const listeners = @import("listener.zig");
const output = @import("output.zig");
const paths = @import("path.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");
const time_waits = @import("time_wait.zig");
const timer = @import("timer.zig");

const Connection = connections.Connection;
const Endpoint = paths.Endpoint;
const Error = tcps.Error;
const Listener = listeners.Listener;
const Path = paths.Path;
const Tcp = tcps.Tcp;

/// Longer than the 100 seconds that RFC 9293, section 3.8.3, has as the least.
pub const user_timeout_ms = 300_000;
const buffer_bytes_min = 4096;
/// Part of the pool that is not for sending.
const receive_part = 4;
/// Ports for `connect` (RFC 6335, section 6).
const ports_first = 49152;
const ports_count = 65536 - ports_first;
/// A port is looked for this often; the table would be full of connections to one peer otherwise.
const port_tries_max = 2048;

/// Port 0: a free one, then in `Listener.local`. Address of zeros: any of this machine.
pub fn listen(tcp: *Tcp, local: Endpoint, how: tcps.Listen, now_ns: u64) Error!*Listener {
    var end = local;
    if (end.port == 0) end.port = choosePort(tcp, local, now_ns) orelse return error.Addrinuse;
    for (tcp.listeners.items) |other| {
        if (conflicts(other, &end, how.both_families)) return error.Addrinuse;
    }
    if (tcp.listeners.items.len >= tcp.options.listeners_max) return error.Nobufs;
    const allocator = tcp.options.allocator;
    tcp.listeners.ensureUnusedCapacity(allocator, 1) catch return error.Nobufs;
    const listener = allocator.create(Listener) catch return error.Nobufs;
    listener.* = .{
        .local = end,
        .both_families = how.both_families,
        .backlog = @min(@max(how.backlog, tcp.options.backlog_min), tcp.options.connections_max),
    };
    tcp.listeners.appendAssumeCapacity(listener);
    return listener;
}

/// Both would take the same connections, neither being more precise.
fn conflicts(other: *const Listener, end: *const Endpoint, both_families: bool) bool {
    if (other.local.port != end.port) return false;
    if (paths.wide(other.local.address) != paths.wide(end.address)) return false;
    return other.local.family == end.family or (both_families and other.both_families);
}

/// Connections that nobody has accepted are reset.
pub fn closeListener(tcp: *Tcp, listener: *Listener, now_ns: u64) void {
    _ = now_ns;
    const index = std.mem.findScalar(*Listener, tcp.listeners.items, listener).?;
    _ = tcp.listeners.orderedRemove(index);
    while (listener.half_open.first) |link| {
        listeners.forget(tcp, @fieldParentPtr("link", link));
    }
    while (listener.waiting.first) |link| {
        const connection: *Connection = @fieldParentPtr("owner_link", link);
        tcp.reset(connection);
        tcp.destroy(connection);
    }
    tcp.options.allocator.destroy(listener);
}

/// `accept` will not be Again.
pub fn hasConnection(listener: *const Listener) bool {
    return listener.waiting_count > 0;
}

/// The first of the connections that wait; the caller closes it. Again: there is none.
pub fn accept(tcp: *Tcp, listener: *Listener) Error!*Connection {
    _ = tcp;
    const link = listener.waiting.popFirst() orelse return error.Again;
    listener.waiting_count -= 1;
    const connection: *Connection = @fieldParentPtr("owner_link", link);
    connection.listener = null;
    return connection;
}

/// Begins to connect from `local`, an address of this machine and a port, or port 0 for a
/// free one. The connection becomes writable, or fails; the caller closes it either way.
pub fn connect(
    tcp: *Tcp,
    local: Endpoint,
    remote: Endpoint,
    route: paths.Route,
    now_ns: u64,
) Error!*Connection {
    if (remote.port == 0 or local.family != remote.family) return error.Inval;
    var path: Path = .{
        .family = remote.family,
        .local = local.address,
        .remote = remote.address,
        .local_port = local.port,
        .remote_port = remote.port,
    };
    var iss_min: ?u32 = null;
    if (local.port == 0) {
        iss_min = try findPath(tcp, &path, now_ns);
    } else if (tcp.table.find(&path) != null) {
        iss_min = takeOver(tcp, &path, now_ns) orelse return error.Addrinuse;
    }
    var iss = tcp.secrets.sequence(&path, now_ns);
    if (iss_min) |least| iss = segments.later(iss, least);
    const connection = try tcp.create(&path, route, .syn_sent, iss, now_ns);
    connection.send.syn_due = true;
    tcp.wake(connection);
    return connection;
}

/// Gives `path` a local port; returns the least initial sequence number, if there is one.
fn findPath(tcp: *Tcp, path: *Path, now_ns: u64) Error!?u32 {
    tcp.ports_chosen +%= 1;
    const first = tcp.secrets.portOffset(path) +% tcp.ports_chosen;
    for ([_]bool{ false, true }) |takes_over| {
        for (0..port_tries_max) |number| {
            const offset = (first +% @as(u32, @intCast(number))) % ports_count;
            path.local_port = @intCast(ports_first + offset);
            if (listeners.find(tcp, &path.localEnd()) != null) continue;
            if (tcp.table.find(path) == null) return null;
            if (!takes_over) continue;
            if (takeOver(tcp, path, now_ns)) |iss_min| return iss_min;
        }
    }
    return error.Addrnotavail;
}

/// Frees a path that is in TIME-WAIT, if it is safe; returns the least initial sequence number.
fn takeOver(tcp: *Tcp, path: *const Path, now_ns: u64) ?u32 {
    const node = tcp.table.find(path).?;
    if (node.kind != .time_wait) return null;
    const wait: *time_waits.TimeWait = .fromNode(node);
    if (!time_waits.mayReuse(wait, now_ns)) return null;
    const least = wait.nxt +% 0x1_0000;
    time_waits.forget(tcp, wait);
    return least;
}

/// No listener or connection has this port of this machine.
pub fn isPortFree(tcp: *const Tcp, local: Endpoint) bool {
    for (tcp.listeners.items) |listener| {
        if (listener.local.port == local.port) return false;
    }
    var iterator = tcp.table.iterate();
    while (iterator.next()) |node| {
        if (node.path.local_port == local.port and node.kind == .connection) return false;
    }
    return true;
}

/// A port that is free for `connect` or `listen`; null: all are taken.
pub fn choosePort(tcp: *Tcp, local: Endpoint, now_ns: u64) ?u16 {
    const path: Path = .{
        .family = local.family,
        .local = local.address,
        .remote = paths.any_address,
        .local_port = 0,
        .remote_port = @truncate(now_ns >> 16),
    };
    for (0..128) |_| {
        tcp.ports_chosen +%= 1;
        const offset = (tcp.secrets.portOffset(&path) +% tcp.ports_chosen) % ports_count;
        var end = local;
        end.port = @intCast(ports_first + offset);
        if (isPortFree(tcp, end)) return end.port;
    }
    return null;
}

/// Fills `buffers` in order. 0: the peer sends no more. Again: nothing has come yet.
pub fn read(
    tcp: *Tcp,
    connection: *Connection,
    buffers: []const []u8,
    now_ns: u64,
) Error!usize {
    const count = try peek(tcp, connection, buffers);
    if (count == 0) return 0;
    const receiver = &connection.receive;
    receiver.queue.drop(tcp.options.pool, @intCast(count));
    if (!connection.state.receives()) return count;
    growWindow(tcp, connection, @intCast(count), now_ns);
    // A peer that has seen a full window waits to be told; others see it with the next
    // acknowledgement (RFC 9293, section 3.8.6.2.2).
    const opened = segments.distance(receiver.edge, output.openEdge(tcp, connection));
    const window = receiver.window();
    const is_worth = opened >= receiver.limit / 2 or
        (opened >= 2 * @as(u32, receiver.segment_bytes) and opened >= window);
    if (is_worth) tcp.acknowledgeNow(connection);
    return count;
}

/// Same, but the bytes stay to be read.
pub fn peek(tcp: *Tcp, connection: *Connection, buffers: []const []u8) Error!usize {
    _ = tcp;
    const receiver = &connection.receive;
    if (receiver.queue.count > 0 and !receiver.discards) return receiver.queue.copy(buffers);
    if (takeError(connection)) |failure| return failure;
    if (receiver.finished or receiver.discards or connection.state == .closed) return 0;
    return error.Again;
}

/// Lets the window follow what the program takes in a round trip, so that it limits no sender
/// that the program could keep up with.
fn growWindow(tcp: *Tcp, connection: *Connection, count: u32, now_ns: u64) void {
    const receiver = &connection.receive;
    receiver.round_bytes +|= count;
    const now_ms = connections.clockMs(now_ns);
    const measured_ms = connection.estimator.smoothed_us / std.time.us_per_ms;
    const round_ms = @max(1, receiver.round_trip_ms orelse measured_ms);
    if (now_ms -% receiver.round_at_ms < round_ms) return;
    const is_limit = receiver.round_bytes > receiver.limit / 2;
    receiver.round_at_ms = now_ms;
    receiver.round_bytes = 0;
    const is_scarce = tcp.options.pool.available() < tcp.options.pool.blocks_max / 2;
    if (!is_limit or is_scarce or !receiver.grows) return;
    receiver.limit = @min(receiver.limit *| 2, @max(receiver.limit, tcp.options.receive_bytes_max));
}

/// Takes as much as there is room for. Again: none. Pipe: this side, or the connection, ended.
pub fn write(
    tcp: *Tcp,
    connection: *Connection,
    buffers: []const []const u8,
    now_ns: u64,
) Error!usize {
    _ = now_ns;
    const sender = &connection.send;
    if (takeError(connection)) |failure| return failure;
    switch (connection.state) {
        .syn_sent, .syn_received => return error.Again,
        .established, .close_wait => if (sender.fin) return error.Pipe,
        else => return error.Pipe,
    }
    var total: usize = 0;
    var wanted: usize = 0;
    for (buffers) |buffer| {
        wanted += buffer.len;
        const part = buffer[0..@min(buffer.len, roomToWrite(tcp, connection))];
        const copied = sender.queue.append(tcp.options.pool, part);
        total += copied;
        if (copied < buffer.len) break;
    }
    if (total == 0 and wanted > 0) return error.Again;
    if (total > 0) tcp.wake(connection);
    return total;
}

/// The congestion window has to fit twice: once in flight, once to follow. Part of the pool is for
/// what comes: if both peers' memory were full of what they send, neither could take any of it.
fn roomToWrite(tcp: *const Tcp, connection: *const Connection) u32 {
    const sender = &connection.send;
    const grown = @min(connection.congestion.window *| 2, tcp.options.send_bytes_max);
    const room = @max(sender.limit, if (sender.grows) grown else 0) -| sender.queue.count;
    const pool = tcp.options.pool;
    const kept = pool.device_reserve + pool.blocks_max / receive_part;
    const memory = @as(u64, pool.available() -| kept) * blocks.block_size;
    return @intCast(@min(room, memory));
}

/// Ends one direction or both. What was written is still sent.
pub fn shutdown(
    tcp: *Tcp,
    connection: *Connection,
    how: tcps.Shutdown,
    now_ns: u64,
) Error!void {
    _ = now_ns;
    if (!connection.state.isSynchronized()) return error.Notconn;
    if (how.receive) {
        connection.receive.discards = true;
        connection.receive.queue.clear(tcp.options.pool);
    }
    if (how.send) finishSending(tcp, connection);
}

fn finishSending(tcp: *Tcp, connection: *Connection) void {
    switch (connection.state) {
        .established => connection.state = .fin_wait_1,
        .close_wait => connection.state = .last_ack,
        else => return,
    }
    connection.send.fin = true;
    tcp.wake(connection);
}

/// The caller is done with it. What was written still reaches the peer, in the background;
/// unread data means a reset instead (RFC 1122, section 4.2.2.13).
pub fn close(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    assert(!connection.is_orphan and connection.listener == null);
    const receiver = &connection.receive;
    const is_unread = receiver.queue.count > 0 or receiver.assembly != null;
    if (!connection.state.isSynchronized() or is_unread) return abort(tcp, connection, now_ns);
    connection.is_orphan = true;
    tcp.orphans.append(&connection.owner_link);
    connection.failure = null;
    connection.user_timeout_ms = @min(connection.user_timeout_ms, timer.orphan_timeout_ms);
    connection.keep_alive = false;
    connection.idle_at_ns = 0;
    finishSending(tcp, connection);
    if (connection.state == .fin_wait_2) timer.limitFinWait(tcp, connection, now_ns);
}

/// The same with a reset, and at once.
pub fn abort(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    _ = now_ns;
    assert(!connection.is_orphan and connection.listener == null);
    tcp.reset(connection);
    tcp.destroy(connection);
}

pub fn readiness(tcp: *const Tcp, connection: *const Connection) tcps.Readiness {
    const receiver = &connection.receive;
    const failed = connection.failure != null;
    const is_over = connection.state == .closed;
    const has_end = receiver.finished or receiver.discards or is_over;
    const bytes = if (receiver.discards) 0 else receiver.queue.count;
    const may_write = switch (connection.state) {
        .established, .close_wait => isWorthWriting(tcp, connection),
        .syn_sent, .syn_received => false,
        // Writing fails, but does not wait.
        else => true,
    };
    return .{
        .readable = bytes > 0 or has_end or failed,
        .writable = may_write or failed,
        .hangup = is_over or failed or receiver.finished,
        .readable_bytes = bytes,
    };
}

/// There is room, and not only for the few bytes that were just acknowledged.
fn isWorthWriting(tcp: *const Tcp, connection: *const Connection) bool {
    const room = roomToWrite(tcp, connection);
    if (connection.send.queue.count == 0) return room > 0;
    return room >= connection.send.limit / 4;
}

/// Why the connection failed, told once.
pub fn takeError(connection: *Connection) ?Error {
    const failure = connection.failure;
    connection.failure = null;
    return failure;
}

/// The handshake is not over.
pub fn isConnecting(connection: *const Connection) bool {
    return connection.state == .syn_sent or connection.state == .syn_received;
}

/// Established in at least one direction.
pub fn isConnected(connection: *const Connection) bool {
    return connection.state.isSynchronized();
}

pub fn set(tcp: *Tcp, connection: *Connection, setting: tcps.Setting, now_ns: u64) void {
    if (setting.keep_alive) |on| timer.setKeepAlive(tcp, connection, on, now_ns);
    if (setting.no_delay) |on| {
        connection.no_delay = on;
        if (on) tcp.wake(connection);
    }
    if (setting.send_buffer_bytes) |bytes| {
        const most = tcp.options.send_bytes_max;
        connection.send.limit = std.math.clamp(bytes, buffer_bytes_min, most);
        connection.send.grows = false;
    }
    if (setting.receive_buffer_bytes) |bytes| {
        const most = tcp.options.receive_bytes_max;
        connection.receive.limit = std.math.clamp(bytes, buffer_bytes_min, most);
        connection.receive.grows = false;
    }
    if (setting.user_timeout_ms) |limit_ms| connection.user_timeout_ms = limit_ms;
}

/// All fields are there.
pub fn get(connection: *const Connection) tcps.Setting {
    return .{
        .keep_alive = connection.keep_alive,
        .no_delay = connection.no_delay,
        .send_buffer_bytes = connection.send.limit,
        .receive_buffer_bytes = connection.receive.limit,
        .user_timeout_ms = connection.user_timeout_ms,
    };
}

/// Only what a segment in flight can have caused counts (RFC 5927, section 4).
pub fn report(
    tcp: *Tcp,
    connection: *Connection,
    sequence: u32,
    problem: tcps.Problem,
    now_ns: u64,
) void {
    const sender = &connection.send;
    if (segments.before(sequence, sender.una) or !segments.before(sequence, sender.nxt)) return;
    switch (problem) {
        .too_big => |mss| shrink(tcp, connection, mss, now_ns),
        // Once established, others' mistakes end no connection (section 5.2).
        else => if (connection.state == .syn_sent) tcp.fail(connection, switch (problem) {
            .refused => error.Connrefused,
            .unreachable_network => error.Netunreach,
            else => error.Hostunreach,
        }),
    }
}

/// RFC 1191, section 6.5.
fn shrink(tcp: *Tcp, connection: *Connection, mss: u16, now_ns: u64) void {
    const sender = &connection.send;
    if (mss >= connection.mss or !connection.state.isSynchronized()) return;
    connection.mss = @max(mss, lifecycle.mss_min);
    sender.timed = false;
    connection.congestion.resendAll(sender.una, sender.nxt);
    tcp.armRetransmission(connection, now_ns);
    tcp.wake(connection);
}
