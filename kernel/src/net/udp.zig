// SPDX-License-Identifier: Apache-2.0
//! What datagram sockets send (RFC 768), and the ports they have.

const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const datagrams = @import("datagrams.zig");
const packets = @import("packet.zig");
const sockets = @import("sockets.zig");
const types = @import("types.zig");
const views = @import("view.zig");
const Stack = @import("stack.zig").Stack;

const Datagrams = datagrams.Datagrams;
const Error = types.Error;
const Ip = addresses.Ip;
const put16 = views.put16;

/// What fits behind the header without a block.
const inline_bytes_max = packets.head_bytes_max - packets.udp_bytes;

pub fn bind(stack: *Stack, socket: *Datagrams, local: Ip, port: u16) Error!void {
    const before = socket.local;
    errdefer socket.local = before;
    socket.local = local;
    if (port != 0) {
        if (!stack.datagrams.isFree(socket, port)) return error.Addrinuse;
        stack.datagrams.add(socket, port);
        return;
    }
    const chosen = stack.datagrams.choosePort(socket, stack.random()) orelse return error.Addrinuse;
    stack.datagrams.add(socket, chosen);
}

pub fn close(stack: *Stack, socket: *Datagrams) void {
    if (socket.port != 0) stack.datagrams.remove(socket);
    socket.queue.clear(stack.pool);
}

pub fn connect(stack: *Stack, socket: *Datagrams, address: types.Address) Error!void {
    if (address.family != socket.family) return error.Afnosupport;
    if (address.port == 0) return error.Inval;
    const remote = sockets.targetOf(address);
    if (stack.routes.isBroadcast(remote) and !socket.sends_broadcasts) return error.Acces;
    const source = stack.routes.sourceFor(remote, stack.now_ns) orelse return error.Netunreach;
    if (socket.port == 0) try bind(stack, socket, .any(socket.family), 0);
    if (socket.local.isAny()) socket.local = source;
    socket.peer = remote.withPort(address.port);
}

/// Queues a datagram, whole. Again: the queue is full. Nobufs: there is no memory.
pub fn send(
    stack: *Stack,
    socket: *Datagrams,
    buffers: []const []const u8,
    to: ?types.Address,
) Error!usize {
    if (socket.is_send_shut) return error.Pipe;
    const peer = to orelse socket.peer orelse return error.Destaddrreq;
    if (peer.family != socket.family) return error.Afnosupport;
    if (peer.port == 0) return error.Inval;
    const remote = sockets.targetOf(peer);
    if (stack.routes.isBroadcast(remote) and !socket.sends_broadcasts) return error.Acces;
    const source = try sourceOf(stack, socket, remote);
    var count: usize = 0;
    for (buffers) |buffer| count +|= buffer.len;
    if (count > payloadMax(stack, remote)) return error.Msgsize;
    if (!stack.output.hasRoomForPrograms()) return error.Again;
    if (socket.port == 0) try bind(stack, socket, socket.local, 0);
    const packet = stack.output.reserve() orelse return error.Again;
    packet.* = .{
        .source = source,
        .destination = remote,
        .protocol = packets.protocol_udp,
        .hop_limit = if (remote.isMulticast()) 1 else packets.hop_limit_default,
        .checksum_at = 6,
    };
    @memset(packet.head[0..packets.udp_bytes], 0);
    put16(&packet.head, 0, socket.port);
    put16(&packet.head, 2, peer.port);
    put16(&packet.head, 4, @intCast(packets.udp_bytes + count));
    packet.head_count = packets.udp_bytes;
    try copyPayload(stack, packet, buffers, count);
    stack.output.push();
    return count;
}

fn sourceOf(stack: *const Stack, socket: *const Datagrams, remote: Ip) Error!Ip {
    switch (stack.routes.wayTo(remote)) {
        .none => return error.Netunreach,
        .local, .neighbor, .group => {},
    }
    if (!socket.local.isAny()) return socket.local;
    return stack.routes.sourceFor(remote, stack.now_ns) orelse error.Netunreach;
}

/// IPv4 cuts what is too long for the link; IPv6 here does not, though packets to itself are whole.
fn payloadMax(stack: *const Stack, remote: Ip) usize {
    if (remote.family == .ip4 or stack.routes.isLocal(remote)) return datagrams.payload_bytes_max;
    return stack.mtu6 - packets.ip6_bytes - packets.udp_bytes;
}

fn copyPayload(
    stack: *Stack,
    packet: *packets.Outgoing,
    buffers: []const []const u8,
    count: usize,
) Error!void {
    if (count <= inline_bytes_max) {
        for (buffers) |buffer| {
            @memcpy(packet.head[packet.head_count..][0..buffer.len], buffer);
            packet.head_count += @intCast(buffer.len);
        }
        return;
    }
    errdefer packet.release(stack.pool);
    var block: ?*blocks.Block = null;
    var filled: usize = 0;
    for (buffers) |buffer| {
        var rest = buffer;
        while (rest.len > 0) {
            if (block == null) {
                block = stack.pool.take() orelse return error.Nobufs;
                filled = 0;
            }
            const part = @min(rest.len, blocks.block_size - filled);
            @memcpy(block.?.bytes[filled..][0..part], rest[0..part]);
            filled += part;
            rest = rest[part..];
            if (filled < blocks.block_size) continue;
            packet.givePayload(.{ .block = block.?, .bytes = block.?.bytes[0..filled] });
            block = null;
        }
    }
    if (block) |last| packet.givePayload(.{ .block = last, .bytes = last.bytes[0..filled] });
}
