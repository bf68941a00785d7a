// SPDX-License-Identifier: Apache-2.0
//! A segment arrives at its connection: RFC 9293, section 3.10.7, with RFC 5961 and RFC 7323.

const std = @import("std");
const acknowledges = @import("acknowledge.zig");
const blocks = @import("../blocks.zig");
const connections = @import("connection.zig");
const output = @import("output.zig");
const segments = @import("segment.zig");
const time_waits = @import("time_wait.zig");
const timer = @import("timer.zig");
const Assembly = @import("assembly.zig").Assembly;
const Payload = @import("payload.zig").Payload;
const Tcp = @import("tcp.zig").Tcp;

const Connection = connections.Connection;
const Header = segments.Header;

/// RFC 5961, section 7: so many in a second.
const challenges_max = 10;
const scarce_part = 16;
/// As many as begin fast retransmit.
const repeats_max = 3;
/// RFC 7323, section 5.5: after so long, timestamps may have wrapped around.
const recent_age_ms_max = 24 * std.time.ms_per_day;
/// Section 4.2.3.2 of RFC 1122 allows half a second; Linux's peers know 40 ms.
pub const acknowledge_delay_ns = 40 * std.time.ns_per_ms;

/// Changes `connection` as the segment says. It may be closed afterwards.
pub fn arrive(
    tcp: *Tcp,
    connection: *Connection,
    header: *const Header,
    payload: Payload,
    now_ns: u64,
) void {
    if (connection.state == .syn_sent) return arriveSynSent(tcp, connection, header, now_ns);
    connection.heard_at_ns = now_ns;
    connection.probes = 0;
    if (!isTimely(connection, header, now_ns)) {
        if (!header.flags.rst) challenge(tcp, connection, now_ns);
        return;
    }
    if (!isInWindow(connection, header, payload.length)) {
        // Its acknowledgement was lost. The answer echoes the timestamp of this segment, not of
        // one long ago, or the peer would believe in a long round trip (RFC 7323 says neither).
        const age = connection.receive.nxt -% header.sequence;
        const is_data = payload.length > 0 and !header.flags.rst;
        if (is_data and age <= connection.receive.limit) {
            noteTimestamp(connection, header, 0, now_ns);
            noteRepeated(connection, header.sequence, header.sequence +% payload.length);
        }
        if (!header.flags.rst) challenge(tcp, connection, now_ns);
        return;
    }
    if (header.flags.rst) return arriveReset(tcp, connection, header, now_ns);
    if (header.flags.syn and !repeatsSyn(connection, header)) {
        return challenge(tcp, connection, now_ns);
    }
    if (!header.flags.ack) return;
    if (!arriveAcknowledgement(tcp, connection, header, payload.length, now_ns)) return;
    noteTimestamp(connection, header, payload.length, now_ns);
    const skip = @intFromBool(header.flags.syn);
    arriveData(tcp, connection, header.sequence +% skip, header.flags, payload, now_ns);
    if (connection.state != .closed) tcp.wake(connection);
}

/// Against old segments that wrapped around (PAWS; RFC 7323, section 5.3).
fn isTimely(connection: *Connection, header: *const Header, now_ns: u64) bool {
    if (!connection.timestamps) return true;
    // Section 3.2 has it dropped silently; an answer does not hurt, and may help the peer.
    const timestamps = header.timestamps orelse return header.flags.rst;
    const receiver = &connection.receive;
    if (!segments.before(timestamps.value, receiver.recent)) return true;
    if (header.flags.rst) return true;
    const age_ms = connections.clockMs(now_ns) -% receiver.recent_at_ms;
    return age_ms > recent_age_ms_max;
}

/// Section 4.3 of RFC 7323, for a segment that is acceptable. What its data answers tells the
/// receiver's view of the round trip.
fn noteTimestamp(
    connection: *Connection,
    header: *const Header,
    payload_bytes: u32,
    now_ns: u64,
) void {
    if (!connection.timestamps) return;
    const timestamps = header.timestamps orelse return;
    const receiver = &connection.receive;
    if (segments.before(receiver.last_acknowledged, header.sequence)) return;
    if (segments.before(timestamps.value, receiver.recent)) return;
    receiver.recent = timestamps.value;
    receiver.recent_at_ms = connections.clockMs(now_ns);
    if (payload_bytes == 0 or timestamps.echo == 0) return;
    const sample_ms = connection.timestamp(now_ns) -% timestamps.echo;
    if (sample_ms > std.time.ms_per_min) return;
    const known_ms = receiver.round_trip_ms orelse sample_ms;
    // Pauses of the sender only make samples longer.
    const smoothed_ms = (known_ms * 7 + sample_ms) / 8;
    receiver.round_trip_ms = @min(sample_ms, smoothed_ms);
}

/// What `start` to `end` has before RCV.NXT came before.
fn noteRepeated(connection: *Connection, start: u32, end: u32) void {
    const receiver = &connection.receive;
    receiver.quick = connections.quick_segments;
    const known_end = earlier(end, receiver.nxt);
    if (connection.sack and segments.before(start, known_end)) {
        receiver.repeated = .{ .start = start, .end = known_end };
    }
}

/// Some of the segment is in the window, or at either of its ends: then its acknowledgement is
/// good even if the window is closed (RFC 9293, section 3.10.7.4).
fn isInWindow(connection: *const Connection, header: *const Header, payload_bytes: u32) bool {
    const receiver = &connection.receive;
    const flags = header.flags;
    const length = payload_bytes +% @intFromBool(flags.syn) +% @intFromBool(flags.fin);
    const end = header.sequence +% length;
    const edge = segments.later(receiver.edge, receiver.nxt);
    // What has come again because its acknowledgement was lost counts: its timestamp is new.
    return !segments.before(end, receiver.last_acknowledged) and
        !segments.before(edge, header.sequence);
}

/// The SYN that opened the connection, in the answer to ours sent at the same time.
fn repeatsSyn(connection: *const Connection, header: *const Header) bool {
    return header.flags.syn and connection.state == .syn_received and
        header.sequence +% 1 == connection.receive.nxt;
}

/// RFC 5961, section 3.2.
fn arriveReset(tcp: *Tcp, connection: *Connection, header: *const Header, now_ns: u64) void {
    if (header.sequence != connection.receive.nxt) return challenge(tcp, connection, now_ns);
    switch (connection.state) {
        .syn_received => tcp.fail(connection, error.Connrefused),
        .closing, .last_ack => tcp.detach(connection),
        else => tcp.fail(connection, error.Connreset),
    }
}

/// An acknowledgement of where both are, not more often than makes sense.
fn challenge(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const receiver = &connection.receive;
    const now_ms = connections.clockMs(now_ns);
    if (now_ms -% receiver.challenged_at_ms >= std.time.ms_per_s) {
        receiver.challenged_at_ms = now_ms;
        receiver.challenges = 0;
    }
    if (receiver.challenges == challenges_max) return;
    receiver.challenges += 1;
    tcp.acknowledgeNow(connection);
}

/// False: the segment is done with.
fn arriveAcknowledgement(
    tcp: *Tcp,
    connection: *Connection,
    header: *const Header,
    payload_bytes: u32,
    now_ns: u64,
) bool {
    const sender = &connection.send;
    switch (acknowledges.judge(connection, header.acknowledgement)) {
        .good => {},
        .old => return connection.state != .syn_received,
        .strange => {
            if (connection.state == .syn_received) {
                tcp.replyReset(connection.path(), header, payload_bytes);
            } else challenge(tcp, connection, now_ns);
            return false;
        },
    }
    if (connection.state == .syn_received) {
        if (header.acknowledgement == sender.una) return false;
        beginEstablished(connection, header);
    }
    const has_data = payload_bytes > 0 or header.flags.syn or header.flags.fin;
    acknowledges.take(tcp, connection, header, has_data, now_ns);
    if (!sender.finAcknowledged()) return true;
    switch (connection.state) {
        .fin_wait_1 => {
            connection.state = .fin_wait_2;
            if (connection.is_orphan) timer.limitFinWait(tcp, connection, now_ns);
        },
        .closing => {
            time_waits.enter(tcp, connection, now_ns);
            return false;
        },
        .last_ack => {
            tcp.detach(connection);
            return false;
        },
        else => {},
    }
    return true;
}

fn beginEstablished(connection: *Connection, header: *const Header) void {
    connection.state = .established;
    connection.send.wl1 = header.sequence;
    connection.send.wl2 = header.acknowledgement;
    connection.send.window = @as(u32, header.window) << @intCast(connection.send.scale);
    connection.send.window_max = connection.send.window;
    const mss = connection.segmentBytes();
    connection.congestion.begin(connection.send.una +% 1, mss);
    // RFC 5681, section 3.1: the SYN, or its acknowledgement, was lost.
    if (connection.send.retries > 0) connection.congestion.window = mss;
}

/// RFC 9293, section 3.10.7.3.
fn arriveSynSent(tcp: *Tcp, connection: *Connection, header: *const Header, now_ns: u64) void {
    const sender = &connection.send;
    const flags = header.flags;
    // Our SYN may still wait to be sent: then nothing can acknowledge it.
    const is_sent = sender.nxt != sender.una;
    if (flags.ack and (!is_sent or header.acknowledgement != sender.nxt)) {
        if (!flags.rst) tcp.replyReset(connection.path(), header, 0);
        return;
    }
    if (flags.rst) {
        if (flags.ack) tcp.fail(connection, error.Connrefused);
        return;
    }
    if (!flags.syn) return;
    connection.heard_at_ns = now_ns;
    tcp.negotiate(connection, header, now_ns);
    if (flags.ack) {
        beginEstablished(connection, header);
        acknowledges.take(tcp, connection, header, true, now_ns);
        // Windows of segments with SYN are not scaled.
        sender.window = header.window;
        sender.window_max = sender.window;
        tcp.acknowledgeNow(connection);
    } else {
        connection.state = .syn_received;
        sender.syn_due = true;
        sender.retries = 0;
        connection.retransmit_at_ns = 0;
    }
    tcp.wake(connection);
}

/// Takes what is in the window, then FIN.
fn arriveData(
    tcp: *Tcp,
    connection: *Connection,
    sequence: u32,
    flags: segments.Flags,
    payload: Payload,
    now_ns: u64,
) void {
    const is_empty = payload.length == 0 and !flags.fin;
    if (!connection.state.receives()) {
        if (!is_empty) tcp.acknowledgeNow(connection);
        return;
    }
    const receiver = &connection.receive;
    const end = sequence +% payload.length;
    if (connection.is_orphan and payload.length > 0 and segments.before(receiver.nxt, end)) {
        // RFC 1122, section 4.2.2.13: nobody will read it. An acknowledgement alone may well be
        // beyond what is known: the peer's FIN was lost.
        return tcp.reset(connection);
    }
    if (flags.fin and receiver.fin_at == null and segments.notAfter(end, receiver.edge)) {
        receiver.fin_at = end;
    }
    if (segments.before(sequence, receiver.nxt)) noteRepeated(connection, sequence, end);
    const limit = if (receiver.fin_at) |fin| earlier(fin, receiver.edge) else receiver.edge;
    const from = segments.later(sequence, receiver.nxt);
    const length = segments.distance(from, earlier(end, limit));
    if (length > 0) {
        const part = payload.part(from -% sequence, length);
        if (from == receiver.nxt) {
            takeInOrder(tcp, connection, part, flags.psh, now_ns);
        } else takeEarly(tcp, connection, from, part, now_ns);
    } else if (payload.length > 0) tcp.acknowledgeNow(connection);
    if (flags.fin and end != receiver.nxt) tcp.acknowledgeNow(connection);
    if (receiver.discards) receiver.queue.clear(tcp.options.pool);
    if (receiver.fin_at) |fin| {
        if (fin == receiver.nxt) arriveFin(tcp, connection, now_ns);
    }
}

fn earlier(one: u32, other: u32) u32 {
    return if (segments.before(one, other)) one else other;
}

/// The last blocks are for connections that hold nothing, one for each: a program may read one to
/// its end while others, which it does not read, have filled the rest.
fn isScarce(tcp: *const Tcp) bool {
    const pool = tcp.options.pool;
    return pool.available() <= pool.device_reserve + pool.blocks_max / scarce_part;
}

fn takeInOrder(
    tcp: *Tcp,
    connection: *Connection,
    payload: Payload,
    pushed: bool,
    now_ns: u64,
) void {
    const receiver = &connection.receive;
    const scarce = isScarce(tcp);
    const most = if (scarce) blocks.block_size -| receiver.queue.count else payload.length;
    const wanted = @min(payload.length, most);
    var stored = payload.part(0, wanted).store(&receiver.queue, tcp.options.pool);
    if (stored < wanted and receiver.assembly != null) {
        // What came early must not keep out what it waits for.
        tcp.dropAssembly(connection);
        const rest = payload.part(stored, wanted - stored);
        stored += rest.store(&receiver.queue, tcp.options.pool);
    }
    receiver.nxt +%= stored;
    receiver.unacknowledged += stored;
    // Between these it may well be the peer's MSS; joined segments are larger.
    if (stored > receiver.segment_bytes or (!pushed and stored >= 536)) {
        receiver.segment_bytes = @intCast(@min(stored, connection.mss));
    }
    receiver.was_full = !pushed and stored >= receiver.segment_bytes and receiver.quick == 0;
    if (receiver.assembly) |assembly| {
        receiver.repeats = 0;
        receiver.nxt +%= assembly.take(tcp.options.pool, receiver.nxt, &receiver.queue);
        if (assembly.count == 0) tcp.dropAssembly(connection);
        // RFC 5681, section 4.2: it filled a gap.
        return tcp.acknowledgeNow(connection);
    }
    const enough = receiver.unacknowledged >= 2 * @as(u32, receiver.segment_bytes);
    if (enough or stored < payload.length) {
        tcp.acknowledgeNow(connection);
    } else tcp.delay(connection, now_ns);
}

fn takeEarly(
    tcp: *Tcp,
    connection: *Connection,
    sequence: u32,
    payload: Payload,
    now_ns: u64,
) void {
    const receiver = &connection.receive;
    receiver.quick = connections.quick_segments;
    if (isScarce(tcp)) return tcp.acknowledgeNow(connection);
    if (receiver.assembly == null) {
        const assembly = tcp.options.allocator.create(Assembly) catch {
            return tcp.acknowledgeNow(connection);
        };
        assembly.* = .{};
        receiver.assembly = assembly;
    } else if (connection.sack and receiver.acknowledge_now and
        receiver.assembly.?.newest_end != sequence)
    {
        // Many segments may come at once. One acknowledgement has room for three islands, and the
        // peer sends again what it is not told of.
        output.acknowledgeBefore(tcp, connection, now_ns);
    }
    if (!connection.sack and receiver.acknowledge_now) {
        receiver.repeats = @min(receiver.repeats + 1, repeats_max);
    }
    receiver.assembly.?.insert(tcp.options.pool, sequence, payload);
    if (receiver.assembly.?.count == 0) tcp.dropAssembly(connection);
    tcp.acknowledgeNow(connection);
}

/// The peer sends no more.
fn arriveFin(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const receiver = &connection.receive;
    receiver.nxt +%= 1;
    receiver.finished = true;
    receiver.was_full = false;
    if (receiver.assembly != null) tcp.dropAssembly(connection);
    switch (connection.state) {
        .established => connection.state = .close_wait,
        .fin_wait_1 => connection.state = .closing,
        .fin_wait_2 => return time_waits.enter(tcp, connection, now_ns),
        else => unreachable,
    }
    // The program may close as well, and then one segment says both.
    if (connection.is_orphan) {
        tcp.acknowledgeNow(connection);
    } else tcp.delay(connection, now_ns);
}
