// SPDX-License-Identifier: Apache-2.0
//! What the WASI layer needs of a network, chosen at compile time like platform.zig.
//!
//! The root source file declares `pub const network = @import(...)` with every function named
//! here (uplink.zig for the unikernel, linux/network.zig for the Linux host). No call here blocks
//! but `wait` and `resolve`; what cannot be done now is `error.Again`, and waiting for it is the
//! WASI layer's, in one place (wasi/socket.zig).

const errno = @import("wasi/errno.zig");
const types = @import("net/types.zig");
const implementation = @import("root").network;

pub const Error = errno.Error;

/// An open socket. A plain value: whoever got it from `open` or `accept` closes it once.
pub const Socket = implementation.Socket;

pub const Family = types.Family;
pub const Kind = types.Kind;
pub const Address = types.Address;

/// Inherited by the program; `name` is the text that declared it, such as "tcp:8080".
pub const Listener = struct { name: []const u8, socket: Socket };

/// Sockets that the program starts with, already listening, in the order of their descriptors.
/// Called once.
pub fn listeners() []const Listener {
    return implementation.listeners();
}

pub fn open(family: Family, kind: Kind) Error!Socket {
    return implementation.open(family, kind);
}

/// Port 0: any that is free. The address of all zeros: every address of this machine.
pub fn bind(socket: Socket, address: Address) Error!void {
    return implementation.bind(socket, address);
}

pub fn listen(socket: Socket, backlog: u32) Error!void {
    return implementation.listen(socket, backlog);
}

/// Again when nobody has connected. Accepts in the order of connecting.
pub fn accept(socket: Socket) Error!Socket {
    return implementation.accept(socket);
}

/// A datagram socket gets its peer. A stream socket begins to connect: Inprogress; then it becomes
/// writable, or fails (`takeError`). Already while it is connecting, Isconn afterwards.
pub fn connect(socket: Socket, address: Address) Error!void {
    return implementation.connect(socket, address);
}

pub const Receive = types.Receive;
pub const Received = types.Received;

/// Fills `buffers` in order with what is there. Of a stream at least one of them has room, and
/// `Received.from` means nothing: `peerAddress` tells.
pub fn receive(socket: Socket, buffers: []const []u8, how: Receive) Error!Received {
    return implementation.receive(socket, buffers, how);
}

/// Takes as much as there is room for, a datagram as a whole (Msgsize when it can never fit).
/// `to` is for datagrams; null: the peer. Pipe when this side has been shut down.
pub fn send(socket: Socket, buffers: []const []const u8, to: ?Address) Error!usize {
    return implementation.send(socket, buffers, to);
}

pub const Shutdown = types.Shutdown;

pub fn shutdown(socket: Socket, how: Shutdown) Error!void {
    return implementation.shutdown(socket, how);
}

/// What was sent still reaches the peer; the system keeps on trying for a while.
pub fn close(socket: Socket) void {
    implementation.close(socket);
}

pub fn localAddress(socket: Socket) Error!Address {
    return implementation.localAddress(socket);
}

pub fn peerAddress(socket: Socket) Error!Address {
    return implementation.peerAddress(socket);
}

pub fn kindOf(socket: Socket) Kind {
    return implementation.kindOf(socket);
}

/// Those that both systems have; numbers are theirs, not WasmEdge's.
pub const Option = types.Option;

pub fn getOption(socket: Socket, option: Option) Error!u32 {
    return implementation.getOption(socket, option);
}

pub fn setOption(socket: Socket, option: Option, value: u32) Error!void {
    return implementation.setOption(socket, option, value);
}

pub const Readiness = types.Readiness;

pub fn readiness(socket: Socket) Readiness {
    return implementation.readiness(socket);
}

pub const Interest = struct { socket: Socket, read: bool, write: bool };

/// Returns when one of `interests` may be ready, when standard input may be (if asked for), at the
/// monotonic `deadline_ns` (null: never), or sooner for no reason: callers look again. Lets packets
/// come and go in any case; a deadline of 0 is for that alone.
pub fn wait(interests: []const Interest, wants_stdin: bool, deadline_ns: ?u64) void {
    implementation.wait(interests, wants_stdin, deadline_ns);
}

/// Addresses of a host name, or of an address as text; waits for name servers, at most until
/// `deadline_ns`. Fills `found` from its start and returns how many there are, at least one.
/// Noent: there is no such name. Timedout: no answer.
pub fn resolve(name: []const u8, found: []Address, deadline_ns: u64) Error!usize {
    return implementation.resolve(name, found, deadline_ns);
}
