// SPDX-License-Identifier: Apache-2.0
//! Time: the time stamp counter, its rate measured against the local APIC's timer, and idling.
//!
//! A program that asks for no time pays nothing: the rate is first measured when a clock is first
//! read, over a window of half a millisecond, and again whenever the window has grown fourfold, so
//! that a program that runs for long gets a precise clock.

const std = @import("std");
const assert = std.debug.assert;
const apic = @import("apic.zig");
const cpu = @import("cpu.zig");
const log = @import("../../log.zig");
const rtc = @import("rtc.zig");

/// QEMU's and KVM's APIC timers count nanoseconds (before the divider).
const apic_hz = 1_000_000_000;
const ns_per_s = 1_000_000_000;
const ns_per_tick = ns_per_s / apic_hz * apic.divider;

const window_min_ns = 500_000;
const window_growth = 4;
const count_max = std.math.maxInt(u32);

/// Start of the current measuring window: the APIC's timer began to count down from `count_start`.
var anchor_timestamp: u64 = 0;
var count_start: u32 = count_max;
/// When the timer interrupts, if it has not done so.
var timer_ns: u64 = 0;
/// The two counters belong together when they were read within so many cycles.
const pair_cycles_max = 2_000;
const pair_attempts_max = 4;

/// nanoseconds = base_ns + (timestamp - base_timestamp) * rate / 2^32
var base_timestamp: u64 = 0;
var base_ns: u64 = 0;
var rate: u64 = 0;
var window_ns: u64 = 0;

/// Written by boot.S.
extern const boot_timestamp: u64;

var idle_ns: u64 = 0;
var realtime_offset_ns: ?u64 = null;

/// Starts the clock: its zero is the monitor's jump to our first instruction.
fn initialize() void {
    assert(rate == 0);
    apic.initialize();
    anchor(null);
    calibrate();
    base_timestamp = boot_timestamp;
    assert(base_ns == 0);
}

/// Starts the timer: with an interrupt after `ticks`, or without one.
fn anchor(ticks: ?u32) void {
    count_start = ticks orelse count_max;
    for (0..pair_attempts_max) |_| {
        const before = cpu.readTimestamp();
        if (ticks) |count| apic.startTimer(count) else apic.startCounting(count_max);
        const after = cpu.readTimestamp();
        anchor_timestamp = before + (after - before) / 2;
        if (after - before < pair_cycles_max) break;
    }
}

const Pair = struct { timestamp: u64, elapsed_ns: u64 };

/// Both counters, read close together: a preempted reading is repeated.
fn readPair() Pair {
    var pair: Pair = undefined;
    for (0..pair_attempts_max) |_| {
        const before = cpu.readTimestamp();
        const elapsed_ticks: u64 = count_start - apic.timerCount();
        const after = cpu.readTimestamp();
        pair = .{
            .timestamp = before + (after - before) / 2,
            .elapsed_ns = elapsed_ticks * ns_per_tick,
        };
        if (after - before < pair_cycles_max) break;
    }
    return pair;
}

fn calibrate() void {
    var pair = readPair();
    while (pair.elapsed_ns < window_min_ns) {
        std.atomic.spinLoopHint();
        pair = readPair();
    }
    // Time goes on from here at the new rate; what has passed stays as it was told.
    if (rate != 0) {
        base_ns = convert(pair.timestamp);
        base_timestamp = pair.timestamp;
    }
    window_ns = pair.elapsed_ns;
    var ns = pair.elapsed_ns;
    var cycles = pair.timestamp - anchor_timestamp;
    assert(cycles > 0);
    while (ns > std.math.maxInt(u32)) {
        ns >>= 1;
        cycles >>= 1;
    }
    rate = (ns << 32) / cycles;
    assert(rate > 0);
}

fn convert(timestamp: u64) u64 {
    const cycles: u128 = timestamp -| base_timestamp;
    return base_ns + @as(u64, @truncate(cycles * rate >> 32));
}

/// Nanoseconds since boot. Never goes back.
pub fn monotonicNs() u64 {
    if (rate == 0) initialize();
    const timestamp = cpu.readTimestamp();
    const window_cycles: u128 = timestamp -| anchor_timestamp;
    const grown = window_cycles * rate >> 32 >= window_ns * window_growth;
    // Past its end the APIC's counter stands still, and the window is useless.
    const counting = window_cycles * rate >> 32 < @as(u64, count_start) * ns_per_tick;
    if (grown and counting) calibrate();
    return convert(timestamp);
}

/// Nanoseconds between two time stamps.
pub fn differenceNs(from: u64, to: u64) u64 {
    assert(from <= to);
    if (rate == 0) initialize();
    return @truncate(@as(u128, to - from) * rate >> 32);
}

/// Nanoseconds since the Unix epoch, to the second that the real-time clock gave. Without such a
/// clock, time begins with the epoch.
pub fn realtimeNs() u64 {
    const now_ns = monotonicNs();
    if (realtime_offset_ns == null) {
        const epoch_s = rtc.readSeconds() orelse none: {
            log.warn("no real-time clock: the date is 1970-01-01", .{});
            break :none 0;
        };
        realtime_offset_ns = epoch_s * ns_per_s -| now_ns;
    }
    return realtime_offset_ns.? + now_ns;
}

/// Nanoseconds that the processor did not idle.
pub fn busyNs() u64 {
    const now_ns = monotonicNs();
    assert(idle_ns <= now_ns);
    return now_ns - idle_ns;
}

/// Idles until `monotonicNs()` reaches the deadline.
pub fn sleepUntilNs(deadline_ns: u64) void {
    while (monotonicNs() < deadline_ns) idleUntilNs(deadline_ns);
}

/// Idles until the deadline or an interrupt, whichever comes first; or for a shorter time.
pub fn idleUntilNs(deadline_ns: u64) void {
    const start_ns = monotonicNs();
    if (start_ns >= deadline_ns) return;
    // An earlier end that is under way will do: whoever idles looks at the clock. Each access to
    // the APIC may have to wait for the monitor.
    const is_armed = timer_ns > start_ns and timer_ns <= deadline_ns;
    if (!is_armed or apic.timerHasFired()) {
        const ticks: u32 = @intCast(@min((deadline_ns - start_ns) / ns_per_tick + 1, count_max));
        timer_ns = start_ns + @as(u64, ticks) * ns_per_tick;
        anchor(ticks);
    }
    cpu.waitForInterrupt();
    idle_ns += convert(cpu.readTimestamp()) - start_ns;
}
