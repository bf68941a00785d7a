// SPDX-License-Identifier: Apache-2.0
//! A program that sends and receives frames as the kernel does, without a stack.
//! tests/support/device_probe.py makes it a part of the kernel: it lies beside main.zig then.
//!
//! Each argument is a command: a word and its numbers, separated by colons. What a command does
//! goes to standard output, one line each.

const std = @import("std");
const arch = @import("arch/interface.zig");
const blocks = @import("net/blocks.zig");
const console = @import("console.zig");
const end = @import("end.zig");
const link = @import("net/link.zig");
const settings = @import("settings.zig");
const vm = @import("mem/vm.zig");
const Network = @import("drivers/virtio/network.zig").Network;

const ethernet_header_bytes = 14;
/// A peer that does not answer for so long has died.
const patience_ns = 60 * std.time.ns_per_s;

var pool: blocks.Pool = undefined;
var network: Network = undefined;
/// Waits for a frame, and for room.
var waits: [2]u64 = @splat(0);

export fn device_probe() callconv(.c) void {
    var arguments = settings.get().arguments();
    _ = arguments.next();
    pool = .init(.{ .allocate = allocate }, 1024);
    if (!network.open(&pool)) {
        say("no network\n", .{});
        end.exit(1);
    }
    while (arguments.next()) |argument| run(argument);
}

fn allocate(_: ?*anyopaque, count: u32) ?[]align(blocks.block_size) u8 {
    return vm.allocateShared(@as(u64, count) * blocks.block_size);
}

const Command = enum { info, echo, blast, count, break_receive, break_transmit };

fn run(argument: []const u8) void {
    var words = std.mem.splitScalar(u8, argument, ':');
    const command = words.first();
    var numbers: [2]u64 = @splat(0);
    for (&numbers) |*number| {
        const word = words.next() orelse break;
        number.* = std.fmt.parseInt(u64, word, 0) catch end.exit(98);
    }
    switch (std.meta.stringToEnum(Command, command) orelse end.exit(99)) {
        .info => info(),
        .echo => echo(numbers[0]),
        .blast => blast(numbers[0], numbers[1]),
        .break_receive => breakQueue(&network.receive_queue.ring),
        .break_transmit => breakQueue(&network.transmit_queue.ring),
        .count => say("{d} blocks used, {d} in flight, {d} dropped, {} {}\n", .{
            pool.used(), network.inFlight(), network.receiver.dropped, waits[0] > 0, waits[1] > 0,
        }),
    }
}

fn say(comptime format: []const u8, values: anytype) void {
    var buffer: [256]u8 = undefined;
    console.writeOutput(std.fmt.bufPrint(&buffer, format, values) catch "too long\n");
}

/// info
fn info() void {
    const interface = &network.interface;
    say("{x} {d} {} {} {}\n", .{
        &interface.hardware_address,       interface.mtu,
        interface.offloads.transmit_checksum, interface.offloads.segment_tcp4,
        interface.offloads.segment_tcp6,
    });
}

/// echo:COUNT, sends so many frames back to where they came from.
fn echo(count: u64) void {
    var done: u64 = 0;
    while (done < count) {
        while (network.receiveFrame()) |frame| : (done += 1) sendBack(frame);
        network.replenish();
        network.flush();
        if (done < count) wait(false);
    }
    finish();
    say("echoed {d}\n", .{done});
}

fn sendBack(frame: link.Received) void {
    awaitRoom();
    const header = network.headerPlace()[0..ethernet_header_bytes];
    const first = frame.pieces[0].bytes;
    header[0..6].* = first[6..12].*;
    header[6..12].* = first[0..6].*;
    header[12..14].* = first[12..14].*;
    var outgoing: link.Outgoing = .{ .header = header };
    for (frame.pieces, 0..) |piece, index| {
        const skip: usize = if (index == 0) ethernet_header_bytes else 0;
        if (piece.bytes.len == skip) continue;
        blocks.retain(piece.block);
        outgoing.payload[outgoing.payload_count] = .{
            .block = piece.block,
            .bytes = piece.bytes[skip..],
        };
        outgoing.payload_count += 1;
    }
    network.send(&outgoing);
}

/// blast:COUNT:BYTES, sends frames that carry their number, then bytes that follow from it.
fn blast(count: u64, bytes: u64) void {
    for (0..count) |number| {
        awaitRoom();
        const header = network.headerPlace()[0..ethernet_header_bytes];
        @memset(header, 0xff);
        var outgoing: link.Outgoing = .{ .header = header };
        const block = pool.take() orelse end.exit(97);
        const payload = block.bytes[0 .. bytes - ethernet_header_bytes];
        @memset(payload, @truncate(number));
        std.mem.writeInt(u32, payload[0..4], @intCast(number), .big);
        outgoing.payload[0] = .{ .block = block, .bytes = payload };
        outgoing.payload_count = 1;
        network.send(&outgoing);
    }
    finish();
    say("sent {d}\n", .{count});
}

/// break_receive, break_transmit: answers what nobody asked, as a device could.
fn breakQueue(ring: anytype) void {
    const before = .{ network.is_down, network.hasRoom() };
    ring.rings.used.index +%= ring.in_flight + 1;
    while (network.receiveFrame()) |_| {}
    network.replenish();
    network.reclaim();
    network.flush();
    const may_wait = network.beginWait(true);
    network.endWait();
    say("{} {}, then {} {} {} {d}\n", .{
        before[0],        before[1], network.is_down,
        network.hasRoom(), may_wait,  network.inFlight(),
    });
}

/// Until all has been sent.
fn finish() void {
    network.flush();
    network.reclaim();
    while (network.inFlight() > 0) {
        wait(true);
        network.reclaim();
    }
}

fn awaitRoom() void {
    network.reclaim();
    while (!network.hasRoom()) {
        network.flush();
        wait(true);
        network.reclaim();
        // A real stack would take them; here nothing may be lost.
        if (network.is_down) end.exit(96);
    }
}

fn wait(for_room: bool) void {
    const deadline_ns = arch.monotonicNs() + patience_ns;
    waits[@intFromBool(for_room)] += 1;
    if (network.beginWait(for_room)) {
        arch.idleUntilNs(deadline_ns);
        if (arch.monotonicNs() >= deadline_ns) end.exit(95);
    }
    network.endWait();
}
