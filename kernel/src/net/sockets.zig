// SPDX-License-Identifier: Apache-2.0
//! Calls of programs on sockets: those of network.zig, by small numbers. Nothing here waits: what
//! can not be done now is Again.

const std = @import("std");
const addresses = @import("address.zig");
const datagrams = @import("datagrams.zig");
const tcp = @import("tcp/tcp.zig");
const types = @import("types.zig");
const udp = @import("udp.zig");
const stacks = @import("stack.zig");

const Address = types.Address;
const Datagrams = datagrams.Datagrams;
const Error = types.Error;
const Ip = addresses.Ip;
const Socket = types.Socket;
const Stack = stacks.Stack;

/// A stream socket that neither listens nor has a connection yet.
const Fresh = struct {
    family: types.Family,
    local: Ip,
    port: u16 = 0,
};

const Use = union(enum) {
    free: u16,
    fresh: Fresh,
    listener: *tcp.Listener,
    /// A listener that has been told to stop.
    stopped: Address,
    connection: *tcp.Connection,
    datagrams: *Datagrams,
};

const Slot = struct {
    use: Use,
    generation: u16 = 1,
    shares_port: bool = false,
    /// Those of a listener are its connections' too.
    setting: tcp.Setting = .{},
};

const none_free = std.math.maxInt(u16);

pub const Table = struct {
    slots: std.ArrayList(Slot) = .empty,
    first_free: u16 = none_free,
    open_count: usize = 0,

    fn take(table: *Table, allocator: std.mem.Allocator, max: u16, use: Use) Error!Socket {
        if (table.first_free == none_free) {
            if (table.slots.items.len >= max) return error.Nfile;
            const slot = table.slots.addOne(allocator) catch return error.Nomem;
            slot.* = .{ .use = .{ .free = none_free } };
            table.first_free = @intCast(table.slots.items.len - 1);
        }
        const index = table.first_free;
        const slot = &table.slots.items[index];
        table.first_free = slot.use.free;
        slot.* = .{ .use = use, .generation = slot.generation };
        table.open_count += 1;
        return .{ .index = index, .generation = slot.generation };
    }

    fn find(table: *const Table, socket: Socket) Error!*Slot {
        if (socket.index >= table.slots.items.len) return error.Badf;
        const slot = &table.slots.items[socket.index];
        if (slot.generation != socket.generation or slot.use == .free) return error.Badf;
        return slot;
    }

    fn release(table: *Table, socket: Socket) void {
        const slot = &table.slots.items[socket.index];
        // An old number must not mean a new socket; 0 is none.
        slot.generation = if (slot.generation == std.math.maxInt(u16)) 1 else slot.generation + 1;
        slot.use = .{ .free = table.first_free };
        table.first_free = socket.index;
        table.open_count -= 1;
    }
};

pub fn open(stack: *Stack, family: types.Family, kind: types.Kind) Error!Socket {
    const max = stack.options.sockets_max;
    const allocator = stack.options.allocator;
    const fresh: Fresh = .{ .family = family, .local = .any(family) };
    if (kind == .stream) return stack.sockets.take(allocator, max, .{ .fresh = fresh });
    const socket = allocator.create(Datagrams) catch return error.Nomem;
    errdefer allocator.destroy(socket);
    socket.* = .{ .family = family, .local = .any(family) };
    return stack.sockets.take(allocator, max, .{ .datagrams = socket });
}

/// Port 0: any that is free. The address of all zeros: every address of this machine.
pub fn bind(stack: *Stack, socket: Socket, address: Address) Error!void {
    const slot = try stack.sockets.find(socket);
    const local: Ip = .of(address);
    switch (slot.use) {
        .fresh => |*fresh| {
            try checkBind(stack, fresh.family, fresh.port, local);
            const wanted: Fresh = .{
                .family = fresh.family,
                .local = local,
                .port = address.port,
            };
            fresh.* = try reservePort(stack, wanted);
        },
        .datagrams => |datagram| {
            try checkBind(stack, datagram.family, datagram.port, local);
            try udp.bind(stack, datagram, local, address.port);
        },
        .listener, .stopped, .connection, .free => return error.Inval,
    }
}

fn checkBind(stack: *const Stack, family: types.Family, port: u16, local: Ip) Error!void {
    if (port != 0) return error.Inval;
    if (local.family != family) return error.Afnosupport;
    if (!local.isAny() and !stack.routes.isLocal(local)) return error.Addrnotavail;
}

/// A port for a stream socket that is nobody's, in use or bound.
fn reservePort(stack: *Stack, wanted: Fresh) Error!Fresh {
    var fresh = wanted;
    if (fresh.port != 0) {
        const is_free = stack.tcp.isPortFree(endOf(fresh)) and !isBound(stack, fresh);
        return if (is_free) fresh else error.Addrinuse;
    }
    for (0..64) |_| {
        fresh.port = stack.tcp.choosePort(endOf(wanted), stack.now_ns) orelse break;
        if (!isBound(stack, fresh)) return fresh;
    }
    return error.Addrinuse;
}

/// Whether another stream socket is bound there that TCP does not know of yet.
fn isBound(stack: *const Stack, wanted: Fresh) bool {
    for (stack.sockets.slots.items) |*slot| {
        if (slot.use != .fresh) continue;
        const other = slot.use.fresh;
        if (other.port != wanted.port or other.family != wanted.family) continue;
        if (other.local.isAny() or wanted.local.isAny() or other.local.eql(wanted.local)) {
            return true;
        }
    }
    return false;
}

fn endOf(fresh: Fresh) tcp.Endpoint {
    return .{
        .family = familyOf(fresh.family),
        .address = fresh.local.bytes,
        .port = fresh.port,
    };
}

fn familyOf(family: types.Family) tcp.Family {
    return if (family == .ip4) .ip4 else .ip6;
}

fn addressOf(end: tcp.Endpoint) Address {
    return stacks.ipOf(end.family, end.address).withPort(end.port);
}

/// An IPv6 socket at every address takes connections over IPv4 too.
pub fn listen(stack: *Stack, socket: Socket, backlog: u32) Error!void {
    const slot = try stack.sockets.find(socket);
    switch (slot.use) {
        .fresh => |fresh| {
            const listener = try stack.tcp.listen(endOf(fresh), .{
                .backlog = backlog,
                .both_families = fresh.family == .ip6 and fresh.local.isAny(),
            }, stack.now_ns);
            slot.use = .{ .listener = listener };
        },
        // Again, with another backlog: it stays as it is.
        .listener => {},
        .stopped => return error.Canceled,
        .datagrams => return error.Notsup,
        .connection, .free => return error.Inval,
    }
}

/// Again when nobody has connected. Accepts in the order of connecting.
pub fn accept(stack: *Stack, socket: Socket) Error!Socket {
    const slot = try stack.sockets.find(socket);
    const listener = switch (slot.use) {
        .listener => |listener| listener,
        .stopped => return error.Canceled,
        .datagrams => return error.Notsup,
        .fresh, .connection, .free => return error.Inval,
    };
    if (!tcp.Tcp.hasConnection(listener)) return error.Again;
    const setting = slot.setting;
    // The table may move.
    const free: Use = .{ .fresh = .{ .family = .ip4, .local = .any4 } };
    const options = &stack.options;
    const accepted = try stack.sockets.take(options.allocator, options.sockets_max, free);
    const connection = stack.tcp.accept(listener) catch |failure| {
        stack.sockets.release(accepted);
        return failure;
    };
    stack.tcp.set(connection, setting, stack.now_ns);
    stack.sockets.slots.items[accepted.index].use = .{ .connection = connection };
    return accepted;
}

/// A datagram socket gets its peer. A stream socket begins to connect: Inprogress.
pub fn connect(stack: *Stack, socket: Socket, address: Address) Error!void {
    const slot = try stack.sockets.find(socket);
    switch (slot.use) {
        .fresh => |fresh| {
            const connection = try beginConnect(stack, fresh, address);
            stack.tcp.set(connection, slot.setting, stack.now_ns);
            slot.use = .{ .connection = connection };
            return error.Inprogress;
        },
        .connection => |connection| {
            if (tcp.Tcp.isConnecting(connection)) return error.Already;
            if (tcp.Tcp.takeError(connection)) |failure| return failure;
            return error.Isconn;
        },
        .datagrams => |datagram| try udp.connect(stack, datagram, address),
        .listener, .stopped, .free => return error.Inval,
    }
}

fn beginConnect(stack: *Stack, fresh: Fresh, address: Address) Error!*tcp.Connection {
    if (address.family != fresh.family) return error.Afnosupport;
    if (address.port == 0) return error.Inval;
    const remote = targetOf(address);
    if (!remote.isUnicast() or stack.routes.isBroadcast(remote)) return error.Netunreach;
    switch (stack.routes.wayTo(remote)) {
        .none, .group => return error.Netunreach,
        .local, .neighbor => {},
    }
    var from = fresh;
    if (from.local.isAny()) {
        from.local = stack.routes.sourceFor(remote, stack.now_ns) orelse return error.Netunreach;
    }
    const remote_end: tcp.Endpoint = .{
        .family = familyOf(remote.family),
        .address = remote.bytes,
        .port = address.port,
    };
    return stack.tcp.connect(endOf(from), remote_end, stack.routeTo(remote), stack.now_ns);
}

/// The address of all zeros as a destination is this host, as elsewhere.
pub fn targetOf(address: Address) Ip {
    const ip: Ip = .of(address);
    if (!ip.isAny()) return ip;
    return if (ip.family == .ip4) .loopback4 else .loopback6;
}

/// Fills `buffers` in order with what is there.
pub fn read(
    stack: *Stack,
    socket: Socket,
    buffers: []const []u8,
    how: types.Receive,
) Error!types.Received {
    const slot = try stack.sockets.find(socket);
    switch (slot.use) {
        .connection => |connection| {
            const count = if (how.peek)
                try stack.tcp.peek(connection, buffers)
            else
                try stack.tcp.read(connection, buffers, stack.now_ns);
            return .{ .count = count, .from = addressOf(connection.path().remoteEnd()) };
        },
        .datagrams => |datagram| {
            if (takeFailure(datagram)) |failure| return failure;
            if (datagram.is_receive_shut and !datagram.hasDatagram()) {
                return .{ .count = 0, .from = Ip.any(datagram.family).withPort(0) };
            }
            return datagram.receive(stack.pool, buffers, how);
        },
        .fresh, .listener, .stopped, .free => return error.Notconn,
    }
}

fn takeFailure(datagram: *Datagrams) ?Error {
    defer datagram.failure = null;
    return datagram.failure;
}

/// Takes as much as there is room for, a datagram as a whole (Msgsize when it can never fit).
/// `to` is for datagrams; null: the peer. Pipe when this side has been shut down.
pub fn write(
    stack: *Stack,
    socket: Socket,
    buffers: []const []const u8,
    to: ?Address,
) Error!usize {
    const slot = try stack.sockets.find(socket);
    switch (slot.use) {
        .connection => |connection| return stack.tcp.write(connection, buffers, stack.now_ns),
        .datagrams => |datagram| {
            if (takeFailure(datagram)) |failure| return failure;
            return udp.send(stack, datagram, buffers, to);
        },
        .fresh, .listener, .stopped, .free => return error.Notconn,
    }
}

pub fn shutdown(stack: *Stack, socket: Socket, how: types.Shutdown) Error!void {
    const slot = try stack.sockets.find(socket);
    switch (slot.use) {
        .connection => |connection| {
            const which: tcp.Shutdown = .{ .receive = how.receive, .send = how.send };
            try stack.tcp.shutdown(connection, which, stack.now_ns);
        },
        .datagrams => |datagram| {
            if (datagram.peer == null) return error.Notconn;
            datagram.is_receive_shut = datagram.is_receive_shut or how.receive;
            datagram.is_send_shut = datagram.is_send_shut or how.send;
        },
        .fresh, .listener, .stopped, .free => return error.Notconn,
    }
}

/// What was sent still reaches the peer; the stack keeps on trying for a while.
pub fn close(stack: *Stack, socket: Socket) void {
    const slot = stack.sockets.find(socket) catch return;
    switch (slot.use) {
        .connection => |connection| stack.tcp.close(connection, stack.now_ns),
        .listener => |listener| stack.tcp.closeListener(listener, stack.now_ns),
        .datagrams => |datagram| {
            udp.close(stack, datagram);
            stack.options.allocator.destroy(datagram);
        },
        .fresh, .stopped, .free => {},
    }
    stack.sockets.release(socket);
}

/// Closes every socket, and forgets them all.
pub fn closeAll(stack: *Stack) void {
    for (stack.sockets.slots.items, 0..) |*slot, index| {
        close(stack, .{ .index = @intCast(index), .generation = slot.generation });
    }
    stack.sockets.slots.deinit(stack.options.allocator);
    stack.sockets = .{};
}

pub fn localAddress(stack: *Stack, socket: Socket) Error!Address {
    const slot = try stack.sockets.find(socket);
    return switch (slot.use) {
        .fresh => |fresh| fresh.local.withPort(fresh.port),
        .listener => |listener| addressOf(listener.local),
        .stopped => |local| local,
        .connection => |connection| addressOf(connection.path().localEnd()),
        .datagrams => |datagram| datagram.local.withPort(datagram.port),
        .free => error.Badf,
    };
}

pub fn peerAddress(stack: *Stack, socket: Socket) Error!Address {
    const slot = try stack.sockets.find(socket);
    return switch (slot.use) {
        .connection => |connection| {
            if (!tcp.Tcp.isConnected(connection)) return error.Notconn;
            return addressOf(connection.path().remoteEnd());
        },
        .datagrams => |datagram| datagram.peer orelse error.Notconn,
        .fresh, .listener, .stopped, .free => error.Notconn,
    };
}

pub fn kindOf(stack: *const Stack, socket: Socket) types.Kind {
    const slot = stack.sockets.find(socket) catch return .stream;
    return if (slot.use == .datagrams) .datagram else .stream;
}

pub fn getOption(stack: *Stack, socket: Socket, option: types.Option) Error!u32 {
    const slot = try stack.sockets.find(socket);
    switch (option) {
        .reuse_address => return @intFromBool(slot.shares_port),
        .is_listening => return @intFromBool(slot.use == .listener),
        .pending_error => return takePending(slot),
        .broadcast => switch (slot.use) {
            .datagrams => |datagram| return @intFromBool(datagram.sends_broadcasts),
            else => return 0,
        },
        else => {},
    }
    if (slot.use == .datagrams) return switch (option) {
        .receive_buffer_bytes => slot.use.datagrams.receive_bytes,
        .send_buffer_bytes => datagrams.payload_bytes_max,
        else => error.Noprotoopt,
    };
    const setting = switch (slot.use) {
        .connection => |connection| tcp.Tcp.get(connection),
        else => slot.setting,
    };
    return switch (option) {
        .keep_alive => @intFromBool(setting.keep_alive orelse false),
        .no_delay => @intFromBool(setting.no_delay orelse false),
        .send_buffer_bytes => setting.send_buffer_bytes orelse
            stack.tcp.options.send_bytes_initial,
        .receive_buffer_bytes => setting.receive_buffer_bytes orelse
            stack.tcp.options.receive_bytes_initial,
        else => error.Noprotoopt,
    };
}

fn takePending(slot: *Slot) u32 {
    const failure: Error = switch (slot.use) {
        .connection => |connection| tcp.Tcp.takeError(connection) orelse return 0,
        .datagrams => |datagram| takeFailure(datagram) orelse return 0,
        else => return 0,
    };
    return types.errnoOf(failure);
}

pub fn setOption(stack: *Stack, socket: Socket, option: types.Option, value: u32) Error!void {
    const slot = try stack.sockets.find(socket);
    var setting: tcp.Setting = .{};
    switch (option) {
        .reuse_address => slot.shares_port = value != 0,
        .keep_alive => setting.keep_alive = value != 0,
        .no_delay => setting.no_delay = value != 0,
        .send_buffer_bytes => setting.send_buffer_bytes = value,
        .receive_buffer_bytes => setting.receive_buffer_bytes = value,
        .broadcast, .is_listening, .pending_error => {},
    }
    switch (slot.use) {
        .datagrams => |datagram| switch (option) {
            .reuse_address => datagram.shares_port = value != 0,
            .broadcast => datagram.sends_broadcasts = value != 0,
            .receive_buffer_bytes => datagram.setReceiveBytes(value),
            .send_buffer_bytes => {},
            else => return error.Noprotoopt,
        },
        .connection => |connection| {
            if (option == .is_listening or option == .pending_error) return error.Noprotoopt;
            stack.tcp.set(connection, setting, stack.now_ns);
        },
        else => {
            if (option == .is_listening or option == .pending_error) return error.Noprotoopt;
            const old = slot.setting;
            slot.setting = .{
                .keep_alive = setting.keep_alive orelse old.keep_alive,
                .no_delay = setting.no_delay orelse old.no_delay,
                .send_buffer_bytes = setting.send_buffer_bytes orelse old.send_buffer_bytes,
                .receive_buffer_bytes = setting.receive_buffer_bytes orelse
                    old.receive_buffer_bytes,
            };
        },
    }
}

pub fn readiness(stack: *Stack, socket: Socket) types.Readiness {
    const slot = stack.sockets.find(socket) catch return .{};
    return switch (slot.use) {
        .connection => |connection| {
            const ready = stack.tcp.readiness(connection);
            return .{
                .readable = ready.readable,
                .writable = ready.writable,
                .hangup = ready.hangup,
                .readable_bytes = ready.readable_bytes,
            };
        },
        .datagrams => |datagram| .{
            .readable = datagram.hasDatagram() or datagram.failure != null or
                datagram.is_receive_shut,
            .writable = stack.output.hasRoomForPrograms(),
            .readable_bytes = datagram.readableBytes(),
        },
        .listener => |listener| .{ .readable = tcp.Tcp.hasConnection(listener) },
        .stopped => .{ .readable = true, .hangup = true },
        // As Linux says of it.
        .fresh => .{ .writable = true, .hangup = true },
        .free => .{},
    };
}

/// No more connections are accepted, on any socket: `accept` is Canceled, new ones are refused.
pub fn stopListening(stack: *Stack) void {
    for (stack.sockets.slots.items) |*slot| {
        if (slot.use != .listener) continue;
        const listener = slot.use.listener;
        const local = addressOf(listener.local);
        stack.tcp.closeListener(listener, stack.now_ns);
        slot.use = .{ .stopped = local };
    }
}
