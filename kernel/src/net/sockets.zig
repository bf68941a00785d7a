// SPDX-License-Identifier: Apache-2.0
//! Calls of programs on sockets: those of network.zig but waiting, by small numbers.

const types = @import("types.zig");
const Stack = @import("stack.zig").Stack;

const Address = types.Address;
const Error = types.Error;
const Socket = types.Socket;

pub fn open(stack: *Stack, family: types.Family, kind: types.Kind) Error!Socket {
    _ = .{ stack, family, kind };
    return error.Notsup;
}

/// Port 0: any that is free. The address of all zeros: every address of this machine.
pub fn bind(stack: *Stack, socket: Socket, address: Address) Error!void {
    _ = .{ stack, socket, address };
    return error.Badf;
}

pub fn listen(stack: *Stack, socket: Socket, backlog: u32) Error!void {
    _ = .{ stack, socket, backlog };
    return error.Badf;
}

/// Again when nobody has connected. Accepts in the order of connecting.
pub fn accept(stack: *Stack, socket: Socket) Error!Socket {
    _ = .{ stack, socket };
    return error.Badf;
}

/// A datagram socket gets its peer. A stream socket begins to connect: Inprogress.
pub fn connect(stack: *Stack, socket: Socket, address: Address) Error!void {
    _ = .{ stack, socket, address };
    return error.Badf;
}

/// Fills `buffers` in order with what is there.
pub fn read(
    stack: *Stack,
    socket: Socket,
    buffers: []const []u8,
    how: types.Receive,
) Error!types.Received {
    _ = .{ stack, socket, buffers, how };
    return error.Badf;
}

/// Takes as much as there is room for, a datagram as a whole.
pub fn write(
    stack: *Stack,
    socket: Socket,
    buffers: []const []const u8,
    to: ?Address,
) Error!usize {
    _ = .{ stack, socket, buffers, to };
    return error.Badf;
}

pub fn shutdown(stack: *Stack, socket: Socket, how: types.Shutdown) Error!void {
    _ = .{ stack, socket, how };
    return error.Badf;
}

/// What was sent still reaches the peer; the stack keeps on trying for a while.
pub fn close(stack: *Stack, socket: Socket) void {
    _ = .{ stack, socket };
}

pub fn localAddress(stack: *Stack, socket: Socket) Error!Address {
    _ = .{ stack, socket };
    return error.Badf;
}

pub fn peerAddress(stack: *Stack, socket: Socket) Error!Address {
    _ = .{ stack, socket };
    return error.Badf;
}

pub fn kindOf(stack: *const Stack, socket: Socket) types.Kind {
    _ = .{ stack, socket };
    return .stream;
}

pub fn getOption(stack: *Stack, socket: Socket, option: types.Option) Error!u32 {
    _ = .{ stack, socket, option };
    return error.Badf;
}

pub fn setOption(stack: *Stack, socket: Socket, option: types.Option, value: u32) Error!void {
    _ = .{ stack, socket, option, value };
    return error.Badf;
}

pub fn readiness(stack: *Stack, socket: Socket) types.Readiness {
    _ = .{ stack, socket };
    return .{};
}

/// No more connections are accepted, on any socket: `accept` is Canceled, new ones are refused.
pub fn stopListening(stack: *Stack) void {
    _ = stack;
}
