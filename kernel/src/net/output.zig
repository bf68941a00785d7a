// SPDX-License-Identifier: Apache-2.0
//! From a packet to frames: way, neighbor, fragments, checksum. What waits, waits here, bounded:
//! short frames ready to go, packets in order, and packets whose neighbor is being asked for.

const std = @import("std");
const arp = @import("arp.zig");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const checksum = @import("checksum.zig");
const discovery = @import("discovery.zig");
const ethernet = @import("ethernet.zig");
const input = @import("input.zig");
const ip4 = @import("ip4.zig");
const ip6 = @import("ip6.zig");
const link = @import("link.zig");
const neighbors = @import("neighbors.zig");
const packets = @import("packet.zig");
const views = @import("view.zig");
const Stack = @import("stack.zig").Stack;

const Ip = addresses.Ip;
const Outgoing = packets.Outgoing;
const View = views.View;
const put16 = views.put16;

/// Packets of datagram sockets and ICMP that wait for the device.
pub const queue_max = 64;
/// Of these, not for programs: answers and questions of the stack itself.
const queue_reserve = 16;
/// Packets whose neighbor's hardware address is being asked for.
pub const waiting_max = 32;
/// For one neighbor (RFC 4861, section 7.2.2, and RFC 1122, 2.3.2.2, want one at least).
const waiting_each_max = 8;
const frames_max = 16;
/// Packets to this host itself that one call handles: others want a turn.
const local_max = 256;

/// A frame without payload, ready to go.
const ShortFrame = struct { bytes: [link.header_bytes_max]u8, count: u8 };

/// Where the last packet to a neighbor went. The next one mostly goes there too, and neither way
/// nor neighbor have to be looked up as long as nothing has changed.
const Recent = struct {
    destination: Ip = .any4,
    hardware: ethernet.Hardware = undefined,
    routes_version: u32 = 0,
    neighbors_version: u32 = 0,

    fn isFor(recent: *const Recent, stack: *const Stack, destination: *const Ip) bool {
        return recent.routes_version == stack.routes.version and
            recent.neighbors_version == stack.neighbors.version and
            destination.eql(recent.destination);
    }

    fn set(recent: *Recent, stack: *const Stack, ip: Ip, hardware: ethernet.Hardware) void {
        recent.* = .{
            .destination = ip,
            .hardware = hardware,
            .routes_version = stack.routes.version,
            .neighbors_version = stack.neighbors.version,
        };
    }
};

const Waiting = struct { packet: Outgoing, neighbor: Ip, is_used: bool = false };

pub const Output = struct {
    frames: [frames_max]ShortFrame = undefined,
    frames_first: usize = 0,
    frames_count: usize = 0,
    /// A ring.
    queue: *[queue_max]Outgoing,
    queue_first: usize = 0,
    queue_count: usize = 0,
    waiting: *[waiting_max]Waiting,
    waiting_count: usize = 0,
    /// Of TCP, the one that is on its way.
    segment: Outgoing = undefined,
    recent: Recent = .{},
    /// Of queue and TCP, whose turn it is: neither keeps the other from the device.
    is_queues_turn: bool = false,
    /// `next` ended before there was nothing left to do.
    is_unfinished: bool = false,
    identification: u16 = 0,
    /// Lost for want of room.
    lost: u64 = 0,

    pub fn init(allocator: std.mem.Allocator) error{OutOfMemory}!Output {
        const queue = try allocator.create([queue_max]Outgoing);
        errdefer allocator.destroy(queue);
        const waiting = try allocator.create([waiting_max]Waiting);
        for (waiting) |*place| place.is_used = false;
        return .{ .queue = queue, .waiting = waiting };
    }

    pub fn deinit(output: *Output, allocator: std.mem.Allocator, pool: *blocks.Pool) void {
        while (output.head()) |packet| {
            packet.release(pool);
            output.pop();
        }
        for (output.waiting) |*place| {
            if (place.is_used) place.packet.release(pool);
        }
        allocator.destroy(output.queue);
        allocator.destroy(output.waiting);
    }

    pub fn hasRoomForPrograms(output: *const Output) bool {
        return output.queue_count < queue_max - queue_reserve;
    }

    /// Where the next packet of the queue is built; null: it is full. `push` puts it in.
    pub fn reserve(output: *Output) ?*Outgoing {
        if (output.queue_count == queue_max) {
            output.lost += 1;
            return null;
        }
        return &output.queue[(output.queue_first + output.queue_count) % queue_max];
    }

    pub fn push(output: *Output) void {
        output.queue_count += 1;
    }

    fn head(output: *Output) ?*Outgoing {
        return if (output.queue_count == 0) null else &output.queue[output.queue_first];
    }

    fn pop(output: *Output) void {
        output.queue_first = (output.queue_first + 1) % queue_max;
        output.queue_count -= 1;
    }

    /// Where a short frame is built; null: it is lost, as frames may be.
    pub fn pushFrame(output: *Output, comptime count: u8) ?*[count]u8 {
        comptime std.debug.assert(count <= link.header_bytes_max);
        if (output.frames_count == frames_max) {
            output.lost += 1;
            return null;
        }
        const frame = &output.frames[(output.frames_first + output.frames_count) % frames_max];
        output.frames_count += 1;
        frame.count = count;
        return frame.bytes[0..count];
    }

    fn popFrame(output: *Output, header: Header, frame: *link.Outgoing) bool {
        if (output.frames_count == 0) return false;
        const short = &output.frames[output.frames_first];
        output.frames_first = (output.frames_first + 1) % frames_max;
        output.frames_count -= 1;
        @memcpy(header[0..short.count], short.bytes[0..short.count]);
        frame.begin(header[0..short.count]);
        return true;
    }

    pub fn isIdle(output: *const Output) bool {
        return output.frames_count == 0 and output.queue_count == 0 and !output.is_unfinished;
    }
};

const Header = *[link.header_bytes_max]u8;

/// What became of a packet.
const Fate = enum {
    /// There is a frame of it, but not the last one.
    frame,
    last_frame,
    /// Nothing is left of it to do: it has been delivered, lost, or put aside.
    done,
};

/// Makes the next frame; false: there is none now.
///
/// Frames and packets are filled where they are: each is hundreds of bytes, and copying one, or
/// making a place for one in vain, takes longer than the rest.
pub fn next(stack: *Stack, header: Header, frame: *link.Outgoing, now_ns: u64) bool {
    const output = &stack.output;
    output.is_unfinished = false;
    var local_left: usize = local_max;
    while (local_left > 0) : (local_left -= 1) {
        if (stack.neighbors.nextRequest()) |request| ask(stack, request, now_ns);
        if (output.popFrame(header, frame)) return true;
        if (stack.neighbors.has_news and nextWaiting(stack, header, frame, now_ns)) return true;
        output.is_queues_turn = !output.is_queues_turn;
        switch (nextOf(stack, output.is_queues_turn, header, frame, now_ns)) {
            .frame => return true,
            .worked => continue,
            .nothing => {},
        }
        switch (nextOf(stack, !output.is_queues_turn, header, frame, now_ns)) {
            .frame => return true,
            .worked => continue,
            .nothing => {},
        }
        if (stack.neighbors.requests_wanted == 0 and output.frames_count == 0 and
            !stack.neighbors.has_news) return false;
    }
    output.is_unfinished = true;
    return false;
}

const Step = enum { frame, worked, nothing };

fn nextOf(
    stack: *Stack,
    is_queue: bool,
    header: Header,
    frame: *link.Outgoing,
    now_ns: u64,
) Step {
    if (is_queue) return nextQueued(stack, header, frame, now_ns);
    return nextSegment(stack, header, frame, now_ns);
}

fn nextQueued(stack: *Stack, header: Header, frame: *link.Outgoing, now_ns: u64) Step {
    const output = &stack.output;
    const packet = output.head() orelse return .nothing;
    const fate = send(stack, packet, header, frame, now_ns);
    if (fate != .frame) output.pop();
    return if (fate == .done) .worked else .frame;
}

fn nextSegment(stack: *Stack, header: Header, frame: *link.Outgoing, now_ns: u64) Step {
    if (!stack.tcp.hasOutput()) return .nothing;
    const packet = &stack.output.segment;
    if (!stack.nextSegment(packet, now_ns)) return .nothing;
    const fate = send(stack, packet, header, frame, now_ns);
    return if (fate == .done) .worked else .frame;
}

/// Packets whose neighbor is now known go, those whose neighbor does not answer are given up.
fn nextWaiting(stack: *Stack, header: Header, frame: *link.Outgoing, now_ns: u64) bool {
    const output = &stack.output;
    for (output.waiting) |*place| {
        if (!place.is_used) continue;
        const hardware = switch (stack.neighbors.peek(place.neighbor)) {
            .pending => continue,
            .known => |hardware| hardware,
            .unreachable_now => {
                drop(stack, &place.packet, .{ .kind = .host }, now_ns);
                place.is_used = false;
                output.waiting_count -= 1;
                continue;
            },
        };
        const is_last = build(stack, &place.packet, hardware, header, frame) orelse {
            drop(stack, &place.packet, .{ .kind = .too_big, .mtu = stack.mtu }, now_ns);
            place.is_used = false;
            output.waiting_count -= 1;
            continue;
        };
        if (is_last) {
            place.is_used = false;
            output.waiting_count -= 1;
        }
        return true;
    }
    stack.neighbors.has_news = false;
    return false;
}

fn send(
    stack: *Stack,
    packet: *Outgoing,
    header: Header,
    frame: *link.Outgoing,
    now_ns: u64,
) Fate {
    const recent = &stack.output.recent;
    const hardware = if (recent.isFor(stack, &packet.destination))
        recent.hardware
    else switch (stack.routes.wayTo(packet.destination)) {
        .local => {
            deliverLocally(stack, packet, now_ns);
            packet.release(stack.pool);
            return .done;
        },
        .none => {
            drop(stack, packet, .{ .kind = .network }, now_ns);
            return .done;
        },
        .group => ethernet.groupAddress(packet.destination),
        .neighbor => |neighbor| switch (stack.neighbors.lookup(neighbor, now_ns)) {
            .known => |hardware| known: {
                recent.set(stack, packet.destination, hardware);
                break :known hardware;
            },
            .pending => {
                park(stack, packet, neighbor);
                return .done;
            },
            .unreachable_now => {
                drop(stack, packet, .{ .kind = .host }, now_ns);
                return .done;
            },
        },
    };
    const is_last = build(stack, packet, hardware, header, frame) orelse {
        drop(stack, packet, .{ .kind = .too_big, .mtu = stack.mtu }, now_ns);
        return .done;
    };
    return if (is_last) .last_frame else .frame;
}

fn drop(stack: *Stack, packet: *Outgoing, failure: packets.Failure, now_ns: u64) void {
    packet.release(stack.pool);
    if (packet.head_count < 8) return;
    input.fail(stack, .{
        .failure = failure,
        .source = packet.source,
        .destination = packet.destination,
        .protocol = packet.protocol,
        .transport = packet.head[0..8].*,
    }, now_ns);
}

/// Keeps a packet until its neighbor is known. Of too many the new one is lost: what comes first
/// is what opens a connection.
fn park(stack: *Stack, packet: *Outgoing, neighbor: Ip) void {
    const output = &stack.output;
    var place: ?*Waiting = null;
    var count: usize = 0;
    for (output.waiting) |*other| {
        if (!other.is_used) {
            place = other;
        } else if (other.neighbor.eql(neighbor)) {
            count += 1;
        }
    }
    if (place == null or count >= waiting_each_max) {
        output.lost += 1;
        packet.release(stack.pool);
        return;
    }
    place.?.* = .{ .packet = packet.*, .neighbor = neighbor, .is_used = true };
    output.waiting_count += 1;
}

/// Makes the next frame of a packet; says whether it is the last. Null: it does not fit, and must
/// not be cut. The frame takes over the packet's pieces.
fn build(
    stack: *Stack,
    packet: *Outgoing,
    hardware: ethernet.Hardware,
    header: Header,
    frame: *link.Outgoing,
) ?bool {
    const ip_bytes = packets.headerBytes(packet.source.family);
    const transport_bytes = packet.transportBytes();
    const kind: u16 = if (packet.source.family == .ip4) ethernet.type_ip4 else ethernet.type_ip6;
    const own = stack.options.interface.?.hardware_address;
    ethernet.write(header[0..ethernet.header_bytes], hardware, own, kind);
    const mtu = if (packet.source.family == .ip4) stack.mtu else stack.mtu6;
    const room = mtu - ip_bytes;
    if (transport_bytes > room and packet.segment_bytes == null) {
        return buildFragment(stack, packet, header, frame);
    }
    if (transport_bytes + ip_bytes > 65535) return null;
    const start = ethernet.header_bytes + ip_bytes;
    writeIp(header, packet, .{ .bytes = @intCast(transport_bytes) });
    frame.begin(header[0 .. start + packet.head_count]);
    if (packet.checksum_at) |at| {
        if (stack.options.interface.?.offloads.transmit_checksum) {
            put16(&packet.head, at, pseudo(packet).folded());
            frame.checksum = .{ .start = start, .offset = at };
        } else {
            complete(packet, at);
        }
    }
    if (packet.segment_bytes) |bytes| {
        frame.segment = .{
            .kind = if (packet.source.family == .ip4) .tcp4 else .tcp6,
            .bytes = bytes,
        };
    }
    @memcpy(header[start..][0..packet.head_count], packet.head[0..packet.head_count]);
    @memcpy(frame.payload[0..packet.payload_count], packet.pieces());
    frame.payload_count = packet.payload_count;
    return true;
}

fn writeIp(header: Header, packet: *const Outgoing, part: ip4.Part) void {
    const at = ethernet.header_bytes;
    switch (packet.source.family) {
        .ip4 => ip4.write(header[at..][0..packets.ip4_bytes], packet, part),
        .ip6 => ip6.write(header[at..][0..packets.ip6_bytes], packet, part.bytes),
    }
}

fn pseudo(packet: *const Outgoing) checksum.Sum {
    const bytes = packet.transportBytes();
    return checksum.pseudoHeader(packet.source, packet.destination, packet.protocol, bytes);
}

/// Computes the checksum that no device will.
fn complete(packet: *Outgoing, at: u8) void {
    var sum = pseudo(packet);
    sum.add(packet.head[0..packet.head_count]);
    for (packet.pieces()) |piece| sum.add(piece.bytes);
    // Of UDP 0 means that there is none (RFC 768); the same sum is all ones.
    const value = sum.finish();
    put16(&packet.head, at, if (value == 0) 0xffff else value);
    packet.checksum_at = null;
}

/// Only IPv4 cuts packets here; IPv6's senders of datagrams are told how much fits.
fn buildFragment(
    stack: *Stack,
    packet: *Outgoing,
    header: Header,
    frame: *link.Outgoing,
) ?bool {
    if (packet.source.family != .ip4 or packet.dont_fragment) return null;
    const total = packet.transportBytes();
    if (total + packets.ip4_bytes > 65535) return null;
    if (packet.sent_bytes == 0) {
        // Unique for a while between two hosts, and unforeseeable at the start (RFC 6864).
        packet.identification = stack.output.identification;
        stack.output.identification +%= 1;
        if (packet.checksum_at) |at| complete(packet, at);
    }
    const start = ethernet.header_bytes + packets.ip4_bytes;
    const most = (stack.mtu - packets.ip4_bytes) & ~@as(u16, 7);
    const offset = packet.sent_bytes;
    const bytes: u16 = @intCast(@min(most, total - offset));
    const is_last = offset + bytes == total;
    writeIp(header, packet, .{ .bytes = bytes, .offset = offset, .has_more = !is_last });
    // The head is in the first fragment: it is shorter than any.
    const head_bytes: u16 = if (offset == 0) packet.head_count else 0;
    @memcpy(header[start..][0..head_bytes], packet.head[0..head_bytes]);
    frame.begin(header[0 .. start + head_bytes]);
    const payload_offset = if (offset == 0) 0 else offset - packet.head_count;
    const payload = View.init(packet.pieces()).from(payload_offset).first(bytes - head_bytes);
    // As many pieces as the whole has, at most.
    const cut = payload.cut(&frame.payload) orelse unreachable;
    for (cut) |piece| blocks.retain(piece.block);
    frame.payload_count = cut.len;
    packet.sent_bytes += bytes;
    if (is_last) packet.release(stack.pool);
    return is_last;
}

/// A packet for this host takes the way of one that came, as a whole and without a checksum.
fn deliverLocally(stack: *Stack, packet: *const Outgoing, now_ns: u64) void {
    const ip_bytes = packets.headerBytes(packet.source.family);
    const total = packet.transportBytes();
    if (total + ip_bytes > 65535) return;
    const block = stack.pool.take() orelse return;
    defer stack.pool.release(block);
    const header_bytes = ip_bytes + packet.head_count;
    switch (packet.source.family) {
        .ip4 => ip4.write(block.bytes[0..packets.ip4_bytes], packet, .{ .bytes = @intCast(total) }),
        .ip6 => ip6.write(block.bytes[0..packets.ip6_bytes], packet, @intCast(total)),
    }
    @memcpy(block.bytes[ip_bytes..header_bytes], packet.head[0..packet.head_count]);
    var pieces: [link.pieces_max + 1]link.Piece = undefined;
    pieces[0] = .{ .block = block, .bytes = block.bytes[0..header_bytes] };
    @memcpy(pieces[1..][0..packet.payload_count], packet.pieces());
    const whole: View = .init(pieces[0 .. 1 + packet.payload_count]);
    input.receiveLocal(stack, .{
        .source = packet.source,
        .destination = packet.destination,
        .protocol = packet.protocol,
        .hop_limit = packet.hop_limit,
        .whole = whole,
        .payload = whole.from(ip_bytes),
        .is_local = true,
        .checksum = .valid,
    }, now_ns);
}

/// Asks the link for a neighbor.
fn ask(stack: *Stack, request: neighbors.Request, now_ns: u64) void {
    const source = stack.routes.sourceFor(request.ip, now_ns) orelse return;
    const own = stack.options.interface.?.hardware_address;
    if (request.ip.family == .ip6) return discovery.solicit(stack, request, source);
    const frame = stack.output.pushFrame(arp.frame_bytes) orelse return;
    arp.write(frame, request.to orelse ethernet.broadcast, .{
        .operation = .request,
        .sender = source,
        .sender_hardware = own,
        .target = request.ip,
    });
}
