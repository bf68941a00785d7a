// SPDX-License-Identifier: Apache-2.0
//! Sockets that programs make themselves: WasmEdge's extension of preview1
//! (https://github.com/WasmEdge/WasmEdge include/wasi/api.hpp, lib/host/wasi/wasifunc.cpp).
//! Functions that end in _v1 and _v2 are two types of one import (mew_abi/wasi.py).

const std = @import("std");
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const network = @import("../network.zig");
const options = @import("socket_options.zig");
const resolving = @import("resolving.zig");
const socket = @import("socket.zig");
const table = @import("table.zig");
const types = @import("types.zig");

/// `__wasi_address_family_t`, but for unspecified (0) and Unix (3).
const Family = enum(u8) { ip4 = 1, ip6 = 2 };

fn familyOf(family: network.Family) Family {
    return switch (family) {
        .ip4 => .ip4,
        .ip6 => .ip6,
    };
}

pub fn sock_open(family: u32, kind: u32, result: u32) errno.Error!void {
    const wanted_family: network.Family = switch (family) {
        @backingInt(Family.ip4) => .ip4,
        @backingInt(Family.ip6) => .ip6,
        else => return error.Afnosupport,
    };
    const wanted_kind: network.Kind = switch (kind) {
        1 => .datagram,
        2 => .stream,
        else => return error.Inval,
    };
    const place = try guest.place(u32, result);
    const number = try table.findFree();
    const handle = try network.open(wanted_family, wanted_kind);
    table.add(number, .{
        .object = .{ .socket = .{ .handle = handle, .kind = wanted_kind } },
        .rights_base = table.socket_rights,
        .rights_inheriting = table.connection_rights,
    });
    place.* = number;
}

pub fn sock_bind(number: u32, address: u32, port: u32) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    const where = try (try AddressBuffer.at(address)).read(port);
    try network.bind(descriptor.object.socket.handle, where);
}

/// A backlog of -1 is as large as one can be.
pub fn sock_listen(number: u32, backlog: u32) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    if (descriptor.object.socket.kind == .datagram) return error.Notsup;
    try network.listen(descriptor.object.socket.handle, backlog);
}

pub fn sock_accept_v1(number: u32, result: u32) errno.Error!void {
    return socket.sock_accept(number, 0, result);
}

/// Waits for the connection, unless the descriptor does not wait: then Inprogress.
pub fn sock_connect(number: u32, address: u32, port: u32) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    const to = try (try AddressBuffer.at(address)).read(port);
    const handle = descriptor.object.socket.handle;
    const deadline_ns = socket.deadlineAfter(descriptor.object.socket.send_timeout_ns);
    network.connect(handle, to) catch |failure| {
        if (failure != error.Inprogress or descriptor.flags.nonblock) return failure;
        while (!network.readiness(handle).writable) {
            socket.waitFor(descriptor, .write, deadline_ns) catch return error.Inprogress;
        }
        const code = try network.getOption(handle, .pending_error);
        if (errno.errorOf(code)) |pending| return pending;
    };
}

pub fn sock_recv_from_v1(
    number: u32,
    vectors: u32,
    count: u32,
    address: u32,
    flags: u32,
    size_result: u32,
    flags_result: u32,
) errno.Error!void {
    var port: u16 = undefined;
    return receiveFrom(number, vectors, count, address, flags, &port, size_result, flags_result);
}

pub fn sock_recv_from_v2(
    number: u32,
    vectors: u32,
    count: u32,
    address: u32,
    flags: u32,
    port_result: u32,
    size_result: u32,
    flags_result: u32,
) errno.Error!void {
    const port = try guest.place(u16, port_result);
    return receiveFrom(number, vectors, count, address, flags, port, size_result, flags_result);
}

fn receiveFrom(
    number: u32,
    vectors: u32,
    count: u32,
    address: u32,
    flags: u32,
    port: *align(1) u16,
    size_result: u32,
    flags_result: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{ .fd_read = true });
    const how = try socket.receiveFlags(flags);
    const sender: AddressBuffer = try .at(address);
    const buffers: guest.Vectors = try .init(vectors, count);
    const size_place = try guest.place(u32, size_result);
    const flags_place = try guest.place(types.Roflags, flags_result);
    const handle = descriptor.object.socket.handle;
    // Before anything is taken that nobody would know the sender of.
    const own = try network.localAddress(handle);
    if (!sender.fits(own.family)) return error.Inval;
    // That of a stream is gone with the connection, which may have left something to read.
    const nobody: network.Address = .{ .family = own.family, .bytes = @splat(0), .port = 0 };
    const peer = network.peerAddress(handle) catch nobody;
    const received = try socket.receive(descriptor, buffers, how);
    const from = switch (descriptor.object.socket.kind) {
        .datagram => received.from,
        .stream => peer,
    };
    sender.write(from);
    port.* = from.port;
    size_place.* = @intCast(received.count);
    flags_place.* = .{ .data_truncated = received.truncated };
}

pub fn sock_send_to(
    number: u32,
    vectors: u32,
    count: u32,
    address: u32,
    port: u32,
    flags: u32,
    result: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{ .fd_write = true });
    if (flags != 0) return error.Inval;
    const to = try (try AddressBuffer.at(address)).read(port);
    const buffers: guest.Vectors = try .init(vectors, count);
    const place = try guest.place(u32, result);
    // As elsewhere, a stream has its peer already.
    const is_stream = descriptor.object.socket.kind == .stream;
    place.* = try socket.send(descriptor, buffers, if (is_stream) null else to);
}

pub fn sock_getlocaladdr_v1(
    number: u32,
    address: u32,
    family_result: u32,
    port_result: u32,
) errno.Error!void {
    return getAddressV1(network.localAddress, number, address, family_result, port_result);
}

pub fn sock_getpeeraddr_v1(
    number: u32,
    address: u32,
    family_result: u32,
    port_result: u32,
) errno.Error!void {
    return getAddressV1(network.peerAddress, number, address, family_result, port_result);
}

pub fn sock_getlocaladdr_v2(number: u32, address: u32, port_result: u32) errno.Error!void {
    return getAddressV2(network.localAddress, number, address, port_result);
}

pub fn sock_getpeeraddr_v2(number: u32, address: u32, port_result: u32) errno.Error!void {
    return getAddressV2(network.peerAddress, number, address, port_result);
}

const GetAddress = fn (network.Socket) network.Error!network.Address;

fn getAddressV1(
    comptime get: GetAddress,
    number: u32,
    address: u32,
    family_result: u32,
    port_result: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    const buffer: AddressBuffer = try .at(address);
    const family_place = try guest.place(u32, family_result);
    const port_place = try guest.place(u32, port_result);
    const found = try get(descriptor.object.socket.handle);
    if (!buffer.fits(found.family)) return error.Inval;
    buffer.write(found);
    // Not the numbers of Family: what WasmEdge had first, programs rely on.
    family_place.* = switch (found.family) {
        .ip4 => 4,
        .ip6 => 6,
    };
    port_place.* = found.port;
}

fn getAddressV2(
    comptime get: GetAddress,
    number: u32,
    address: u32,
    port_result: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    const buffer: AddressBuffer = try .at(address);
    if (buffer != .storage) return error.Inval;
    const port_place = try guest.place(u32, port_result);
    const found = try get(descriptor.object.socket.handle);
    buffer.write(found);
    port_place.* = found.port;
}

pub const sock_getsockopt = options.sock_getsockopt;
pub const sock_setsockopt = options.sock_setsockopt;
pub const sock_getaddrinfo = resolving.sock_getaddrinfo;

/// Where a program has an address, or wants one: `__wasi_address_t`, a pointer to bytes in network
/// order. How many they are says what they are.
const AddressBuffer = union(enum) {
    bytes4: *align(1) [4]u8,
    bytes16: *align(1) [16]u8,
    storage: *align(1) Storage,

    const Record = extern struct { pointer: u32, size: u32 };
    const Storage = extern struct { family: u16, bytes: [126]u8 };

    fn at(pointer: u32) errno.Error!AddressBuffer {
        const record = try guest.place(Record, pointer);
        return switch (record.size) {
            4 => .{ .bytes4 = try guest.place([4]u8, record.pointer) },
            16 => .{ .bytes16 = try guest.place([16]u8, record.pointer) },
            @sizeOf(Storage) => .{ .storage = try guest.place(Storage, record.pointer) },
            else => error.Inval,
        };
    }

    fn read(buffer: AddressBuffer, port: u32) errno.Error!network.Address {
        var found: network.Address = .{
            .family = .ip4,
            .bytes = @splat(0),
            .port = std.math.cast(u16, port) orelse return error.Inval,
        };
        switch (buffer) {
            .bytes4 => |bytes| found.bytes[0..4].* = bytes.*,
            .bytes16 => |bytes| {
                found.family = .ip6;
                found.bytes = bytes.*;
            },
            .storage => |storage| switch (storage.family) {
                @backingInt(Family.ip4) => found.bytes[0..4].* = storage.bytes[0..4].*,
                @backingInt(Family.ip6) => {
                    found.family = .ip6;
                    found.bytes = storage.bytes[0..16].*;
                },
                else => return error.Afnosupport,
            },
        }
        return found;
    }

    fn fits(buffer: AddressBuffer, family: network.Family) bool {
        return family == .ip4 or buffer != .bytes4;
    }

    fn write(buffer: AddressBuffer, address: network.Address) void {
        const bytes: *align(1) [16]u8 = switch (buffer) {
            .bytes4 => |bytes| {
                bytes.* = address.bytes[0..4].*;
                return;
            },
            .bytes16 => |bytes| bytes,
            .storage => |storage| bytes: {
                storage.family = @backingInt(familyOf(address.family));
                break :bytes storage.bytes[0..16];
            },
        };
        switch (address.family) {
            .ip4 => bytes[0..4].* = address.bytes[0..4].*,
            .ip6 => bytes.* = address.bytes,
        }
    }
};
