// SPDX-License-Identifier: Apache-2.0
//! A connection's time is over: retransmission (RFC 6298), window probes and keep-alive
//! (RFC 9293, sections 3.8.6.1 and 3.8.4), and limits on how long anything is tried.

const std = @import("std");
const connections = @import("connection.zig");
const segments = @import("segment.zig");
const Tcp = @import("tcp.zig").Tcp;

const Connection = connections.Connection;

/// RFC 9293, section 3.8.3: a SYN is tried for three minutes.
const syn_timeout_ms = 180_000;
/// How long what the program left behind is tried to be sent.
pub const orphan_timeout_ms = 60_000;
/// How long the peer's FIN is waited for when nobody would read what came before it.
const fin_wait_ns = 60 * std.time.ns_per_s;
const keep_alive_idle_ns = 7200 * std.time.ns_per_s;
const keep_alive_interval_ns = 75 * std.time.ns_per_s;
const keep_alive_probes_max = 9;
const black_hole_retries = 2;
/// Every IPv6 link has it (RFC 8200, section 5), and tunnels over Ethernet.
const black_hole_mss = 1220;
const retries_max = std.math.maxInt(u8);

/// Does what is due, and sets the timer again.
pub fn expire(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    if (isDue(connection.retransmit_at_ns, now_ns)) expireRetransmission(tcp, connection, now_ns);
    if (isDue(connection.idle_at_ns, now_ns)) expireIdle(tcp, connection, now_ns);
    if (connection.state != .closed) {
        if (connection.deadlineNs()) |at_ns| tcp.timers.set(&connection.timer, at_ns);
    }
    tcp.settle(connection);
}

fn isDue(at_ns: u64, now_ns: u64) bool {
    return at_ns != 0 and at_ns <= now_ns;
}

fn expireRetransmission(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const sender = &connection.send;
    connection.retransmit_at_ns = 0;
    if (sender.tail == .armed and sender.inFlight() > 0 and sender.window > 0) {
        return expireTail(tcp, connection, now_ns);
    }
    sender.tail = .none;
    if (isHopeless(connection, now_ns)) return tcp.fail(connection, error.Timedout);
    if (!connection.state.isSynchronized()) {
        sender.syn_due = true;
    } else if (sender.inFlight() == 0) {
        if (sender.unsent() == 0) return;
        sender.probe_due = true;
    } else if (sender.window == 0) {
        // A closed window is no sign of loss.
        sender.probe_due = true;
    } else {
        tcp.counters.timeouts += 1;
        avoidBlackHole(connection);
        const mss = connection.segmentBytes();
        const stamp = connection.timestamp(now_ns);
        connection.congestion.timeout(sender.una, sender.nxt, mss, sender.retries, stamp);
        sender.timed = false;
    }
    sender.retries = @min(sender.retries + 1, retries_max - 1);
    tcp.armRetransmission(connection, now_ns);
    tcp.wake(connection);
}

/// RFC 4821, section 7.7, in its simplest form: a way that swallows large packets and says nothing
/// lets these through.
fn avoidBlackHole(connection: *Connection) void {
    if (connection.send.retries != black_hole_retries) return;
    if (connection.send.inFlight() > black_hole_mss) {
        connection.mss = @min(connection.mss, black_hole_mss);
    }
}

/// Nothing has come for two round trips. What was sent before something that has arrived is lost
/// (as RFC 8985, section 6.2, has it, but by one timer); if nothing has, a probe is to tell.
fn expireTail(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const sender = &connection.send;
    const control = &connection.congestion;
    const last = if (control.board) |board| board.last() else null;
    sender.tail = .due;
    // A peer that reports what it could acknowledge is odd; nothing before it is lost.
    if (last) |range| if (segments.before(sender.una, range.start)) {
        sender.tail = .none;
        control.lost_edge = segments.later(control.lost_edge, range.start);
        const stamp = connection.timestamp(now_ns);
        control.assess(sender.una, sender.nxt, connection.segmentBytes(), stamp);
    };
    tcp.armRetransmission(connection, now_ns);
    tcp.wake(connection);
}

/// Nothing has moved for as long as anybody waits.
fn isHopeless(connection: *const Connection, now_ns: u64) bool {
    const sender = &connection.send;
    var since_ns = sender.progress_at_ns;
    // A peer that keeps its window closed but answers is alive (RFC 9293, section 3.8.6.1), unless
    // only this machine's memory is at stake.
    const is_closed = sender.window == 0 and connection.state.isSynchronized();
    if (is_closed and !connection.is_orphan) since_ns = @max(since_ns, connection.heard_at_ns);
    const synchronized = connection.state.isSynchronized();
    const limit_ms = if (synchronized)
        connection.user_timeout_ms
    else
        @min(connection.user_timeout_ms, syn_timeout_ms);
    return now_ns -| since_ns >= @as(u64, limit_ms) * std.time.ns_per_ms;
}

fn expireIdle(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    connection.idle_at_ns = 0;
    if (connection.is_orphan) {
        if (connection.state == .fin_wait_2) tcp.detach(connection);
        return;
    }
    if (!connection.keep_alive or !connection.state.isSynchronized()) return;
    if (connection.probes == 0) {
        const idle_at_ns = connection.heard_at_ns + keep_alive_idle_ns;
        if (idle_at_ns > now_ns) return tcp.setIdle(connection, idle_at_ns);
    }
    if (connection.probes == keep_alive_probes_max) {
        return tcp.fail(connection, error.Timedout);
    }
    // Data in flight is tried again anyway, and has its own limit.
    if (connection.send.inFlight() == 0) {
        connection.probes += 1;
        connection.send.probe_due = true;
        tcp.wake(connection);
    }
    tcp.setIdle(connection, now_ns + keep_alive_interval_ns);
}

/// The program has set or cleared the option.
pub fn setKeepAlive(tcp: *Tcp, connection: *Connection, on: bool, now_ns: u64) void {
    connection.keep_alive = on;
    connection.probes = 0;
    if (connection.is_orphan or connection.state == .closed) return;
    if (on) tcp.setIdle(connection, now_ns + keep_alive_idle_ns) else connection.idle_at_ns = 0;
}

/// Nobody would read what comes: the peer's FIN is not waited for without end.
pub fn limitFinWait(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    tcp.setIdle(connection, now_ns + fin_wait_ns);
}
