// SPDX-License-Identifier: Apache-2.0
//! The network interface (network.zig) of a machine without a network.

const std = @import("std");
const arch = @import("arch/interface.zig");
const network = @import("network.zig");
const stdin = @import("stdin.zig");
const types = @import("net/types.zig");

const Error = network.Error;

pub const Socket = types.Socket;

pub fn listeners() []const network.Listener {
    return &.{};
}

pub fn open(family: network.Family, kind: network.Kind) Error!Socket {
    _ = .{ family, kind };
    return error.Netdown;
}

pub fn bind(socket: Socket, address: network.Address) Error!void {
    _ = .{ socket, address };
    return error.Netdown;
}

pub fn listen(socket: Socket, backlog: u32) Error!void {
    _ = .{ socket, backlog };
    return error.Netdown;
}

pub fn accept(socket: Socket) Error!Socket {
    _ = socket;
    return error.Netdown;
}

pub fn connect(socket: Socket, address: network.Address) Error!void {
    _ = .{ socket, address };
    return error.Netdown;
}

pub fn receive(
    socket: Socket,
    buffers: []const []u8,
    how: network.Receive,
) Error!network.Received {
    _ = .{ socket, buffers, how };
    return error.Netdown;
}

pub fn send(socket: Socket, buffers: []const []const u8, to: ?network.Address) Error!usize {
    _ = .{ socket, buffers, to };
    return error.Netdown;
}

pub fn shutdown(socket: Socket, how: network.Shutdown) Error!void {
    _ = .{ socket, how };
    return error.Netdown;
}

pub fn close(socket: Socket) void {
    _ = socket;
}

pub fn localAddress(socket: Socket) Error!network.Address {
    _ = socket;
    return error.Netdown;
}

pub fn peerAddress(socket: Socket) Error!network.Address {
    _ = socket;
    return error.Netdown;
}

pub fn kindOf(socket: Socket) network.Kind {
    _ = socket;
    return .stream;
}

pub fn getOption(socket: Socket, option: network.Option) Error!u32 {
    _ = .{ socket, option };
    return error.Netdown;
}

pub fn setOption(socket: Socket, option: network.Option, value: u32) Error!void {
    _ = .{ socket, option, value };
    return error.Netdown;
}

pub fn readiness(socket: Socket) network.Readiness {
    _ = socket;
    return .{};
}

pub fn wait(interests: []const network.Interest, wants_stdin: bool, deadline_ns: ?u64) void {
    _ = interests;
    if (wants_stdin) {
        _ = stdin.waitUntil(deadline_ns);
    } else {
        arch.sleepUntilNs(deadline_ns orelse std.math.maxInt(u64));
    }
}

pub fn resolve(name: []const u8, found: []network.Address, deadline_ns: u64) Error!usize {
    _ = .{ name, found, deadline_ns };
    return error.Netdown;
}
