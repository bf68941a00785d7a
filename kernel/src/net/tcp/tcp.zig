// SPDX-License-Identifier: Apache-2.0
//! TCP: connections of one machine, over any IP. Segments and time in, segments out.

const std = @import("std");
const blocks = @import("../blocks.zig");
const paths = @import("path.zig");

pub const Family = paths.Family;
pub const Endpoint = paths.Endpoint;
pub const Addresses = paths.Addresses;
pub const Path = paths.Path;
pub const Route = paths.Route;
pub const Connection = struct { path: Path };
pub const Listener = struct { local: Endpoint };

/// Largest header: 20 bytes and 40 of options.
pub const header_bytes_max = 60;
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

pub const Tcp = struct {
    options: Options,

    pub fn init(options: Options) Tcp {
        return .{ .options = options };
    }

    /// Ends every connection without a word and frees all memory.
    pub fn deinit(tcp: *Tcp) void {
        _ = tcp;
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
        _ = .{ tcp, addresses, pieces, route, now_ns };
    }

    /// The next segment that can be sent now. Null: none.
    pub fn next(
        tcp: *Tcp,
        header: *[header_bytes_max]u8,
        payload: *[pieces_max]blocks.Piece,
        now_ns: u64,
    ) ?Outgoing {
        _ = .{ tcp, header, payload, now_ns };
        return null;
    }

    /// When `advance` is next needed; null: never. May be too early, never too late.
    pub fn deadlineNs(tcp: *const Tcp) ?u64 {
        _ = tcp;
        return null;
    }

    /// Lets time pass. To be called before `next` when the deadline is over.
    pub fn advance(tcp: *Tcp, now_ns: u64) void {
        _ = .{ tcp, now_ns };
    }

    /// The program is about to wait: acknowledgements that waited for its answer go now. To be
    /// called before `next` for the last time before the machine idles.
    pub fn idle(tcp: *Tcp) void {
        _ = tcp;
    }

    /// An ICMP error came, about a segment of ours with this path and sequence number.
    pub fn report(tcp: *Tcp, path: Path, sequence: u32, problem: Problem, now_ns: u64) void {
        _ = .{ tcp, path, sequence, problem, now_ns };
    }

    /// Port 0: a free one, then in `Listener.local`. Address of zeros: any of this machine.
    pub fn listen(tcp: *Tcp, local: Endpoint, how: Listen, now_ns: u64) Error!*Listener {
        _ = .{ tcp, local, how, now_ns };
        return error.Nobufs;
    }

    /// Connections that nobody has accepted are reset.
    pub fn closeListener(tcp: *Tcp, listener: *Listener, now_ns: u64) void {
        _ = .{ tcp, listener, now_ns };
    }

    /// `accept` will not be Again.
    pub fn hasConnection(listener: *const Listener) bool {
        _ = listener;
        return false;
    }

    /// The first of the connections that wait; the caller closes it. Again: there is none.
    pub fn accept(tcp: *Tcp, listener: *Listener) Error!*Connection {
        _ = .{ tcp, listener };
        return error.Again;
    }

    /// Begins to connect from `local`, an address of this machine and a port, or port 0 for a
    /// free one. The connection becomes writable, or fails; the caller closes it either way.
    pub fn connect(
        tcp: *Tcp,
        local: Endpoint,
        remote: Endpoint,
        route: Route,
        now_ns: u64,
    ) Error!*Connection {
        _ = .{ tcp, local, remote, route, now_ns };
        return error.Nobufs;
    }

    /// No listener or connection has this port of this machine.
    pub fn isPortFree(tcp: *const Tcp, local: Endpoint) bool {
        _ = .{ tcp, local };
        return true;
    }

    /// A port that is free for `connect` or `listen`; null: all are taken.
    pub fn choosePort(tcp: *Tcp, local: Endpoint, now_ns: u64) ?u16 {
        _ = .{ tcp, local, now_ns };
        return null;
    }

    /// Fills `buffers` in order. 0: the peer sends no more. Again: nothing has come yet.
    pub fn read(
        tcp: *Tcp,
        connection: *Connection,
        buffers: []const []u8,
        now_ns: u64,
    ) Error!usize {
        _ = .{ tcp, connection, buffers, now_ns };
        return error.Again;
    }

    /// Same, but the bytes stay to be read.
    pub fn peek(tcp: *Tcp, connection: *Connection, buffers: []const []u8) Error!usize {
        _ = .{ tcp, connection, buffers };
        return error.Again;
    }

    /// Takes as much as there is room for. Again: none. Pipe: this side, or the connection, ended.
    pub fn write(
        tcp: *Tcp,
        connection: *Connection,
        buffers: []const []const u8,
        now_ns: u64,
    ) Error!usize {
        _ = .{ tcp, connection, buffers, now_ns };
        return error.Again;
    }

    /// Ends one direction or both. What was written is still sent.
    pub fn shutdown(
        tcp: *Tcp,
        connection: *Connection,
        how: Shutdown,
        now_ns: u64,
    ) Error!void {
        _ = .{ tcp, connection, how, now_ns };
    }

    /// The caller is done with it. What was written still reaches the peer, in the background;
    /// unread data means a reset instead (RFC 1122, section 4.2.2.13).
    pub fn close(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
        _ = .{ tcp, connection, now_ns };
    }

    /// The same with a reset, and at once.
    pub fn abort(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
        _ = .{ tcp, connection, now_ns };
    }

    pub fn readiness(tcp: *const Tcp, connection: *const Connection) Readiness {
        _ = .{ tcp, connection };
        return .{};
    }

    /// Why the connection failed, told once.
    pub fn takeError(connection: *Connection) ?Error {
        _ = connection;
        return null;
    }

    /// The handshake is not over.
    pub fn isConnecting(connection: *const Connection) bool {
        _ = connection;
        return false;
    }

    /// Established in at least one direction.
    pub fn isConnected(connection: *const Connection) bool {
        _ = connection;
        return false;
    }

    pub fn set(tcp: *Tcp, connection: *Connection, setting: Setting, now_ns: u64) void {
        _ = .{ tcp, connection, setting, now_ns };
    }

    /// All fields are there.
    pub fn get(connection: *const Connection) Setting {
        _ = connection;
        return .{};
    }
};
