// SPDX-License-Identifier: Apache-2.0
//! Two programs that send each other bytes over a simulated network, and check what comes.

const std = @import("std");
const simulations = @import("simulation.zig");
const tcps = @import("tcp.zig");

const Connection = tcps.Connection;
const Simulation = simulations.Simulation;
const testing = std.testing;

const ns_per_ms = std.time.ns_per_ms;
const port = 80;
/// Nothing that works takes longer.
const time_ns_max = 3600 * std.time.ns_per_s;

pub const Plan = struct {
    simulation: simulations.Options = .{},
    /// Bytes that the client sends, and the server.
    bytes: [2]u32,
    /// Largest piece that a program writes or reads at once.
    chunk: u32 = 20_000,
    /// Of a thousand times, how often a program that could read does something else first.
    lazy: u32 = 0,
    no_delay: bool = false,
};

/// What came of it.
pub const Outcome = struct {
    /// When both sides had all, from the first SYN on.
    took_ns: u64,
    resent: u64,
    timeouts: u64,
    packets: u64,
};

const Program = struct {
    host: u1,
    connection: ?*Connection = null,
    to_write: u32,
    written: u32 = 0,
    to_read: u32,
    read: u32 = 0,
    is_done: bool = false,

    /// Does what can be done now; returns whether there is more that only takes time.
    fn act(program: *Program, simulation: *Simulation, plan: *const Plan) !bool {
        const connection = program.connection orelse return false;
        if (program.is_done) return false;
        try program.write(simulation, connection, plan.chunk);
        if (simulation.prng.random().uintLessThan(u32, 1000) < plan.lazy) return true;
        return program.readSome(simulation, connection, plan);
    }

    fn write(
        program: *Program,
        simulation: *Simulation,
        connection: *Connection,
        chunk: u32,
    ) !void {
        const tcp = &simulation.hosts[program.host].tcp;
        var buffer: [20_000]u8 = undefined;
        while (program.written < program.to_write) {
            const most = @min(chunk, program.to_write - program.written);
            const length = simulation.prng.random().intRangeAtMost(u32, 1, most);
            for (buffer[0..length], program.written..) |*byte, at| {
                byte.* = pattern(program.host, at);
            }
            const now_ns = simulation.now_ns;
            const taken = tcp.write(connection, &.{buffer[0..length]}, now_ns) catch |failure| {
                if (failure == error.Again) return;
                return failure;
            };
            program.written += @intCast(taken);
            if (program.written < program.to_write) continue;
            try tcp.shutdown(connection, .{ .receive = false, .send = true }, now_ns);
        }
    }

    fn readSome(
        program: *Program,
        simulation: *Simulation,
        connection: *Connection,
        plan: *const Plan,
    ) !bool {
        const tcp = &simulation.hosts[program.host].tcp;
        var buffer: [20_000]u8 = undefined;
        while (true) {
            const most = simulation.prng.random().intRangeAtMost(u32, 1, plan.chunk);
            const half = most / 2;
            const buffers: []const []u8 = &.{ buffer[0..half], buffer[half..most] };
            const count = tcp.read(connection, buffers, simulation.now_ns) catch |failure| {
                if (failure == error.Again) return false;
                return failure;
            };
            if (count == 0) break;
            for (buffer[0..count], program.read..) |byte, at| {
                if (byte != pattern(~program.host, at)) return error.WrongByte;
            }
            program.read += @intCast(count);
            if (plan.lazy > 0) return true;
        }
        try testing.expectEqual(program.to_read, program.read);
        if (program.written < program.to_write) return false;
        tcp.close(connection, simulation.now_ns);
        program.is_done = true;
        return false;
    }
};

/// The byte at `at` of what `host` sends.
fn pattern(host: u1, at: usize) u8 {
    const mixed = (at +% 1) *% 0x9e37_79b9_7f4a_7c15;
    return @truncate((mixed >> 29) + host);
}

/// Runs until both programs have closed and the network is quiet; fails if a byte is not right, or
/// if anything is left.
pub fn run(plan: Plan) !Outcome {
    var arena: std.heap.ArenaAllocator = .init(testing.allocator);
    defer arena.deinit();
    var simulation: Simulation = undefined;
    simulation.init(testing.allocator, &arena, plan.simulation);
    const outcome = try runIn(&simulation, plan);
    for (&simulation.hosts) |*host| {
        try testing.expectEqual(0, host.tcp.connections_count);
        try testing.expectEqual(0, host.tcp.waits.count);
        try testing.expectEqual(0, host.tcp.half_open_count);
        try testing.expectEqual(1, host.tcp.listeners.items.len + @intFromBool(
            host != &simulation.hosts[1],
        ));
        try testing.expectEqual(0, host.pool.used());
    }
    try simulation.deinit();
    return outcome;
}

fn runIn(simulation: *Simulation, plan: Plan) !Outcome {
    const bytes = plan.bytes;
    var client: Program = .{ .host = 0, .to_write = bytes[0], .to_read = bytes[1] };
    var server: Program = .{ .host = 1, .to_write = bytes[1], .to_read = bytes[0] };
    const listener = try simulation.listen(1, port);
    const began_ns = simulation.now_ns;
    client.connection = try simulation.connect(0, port);
    simulation.hosts[0].tcp.set(client.connection.?, .{ .no_delay = plan.no_delay }, began_ns);
    var done_ns: ?u64 = null;
    while (simulation.now_ns - began_ns < time_ns_max) {
        if (server.connection == null) {
            server.connection = simulation.hosts[1].tcp.accept(listener) catch null;
        }
        var is_busy = try client.act(simulation, &plan);
        if (try server.act(simulation, &plan)) is_busy = true;
        if (done_ns == null and client.is_done and server.is_done) done_ns = simulation.now_ns;
        try simulation.transmit();
        var next_ns = simulation.nextTime();
        const soon_ns = simulation.now_ns + 3 * ns_per_ms;
        if (is_busy) next_ns = @min(next_ns orelse soon_ns, soon_ns);
        try simulation.advance(next_ns orelse break);
    }
    try testing.expect(client.is_done and server.is_done);
    return .{
        .took_ns = done_ns.? - began_ns,
        .resent = simulation.hosts[0].tcp.counters.resent + simulation.hosts[1].tcp.counters.resent,
        .timeouts = simulation.hosts[0].tcp.counters.timeouts +
            simulation.hosts[1].tcp.counters.timeouts,
        .packets = simulation.sent,
    };
}
