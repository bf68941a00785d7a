// SPDX-License-Identifier: Apache-2.0
//! What an acknowledgement says: data that arrived, the window, ranges, the round trip.

const std = @import("std");
const connections = @import("connection.zig");
const segments = @import("segment.zig");
const Scoreboard = @import("scoreboard.zig").Scoreboard;
const Tcp = @import("tcp.zig").Tcp;

const Connection = connections.Connection;
const Header = segments.Header;

/// What to do with the acknowledgement number of a segment.
pub const Verdict = enum {
    good,
    /// Older than anything in flight: says nothing.
    old,
    /// RFC 5961, section 5: not of this connection, or of bytes never sent.
    strange,
};

pub fn judge(connection: *const Connection, acknowledgement: u32) Verdict {
    const sender = &connection.send;
    if (segments.before(sender.nxt, acknowledgement)) return .strange;
    if (!segments.before(acknowledgement, sender.una)) return .good;
    const oldest = sender.una -% @max(sender.window_max, 1);
    return if (segments.before(acknowledgement, oldest)) .strange else .old;
}

/// Takes in a good acknowledgement. `has_data`: the segment takes sequence numbers.
pub fn take(
    tcp: *Tcp,
    connection: *Connection,
    header: *const Header,
    has_data: bool,
    now_ns: u64,
) void {
    const sender = &connection.send;
    const control = &connection.congestion;
    const news = noteRanges(tcp, connection, header);
    const window = sender.window;
    const advanced = segments.before(sender.una, header.acknowledgement);
    if (advanced) advance(tcp, connection, header, now_ns);
    takeWindow(tcp, connection, header, advanced, now_ns);
    if (sender.inFlight() == 0) return;
    const mss = connection.segmentBytes();
    if (news and sender.tail == .sent) noteTail(connection);
    if (advanced) {
        if (news) control.assess(sender.una, sender.nxt, mss, connection.timestamp(now_ns));
        return;
    }
    // RFC 5681, section 2: a duplicate; RFC 6675, section 2, with SACK.
    // Answers to probes of a closed window are no sign of loss.
    const repeats = !has_data and window == sender.window and !sender.probing;
    if (if (connection.sack) news else repeats) {
        control.duplicate(sender.una, sender.nxt, mss, connection.timestamp(now_ns));
    }
}

/// The probe has arrived: what was sent long before it and has not is lost.
fn noteTail(connection: *Connection) void {
    const control = &connection.congestion;
    const board = control.board orelse return;
    const last = board.last() orelse return;
    if (segments.before(last.end, connection.send.tail_end)) return;
    connection.send.tail = .none;
    control.lost_edge = segments.later(control.lost_edge, last.start);
}

/// Remembers what ranges the peer has; returns whether any is new.
fn noteRanges(tcp: *Tcp, connection: *Connection, header: *const Header) bool {
    const sender = &connection.send;
    if (!connection.sack or header.ranges_count == 0) return false;
    var news = false;
    for (header.ranges[0..header.ranges_count]) |range| {
        // Ranges below are of segments that came twice (RFC 2883). Counted from the
        // acknowledgement: of three numbers far apart each may seem to be before the next.
        const start = range.start -% header.acknowledgement;
        const end = range.end -% header.acknowledgement;
        if (start == 0 or start >= end) continue;
        if (end > sender.nxt -% header.acknowledgement) continue;
        if (connection.congestion.board == null) {
            const board = tcp.options.allocator.create(Scoreboard) catch return false;
            board.* = .{};
            connection.congestion.board = board;
        }
        if (connection.congestion.board.?.add(range)) news = true;
    }
    return news;
}

fn advance(tcp: *Tcp, connection: *Connection, header: *const Header, now_ns: u64) void {
    const sender = &connection.send;
    const una = header.acknowledgement;
    const bytes = una -% sender.una;
    measure(connection, header, now_ns);
    const data = @min(segments.distance(sender.start, una), sender.queue.count);
    sender.queue.drop(tcp.options.pool, data);
    sender.start +%= data;
    sender.una = una;
    if (!segments.before(una, sender.small_end)) sender.small_count = 0;
    // Or it would seem to be ahead again, 2 GiB later.
    sender.small_end = segments.later(sender.small_end, una);
    sender.retries = 0;
    sender.probing = false;
    sender.tail = .none;
    sender.progress_at_ns = now_ns;
    const control = &connection.congestion;
    undoIfSpurious(connection, header);
    control.acknowledged(una, sender.nxt, bytes, connection.segmentBytes());
    if (control.board) |board| {
        if (board.count == 0 and control.phase == .open) tcp.dropBoard(connection);
    }
    // RFC 6298, sections 5.2 and 5.3.
    connection.retransmit_at_ns = 0;
    if (sender.inFlight() > 0) tcp.armRetransmission(connection, now_ns);
}

/// The acknowledgement that ends the first gap since the window was reduced echoes a timestamp from
/// before that: it is for what was sent first, which was late, not lost (RFC 3522).
fn undoIfSpurious(connection: *Connection, header: *const Header) void {
    const control = &connection.congestion;
    const saved = control.saved orelse return;
    control.saved = null;
    const timestamps = header.timestamps orelse return;
    if (!connection.timestamps or timestamps.echo == 0 or control.phase == .open) return;
    if (!segments.before(timestamps.echo, saved.stamp)) return;
    const sender = &connection.send;
    control.undo(saved, sender.una, sender.nxt, connection.segmentBytes());
}

fn measure(connection: *Connection, header: *const Header, now_ns: u64) void {
    const sender = &connection.send;
    // While losses are made up for, an acknowledgement is late because of them.
    if (connection.congestion.phase != .open) sender.timed = false;
    if (sender.timed) {
        if (segments.before(header.acknowledgement, sender.timed_end)) return;
        sender.timed = false;
        const elapsed_us = (now_ns -| sender.timed_at_ns) / std.time.ns_per_us;
        connection.estimator.measure(@intCast(@min(elapsed_us, std.math.maxInt(u32))));
        return;
    }
    // RFC 7323, section 4.1: good even for what was sent twice.
    const timestamps = header.timestamps orelse return;
    if (!connection.timestamps or timestamps.echo == 0) return;
    // A handshake's answer may be to a SYN long ago.
    if (segments.before(sender.una, sender.start) and sender.retries > 0) return;
    const elapsed_ms = connection.timestamp(now_ns) -% timestamps.echo;
    if (elapsed_ms > std.time.ms_per_min) return;
    connection.estimator.measure(elapsed_ms * std.time.us_per_ms);
}

fn takeWindow(
    tcp: *Tcp,
    connection: *Connection,
    header: *const Header,
    advanced: bool,
    now_ns: u64,
) void {
    const sender = &connection.send;
    const is_newer = segments.before(sender.wl1, header.sequence) or
        (sender.wl1 == header.sequence and segments.notAfter(sender.wl2, header.acknowledgement));
    if (!is_newer) return;
    const window = @as(u32, header.window) << @intCast(sender.scale);
    const opened = window > sender.window;
    sender.window = window;
    sender.window_max = @max(sender.window_max, window);
    sender.wl1 = header.sequence;
    sender.wl2 = header.acknowledgement;
    if (!opened) return;
    if (sender.inFlight() == 0) {
        // Nothing is left to probe for.
        sender.retries = 0;
        connection.retransmit_at_ns = 0;
    } else if (sender.probing and !advanced) {
        // The peer did not take the probe: it is sent again with what follows.
        sender.retries = 0;
        sender.probing = false;
        connection.congestion.resendAll(sender.una, sender.nxt);
        connection.retransmit_at_ns = 0;
        tcp.armRetransmission(connection, now_ns);
    }
}
