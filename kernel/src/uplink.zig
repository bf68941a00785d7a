// SPDX-License-Identifier: Apache-2.0
//! The network interface (network.zig) of the unikernel: one stack on one device, which gets to
//! work whenever the program calls or waits. Both start with the program's first socket, or its
//! listeners.

const std = @import("std");
const addressing = @import("addressing.zig");
const arch = @import("arch/interface.zig");
const background = @import("background.zig");
const blocks = @import("net/blocks.zig");
const end = @import("end.zig");
const heap = @import("mem/heap.zig");
const inherited = @import("inherited.zig");
const link = @import("net/link.zig");
const log = @import("log.zig");
const network = @import("network.zig");
const platform = @import("platform.zig");
const sockets = @import("net/sockets.zig");
const stdin = @import("stdin.zig");
const stop = @import("stop.zig");
const types = @import("net/types.zig");
const vm = @import("mem/vm.zig");
const Addressing = addressing.Addressing;
const Ip = @import("net/address.zig").Ip;
const Network = @import("drivers/virtio/network.zig").Network;
const Stack = @import("net/stack.zig").Stack;

const Error = network.Error;

pub const Socket = types.Socket;

/// Payload takes at most this part of the memory that is free at the start.
const memory_share = 4;
const blocks_min = 128;
/// 1 GiB: no limit but for machines with very much memory.
const blocks_max = 1 << 18;
/// Part of the blocks that only the device gets.
const reserve_share = 8;
/// Frames of one round; then those that want to be sent have their turn.
const round_frames_max = 256;
/// Frames of which the device is not told because more are expected: at most so many, and not for
/// a program that takes longer from call to call, for so many calls.
const unflushed_max = 64;
const pause_max_ns = 250 * std.time.ns_per_us;
const undeferred_calls_max = 128;
/// A program that needs an address waits for one so long at most, from the start.
const address_timeout_ns = 10 * std.time.ns_per_s;
/// What was sent when the program ended has so long to arrive.
const linger_ns = 2 * std.time.ns_per_s;

const State = enum { new, running, failed };

var state: State = .new;
var started_ns: u64 = 0;
var pool: blocks.Pool = undefined;
var device: Network = undefined;
var has_device = false;
var stack: Stack = undefined;
var addresses: Addressing = undefined;
/// Where headers are written of frames that nobody sends.
var no_header: [link.header_bytes_max]u8 = undefined;
var outgoing: link.Outgoing = undefined;
/// The stack has frames for which the device had no room.
var wants_room = false;
var listeners_open: usize = 0;
/// The stack has been told that the program is to end.
var has_stopped = false;
var has_sent = false;
/// The machine has its address, or will never have one.
var is_reachable = false;
/// Not all sockets that the program starts with listen yet.
var holds_frames = false;
/// Frames that the device has been given but not been told of.
var unflushed: usize = 0;
/// When there was last a call that could have told it.
var last_call_ns: u64 = 0;
/// Sockets for which the last wait ended and that the program has not turned to since; and the one
/// that it has last turned to.
var unserved: usize = 0;
var served: ?Socket = null;
/// Calls that still tell the device at once.
var undeferred_calls: usize = 0;

fn start() Error!void {
    switch (state) {
        .running => return,
        .failed => return error.Nomem,
        .new => state = .failed,
    }
    started_ns = arch.monotonicNs();
    const share = vm.freeBytes() / memory_share / blocks.block_size;
    const count: u32 = @intCast(std.math.clamp(share, blocks_min, blocks_max));
    pool = .init(.{ .allocate = allocateBlocks }, count);
    pool.device_reserve = count / reserve_share;
    has_device = device.open(&pool);
    if (!has_device) log.warn("no network device: programs reach this machine only", .{});
    var secret: [32]u8 = undefined;
    platform.randomBytes(&secret) catch return error.Nomem;
    // The stack keeps the hostname.
    addresses.read();
    try stack.init(.{
        .interface = if (has_device) device.interface else null,
        .pool = &pool,
        .allocator = heap.allocator,
        .secret = secret,
        .static_addresses = addresses.prefixes.slice(),
        .gateways = addresses.gateways.slice(),
        .name_servers = addresses.name_servers.slice(),
        .hostname = addresses.hostname,
    }, started_ns);
    state = .running;
    background.task = &.{ .wait = waitAlone, .finish = finish };
    // Announces our addresses. What has come already waits: nobody listens yet.
    push();
    const start_us = (arch.monotonicNs() - started_ns) / std.time.ns_per_us;
    log.debug("start of the network: {d} us", .{start_us});
}

/// Never given back, so it is taken as it is needed.
fn allocateBlocks(_: ?*anyopaque, count: u32) ?[]align(blocks.block_size) u8 {
    return vm.allocateSharedUntouched(@as(u64, count) * blocks.block_size);
}

/// Lets frames come and go, and time pass.
fn pump() void {
    if (stop.isRequested() and !has_stopped) {
        has_stopped = true;
        stack.stopListening();
    }
    const now_ns = arch.monotonicNs();
    if (has_device) {
        device.reclaim();
        for (0..round_frames_max) |_| {
            stack.receive(device.receiveFrame() orelse break, now_ns);
        }
        device.replenish();
    }
    if (isDue(now_ns)) stack.advance(now_ns);
    transmit(now_ns);
    flushUnlessMoreComes(now_ns);
    if (!is_reachable and (!has_device or stack.isConfigured())) becomeReachable();
    if (is_reachable) inherited.tellAll();
}

fn becomeReachable() void {
    is_reachable = true;
    for (stack.routes.assigned[0..stack.routes.assigned_count]) |*assigned| {
        if (!assigned.is_tentative) addressing.logAddress(assigned.prefix);
    }
}

fn isDue(now_ns: u64) bool {
    const deadline_ns = stack.deadlineNs() orelse return false;
    return deadline_ns <= now_ns;
}

/// Gives the device what the stack has to send.
fn transmit(now_ns: u64) void {
    wants_room = false;
    if (!has_device) {
        while (stack.next(&no_header, &outgoing, now_ns)) stack.sent(&outgoing);
        return;
    }
    while (device.hasRoom()) {
        if (!stack.next(device.headerPlace(), &outgoing, now_ns)) return;
        device.send(&outgoing);
        unflushed += 1;
    }
    wants_room = true;
}

/// Tells the device of the frames that it has been given.
fn flush() void {
    if (unflushed == 0) return;
    unflushed = 0;
    device.flush();
}

/// After a call. A notification costs as much as a whole request and its answer, since it waits
/// for QEMU's lock. So when a wait has ended for several sockets, of which the program serves one
/// after the other, the device is told once, with the last of them. A program that takes long
/// over one loses this for a while.
fn flushUnlessMoreComes(now_ns: u64) void {
    const pause_ns = now_ns - last_call_ns;
    last_call_ns = now_ns;
    if (unflushed > 0 and pause_ns > pause_max_ns) undeferred_calls = undeferred_calls_max;
    if (unserved > 0 and undeferred_calls == 0 and unflushed < unflushed_max) return;
    undeferred_calls -|= 1;
    flush();
}

/// What has come meanwhile counts, for a program that never waits.
fn pumpIfNeeded() void {
    if (holds_frames) return;
    if (has_device and device.hasFrames()) return pump();
    if (isDue(arch.monotonicNs())) pump();
}

/// The program's call is about `socket`.
fn serve(socket: Socket) void {
    if (served) |last| if (last == socket) return;
    served = socket;
    unserved -|= 1;
}

/// After a call that may have given the stack something to send.
fn push() void {
    if (has_device and wants_room) device.reclaim();
    const now_ns = arch.monotonicNs();
    transmit(now_ns);
    flushUnlessMoreComes(now_ns);
}

/// A client may have been there before us: it is answered when all of them listen.
pub fn listeners() []const network.Listener {
    holds_frames = true;
    defer holds_frames = false;
    return inherited.open();
}

pub fn open(family: network.Family, kind: network.Kind) Error!Socket {
    try start();
    return stack.open(family, kind);
}

pub fn bind(socket: Socket, address: network.Address) Error!void {
    return stack.bind(socket, address);
}

fn isListening(socket: Socket) bool {
    return (stack.getOption(socket, .is_listening) catch 0) != 0;
}

pub fn listen(socket: Socket, backlog: u32) Error!void {
    const listened = isListening(socket);
    try stack.listen(socket, backlog);
    if (!listened) listeners_open += 1;
    stop.listens = true;
    const address = stack.localAddress(socket) catch return;
    inherited.tell(.tcp, address.port);
    pumpIfNeeded();
}

/// A device that broke the protocol takes everything with it: what would be lost cannot be told.
fn requireDevice() Error!void {
    if (isDown()) return error.Netdown;
}

fn isDown() bool {
    return has_device and device.is_down;
}

pub fn accept(socket: Socket) Error!Socket {
    try requireDevice();
    serve(socket);
    return stack.accept(socket) catch |failure| {
        if (failure != error.Again) return failure;
        pumpIfNeeded();
        return stack.accept(socket);
    };
}

pub fn connect(socket: Socket, address: network.Address) Error!void {
    try requireDevice();
    serve(socket);
    awaitAddress(address);
    defer push();
    return stack.connect(socket, address);
}

pub fn receive(
    socket: Socket,
    buffers: []const []u8,
    how: network.Receive,
) Error!network.Received {
    try requireDevice();
    serve(socket);
    const received = stack.read(socket, buffers, how) catch |failure| again: {
        if (failure != error.Again) return failure;
        pumpIfNeeded();
        break :again try stack.read(socket, buffers, how);
    };
    // The peer may want to know that there is room again.
    push();
    return received;
}

pub fn send(socket: Socket, buffers: []const []const u8, to: ?network.Address) Error!usize {
    try requireDevice();
    serve(socket);
    pumpIfNeeded();
    if (to) |address| awaitAddress(address);
    defer push();
    const count = try stack.write(socket, buffers, to);
    if (!has_sent) logFirst();
    return count;
}

/// What a client sees of the machine's start.
fn logFirst() void {
    has_sent = true;
    const first_us = arch.monotonicNs() / std.time.ns_per_us;
    log.debug("entry to first byte sent: {d} us", .{first_us});
}

pub fn shutdown(socket: Socket, how: network.Shutdown) Error!void {
    defer push();
    return stack.shutdown(socket, how);
}

pub fn close(socket: Socket) void {
    if (isListening(socket)) listeners_open -= 1;
    stop.listens = listeners_open > 0;
    stack.close(socket);
    push();
}

pub fn localAddress(socket: Socket) Error!network.Address {
    return stack.localAddress(socket);
}

pub fn peerAddress(socket: Socket) Error!network.Address {
    return stack.peerAddress(socket);
}

pub fn kindOf(socket: Socket) network.Kind {
    return stack.kindOf(socket);
}

pub fn getOption(socket: Socket, option: network.Option) Error!u32 {
    pumpIfNeeded();
    return stack.getOption(socket, option);
}

pub fn setOption(socket: Socket, option: network.Option, value: u32) Error!void {
    return stack.setOption(socket, option, value);
}

pub fn readiness(socket: Socket) network.Readiness {
    const all: network.Readiness = .{ .readable = true, .writable = true, .hangup = true };
    return if (isDown()) all else stack.readiness(socket);
}

pub fn wait(interests: []const network.Interest, wants_stdin: bool, deadline_ns: ?u64) void {
    if (state != .running) return waitWithout(wants_stdin, deadline_ns);
    pump();
    if (wants_stdin) stdin.beginWait();
    defer if (wants_stdin) stdin.endWait();
    while (true) {
        served = null;
        unserved = readyCount(interests);
        if (unserved > 0 or (wants_stdin and stdin.isReady())) return;
        const until_ns = deadline_ns orelse std.math.maxInt(u64);
        if (arch.monotonicNs() >= until_ns) return;
        idle(until_ns);
        pump();
    }
}

fn waitAlone(wants_stdin: bool, deadline_ns: ?u64) void {
    wait(&.{}, wants_stdin, deadline_ns);
}

fn waitWithout(wants_stdin: bool, deadline_ns: ?u64) void {
    if (wants_stdin) {
        _ = stdin.waitUntil(deadline_ns);
    } else {
        arch.sleepUntilNs(deadline_ns orelse std.math.maxInt(u64));
    }
}

/// Of which something is true that the program waits for.
fn readyCount(interests: []const network.Interest) usize {
    var count: usize = 0;
    for (interests) |interest| {
        const ready = readiness(interest.socket);
        count += @intFromBool((interest.read and (ready.readable or ready.hangup)) or
            (interest.write and ready.writable));
    }
    return count;
}

/// Until the device has something, the stack something to do, or something else wakes us.
fn idle(until_ns: u64) void {
    // The program has nothing to say that could carry them.
    stack.idle();
    const now_ns = arch.monotonicNs();
    transmit(now_ns);
    flush();
    var stack_ns = stack.deadlineNs() orelse std.math.maxInt(u64);
    // What there is no room for does not go faster for being tried again.
    if (stack_ns == 0 and wants_room) stack_ns = std.math.maxInt(u64);
    if (has_device) {
        defer device.endWait();
        if (!device.beginWait(wants_room)) return;
        arch.idleUntilNs(@min(until_ns, stack_ns));
    } else {
        arch.idleUntilNs(@min(until_ns, stack_ns));
    }
    stop.check();
}

/// A program that has just started need not know that addresses take a moment to get.
fn awaitAddress(target: network.Address) void {
    if (!Ip.of(target).isLoopback()) awaitAnyAddress();
}

fn awaitAnyAddress() void {
    if (!has_device) return;
    const deadline_ns = started_ns + address_timeout_ns;
    while (!stack.isConfigured() and arch.monotonicNs() < deadline_ns) {
        idle(deadline_ns);
        pump();
    }
}

pub fn resolve(name: []const u8, found: []network.Address, deadline_ns: u64) Error!usize {
    try start();
    awaitAnyAddress();
    while (true) {
        return stack.resolve(name, found) catch |failure| {
            if (failure != error.Again) return failure;
            if (arch.monotonicNs() >= deadline_ns) return error.Timedout;
            push();
            idle(deadline_ns);
            pump();
            continue;
        };
    }
}

fn logCounts() void {
    const counts = &device.counts;
    log.debug("network: {d} frames received, {d} of them dropped, {d} sent", .{
        counts.received, device.receiver.dropped, counts.sent,
    });
    log.debug("network: {d} notifications, {d} waits, {d} of {d} blocks used", .{
        counts.notifications, counts.waits, pool.used(), pool.blocks_max,
    });
    log.debug("busy for {d} of {d} ms", .{
        arch.busyNs() / std.time.ns_per_ms, arch.monotonicNs() / std.time.ns_per_ms,
    });
}

/// The program has ended: what it has sent arrives, if that does not take long.
fn finish() void {
    if (has_device) logCounts();
    sockets.closeAll(&stack);
    pump();
    const deadline_ns = arch.monotonicNs() + linger_ns;
    while (!stack.isDrained() and arch.monotonicNs() < deadline_ns) {
        if (isDown()) return;
        idle(deadline_ns);
        pump();
    }
}
