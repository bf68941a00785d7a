// SPDX-License-Identifier: Apache-2.0
//! Sockets by the functions of WasmEdge, which mew has too.

const std = @import("std");
const wasi = std.os.wasi;

extern "wasi_snapshot_preview1" fn sock_open(family: i32, kind: i32, socket: *wasi.fd_t) i32;
extern "wasi_snapshot_preview1" fn sock_bind(socket: wasi.fd_t, to: *const Bytes, port: i32) i32;
extern "wasi_snapshot_preview1" fn sock_listen(socket: wasi.fd_t, backlog: i32) i32;
// Two parameters: WasmEdge's. Preview1's has flags between them.
extern "wasi_snapshot_preview1" fn sock_accept(socket: wasi.fd_t, accepted: *wasi.fd_t) i32;
extern "wasi_snapshot_preview1" fn sock_getpeeraddr(
    socket: wasi.fd_t,
    address: *const Bytes,
    family: *u32,
    port: *u32,
) i32;
extern "wasi_snapshot_preview1" fn sock_getaddrinfo(
    node: [*]const u8,
    node_size: usize,
    service: [*]const u8,
    service_size: usize,
    hints: *const Addrinfo,
    list: *const *Addrinfo,
    list_length: usize,
    count: *u32,
) i32;

/// `__wasi_address_t`.
const Bytes = extern struct { pointer: [*]u8, size: usize };
/// `__wasi_sockaddr_t`; the data is the port and the address, in network order.
const Sockaddr = extern struct { family: u8 = 0, data_size: u32 = 0, data: ?*[26]u8 = null };
/// `__wasi_addrinfo_t`.
const Addrinfo = extern struct {
    flags: u16 = 0,
    family: u8 = 0,
    kind: u8 = kind_stream,
    protocol: u8 = 0,
    address_size: u32 = 0,
    address: ?*Sockaddr = null,
    canonical_name: ?[*]u8 = null,
    canonical_name_length: u32 = 0,
    next: ?*Addrinfo = null,
};

const family_ip4 = 1;
const kind_stream = 2;

pub const Error = error{ Again, Canceled, Failed };

fn check(code: i32) Error!void {
    switch (@as(wasi.errno_t, @fromBackingInt(@as(u16, @intCast(code))))) {
        .SUCCESS => {},
        .AGAIN => return error.Again,
        .CANCELED => return error.Canceled,
        else => return error.Failed,
    }
}

/// A socket that listens on all addresses of this machine and does not wait.
pub fn listen(port: u16) Error!wasi.fd_t {
    var socket: wasi.fd_t = undefined;
    try check(sock_open(family_ip4, kind_stream, &socket));
    var any: [4]u8 = @splat(0);
    try check(sock_bind(socket, &.{ .pointer = &any, .size = any.len }, port));
    try check(sock_listen(socket, 128));
    return nonblocking(socket);
}

pub fn accept(listener: wasi.fd_t) Error!wasi.fd_t {
    var socket: wasi.fd_t = undefined;
    try check(sock_accept(listener, &socket));
    return nonblocking(socket);
}

fn nonblocking(socket: wasi.fd_t) Error!wasi.fd_t {
    if (wasi.fd_fdstat_set_flags(socket, .{ .NONBLOCK = true }) != .SUCCESS) return error.Failed;
    return socket;
}

/// 0: the peer sends no more.
pub fn receive(socket: wasi.fd_t, buffer: []u8) Error!usize {
    var vector: wasi.iovec_t = .{ .base = buffer.ptr, .len = buffer.len };
    var count: usize = undefined;
    var flags: wasi.roflags_t = undefined;
    try check(@backingInt(wasi.sock_recv(socket, @ptrCast(&vector), 1, 0, &count, &flags)));
    return count;
}

pub fn send(socket: wasi.fd_t, bytes: []const u8) Error!usize {
    const vector: wasi.ciovec_t = .{ .base = bytes.ptr, .len = bytes.len };
    var count: usize = undefined;
    try check(@backingInt(wasi.sock_send(socket, @ptrCast(&vector), 1, 0, &count)));
    return count;
}

pub fn close(socket: wasi.fd_t) void {
    _ = wasi.fd_close(socket);
}

pub const Peer = struct { bytes: [4]u8, port: u16 };

/// Of a connection over IPv4.
pub fn peerOf(socket: wasi.fd_t) Error!Peer {
    var peer: Peer = undefined;
    var family: u32 = undefined;
    var port: u32 = undefined;
    const bytes: Bytes = .{ .pointer = &peer.bytes, .size = peer.bytes.len };
    try check(sock_getpeeraddr(socket, &bytes, &family, &port));
    peer.port = @intCast(port);
    return peer;
}

pub const addresses_max = 8;

/// IPv4 addresses of a host's name, at the start of `found`; waits for name servers.
pub fn resolve(name: []const u8, found: *[addresses_max][4]u8) Error!usize {
    var data: [addresses_max][26]u8 = undefined;
    var addresses: [addresses_max]Sockaddr = undefined;
    var list: [addresses_max]Addrinfo = undefined;
    for (&list, &addresses, &data, 0..) |*entry, *address, *bytes, index| {
        address.* = .{ .data = bytes };
        entry.* = .{ .address = address };
        if (index > 0) list[index - 1].next = entry;
    }
    const hints: Addrinfo = .{ .family = family_ip4 };
    var count: u32 = undefined;
    try check(sock_getaddrinfo(
        name.ptr,
        name.len,
        "http",
        4,
        &hints,
        &&list[0],
        list.len,
        &count,
    ));
    for (data[0..count], found[0..count]) |bytes, *address| address.* = bytes[2..6].*;
    return count;
}
