// SPDX-License-Identifier: Apache-2.0
//! What a connection sends next, and the header it has.

const std = @import("std");
const blocks = @import("../blocks.zig");
const congestion = @import("congestion.zig");
const connections = @import("connection.zig");
const segments = @import("segment.zig");
const tcps = @import("tcp.zig");

const Connection = connections.Connection;
const Outgoing = tcps.Outgoing;
const Tcp = tcps.Tcp;

/// Payload of a segment that the device cuts: an IP packet of 64 KiB less all headers.
const cut_bytes_max = 65535 - 40 - segments.header_bytes_max;

/// Small segments in flight, of a program that waits between them.
const small_segments_max = 3;

/// Where the segment is written.
pub const Buffers = struct {
    header: *[segments.header_bytes_max]u8,
    payload: *[tcps.pieces_max]blocks.Piece,
};

/// A stretch of the stream to send; FIN may follow the bytes.
const Stretch = struct { sequence: u32, bytes: u32, fin: bool = false };

/// Null: nothing can be sent now.
pub fn emit(tcp: *Tcp, connection: *Connection, buffers: Buffers, now_ns: u64) ?Outgoing {
    const sender = &connection.send;
    switch (connection.state) {
        .closed => return null,
        .syn_sent, .syn_received => {
            if (sender.syn_due) return emitSyn(tcp, connection, buffers, now_ns);
        },
        else => {
            if (chooseLost(connection)) |stretch| {
                tcp.counters.resent += 1;
                return transmit(tcp, connection, stretch, buffers, now_ns);
            }
            if (sender.tail == .due) {
                return transmit(tcp, connection, chooseTail(connection), buffers, now_ns);
            }
            if (chooseNew(tcp, connection, now_ns)) |stretch| {
                return transmit(tcp, connection, stretch, buffers, now_ns);
            }
            if (sender.probe_due) return emitProbe(tcp, connection, buffers, now_ns);
        },
    }
    if (!connection.receive.acknowledge_now) return null;
    if (connection.state == .syn_sent) return null;
    tcp.counters.acknowledgements += 1;
    const header = makeHeader(tcp, connection, sender.nxt, now_ns);
    return finish(tcp, connection, &header, buffers);
}

fn emitSyn(tcp: *Tcp, connection: *Connection, buffers: Buffers, now_ns: u64) Outgoing {
    const sender = &connection.send;
    const answers = connection.state == .syn_received;
    var header = makeHeader(tcp, connection, sender.una, now_ns);
    header.flags = .{ .syn = true, .ack = answers };
    if (!answers) header.acknowledgement = 0;
    header.window = @intCast(@min(connection.receive.limit, connections.window_unscaled_max));
    header.mss = connection.mss;
    // An answer offers what was offered (RFC 7323, sections 2.2 and 3.2).
    if (!answers or connection.scales) header.scale = tcp.windowScale();
    header.sack_permitted = !answers or connection.sack;
    if (!answers or connection.timestamps) header.timestamps = .{
        .value = connection.timestamp(now_ns),
        .echo = if (answers) connection.receive.recent else 0,
    };
    sender.syn_due = false;
    sender.nxt = sender.una +% 1;
    if (sender.retries == 0) time(connection, now_ns) else sender.timed = false;
    if (connection.retransmit_at_ns == 0) tcp.armRetransmission(connection, now_ns);
    return finish(tcp, connection, &header, buffers);
}

/// What is lost and may be sent again now.
fn chooseLost(connection: *Connection) ?Stretch {
    const sender = &connection.send;
    const control = &connection.congestion;
    const lost = control.nextLost(sender.una);
    if (lost.start == lost.end) return null;
    const segment = connection.segmentBytes();
    const length = lost.end -% lost.start;
    var allowed = control.room(sender.una, sender.nxt);
    if (control.forced) allowed = @max(allowed, segment);
    if (allowed < @min(length, segment)) return null;
    // A window that has closed again is probed instead.
    const window = segments.distance(lost.start, sender.una +% sender.window);
    if (window == 0) return null;
    return cutToQueue(connection, lost.start, @min(length, allowed, window));
}

/// A segment of new data if there is one, or else the last one again: its acknowledgement tells
/// what came before it.
fn chooseTail(connection: *Connection) Stretch {
    const sender = &connection.send;
    const segment = connection.segmentBytes();
    const window = segments.distance(sender.nxt, sender.una +% sender.window);
    const new = @min(sender.unsent(), window, segment);
    const old = @min(sender.inFlight(), segment);
    const stretch = if (new > 0)
        cutToQueue(connection, sender.nxt, new)
    else
        cutToQueue(connection, sender.nxt -% old, old);
    sender.tail = .sent;
    sender.tail_end = stretch.sequence +% stretch.bytes;
    return stretch;
}

/// The stretch of `length` sequence numbers, of which FIN may be the last.
fn cutToQueue(connection: *const Connection, sequence: u32, length: u32) Stretch {
    const data = @min(length, segments.distance(sequence, connection.send.end()));
    return .{ .sequence = sequence, .bytes = data, .fin = length > data };
}

/// What was never sent and may be now: windows of RFC 9293 and RFC 5681, and the sender's side of
/// the silly window syndrome (RFC 1122, section 4.2.3.4).
fn chooseNew(tcp: *Tcp, connection: *Connection, now_ns: u64) ?Stretch {
    const sender = &connection.send;
    const unsent = sender.unsent();
    const sequence = sender.nxt;
    if (unsent == 0) {
        if (!sender.fin or sender.finSent()) return null;
        return .{ .sequence = sequence, .bytes = 0, .fin = true };
    }
    const in_flight = sender.inFlight();
    const segment = connection.segmentBytes();
    if (in_flight == 0 and now_ns -| sender.sent_at_ns > connection.estimator.timeoutNs(0)) {
        connection.congestion.restart(segment);
    }
    const window = segments.distance(sequence, sender.una +% sender.window);
    const room = connection.congestion.room(sender.una, sender.nxt);
    const usable = @min(unsent, window, room);
    if (usable == unsent and mayBeSmall(connection, unsent, segment)) {
        return .{ .sequence = sequence, .bytes = unsent, .fin = sender.fin };
    }
    if (usable >= segment) {
        return .{ .sequence = sequence, .bytes = usable - usable % segment };
    }
    if (usable == unsent) tcp.hold(connection);
    // Peers with small windows never let a full segment through.
    const is_window_small = window < segment and window <= room;
    if (is_window_small and usable > 0 and usable >= sender.window_max / 2) {
        return .{ .sequence = sequence, .bytes = usable };
    }
    // Only a window update can help, which may be lost.
    if (in_flight == 0 and connection.retransmit_at_ns == 0) {
        tcp.armRetransmission(connection, now_ns);
    }
    return null;
}

/// All that is left may go although its last segment is not full.
fn mayBeSmall(connection: *const Connection, unsent: u32, segment: u32) bool {
    const sender = &connection.send;
    if (unsent % segment == 0 or connection.no_delay or sender.fin) return true;
    // No small segment is in flight, or few, and the program waits: a reply that was written in
    // parts would wait for the peer's delayed acknowledgement otherwise.
    if (sender.inFlight() == 0 or !segments.before(sender.una, sender.small_end)) return true;
    return sender.pushes and sender.small_count < small_segments_max;
}

/// One byte of a closed window, as much as a small one lets through, or a keep-alive
/// (RFC 9293, sections 3.8.6.1 and 3.8.4).
fn emitProbe(tcp: *Tcp, connection: *Connection, buffers: Buffers, now_ns: u64) ?Outgoing {
    const sender = &connection.send;
    sender.probe_due = false;
    tcp.counters.probes += 1;
    if (sender.inFlight() == 0 and sender.unsent() == 0) {
        const header = makeHeader(tcp, connection, sender.nxt -% 1, now_ns);
        return finish(tcp, connection, &header, buffers);
    }
    const sequence = if (sender.inFlight() > 0) sender.una else sender.nxt;
    const window = segments.distance(sequence, sender.una +% sender.window);
    const wanted = @max(1, @min(window, connection.segmentBytes()));
    const data = @min(wanted, segments.distance(sequence, sender.end()));
    sender.probing = true;
    const stretch: Stretch = .{ .sequence = sequence, .bytes = data, .fin = data == 0 };
    return transmit(tcp, connection, stretch, buffers, now_ns);
}

/// Sends as much of `stretch` as one outgoing segment can hold.
fn transmit(
    tcp: *Tcp,
    connection: *Connection,
    stretch: Stretch,
    buffers: Buffers,
    now_ns: u64,
) Outgoing {
    const sender = &connection.send;
    const segment: u32 = connection.segmentBytes();
    const most = if (connection.cuts_segments) cut_bytes_max - cut_bytes_max % segment else segment;
    const wanted = @min(stretch.bytes, most);
    const offset = stretch.sequence -% sender.start;
    const range = sender.queue.pieces(offset, wanted, buffers.payload);
    for (buffers.payload[0..range.count]) |piece| blocks.retain(piece.block);
    const end = stretch.sequence +% range.bytes;
    const fin = stretch.fin and range.bytes == stretch.bytes;

    var header = makeHeader(tcp, connection, stretch.sequence, now_ns);
    header.flags.fin = fin;
    header.flags.psh = range.bytes > 0 and end == sender.end();
    noteSent(tcp, connection, stretch.sequence, end +% @intFromBool(fin), now_ns);
    if (range.bytes % segment != 0) {
        sender.small_end = end;
        sender.small_count +|= 1;
    }
    sender.pushes = false;
    tcp.unhold(connection);
    var outgoing = finish(tcp, connection, &header, buffers);
    outgoing.payload_count = range.count;
    outgoing.payload_bytes = range.bytes;
    if (range.bytes > segment) outgoing.segment_bytes = @intCast(segment);
    return outgoing;
}

fn noteSent(tcp: *Tcp, connection: *Connection, start: u32, end: u32, now_ns: u64) void {
    const sender = &connection.send;
    const control = &connection.congestion;
    if (segments.before(start, sender.nxt)) {
        // RFC 6298, section 3: an acknowledgement would not tell which of both it is for.
        sender.timed = false;
        if (segments.notAfter(end, control.lost_edge)) control.resent(start, end, sender.nxt);
    } else {
        if (sender.inFlight() == 0) sender.progress_at_ns = now_ns;
        if (!sender.timed) {
            sender.nxt = end;
            time(connection, now_ns);
        }
    }
    sender.nxt = segments.later(sender.nxt, end);
    sender.sent_at_ns = now_ns;
    // These count from what was sent last.
    const moves = sender.tail == .armed or control.phase == .recovery;
    const is_set = connection.retransmit_at_ns != 0 and !moves;
    if (!is_set) tcp.armRetransmission(connection, now_ns);
}

/// The acknowledgement of all that is in flight will tell the round trip.
fn time(connection: *Connection, now_ns: u64) void {
    connection.send.timed = true;
    connection.send.timed_end = connection.send.nxt;
    connection.send.timed_at_ns = now_ns;
}

/// A header that acknowledges all that came.
fn makeHeader(tcp: *Tcp, connection: *Connection, sequence: u32, now_ns: u64) segments.Header {
    const receiver = &connection.receive;
    var header: segments.Header = .{
        .sequence = sequence,
        .acknowledgement = receiver.nxt,
        .flags = .{ .ack = true },
        .window = 0,
    };
    if (connection.state.isSynchronized()) header.window = advertise(tcp, connection);
    if (connection.timestamps) header.timestamps = .{
        .value = connection.timestamp(now_ns),
        .echo = receiver.recent,
    };
    const ranges = connection.rangesToReport();
    if (ranges > 0) reportRanges(receiver, &header, ranges);
    return header;
}

/// Sends the acknowledgement that is due as it is now, before something more comes in.
pub fn acknowledgeBefore(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const header = makeHeader(tcp, connection, connection.send.nxt, now_ns);
    tcp.counters.acknowledgements += 1;
    connection.receive.last_acknowledged = connection.receive.nxt;
    tcp.reply(connection.path(), &header);
}

fn reportRanges(receiver: *connections.Receiver, header: *segments.Header, room: u8) void {
    if (receiver.repeated) |range| {
        header.ranges[0] = range;
        header.ranges_count = 1;
        receiver.repeated = null;
    }
    const assembly = receiver.assembly orelse return;
    header.ranges_count += assembly.report(header.ranges[header.ranges_count..room]);
}

/// How far the window's end could be moved: what fits, of the limit and of memory.
pub fn openEdge(tcp: *const Tcp, connection: *const Connection) u32 {
    const receiver = &connection.receive;
    const memory = @as(u64, tcp.options.pool.available()) * blocks.block_size / 4;
    const free = @min(receiver.limit -| receiver.queue.count, memory);
    return segments.later(receiver.edge, receiver.nxt +% @as(u32, @intCast(free)));
}

/// The window is closed for lack of memory alone, and nothing waits to be acknowledged. The program
/// reads nothing that would open it, so it is looked at again after a while.
pub fn isStarved(connection: *const Connection) bool {
    const receiver = &connection.receive;
    return receiver.edge == receiver.nxt and receiver.queue.count == 0 and
        receiver.unacknowledged == 0 and connection.state.receives();
}

/// There is memory for a window that is worth telling of.
pub fn mayOpen(tcp: *const Tcp, connection: *const Connection) bool {
    const opened = segments.distance(connection.receive.edge, openEdge(tcp, connection));
    return opened >= connection.receive.segment_bytes;
}

/// The window for a header. It grows in steps that are worth a segment (RFC 9293, section
/// 3.8.6.2.2), and never moves back.
fn advertise(tcp: *const Tcp, connection: *Connection) u16 {
    const receiver = &connection.receive;
    const edge = openEdge(tcp, connection);
    const step = @min(receiver.limit / 2, receiver.segment_bytes);
    if (segments.distance(receiver.edge, edge) >= step) receiver.edge = edge;
    const window = receiver.window() >> @intCast(receiver.scale);
    return @intCast(@min(window, connections.window_unscaled_max));
}

fn finish(
    tcp: *Tcp,
    connection: *Connection,
    header: *const segments.Header,
    buffers: Buffers,
) Outgoing {
    const path = connection.path();
    const repeats = connection.receive.repeats;
    connection.receive.acknowledge_now = repeats > 0;
    connection.receive.repeats = repeats -| 1;
    connection.receive.unacknowledged = 0;
    connection.receive.quick -|= 1;
    connection.receive.last_acknowledged = connection.receive.nxt;
    tcp.undelay(connection);
    tcp.counters.sent += 1;
    const local = path.local_port;
    const remote = path.remote_port;
    return .{
        .path = path.*,
        .header = segments.encode(buffers.header, local, remote, header),
        .payload_count = 0,
        .payload_bytes = 0,
        .segment_bytes = null,
    };
}
