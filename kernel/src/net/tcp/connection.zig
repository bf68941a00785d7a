// SPDX-License-Identifier: Apache-2.0
//! State of one connection (RFC 9293, section 3.3.1), and what follows from it without any other.
//!
//! An idle connection is this record and nothing else: queues hold blocks only while there are
//! bytes in them, and what serves losses is allocated when there is one.

const std = @import("std");
const blocks = @import("../blocks.zig");
const congestion = @import("congestion.zig");
const paths = @import("path.zig");
const rtt = @import("rtt.zig");
const segments = @import("segment.zig");
const table = @import("table.zig");
const timers = @import("timers.zig");
const Assembly = @import("assembly.zig").Assembly;
const Error = @import("tcp.zig").Error;
const Listener = @import("listener.zig").Listener;

pub const State = enum(u8) {
    syn_sent,
    syn_received,
    established,
    fin_wait_1,
    fin_wait_2,
    close_wait,
    closing,
    last_ack,
    /// In no table, with no peer: over, or in TIME-WAIT, which is a record of its own.
    closed,

    /// Both sides know each other's sequence numbers.
    pub fn isSynchronized(state: State) bool {
        return switch (state) {
            .syn_sent, .syn_received, .closed => false,
            else => true,
        };
    }

    /// The peer may still send data.
    pub fn receives(state: State) bool {
        return switch (state) {
            .established, .fin_wait_1, .fin_wait_2 => true,
            else => false,
        };
    }
};

/// Largest window that a header can say without scaling.
pub const window_unscaled_max = 0xffff;

pub const Connection = struct {
    node: table.Node,
    timer: timers.Timer = .{ .kind = .connection },
    state: State,
    /// In `Tcp.ready`, by `ready_link`.
    is_ready: bool = false,
    /// In `Tcp.delayed`, by `delayed_link`.
    is_delayed: bool = false,
    /// In `Tcp.held`, by `held_link`.
    is_held: bool = false,
    /// The program has closed it, or never had it: it goes with its state.
    is_orphan: bool = false,
    ready_link: std.DoublyLinkedList.Node = .{},
    delayed_link: std.DoublyLinkedList.Node = .{},
    held_link: std.DoublyLinkedList.Node = .{},
    /// In the listener's queue, or among the orphans.
    owner_link: std.DoublyLinkedList.Node = .{},
    /// Where it waits to be accepted.
    listener: ?*Listener = null,
    /// Why it failed, until somebody is told.
    failure: ?Error = null,

    send: Sender = .{},
    receive: Receiver = .{},
    congestion: congestion.Control = .{},
    estimator: rtt.Estimator = .{},

    /// Largest payload without options, either way's minimum (RFC 6691).
    mss: u16,
    cuts_segments: bool,
    /// RFC 7323 and 2018, if both sides have them.
    scales: bool = false,
    timestamps: bool = false,
    sack: bool = false,
    timestamp_offset: u32 = 0,

    keep_alive: bool = false,
    no_delay: bool = false,
    /// Keep-alive probes without an answer.
    probes: u8 = 0,
    user_timeout_ms: u32,
    /// Retransmission, or window probe; 0: neither.
    retransmit_at_ns: u64 = 0,
    /// Keep-alive, or the end of FIN-WAIT-2; 0: neither.
    idle_at_ns: u64 = 0,
    /// When something last came from the peer.
    heard_at_ns: u64,
    delayed_until_ns: u64 = 0,

    pub fn fromNode(node: *table.Node) *Connection {
        return @fieldParentPtr("node", node);
    }

    pub fn fromTimer(timer: *timers.Timer) *Connection {
        return @alignCast(@fieldParentPtr("timer", timer));
    }

    pub fn path(connection: *const Connection) *const paths.Path {
        return &connection.node.path;
    }

    /// Bytes that a segment's options take now.
    pub fn optionBytes(connection: *const Connection) u16 {
        const base: u16 = if (connection.timestamps) segments.timestamps_bytes else 0;
        return base + segments.rangesBytes(connection.rangesToReport());
    }

    pub fn rangesToReport(connection: *const Connection) u8 {
        if (!connection.sack) return 0;
        const receiver = &connection.receive;
        const islands = if (receiver.assembly) |assembly| assembly.count else 0;
        const room: u32 = if (connection.timestamps) 3 else 4;
        return @intCast(@min(room, islands + @intFromBool(receiver.repeated != null)));
    }

    /// Payload of a full segment.
    pub fn segmentBytes(connection: *const Connection) u16 {
        return connection.mss - connection.optionBytes();
    }

    pub fn timestamp(connection: *const Connection, now_ns: u64) u32 {
        return clockMs(now_ns) +% connection.timestamp_offset;
    }

    /// When its timer is needed; null: never.
    pub fn deadlineNs(connection: *const Connection) ?u64 {
        const retransmit = connection.retransmit_at_ns;
        const idle = connection.idle_at_ns;
        if (retransmit == 0) return if (idle == 0) null else idle;
        return if (idle == 0) retransmit else @min(retransmit, idle);
    }
};

/// As many as a peer sends in its first two round trips.
pub const quick_segments = 16;

/// RFC 7323, section 5.4: between a millisecond and a second a tick.
pub fn clockMs(now_ns: u64) u32 {
    return @truncate(now_ns / std.time.ns_per_ms);
}

/// Of a probe that finds out early whether the last segments were lost: nothing comes after them
/// that would tell.
pub const Tail = enum(u8) {
    none,
    /// The timer is set for it, not for a retransmission.
    armed,
    due,
    sent,
};

/// RFC 9293, figure 3: SND.*, and what is queued.
pub const Sender = struct {
    /// Oldest that is not acknowledged; next that was never sent.
    una: u32 = 0,
    nxt: u32 = 0,
    /// In bytes, scaled; the largest ever; and the segment that it came with.
    window: u32 = 0,
    window_max: u32 = 0,
    wl1: u32 = 0,
    wl2: u32 = 0,
    /// Shift of the windows that come.
    scale: u8 = 0,
    /// Data from `una` on; the SYN is before its first byte.
    queue: blocks.Queue = .{},
    /// Sequence number of the first byte of `queue`.
    start: u32 = 0,
    /// FIN follows the queue.
    fin: bool = false,
    /// The SYN is to be sent (again).
    syn_due: bool = false,
    /// A probe of the window is to be sent, or a keep-alive.
    probe_due: bool = false,
    /// Probe of the tail (RFC 8985, section 7), and where it ended.
    tail: Tail = .none,
    tail_end: u32 = 0,
    /// What was sent last was a probe of a closed window: it is not in flight, if refused.
    probing: bool = false,
    /// Timeouts since the last progress.
    retries: u8 = 0,
    /// Bytes that may be queued; more if the congestion window asks for it and it may grow.
    limit: u32 = 0,
    grows: bool = true,
    /// Behind the last segment that was not full: Minshall's form of Nagle's algorithm.
    small_end: u32 = 0,
    /// How many of those are in flight; and another may go, since the program waits.
    small_count: u8 = 0,
    pushes: bool = false,
    /// One segment at a time is timed (RFC 6298, section 3).
    timed_end: u32 = 0,
    timed_at_ns: u64 = 0,
    timed: bool = false,
    /// When `una` last moved, or the first byte was sent after that.
    progress_at_ns: u64 = 0,
    sent_at_ns: u64 = 0,

    /// Sequence number behind the last byte queued.
    pub fn end(sender: *const Sender) u32 {
        return sender.start +% sender.queue.count;
    }

    pub fn inFlight(sender: *const Sender) u32 {
        return sender.nxt -% sender.una;
    }

    /// Bytes queued that were never sent.
    pub fn unsent(sender: *const Sender) u32 {
        return segments.distance(sender.nxt, sender.end());
    }

    pub fn finSent(sender: *const Sender) bool {
        return sender.fin and sender.nxt == sender.end() +% 1;
    }

    pub fn finAcknowledged(sender: *const Sender) bool {
        return sender.finSent() and sender.una == sender.nxt;
    }
};

/// RCV.*, and what waits to be read.
pub const Receiver = struct {
    nxt: u32 = 0,
    /// End of the window that the peer knows.
    edge: u32 = 0,
    /// Shift of the windows that go.
    scale: u8 = 0,
    queue: blocks.Queue = .{},
    /// Only while something is missing.
    assembly: ?*Assembly = null,
    /// Bytes that may wait to be read.
    limit: u32 = 0,
    grows: bool = true,
    /// The peer's FIN: its sequence number, as soon as it is known.
    fin_at: ?u32 = null,
    /// FIN has had its turn.
    finished: bool = false,
    /// The program reads no more: what comes is acknowledged and dropped.
    discards: bool = false,
    acknowledge_now: bool = false,
    /// What came twice, for the next acknowledgement (RFC 2883): the peer learns that it need not
    /// have sent it again.
    repeated: ?segments.Range = null,
    /// Segments that are still acknowledged as soon as the machine idles, full ones too: a peer at
    /// its start, or after a loss, sends nothing before.
    quick: u8 = quick_segments,
    /// Without SACK a peer counts acknowledgements: one for each segment that came early, though
    /// they came together (RFC 5681, section 4.2).
    repeats: u8 = 0,
    /// The last segment was full: more will follow.
    was_full: bool = false,
    /// Bytes since the last acknowledgement.
    unacknowledged: u32 = 0,
    /// Largest segment seen lately: the peer's MSS, as far as one can tell.
    segment_bytes: u16 = 536,
    /// RFC 7323: TS.Recent, when it was set, Last.ACK.sent.
    recent: u32 = 0,
    recent_at_ms: u32 = 0,
    last_acknowledged: u32 = 0,
    /// Challenges (RFC 5961, section 7) of this second.
    challenges: u8 = 0,
    challenged_at_ms: u32 = 0,
    /// Growth of the window: round trip, and what was read since the current one began.
    round_trip_ms: ?u32 = null,
    round_at_ms: u32 = 0,
    round_bytes: u32 = 0,

    /// What the peer may send now.
    pub fn window(receiver: *const Receiver) u32 {
        return segments.distance(receiver.nxt, receiver.edge);
    }
};
