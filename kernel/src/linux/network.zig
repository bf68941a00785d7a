// SPDX-License-Identifier: Apache-2.0
//! The network interface (network.zig) over Linux sockets, none of which ever waits.
//!
//! Sockets to start with come from the environment variable MEW_LISTEN: declarations as in a BUILD
//! file, separated by commas.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const abi = @import("../generated/abi.zig");
const address = @import("../net/address.zig");
const end = @import("end.zig");
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const listener = @import("../listener.zig");
const network = @import("../network.zig");
const platform = @import("platform.zig");
const poll = @import("../wasi/poll.zig");
const stop = @import("stop.zig");
const wasi_errno = @import("../wasi/errno.zig");

const Error = network.Error;
const check = errno.check;

/// A Linux file descriptor.
pub const Socket = linux.fd_t;

const listen_variable = "MEW_LISTEN=";
var listener_list: [abi.listeners_max]network.Listener = undefined;

pub fn listeners() []const network.Listener {
    var count: usize = 0;
    var declarations = std.mem.tokenizeScalar(u8, listenText(), ',');
    while (declarations.next()) |text| {
        if (count == listener_list.len) end.refuse("more than {d} listeners", .{count});
        const declaration = listener.parse(text) orelse end.refuse(
            "MEW_LISTEN holds '{s}', which is not tcp:PORT, tcp:ADDRESS:PORT or udp:PORT",
            .{text},
        );
        const socket = openListener(declaration) catch |failure|
            end.refuse("cannot listen on '{s}': {t}", .{ text, failure });
        listener_list[count] = .{ .name = text, .socket = socket };
        count += 1;
    }
    return listener_list[0..count];
}

fn openListener(declaration: listener.Declaration) Error!Socket {
    const family: network.Family = if (declaration.ip) |ip| ip.family else .ip4;
    const socket = try open(family, declaration.kind);
    if (declaration.kind == .stream) try setOption(socket, .reuse_address, 1);
    try bind(socket, declaration.bound(family));
    if (declaration.kind == .stream) try listen(socket, std.math.maxInt(u31));
    return socket;
}

fn listenText() []const u8 {
    var variables = platform.allVariables();
    while (variables.next()) |variable| {
        if (isListen(variable)) return variable[listen_variable.len..];
    }
    return "";
}

/// True for the variable that is ours and none of the program's business.
pub fn isListen(variable: []const u8) bool {
    return std.mem.startsWith(u8, variable, listen_variable);
}

pub fn open(family: network.Family, kind: network.Kind) Error!Socket {
    const domain: u32 = switch (family) {
        .ip4 => linux.AF.INET,
        .ip6 => linux.AF.INET6,
    };
    const socket_type: u32 = switch (kind) {
        .stream => linux.SOCK.STREAM,
        .datagram => linux.SOCK.DGRAM,
    };
    const flags = linux.SOCK.NONBLOCK | linux.SOCK.CLOEXEC;
    const socket: Socket = @intCast(try check(linux.socket(domain, socket_type | flags, 0)));
    // Each family is bound on its own, as in the kernel.
    if (family == .ip6) setNumber(socket, linux.SOL.IPV6, linux.IPV6.V6ONLY, 1) catch {};
    return socket;
}

pub fn bind(socket: Socket, where: network.Address) Error!void {
    const name: Name = .of(where);
    _ = try check(linux.bind(socket, @ptrCast(&name.storage), name.size));
}

pub fn listen(socket: Socket, backlog: u32) Error!void {
    if (stop.requested()) return error.Canceled;
    _ = try check(linux.listen(socket, @min(backlog, std.math.maxInt(u31))));
    try stop.watch(socket);
}

pub fn accept(socket: Socket) Error!Socket {
    if (stop.hasStopped(socket)) return error.Canceled;
    const flags = linux.SOCK.NONBLOCK | linux.SOCK.CLOEXEC;
    const result = linux.accept4(socket, null, null, flags);
    const accepted = check(result) catch |failure| return switch (failure) {
        // Of a connection that has already gone; there may be another.
        error.Connaborted => error.Again,
        error.Inval => if (stop.hasStopped(socket)) error.Canceled else error.Inval,
        else => failure,
    };
    return @intCast(accepted);
}

pub fn connect(socket: Socket, to: network.Address) Error!void {
    const name: Name = .of(to);
    _ = try check(linux.connect(socket, &name.storage, name.size));
}

/// Of the call that is running; there is one at a time.
var pieces: [guest.Vectors.count_max]std.posix.iovec = undefined;
var const_pieces: [guest.Vectors.count_max]std.posix.iovec_const = undefined;

pub fn receive(
    socket: Socket,
    buffers: []const []u8,
    how: network.Receive,
) Error!network.Received {
    for (buffers, pieces[0..buffers.len]) |buffer, *piece| {
        piece.* = .{ .base = buffer.ptr, .len = buffer.len };
    }
    var name: Name = undefined;
    var message: linux.msghdr = .{
        .name = @ptrCast(&name.storage),
        .namelen = @sizeOf(linux.sockaddr.storage),
        .iov = &pieces,
        .iovlen = buffers.len,
        .control = null,
        .controllen = 0,
        .flags = 0,
    };
    const flags: u32 = if (how.peek) linux.MSG.PEEK else 0;
    const count = try check(linux.recvmsg(socket, &message, flags));
    name.size = message.namelen;
    return .{
        .count = count,
        .truncated = message.flags & linux.MSG.TRUNC != 0,
        .from = name.address() catch std.mem.zeroes(network.Address),
    };
}

pub fn send(
    socket: Socket,
    buffers: []const []const u8,
    to: ?network.Address,
) Error!usize {
    for (buffers, const_pieces[0..buffers.len]) |buffer, *piece| {
        piece.* = .{ .base = buffer.ptr, .len = buffer.len };
    }
    var name: Name = undefined;
    if (to) |known| name = .of(known);
    const message: linux.msghdr_const = .{
        .name = if (to != null) @ptrCast(&name.storage) else null,
        .namelen = if (to != null) name.size else 0,
        .iov = &const_pieces,
        .iovlen = buffers.len,
        .control = null,
        .controllen = 0,
        .flags = 0,
    };
    // An error code, not the signal SIGPIPE.
    return check(linux.sendmsg(socket, &message, linux.MSG.NOSIGNAL));
}

pub fn shutdown(socket: Socket, how: network.Shutdown) Error!void {
    assert(how.receive or how.send);
    const number: i32 = if (!how.send) linux.SHUT.RD else if (!how.receive)
        linux.SHUT.WR
    else
        linux.SHUT.RDWR;
    _ = try check(linux.shutdown(socket, number));
}

pub fn close(socket: Socket) void {
    assert(socket > 2);
    stop.forget(socket);
    _ = linux.close(socket);
}

pub fn localAddress(socket: Socket) Error!network.Address {
    var name: Name = .{};
    _ = try check(linux.getsockname(socket, @ptrCast(&name.storage), &name.size));
    return name.address();
}

pub fn peerAddress(socket: Socket) Error!network.Address {
    var name: Name = .{};
    _ = try check(linux.getpeername(socket, @ptrCast(&name.storage), &name.size));
    return name.address();
}

pub fn kindOf(socket: Socket) network.Kind {
    const number = getNumber(socket, linux.SOL.SOCKET, linux.SO.TYPE) catch unreachable;
    return if (number == linux.SOCK.STREAM) .stream else .datagram;
}

pub fn getOption(socket: Socket, option: network.Option) Error!u32 {
    const name = nameOf(option);
    const value = try getNumber(socket, name.level, name.option);
    if (option != .pending_error or value == 0) return value;
    return @backingInt(wasi_errno.codeOf(errno.errorOf(value)));
}

pub fn setOption(socket: Socket, option: network.Option, value: u32) Error!void {
    const name = nameOf(option);
    try setNumber(socket, name.level, name.option, value);
}

fn nameOf(option: network.Option) struct { level: i32, option: u32 } {
    if (option == .no_delay) return .{ .level = linux.IPPROTO.TCP, .option = linux.TCP.NODELAY };
    return .{ .level = linux.SOL.SOCKET, .option = switch (option) {
        .no_delay => unreachable,
        .reuse_address => linux.SO.REUSEADDR,
        .keep_alive => linux.SO.KEEPALIVE,
        .broadcast => linux.SO.BROADCAST,
        .send_buffer_bytes => linux.SO.SNDBUF,
        .receive_buffer_bytes => linux.SO.RCVBUF,
        .is_listening => linux.SO.ACCEPTCONN,
        .pending_error => linux.SO.ERROR,
    } };
}

fn getNumber(socket: Socket, level: i32, option: u32) Error!u32 {
    var value: u32 = 0;
    var size: linux.socklen_t = @sizeOf(u32);
    _ = try check(linux.getsockopt(socket, level, option, @ptrCast(&value), &size));
    return value;
}

fn setNumber(socket: Socket, level: i32, option: u32, value: u32) Error!void {
    _ = try check(linux.setsockopt(socket, level, option, @ptrCast(&value), @sizeOf(u32)));
}

/// poll.h; std does not have it.
const poll_peer_closed = 0x2000;

pub fn readiness(socket: Socket) network.Readiness {
    if (stop.hasStopped(socket)) return .{ .readable = true, .hangup = true };
    var wanted = [_]linux.pollfd{.{
        .fd = socket,
        .events = linux.POLL.IN | linux.POLL.OUT | poll_peer_closed,
        .revents = 0,
    }};
    var now: linux.timespec = .{ .sec = 0, .nsec = 0 };
    if (linux.errno(linux.ppoll(&wanted, wanted.len, &now, null)) != .SUCCESS) return .{};
    const found = wanted[0].revents;
    const over = linux.POLL.HUP | linux.POLL.ERR;
    var ready: network.Readiness = .{
        .readable = found & (linux.POLL.IN | over) != 0,
        .writable = found & (linux.POLL.OUT | over) != 0,
        .hangup = found & (poll_peer_closed | over) != 0,
    };
    if (ready.readable) {
        // Not of a listener.
        var count: u32 = 0;
        const result = linux.ioctl(socket, linux.T.FIONREAD, @intFromPtr(&count));
        if (linux.errno(result) == .SUCCESS) ready.readable_bytes = count;
    }
    return ready;
}

/// Every socket that one call can name, and standard input.
var polled: [poll.subscriptions_max + 1]linux.pollfd = undefined;

pub fn wait(interests: []const network.Interest, wants_stdin: bool, deadline_ns: ?u64) void {
    // Linux moves packets by itself.
    if (deadline_ns == 0) return;
    for (interests, polled[0..interests.len]) |interest, *slot| {
        if (stop.hasStopped(interest.socket)) return;
        const read: i16 = if (interest.read) linux.POLL.IN | poll_peer_closed else 0;
        const write: i16 = if (interest.write) linux.POLL.OUT else 0;
        slot.* = .{ .fd = interest.socket, .events = read | write, .revents = 0 };
    }
    var count = interests.len;
    if (wants_stdin) {
        polled[count] = .{ .fd = 0, .events = linux.POLL.IN, .revents = 0 };
        count += 1;
    }
    var timeout: linux.timespec = undefined;
    if (deadline_ns) |until_ns| {
        timeout = platform.timespec(until_ns -| platform.clockNowNs(.monotonic));
    }
    // Whatever it was that ended the wait: the caller looks.
    _ = linux.ppoll(&polled, count, if (deadline_ns != null) &timeout else null, null);
}

/// A socket's address as Linux takes and gives it.
const Name = struct {
    storage: linux.sockaddr.storage align(8) = undefined,
    size: linux.socklen_t = @sizeOf(linux.sockaddr.storage),

    fn of(from: network.Address) Name {
        var name: Name = undefined;
        const port = std.mem.nativeToBig(u16, from.port);
        switch (from.family) {
            .ip4 => {
                const bytes: *linux.sockaddr.in = @ptrCast(&name.storage);
                bytes.* = .{ .port = port, .addr = @bitCast(from.bytes[0..4].*) };
                name.size = @sizeOf(linux.sockaddr.in);
            },
            .ip6 => {
                const bytes: *linux.sockaddr.in6 = @ptrCast(&name.storage);
                bytes.* = .{ .port = port, .flowinfo = 0, .addr = from.bytes, .scope_id = 0 };
                name.size = @sizeOf(linux.sockaddr.in6);
            },
        }
        return name;
    }

    /// Afnosupport when it is none, such as that of a stream's sender.
    fn address(name: *const Name) Error!network.Address {
        var found: network.Address = std.mem.zeroes(network.Address);
        if (name.size == @sizeOf(linux.sockaddr.in)) {
            const bytes: *const linux.sockaddr.in = @ptrCast(&name.storage);
            found.family = .ip4;
            found.bytes[0..4].* = @bitCast(bytes.addr);
            found.port = std.mem.bigToNative(u16, bytes.port);
        } else if (name.size == @sizeOf(linux.sockaddr.in6)) {
            const bytes: *const linux.sockaddr.in6 = @ptrCast(&name.storage);
            found.family = .ip6;
            found.bytes = bytes.addr;
            found.port = std.mem.bigToNative(u16, bytes.port);
        } else return error.Afnosupport;
        return found;
    }
};

pub const resolve = @import("resolver.zig").resolve;
