// SPDX-License-Identifier: Apache-2.0
//! Every byte arrives, in order and once, whatever the network does; and nothing is left behind.

const std = @import("std");
const simulations = @import("simulation.zig");
const transfers = @import("transfer.zig");

const Weather = simulations.Weather;
const testing = std.testing;

const ns_per_ms = std.time.ns_per_ms;

test "a clear network: nothing is sent twice" {
    const outcome = try transfers.run(.{ .bytes = .{ 1_000_000, 300_000 } });
    try testing.expectEqual(0, outcome.resent);
    try testing.expectEqual(0, outcome.timeouts);
    // A window of 128 KiB and slow start over 20 ms: a second is plenty.
    try testing.expect(outcome.took_ns < 1000 * ns_per_ms);
}

test "a connection of a few bytes takes as few packets as there can be" {
    const outcome = try transfers.run(.{ .bytes = .{ 100, 200 } });
    // SYN, SYN-ACK, ACK, then data with FIN, data with FIN, and the last acknowledgement.
    try testing.expect(outcome.packets <= 7);
}

test "one without data takes seven packets at most" {
    const outcome = try transfers.run(.{ .bytes = .{ 1, 0 } });
    try testing.expect(outcome.packets <= 8);
}

fn randomWeather(random: std.Random) Weather {
    return .{
        .loss = random.uintLessThan(u32, 150),
        .duplicates = random.uintLessThan(u32, 100),
        .reorder = random.uintLessThan(u32, 200),
        .late_ms = random.intRangeAtMost(u32, 1, 40),
        .shrunk = if (random.boolean()) random.uintLessThan(u32, 50) else 0,
        .delay_ms = random.uintLessThan(u32, 50),
        .bytes_per_ms = if (random.boolean()) random.intRangeAtMost(u32, 100, 20_000) else 0,
        .line_bytes = random.intRangeAtMost(u32, 20_000, 300_000),
    };
}

fn randomPlan(seed: u64) transfers.Plan {
    var prng: std.Random.DefaultPrng = .init(seed);
    const random = prng.random();
    const cuts_segments = random.boolean();
    return .{
        .simulation = .{
            .seed = seed,
            .weather = randomWeather(random),
            .mss = random.intRangeAtMost(u16, 200, 1460),
            .cuts_segments = cuts_segments,
            .joins_segments = cuts_segments and random.boolean(),
            .pool_blocks = random.intRangeAtMost(u32, 200, 2000),
            .receive_bytes = random.intRangeAtMost(u32, 2000, 200_000),
            .without_sack = random.uintLessThan(u8, 4) == 0,
            .without_timestamps = random.uintLessThan(u8, 4) == 0,
        },
        .bytes = .{ random.uintLessThan(u32, 150_000) + 1, random.uintLessThan(u32, 150_000) + 1 },
        .chunk = random.intRangeAtMost(u32, 1, 20_000),
        .lazy = if (random.boolean()) random.uintLessThan(u32, 900) else 0,
        .no_delay = random.boolean(),
    };
}

test "any weather" {
    for (0..150) |seed| {
        _ = transfers.run(randomPlan(seed)) catch |failure| {
            std.debug.print("seed {}: {}\n", .{ seed, failure });
            return failure;
        };
    }
}

test "no memory to speak of" {
    for (0..30) |seed| {
        var plan = randomPlan(1000 + seed);
        plan.simulation.pool_blocks = 40;
        plan.simulation.joins_segments = false;
        _ = transfers.run(plan) catch |failure| {
            std.debug.print("seed {}: {}\n", .{ seed, failure });
            return failure;
        };
    }
}

/// 1 MB over 20 ms each way, several times.
fn lossy(loss: u32, without_sack: bool) !transfers.Outcome {
    var sum: transfers.Outcome = .{ .took_ns = 0, .resent = 0, .timeouts = 0, .packets = 0 };
    for (0..5) |seed| {
        const outcome = try transfers.run(.{
            .simulation = .{
                .seed = seed,
                .weather = .{ .loss = loss, .delay_ms = 20 },
                .receive_bytes = 1 << 20,
                .without_sack = without_sack,
            },
            .bytes = .{ 1_000_000, 1 },
        });
        sum.took_ns += outcome.took_ns;
        sum.resent += outcome.resent;
        sum.timeouts += outcome.timeouts;
    }
    return sum;
}

test "one packet of a hundred lost: little more is sent again, and timers are hardly needed" {
    const with = try lossy(10, false);
    const without = try lossy(10, true);
    // Of 5 times 685 full segments about 34 are lost.
    try testing.expect(with.resent < 50);
    try testing.expect(without.resent < 60);
    try testing.expect(with.timeouts <= 5);
    try testing.expect(with.took_ns < 5 * 4500 * ns_per_ms);
}

test "one packet of twenty lost: with SACK, the timer is needed less" {
    const with = try lossy(50, false);
    const without = try lossy(50, true);
    try testing.expect(with.timeouts < without.timeouts);
    try testing.expect(with.took_ns < 5 * 15_000 * ns_per_ms);
}

fn overflowing(without_sack: bool) !transfers.Outcome {
    return transfers.run(.{
        .simulation = .{
            .weather = .{ .bytes_per_ms = 2500, .delay_ms = 20, .line_bytes = 120_000 },
            .receive_bytes = 1 << 20,
            .without_sack = without_sack,
        },
        .bytes = .{ 4_000_000, 1 },
    });
}

test "a hundred packets lost at once: SACK makes up for them together" {
    const with = try overflowing(false);
    const without = try overflowing(true);
    try testing.expect(with.resent > 100);
    // 1.6 s at 20 Mbit/s, and not twice that.
    try testing.expect(with.took_ns < 3200 * ns_per_ms);
    try testing.expect(without.took_ns > 2 * with.took_ns);
}

test "a way that swallows large packets lets smaller ones through" {
    const outcome = try transfers.run(.{
        .simulation = .{ .cuts_segments = true, .weather = .{ .payload_bytes_max = 1250 } },
        .bytes = .{ 200_000, 200_000 },
    });
    try testing.expect(outcome.took_ns < 10_000 * ns_per_ms);
}

test "a narrow line is filled" {
    const outcome = try transfers.run(.{
        .simulation = .{ .weather = .{
            .delay_ms = 20,
            .bytes_per_ms = 1250,
            .line_bytes = 60_000,
        } },
        .bytes = .{ 4_000_000, 1 },
    });
    // 3.2 s at 10 Mbit/s, headers not counted.
    try testing.expect(outcome.took_ns < 5000 * ns_per_ms);
    try testing.expect(outcome.timeouts <= 1);
}
