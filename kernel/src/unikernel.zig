// SPDX-License-Identifier: Apache-2.0
//! The platform interface (platform.zig) on bare hardware.

const std = @import("std");
const arch = @import("arch/interface.zig");
const background = @import("background.zig");
const console = @import("console.zig");
const end = @import("end.zig");
const entropy = @import("drivers/virtio/entropy.zig");
const features = @import("features");
const linear = @import("mem/linear.zig");
const platform = @import("platform.zig");
const settings = @import("settings.zig");
const stdin = @import("stdin.zig");
const stop = @import("stop.zig");

pub const Strings = @import("config.zig").Strings;

/// The time stamp counter's step is below a nanosecond on every machine that can run this.
const counter_resolution_ns = 1;
const rtc_resolution_ns = 1;

var generator: ?std.Random.ChaCha = null;

pub fn clockResolutionNs(clock: platform.Clock) u64 {
    return switch (clock) {
        .realtime => rtc_resolution_ns,
        .monotonic, .process_cpu, .thread_cpu => counter_resolution_ns,
    };
}

pub fn clockNowNs(clock: platform.Clock) u64 {
    return switch (clock) {
        .realtime => arch.realtimeNs(),
        .monotonic => arch.monotonicNs(),
        .process_cpu, .thread_cpu => arch.busyNs(),
    };
}

pub fn sleepUntilMonotonicNs(deadline_ns: u64) void {
    while (arch.monotonicNs() < deadline_ns) {
        if (features.sockets and background.wait(false, deadline_ns)) continue;
        arch.idleUntilNs(deadline_ns);
        stop.check();
    }
}

pub fn waitStdinUntilMonotonicNs(deadline_ns: ?u64) bool {
    if (features.sockets) _ = background.wait(true, deadline_ns);
    return stdin.waitUntil(deadline_ns);
}

pub fn readStdin(buffer: []u8) usize {
    if (features.sockets and buffer.len > 0) _ = background.wait(true, null);
    return stdin.read(buffer);
}

pub fn randomBytes(buffer: []u8) platform.RandomError!void {
    if (generator == null) {
        var seed: [std.Random.ChaCha.secret_seed_length]u8 = undefined;
        for (0..seed.len / 8) |index| {
            std.mem.writeInt(u64, seed[index * 8 ..][0..8], arch.randomSeed(), .little);
        }
        generator = .init(seed);
        // Added, so that neither source can make things worse.
        generator.?.addEntropy(entropy.read());
    }
    generator.?.fill(buffer);
}

pub fn writeStdout(bytes: []const u8) void {
    console.writeOutput(bytes);
}

pub fn writeStderr(bytes: []const u8) void {
    console.writeControl(bytes);
}

pub fn exit(code: u32) noreturn {
    end.exit(code);
}

pub fn arguments() Strings {
    return settings.get().arguments();
}

pub fn environment() Strings {
    return settings.get().environment();
}

/// One program, one thread: there is nobody to yield to.
pub fn yield() void {}

pub fn linearMemorySizeBytes() u64 {
    return linear.sizeBytes();
}
