// SPDX-License-Identifier: Apache-2.0
//! Unpredictable bits to seed a generator with.

const std = @import("std");
const cpu = @import("cpu.zig");
const ports = @import("ports.zig");

/// RDRAND fails only when drained; Intel's guide gives up after ten tries.
const attempts_max = 10;
const jitter_rounds = 256;
/// Any port will do: in a virtual machine the access leaves the guest and comes back.
const port_unused = 0x80;

/// 64 random bits: from the processor where it has a source, else from timing jitter, which is
/// weaker: it rests on the host's caches and scheduler only.
pub fn seed(features: *const cpu.Features) u64 {
    if (features.randomNumbers()) {
        for (0..attempts_max) |_| if (cpu.hardwareRandom()) |value| return value;
    }
    var pool: u64 = cpu.readTimestamp();
    for (0..jitter_rounds) |_| {
        ports.write8(port_unused, @truncate(pool));
        pool = std.math.rotl(u64, pool, 7) ^ cpu.readTimestamp();
        pool *%= 0x9e37_79b9_7f4a_7c15;
    }
    return pool;
}
