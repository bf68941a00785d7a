// SPDX-License-Identifier: Apache-2.0
//! Two stacks of the kernel (kernel/src/net) on a link where anything happens to frames: they are
//! changed, cut, joined, repeated, lost, kept for later, and made up. Programs on both hosts do
//! anything with their sockets meanwhile. A panic or memory that is left over is a fault.
//!
//!     packets SEED FRAMES [leak]
//!
//! `leak` loses a block on purpose, which has to be noticed.

const std = @import("std");
const net = @import("net");
const frames = @import("frames.zig");

const Host = net.Host;
const Ip = net.addresses.Ip;
const Socket = net.types.Socket;

/// Frames of one pair of hosts; then they end, and nothing may be left.
const session_frames = 3000;
const sockets_max = 12;
const air_max = 128;
const past_max = 64;
const second_ns = std.time.ns_per_s;

/// How far frames and calls got: a fuzzer whose frames are all dropped at the door finds nothing.
const Reached = struct {
    accepted: u64 = 0,
    stream_bytes: u64 = 0,
    datagrams: u64 = 0,
    resolved: u64 = 0,
    leases: u64 = 0,
    advertised: u64 = 0,
    segments: u64 = 0,
    resent: u64 = 0,
    sent: u64 = 0,
};

var reached: Reached = .{};

const Program = struct {
    host: Host = undefined,
    sockets: [sockets_max]Socket = undefined,
    count: usize = 0,
    had_lease: bool = false,

    fn keep(program: *Program, socket: Socket) void {
        if (program.count == sockets_max) return program.host.stack.close(socket);
        program.sockets[program.count] = socket;
        program.count += 1;
    }

    fn any(program: *Program, random: std.Random) ?Socket {
        if (program.count == 0) return null;
        return program.sockets[random.uintLessThan(usize, program.count)];
    }

    /// One call of a program, sensible or not. Whatever it answers is right.
    fn call(program: *Program, random: std.Random) void {
        const stack = &program.host.stack;
        if (random.uintLessThan(u8, 6) == 0) return program.callNew(random);
        if (random.boolean()) return program.work(random);
        const socket = program.any(random) orelse return;
        var buffer: [8000]u8 = undefined;
        const data = buffer[0..random.uintAtMost(usize, if (random.boolean()) 100 else 8000)];
        switch (random.uintLessThan(u8, 16)) {
            0...3 => program.read(socket, data, random.uintLessThan(u8, 4) == 0),
            4...7 => {
                random.bytes(data);
                const to = if (random.boolean()) null else anyAddress(random);
                _ = stack.write(socket, &.{ data, data[0 .. data.len / 2] }, to) catch {};
            },
            8 => {
                program.keep(stack.accept(socket) catch return);
                reached.accepted += 1;
            },
            9 => stack.connect(socket, anyAddress(random)) catch {},
            10 => stack.shutdown(socket, .{
                .receive = random.boolean(),
                .send = random.boolean(),
            }) catch {},
            11 => stack.listen(socket, random.int(u8)) catch {},
            12 => stack.bind(socket, anyAddress(random)) catch {},
            13 => program.setOption(socket, random),
            14 => program.answer(socket, random),
            else => program.look(socket),
        }
        if (random.uintLessThan(u8, 20) == 0) program.closeAny(random);
    }

    fn read(program: *Program, socket: Socket, buffer: []u8, peek: bool) void {
        const got = program.host.stack.read(socket, &.{buffer}, .{ .peek = peek }) catch return;
        if (program.host.stack.kindOf(socket) == .datagram) {
            reached.datagrams += 1;
        } else {
            reached.stream_bytes += got.count;
        }
    }

    /// What programs do: serve whoever comes, read and write what is there.
    fn work(program: *Program, random: std.Random) void {
        const stack = &program.host.stack;
        var buffer: [8000]u8 = undefined;
        for (program.sockets[0..program.count]) |socket| {
            const ready = stack.readiness(socket);
            const is_listening = (stack.getOption(socket, .is_listening) catch 0) == 1;
            if (is_listening and ready.readable) {
                program.keep(stack.accept(socket) catch continue);
                reached.accepted += 1;
                return;
            }
            const local = stack.localAddress(socket) catch continue;
            if (local.port == 53 or local.port == 67) program.answer(socket, random);
            if (ready.readable) program.read(socket, &buffer, false);
            if (ready.writable and !ready.hangup) {
                const count = random.uintAtMost(usize, buffer.len);
                _ = stack.write(socket, &.{buffer[0..count]}, null) catch {};
            }
        }
    }

    /// The services that the other host asks for.
    fn serve(program: *Program, last: u8) !void {
        const stack = &program.host.stack;
        for ([_]u16{ 53, 67, 7 }) |port| {
            const socket = try stack.open(.ip4, .datagram);
            try stack.setOption(socket, .broadcast, 1);
            try stack.bind(socket, Ip.any4.withPort(port));
            program.keep(socket);
        }
        const listener = try stack.open(.ip6, .stream);
        try stack.bind(listener, Ip.any6.withPort(80));
        try stack.listen(listener, 4);
        program.keep(listener);
        const client = try stack.open(.ip4, .stream);
        stack.connect(client, Ip.from4(.{ 10, 0, 0, 3 - last }).withPort(80)) catch {};
        program.keep(client);
    }

    fn callNew(program: *Program, random: std.Random) void {
        const stack = &program.host.stack;
        var found: [4]net.types.Address = undefined;
        const names = [_][]const u8{ "a.example", "b.example", "localhost", "10.0.0.1", "c" };
        switch (random.uintLessThan(u8, 4)) {
            0 => {
                const name = names[random.uintLessThan(usize, names.len)];
                _ = stack.resolve(name, &found) catch return;
                if (name.len == 9 and name[1] == '.') reached.resolved += 1;
            },
            1 => {
                const socket = stack.open(.ip4, .stream) catch return;
                const last = random.intRangeAtMost(u8, 1, 2);
                stack.connect(socket, Ip.from4(.{ 10, 0, 0, last }).withPort(80)) catch {};
                program.keep(socket);
            },
            else => {
                const family: net.types.Family = if (random.boolean()) .ip4 else .ip6;
                const kind: net.types.Kind = if (random.boolean()) .stream else .datagram;
                const socket = stack.open(family, kind) catch return;
                var address = Ip.any(family).withPort(anyPort(random));
                if (random.uintLessThan(u8, 8) == 0) address.port = 0;
                stack.bind(socket, address) catch {};
                if (random.boolean()) stack.listen(socket, 4) catch {};
                program.keep(socket);
            },
        }
    }

    fn closeAny(program: *Program, random: std.Random) void {
        const index = random.uintLessThan(usize, program.count);
        program.host.stack.close(program.sockets[index]);
        program.count -= 1;
        program.sockets[index] = program.sockets[program.count];
    }

    fn setOption(program: *Program, socket: Socket, random: std.Random) void {
        const option = random.enumValue(net.types.Option);
        program.host.stack.setOption(socket, option, random.int(u32)) catch {};
        _ = program.host.stack.getOption(socket, option) catch {};
    }

    fn look(program: *Program, socket: Socket) void {
        const stack = &program.host.stack;
        _ = stack.readiness(socket);
        _ = stack.localAddress(socket) catch {};
        _ = stack.peerAddress(socket) catch {};
        _ = stack.kindOf(socket);
    }

    /// What came is sent back as if it were a server's answer, of DNS or DHCP.
    fn answer(program: *Program, socket: Socket, random: std.Random) void {
        const stack = &program.host.stack;
        var buffer: [600]u8 = undefined;
        const got = stack.read(socket, &.{&buffer}, .{}) catch return;
        if (got.count < 12) return;
        var count = got.count;
        if (got.count >= 240) {
            count = frames.answerDhcp(&buffer, random);
        } else {
            count = frames.answerDns(&buffer, got.count, random);
        }
        const is_new = got.from.family == .ip4 and got.from.bytes[0] == 0;
        const to = if (is_new) Ip.broadcast4.withPort(68) else got.from;
        _ = stack.write(socket, &.{buffer[0..count]}, to) catch {};
    }
};

fn anyPort(random: std.Random) u16 {
    const ports = [_]u16{ 7, 53, 67, 80, 81 };
    return ports[random.uintLessThan(usize, ports.len)];
}

fn linkLocal(last: u8) Ip {
    return .from6(.{ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, last });
}

fn anyAddress(random: std.Random) net.types.Address {
    const ips = [_]Ip{
        .from4(.{ 10, 0, 0, 1 }),  .from4(.{ 10, 0, 0, 2 }), .from4(.{ 10, 0, 0, 99 }),
        .from4(.{ 192, 0, 2, 1 }), .broadcast4,              .any4,
        .loopback4,                .loopback6,               .all_nodes,
        linkLocal(1),              linkLocal(2),             .any6,
    };
    return ips[random.uintLessThan(usize, ips.len)].withPort(anyPort(random));
}

/// Memory that is sometimes not to be had.
const Scarce = struct {
    backing: std.mem.Allocator,
    random: std.Random,
    /// Of a hundred times.
    failures: u8 = 0,

    fn allocator(scarce: *Scarce) std.mem.Allocator {
        return .{ .ptr = scarce, .vtable = &.{
            .alloc = allocate,
            .resize = std.mem.Allocator.noResize,
            .remap = std.mem.Allocator.noRemap,
            .free = free,
        } };
    }

    fn allocate(context: *anyopaque, size: usize, alignment: std.mem.Alignment, at: usize) ?[*]u8 {
        const scarce: *Scarce = @ptrCast(@alignCast(context));
        if (scarce.random.uintLessThan(u8, 100) < scarce.failures) return null;
        return scarce.backing.rawAlloc(size, alignment, at);
    }

    fn free(context: *anyopaque, memory: []u8, alignment: std.mem.Alignment, at: usize) void {
        const scarce: *Scarce = @ptrCast(@alignCast(context));
        scarce.backing.rawFree(memory, alignment, at);
    }
};

const Flying = struct { frame: net.Frame, to: usize };

const Session = struct {
    allocator: std.mem.Allocator,
    random: std.Random,
    scarce: *Scarce,
    programs: [2]Program = @splat(.{}),
    air: std.ArrayList(Flying) = .empty,
    /// Frames that were seen, for mixing and for quoting.
    past: [past_max]frames.Frame = @splat(.{}),
    past_count: usize = 0,
    delivered: u64 = 0,
    /// In thousandths of the frames.
    loss: u16,
    damage: u16,

    fn init(session: *Session) !void {
        const random = session.random;
        for (&session.programs, 0..) |*program, index| {
            const last: u8 = @intCast(index + 1);
            const is_static = index == 1 or random.boolean();
            try program.host.init(session.allocator, .{
                .hardware_address = .{ 2, 0, 0, 0, 0, last },
                .mtu = if (random.boolean()) 1500 else random.intRangeAtMost(u16, 576, 9000),
                .offloads = .{
                    .transmit_checksum = true,
                    .segment_tcp4 = random.boolean(),
                    .segment_tcp6 = random.boolean(),
                },
            }, .{
                .blocks_max = if (random.boolean()) 2048 else 96,
                .secret = random.int(u8),
                .static_addresses = if (!is_static) &.{} else if (index == 0) &.{
                    .{ .ip = .from4(.{ 10, 0, 0, 1 }), .bits = 24 },
                } else &.{
                    .{ .ip = .from4(.{ 10, 0, 0, 2 }), .bits = 24 },
                },
                .gateways = &.{.from4(.{ 10, 0, 0, 2 })},
                .name_servers = &.{.from4(.{ 10, 0, 0, 2 })},
                .sockets_max = 16,
                .stack_allocator = session.scarce.allocator(),
            });
            program.host.pool.device_reserve = 8;
            try program.serve(last);
            program.host.is_trusting = random.boolean();
            program.host.piece_bytes = if (random.boolean()) 4096 else random.intRangeAtMost(
                usize,
                1,
                200,
            );
        }
    }

    fn count(session: *Session) void {
        for (&session.programs) |*program| {
            const stack = &program.host.stack;
            reached.leases += @intFromBool(program.had_lease);
            if (stack.hasGlobal6()) reached.advertised += 1;
            reached.segments += stack.tcp.counters.received;
            reached.resent += stack.tcp.counters.resent;
        }
        reached.sent += session.past_count;
    }

    fn deinit(session: *Session) !void {
        for (session.air.items) |flying| session.allocator.free(flying.frame.bytes);
        session.air.deinit(session.allocator);
        for (&session.programs) |*program| try program.host.deinit();
    }

    fn run(session: *Session) !void {
        while (session.delivered < session_frames) {
            const random = session.random;
            for (0..random.uintAtMost(usize, 4)) |_| {
                session.programs[random.uintLessThan(usize, 2)].call(random);
            }
            for (0..2) |index| try session.collect(index);
            while (session.air.items.len > 0 and random.uintLessThan(u8, 16) > 0) {
                session.land();
            }
            for (0..random.uintLessThan(usize, 5)) |_| session.inject();
            const step_ns: u64 = switch (random.uintLessThan(u8, 100)) {
                0 => 100 * second_ns,
                1...4 => second_ns,
                5...30 => second_ns / 10,
                else => second_ns / 1000,
            };
            for (&session.programs) |*program| {
                program.host.now_ns += random.uintAtMost(u64, step_ns);
            }
        }
    }

    /// What a host sends takes off.
    fn collect(session: *Session, index: usize) !void {
        const host = &session.programs[index].host;
        try host.pump();
        if (host.stack.dhcp.lease != null) session.programs[index].had_lease = true;
        for (host.sent.items) |frame| {
            session.past[session.past_count % past_max].set(frame.bytes);
            session.past_count += 1;
            if (session.air.items.len < air_max) {
                try session.air.append(session.allocator, .{ .frame = frame, .to = 1 - index });
            } else {
                session.allocator.free(frame.bytes);
            }
        }
        host.sent.clearRetainingCapacity();
    }

    /// A frame that was sent arrives, whole or not.
    fn land(session: *Session) void {
        const random = session.random;
        const flying = session.air.orderedRemove(0);
        defer session.allocator.free(flying.frame.bytes);
        if (random.uintLessThan(u16, 1000) < session.loss) return;
        var frame: frames.Frame = .{};
        frame.set(flying.frame.bytes);
        if (random.uintLessThan(u16, 1000) < session.damage) {
            frame.mutate(random, session.anyPast());
            frame.aim(random, @intCast(flying.to + 1));
        }
        session.deliver(&frame, flying.to);
    }

    fn anyPast(session: *Session) *const frames.Frame {
        return &session.past[session.random.uintLessThan(usize, past_max)];
    }

    /// A frame arrives that nobody has sent, now or at all.
    fn inject(session: *Session) void {
        const random = session.random;
        const to = random.uintLessThan(usize, 2);
        var frame: frames.Frame = .{};
        switch (random.uintLessThan(u8, 4)) {
            0 => {
                frame = session.anyPast().*;
                frame.mutate(random, session.anyPast());
            },
            1 => frame.quote(random, session.anyPast()),
            else => frame.invent(random),
        }
        frame.aim(random, @intCast(to + 1));
        session.deliver(&frame, to);
    }

    fn deliver(session: *Session, frame: *const frames.Frame, to: usize) void {
        var bytes = frame.bytes;
        session.programs[to].host.receive(.{
            .bytes = bytes[0..frame.count],
            .checksum = session.random.enumValue(net.link.Checksum),
        });
        session.delivered += 1;
    }
};

pub fn main(init: std.process.Init.Minimal) !u8 {
    var arguments: std.process.Args.Iterator = .init(init.args);
    _ = arguments.skip();
    const seed = try std.fmt.parseInt(u64, arguments.next() orelse return 2, 10);
    const wanted = try std.fmt.parseInt(u64, arguments.next() orelse return 2, 10);
    const leaks = arguments.next() != null;
    var done: u64 = 0;
    var number = seed;
    while (done < wanted) : (number += 1) {
        // The last one said is the one to repeat.
        std.debug.print("session {d}, {d} frames before\n", .{ number, done });
        var prng: std.Random.DefaultPrng = .init(number);
        var allocator: std.heap.SafeAllocator = .init(std.heap.page_allocator, .{});
        const random = prng.random();
        var scarce: Scarce = .{ .backing = allocator.allocator(), .random = random };
        var session: Session = .{
            .allocator = allocator.allocator(),
            .random = random,
            .scarce = &scarce,
            .loss = if (random.boolean()) 0 else random.uintLessThan(u16, 200),
            .damage = if (random.boolean()) 50 else random.uintLessThan(u16, 600),
        };
        try session.init();
        if (number % 4 == 0) scarce.failures = random.uintAtMost(u8, 40);
        try session.run();
        session.count();
        if (leaks) _ = session.programs[0].host.pool.takeForDevice();
        try session.deinit();
        if (allocator.deinit() != 0) return error.MemoryIsLeft;
        done += session.delivered;
    }
    std.debug.print("{d} frames, no fault; reached: {any}\n", .{ done, reached });
    return 0;
}
