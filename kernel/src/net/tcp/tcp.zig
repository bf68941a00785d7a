// SPDX-License-Identifier: Apache-2.0
//! TCP: connections of one machine, over any IP. Segments and time in, segments out.

const std = @import("std");
const assert = std.debug.assert;
const blocks = @import("../blocks.zig");
const calls = @import("calls.zig");
const connections = @import("connection.zig");
const input = @import("input.zig");
const lifecycle = @import("lifecycle.zig");
const listeners = @import("listener.zig");
const output = @import("output.zig");
const paths = @import("path.zig");
const schedule = @import("schedule.zig");
const segments = @import("segment.zig");
const tables = @import("table.zig");
const time_waits = @import("time_wait.zig");
const timer = @import("timer.zig");
const timers = @import("timers.zig");
const Payload = @import("payload.zig").Payload;
const Replies = @import("replies.zig").Replies;
const Secrets = @import("secrets.zig").Secrets;

pub const Family = paths.Family;
pub const Endpoint = paths.Endpoint;
pub const Addresses = paths.Addresses;
pub const Path = paths.Path;
pub const Route = paths.Route;
pub const Connection = connections.Connection;
pub const Listener = listeners.Listener;

/// Largest header: 20 bytes and 40 of options.
pub const header_bytes_max = segments.header_bytes_max;
/// Pieces of the payload of one outgoing segment, at most: 64 KiB, the first and last block cut.
pub const pieces_max = 18;
/// Named like the codes of wasi/errno.zig.
pub const Error = error{
    Addrinuse,
    Addrnotavail,
    Again,
    Already,
    Connaborted,
    Connrefused,
    Connreset,
    Hostunreach,
    Inval,
    Isconn,
    Netunreach,
    Nobufs,
    Notconn,
    Pipe,
    Timedout,
};

pub const Options = struct {
    allocator: std.mem.Allocator,
    pool: *blocks.Pool,
    /// Keys of sequence numbers, cookies and tables: random, and nobody else's.
    secret: [32]u8,
    connections_max: u32 = 4096,
    half_open_max: u32 = 1024,
    time_wait_max: u32 = 16384,
    listeners_max: u32 = 64,
    /// What a listener holds at least: a device hands over so many segments before the program
    /// has its turn to accept.
    backlog_min: u32 = 256,
    receive_bytes_initial: u32 = 128 << 10,
    receive_bytes_max: u32 = 4 << 20,
    send_bytes_initial: u32 = 256 << 10,
    send_bytes_max: u32 = 4 << 20,
};

/// A segment to send: header without checksum, then payload.
pub const Outgoing = struct {
    path: Path,
    /// In the buffer given to `next`.
    header: []const u8,
    /// How many of the pieces given to `next` are the payload. Each is retained for this segment;
    /// whoever sends it releases their blocks afterwards.
    payload_count: usize,
    payload_bytes: u32,
    /// The payload is to be cut into segments of so many bytes. Null: it is one segment.
    segment_bytes: ?u16,
};

/// What ICMP said of a segment that this machine sent.
pub const Problem = union(enum) {
    /// Nobody listens there, or no such protocol.
    refused,
    unreachable_host,
    unreachable_network,
    /// Largest payload of a segment without options that fits, as of `Route.mss`.
    too_big: u16,
};

pub const Readiness = struct {
    readable: bool = false,
    writable: bool = false,
    /// The peer has closed, or the connection has failed.
    hangup: bool = false,
    readable_bytes: u32 = 0,
};

pub const Listen = struct {
    backlog: u32 = 128,
    /// An IPv6 listener at every address takes IPv4 peers too.
    both_families: bool = false,
};

pub const Shutdown = struct { receive: bool, send: bool };

/// What programs can set of a connection.
pub const Setting = struct {
    keep_alive: ?bool = null,
    no_delay: ?bool = null,
    send_buffer_bytes: ?u32 = null,
    receive_buffer_bytes: ?u32 = null,
    /// How long data may stay unacknowledged.
    user_timeout_ms: ?u32 = null,
};

/// TIME-WAITs for each block of the pool; a tenth of its memory.
const records_of_block = 4;
const records_min = 256;

/// Since the beginning.
pub const Counters = struct {
    received: u64 = 0,
    sent: u64 = 0,
    /// Segments without payload that only acknowledge.
    acknowledgements: u64 = 0,
    resent: u64 = 0,
    timeouts: u64 = 0,
    probes: u64 = 0,
    resets: u64 = 0,
    cookies: u64 = 0,
    /// Connections that found no room.
    refused: u64 = 0,
    malformed: u64 = 0,
};

pub const Tcp = struct {
    options: Options,
    secrets: Secrets,
    table: tables.Table,
    timers: timers.Timers = .{},
    /// Connections that may have something to send, in the order of their turns.
    ready: std.DoublyLinkedList = .{},
    /// Connections with an acknowledgement that waits, the one that is due first in front.
    delayed: std.DoublyLinkedList = .{},
    /// Connections with a small segment that waits.
    held: std.DoublyLinkedList = .{},
    /// Connections that no program has any more, the oldest in front.
    orphans: std.DoublyLinkedList = .{},
    waits: time_waits.TimeWaits = .{},
    listeners: std.ArrayList(*Listener) = .empty,
    replies: Replies = .{},
    connections_count: u32 = 0,
    half_open_count: u32 = 0,
    /// When the last SYN cookie was sent.
    cookie_at_ns: ?u64 = null,
    /// How many ports were chosen (RFC 6056, algorithm 3).
    ports_chosen: u32 = 0,
    counters: Counters = .{},

    pub fn init(options: Options) Tcp {
        const secrets: Secrets = .init(options.secret);
        var limited = options;
        // A machine with little memory does not spend it on connections that are over.
        const records_max = @max(records_min, options.pool.blocks_max *| records_of_block);
        limited.time_wait_max = @min(options.time_wait_max, records_max);
        return .{
            .options = limited,
            .secrets = secrets,
            .table = .{ .keys = secrets.tableKeys() },
        };
    }

    /// Ends every connection without a word and frees all memory. Connections that the caller has
    /// must be closed before.
    pub fn deinit(tcp: *Tcp) void {
        const allocator = tcp.options.allocator;
        while (tcp.listeners.items.len > 0) tcp.closeListener(tcp.listeners.items[0], 0);
        while (tcp.orphans.first) |link| tcp.destroy(@fieldParentPtr("owner_link", link));
        while (tcp.waits.list.first) |link| {
            time_waits.forget(tcp, @fieldParentPtr("link", link));
        }
        assert(tcp.connections_count == 0);
        tcp.table.deinit(allocator);
        tcp.timers.deinit(allocator);
        tcp.listeners.deinit(allocator);
        tcp.replies.deinit(allocator);
    }

    /// A whole segment, its header first, of which the checksum is good. Pieces that are kept are
    /// retained.
    pub fn receive(
        tcp: *Tcp,
        addresses: Addresses,
        pieces: []const blocks.Piece,
        route: Route,
        now_ns: u64,
    ) void {
        tcp.counters.received += 1;
        var buffer: [header_bytes_max]u8 = undefined;
        const segment = segments.parse(gather(pieces, &buffer)) orelse {
            tcp.counters.malformed += 1;
            return;
        };
        var total: u32 = 0;
        for (pieces) |piece| total +|= @intCast(@min(piece.bytes.len, std.math.maxInt(u32)));
        // More than any IP packet holds would confuse sequence numbers.
        if (total > 0xffff + header_bytes_max or segment.source_port == 0) {
            tcp.counters.malformed += 1;
            return;
        }
        const path: Path = .{
            .family = addresses.family,
            .local = addresses.local,
            .remote = addresses.remote,
            .local_port = segment.destination_port,
            .remote_port = segment.source_port,
        };
        const payload: Payload = .{
            .pieces = pieces,
            .skip = segment.header_bytes,
            .length = total - segment.header_bytes,
        };
        tcp.deliver(&path, &segment.header, payload, route, now_ns);
    }

    /// The header in one piece.
    fn gather(pieces: []const blocks.Piece, buffer: *[header_bytes_max]u8) []const u8 {
        if (pieces.len == 0) return "";
        if (pieces.len == 1 or pieces[0].bytes.len >= header_bytes_max) return pieces[0].bytes;
        var filled: usize = 0;
        for (pieces) |piece| {
            const part = @min(piece.bytes.len, buffer.len - filled);
            @memcpy(buffer[filled..][0..part], piece.bytes[0..part]);
            filled += part;
        }
        return buffer[0..filled];
    }

    fn deliver(
        tcp: *Tcp,
        path: *const Path,
        header: *const segments.Header,
        payload: Payload,
        route: Route,
        now_ns: u64,
    ) void {
        const node = tcp.table.find(path) orelse
            return tcp.deliverUnknown(path, header, payload, route, now_ns);
        switch (node.kind) {
            .connection => {
                const connection: *Connection = .fromNode(node);
                input.arrive(tcp, connection, header, payload, now_ns);
                tcp.settle(connection);
            },
            .half_open => {
                const half: *listeners.HalfOpen = .fromNode(node);
                listeners.arriveHalfOpen(tcp, half, header, payload, now_ns);
            },
            .time_wait => {
                const wait: *time_waits.TimeWait = .fromNode(node);
                time_waits.arrive(tcp, wait, header, payload.length, route, now_ns);
            },
        }
    }

    /// RFC 9293, section 3.10.7.1: for nobody, or for a listener.
    fn deliverUnknown(
        tcp: *Tcp,
        path: *const Path,
        header: *const segments.Header,
        payload: Payload,
        route: Route,
        now_ns: u64,
    ) void {
        const flags = header.flags;
        if (flags.rst) return;
        if (flags.syn and !flags.ack) {
            return listeners.arriveSyn(tcp, path, header, route, null, now_ns);
        }
        if (flags.ack and !flags.syn and
            listeners.arriveCookie(tcp, path, header, payload, route, now_ns)) return;
        tcp.replyReset(path, header, payload.length);
    }

    /// Whether `next` may have something.
    pub fn hasOutput(tcp: *const Tcp) bool {
        return tcp.replies.count > 0 or tcp.ready.first != null;
    }

    /// The next segment that can be sent now. Null: none.
    pub fn next(
        tcp: *Tcp,
        header: *[header_bytes_max]u8,
        payload: *[pieces_max]blocks.Piece,
        now_ns: u64,
    ) ?Outgoing {
        if (tcp.replies.take()) |answer| {
            tcp.counters.sent += 1;
            const path = &answer.path;
            const local = path.local_port;
            return .{
                .path = path.*,
                .header = segments.encode(header, local, path.remote_port, &answer.header),
                .payload_count = 0,
                .payload_bytes = 0,
                .segment_bytes = null,
            };
        }
        while (tcp.ready.first) |link| {
            const connection: *Connection = @fieldParentPtr("ready_link", link);
            const buffers: output.Buffers = .{ .header = header, .payload = payload };
            if (output.emit(tcp, connection, buffers, now_ns)) |outgoing| {
                if (output.isStarved(connection)) tcp.delay(connection, now_ns);
                // Others have their turn before this one has another.
                tcp.ready.remove(link);
                tcp.ready.append(link);
                return outgoing;
            }
            tcp.unready(connection);
        }
        return null;
    }

    /// When `advance` is next needed; null: never. May be too early, never too late.
    pub fn deadlineNs(tcp: *const Tcp) ?u64 {
        var deadline = tcp.timers.earliest() orelse std.math.maxInt(u64);
        if (tcp.delayed.first) |link| {
            const connection: *const Connection = @fieldParentPtr("delayed_link", link);
            deadline = @min(deadline, connection.delayed_until_ns);
        }
        if (tcp.waits.deadlineNs()) |end| deadline = @min(deadline, end);
        return if (deadline == std.math.maxInt(u64)) null else deadline;
    }

    /// Lets time pass. To be called before `next` when the deadline is over.
    pub fn advance(tcp: *Tcp, now_ns: u64) void {
        while (tcp.timers.takeDue(now_ns)) |due| switch (due.kind) {
            .connection => timer.expire(tcp, .fromTimer(due), now_ns),
            .half_open => listeners.expire(tcp, .fromTimer(due), now_ns),
        };
        while (tcp.delayed.first) |link| {
            const connection: *Connection = @fieldParentPtr("delayed_link", link);
            if (connection.delayed_until_ns > now_ns) break;
            tcp.undelay(connection);
            if (output.isStarved(connection) and !output.mayOpen(tcp, connection)) {
                tcp.delay(connection, now_ns);
            } else tcp.acknowledgeNow(connection);
        }
        time_waits.expire(tcp, now_ns);
    }

    /// The program is about to wait: acknowledgements that waited for its answer go now, but those
    /// in the middle of a stream, of which more will come; so do small segments. To be called
    /// before `next` for the last time before the machine idles.
    pub fn idle(tcp: *Tcp) void {
        var at = tcp.delayed.first;
        while (at) |link| {
            at = link.next;
            const connection: *Connection = @fieldParentPtr("delayed_link", link);
            if (output.isStarved(connection) or connection.receive.was_full) continue;
            tcp.acknowledgeNow(connection);
        }
        // What a program wrote before it waits is a whole: no more comes that could join it.
        while (tcp.held.first) |link| {
            const connection: *Connection = @fieldParentPtr("held_link", link);
            tcp.unhold(connection);
            connection.send.pushes = true;
            tcp.wake(connection);
        }
    }

    /// An ICMP error came, about a segment of ours with this path and sequence number.
    pub fn report(tcp: *Tcp, path: Path, sequence: u32, problem: Problem, now_ns: u64) void {
        const node = tcp.table.find(&path) orelse return;
        if (node.kind != .connection) return;
        const connection: *Connection = .fromNode(node);
        calls.report(tcp, connection, sequence, problem, now_ns);
        tcp.settle(connection);
    }

    pub const listen = calls.listen;
    pub const closeListener = calls.closeListener;
    pub const hasConnection = calls.hasConnection;
    pub const accept = calls.accept;
    pub const connect = calls.connect;
    pub const isPortFree = calls.isPortFree;
    pub const choosePort = calls.choosePort;
    pub const read = calls.read;
    pub const peek = calls.peek;
    pub const write = calls.write;
    pub const shutdown = calls.shutdown;
    pub const close = calls.close;
    pub const abort = calls.abort;
    pub const readiness = calls.readiness;
    pub const takeError = calls.takeError;
    pub const isConnecting = calls.isConnecting;
    pub const isConnected = calls.isConnected;
    pub const set = calls.set;
    pub const get = calls.get;

    // For the files of this folder.
    pub const create = lifecycle.create;
    pub const reserveTimer = lifecycle.reserveTimer;
    pub const beginReceiving = lifecycle.beginReceiving;
    pub const negotiate = lifecycle.negotiate;
    pub const peerMss = lifecycle.peerMss;
    pub const windowScale = lifecycle.windowScale;
    pub const synWindow = lifecycle.synWindow;
    pub const reset = lifecycle.reset;
    pub const fail = lifecycle.fail;
    pub const detach = lifecycle.detach;
    pub const settle = lifecycle.settle;
    pub const destroy = lifecycle.destroy;
    pub const dropAssembly = lifecycle.dropAssembly;
    pub const dropBoard = lifecycle.dropBoard;
    pub const wake = schedule.wake;
    pub const unready = schedule.unready;
    pub const acknowledgeNow = schedule.acknowledgeNow;
    pub const delay = schedule.delay;
    pub const hold = schedule.hold;
    pub const unhold = schedule.unhold;
    pub const undelay = schedule.undelay;
    pub const armRetransmission = schedule.armRetransmission;
    pub const setIdle = schedule.setIdle;
    pub const reply = schedule.reply;
    pub const replyReset = schedule.replyReset;
};
