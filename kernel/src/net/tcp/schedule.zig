// SPDX-License-Identifier: Apache-2.0
//! Whose turn it is to send, and when: the ready, the delayed, timers, and answers to strangers.
//! The functions are `Tcp`'s.

const input = @import("input.zig");
const paths = @import("path.zig");
const segments = @import("segment.zig");
const Connection = @import("connection.zig").Connection;
const Tcp = @import("tcp.zig").Tcp;

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

pub fn undelay(tcp: *Tcp, connection: *Connection) void {
    if (!connection.is_delayed) return;
    connection.is_delayed = false;
    tcp.delayed.remove(&connection.delayed_link);
}

/// RFC 6298, section 5.1.
pub fn armRetransmission(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const timeout_ns = connection.estimator.timeoutNs(connection.send.retries);
    connection.retransmit_at_ns = now_ns + timeout_ns;
    tcp.timers.set(&connection.timer, connection.deadlineNs().?);
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
