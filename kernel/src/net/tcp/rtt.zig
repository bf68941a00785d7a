// SPDX-License-Identifier: Apache-2.0
//! How long to wait for an acknowledgement: RFC 6298.

const std = @import("std");

/// RFC 6298, section 2.1.
const initial_us = 1_000_000;
/// Section 2.4 has one second, for clocks and delayed acknowledgements of its time. Nobody delays
/// longer than this now, and a second is long for a lost reply.
const timeout_us_min = 200_000;
/// Section 2.5 allows a minute or more.
const timeout_us_max = 60_000_000;

pub const Estimator = struct {
    /// 0: nothing has been measured.
    smoothed_us: u32 = 0,
    variation_us: u32 = 0,
    timeout_us: u32 = initial_us,

    pub fn measure(estimator: *Estimator, sample_us: u32) void {
        const sample: u32 = std.math.clamp(sample_us, 1, timeout_us_max);
        if (estimator.smoothed_us == 0) {
            estimator.smoothed_us = sample;
            estimator.variation_us = sample / 2;
        } else {
            const smoothed = estimator.smoothed_us;
            const difference = if (sample > smoothed) sample - smoothed else smoothed - sample;
            estimator.variation_us = (estimator.variation_us * 3 + difference) / 4;
            const sum = @as(u64, smoothed) * 7 + sample;
            estimator.smoothed_us = @max(1, @as(u32, @intCast(sum / 8)));
        }
        const timeout = estimator.smoothed_us + 4 * estimator.variation_us;
        estimator.timeout_us = std.math.clamp(timeout, timeout_us_min, timeout_us_max);
    }

    /// Section 5.5: after `retries` timeouts in a row.
    pub fn timeoutNs(estimator: *const Estimator, retries: u8) u64 {
        const shift: u6 = @min(retries, 16);
        const timeout = @as(u64, estimator.timeout_us) << shift;
        const limited: u64 = @min(timeout, timeout_us_max);
        return limited * std.time.ns_per_us;
    }
};

const testing = std.testing;

test "the timeout follows what is measured, within limits" {
    var estimator: Estimator = .{};
    try testing.expectEqual(1_000_000_000, estimator.timeoutNs(0));
    try testing.expectEqual(4_000_000_000, estimator.timeoutNs(2));
    estimator.measure(400_000);
    try testing.expectEqual(400_000, estimator.smoothed_us);
    try testing.expectEqual(1_200_000_000, estimator.timeoutNs(0));
    for (0..50) |_| estimator.measure(100);
    try testing.expectEqual(200_000_000, estimator.timeoutNs(0));
    estimator.measure(std.math.maxInt(u32));
    estimator.measure(std.math.maxInt(u32));
    try testing.expectEqual(60_000_000_000, estimator.timeoutNs(200));
}
