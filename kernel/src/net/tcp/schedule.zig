// SPDX-License-Identifier: Apache-2.0
//! Whose turn it is to send, and when: the ready, the delayed, timers, and answers to strangers.
//! The functions are `Tcp`'s.

const std = @import("std");
const input = @import("input.zig");
const paths = @import("path.zig");
const segments = @import("segment.zig");
const Connection = @import("connection.zig").Connection;
const Tcp = @import("tcp.zig").Tcp;

/// Sooner, the host of a virtual machine may just have been busy.
const tail_probe_ns_min = 10 * std.time.ns_per_ms;
const recovery_ns_min = 20 * std.time.ns_per_ms;
/// How late peers acknowledge, at most (all that are in use).
const peer_delay_ns = 50 * std.time.ns_per_ms;

/// It may have something to send.
pub fn wake(tcp: *Tcp, connection: *Connection) void {
    if (connection.is_ready or connection.state == .closed) return;
    connection.is_ready = true;
    tcp.ready.append(&connection.ready_link);
}

pub fn unready(tcp: *Tcp, connection: *Connection) void {
    if (!connection.is_ready) return;
    connection.is_ready = false;
    tcp.ready.remove(&connection.ready_link);
}

pub fn acknowledgeNow(tcp: *Tcp, connection: *Connection) void {
    tcp.undelay(connection);
    connection.receive.acknowledge_now = true;
    tcp.wake(connection);
}

/// Acknowledges a little later, if nothing else does before.
pub fn delay(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    if (connection.is_delayed or connection.receive.acknowledge_now) return;
    connection.is_delayed = true;
    connection.delayed_until_ns = now_ns + input.acknowledge_delay_ns;
    tcp.delayed.append(&connection.delayed_link);
}

/// A small segment waits for an acknowledgement, or until the program waits.
pub fn hold(tcp: *Tcp, connection: *Connection) void {
    if (connection.is_held) return;
    connection.is_held = true;
    tcp.held.append(&connection.held_link);
}

pub fn unhold(tcp: *Tcp, connection: *Connection) void {
    if (!connection.is_held) return;
    connection.is_held = false;
    tcp.held.remove(&connection.held_link);
}

pub fn undelay(tcp: *Tcp, connection: *Connection) void {
    if (!connection.is_delayed) return;
    connection.is_delayed = false;
    tcp.delayed.remove(&connection.delayed_link);
}

/// RFC 6298, section 5.1.
pub fn armRetransmission(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const sender = &connection.send;
    var timeout_ns = connection.estimator.timeoutNs(sender.retries);
    if (sender.tail == .armed) sender.tail = .none;
    if (mayProbeTail(connection)) {
        const probe_ns = tailProbeNs(connection);
        if (probe_ns < timeout_ns) {
            timeout_ns = probe_ns;
            sender.tail = .armed;
        }
    } else if (connection.congestion.has_gap) {
        timeout_ns = @min(timeout_ns, recoveryNs(connection) <<| @min(sender.retries, 20));
    }
    connection.retransmit_at_ns = now_ns + timeout_ns;
    tcp.timers.set(&connection.timer, connection.deadlineNs().?);
}

fn mayProbeTail(connection: *const Connection) bool {
    const sender = &connection.send;
    if (!connection.sack or connection.estimator.smoothed_us == 0) return false;
    if (sender.tail != .none or sender.retries > 0 or sender.window == 0) return false;
    if (!connection.state.isSynchronized() or sender.inFlight() == 0) return false;
    return connection.congestion.phase == .open;
}

/// RFC 8985, section 7.2: two round trips, and a peer's delay if it has just one segment to
/// acknowledge.
fn tailProbeNs(connection: *const Connection) u64 {
    const round_ns = @as(u64, connection.estimator.smoothed_us) * std.time.ns_per_us;
    const is_one = connection.send.inFlight() <= connection.segmentBytes();
    return @max(2 * round_ns, tail_probe_ns_min) + @as(u64, if (is_one) peer_delay_ns else 0);
}

/// When what was sent again is lost again. The least timeout is for delayed acknowledgements, and
/// nobody delays one while something is missing (RFC 5681, section 4.2).
fn recoveryNs(connection: *const Connection) u64 {
    const estimator = &connection.estimator;
    if (estimator.smoothed_us == 0) return std.math.maxInt(u64);
    const smoothed_us: u64 = estimator.smoothed_us;
    const wait_us = @max(2 * smoothed_us, smoothed_us + 4 * @as(u64, estimator.variation_us));
    return @max(wait_us * std.time.ns_per_us, recovery_ns_min);
}

pub fn setIdle(tcp: *Tcp, connection: *Connection, at_ns: u64) void {
    connection.idle_at_ns = at_ns;
    tcp.timers.set(&connection.timer, connection.deadlineNs().?);
}

pub fn reply(tcp: *Tcp, path: *const paths.Path, header: *const segments.Header) void {
    tcp.replies.put(tcp.options.allocator, .{ .path = path.*, .header = header.* });
}

/// RFC 9293, section 3.5.2: the answer to a segment that fits nothing.
pub fn replyReset(
    tcp: *Tcp,
    path: *const paths.Path,
    header: *const segments.Header,
    payload_bytes: u32,
) void {
    if (header.flags.rst) return;
    tcp.counters.resets += 1;
    if (header.flags.ack) return tcp.reply(path, &.{
        .sequence = header.acknowledgement,
        .flags = .{ .rst = true },
    });
    const length = payload_bytes +% @intFromBool(header.flags.syn) +%
        @intFromBool(header.flags.fin);
    tcp.reply(path, &.{
        .sequence = 0,
        .acknowledgement = header.sequence +% length,
        .flags = .{ .rst = true, .ack = true },
    });
}
