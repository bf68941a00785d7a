// SPDX-License-Identifier: Apache-2.0
//! Deadlines, the earliest first: a binary heap.
//!
//! Most deadlines are moved to later long before they are due, with every segment that comes. So
//! a timer may stand earlier than its owner wants it: when it is due, the owner looks, and sets it
//! again.

const std = @import("std");

pub const Timer = struct {
    /// Where in the heap; null: not set.
    place: ?u32 = null,
    kind: Kind,

    pub const Kind = enum(u8) { connection, half_open };
};

const Entry = struct { at_ns: u64, timer: *Timer };

pub const Timers = struct {
    entries: std.ArrayList(Entry) = .empty,

    pub fn deinit(timers: *Timers, allocator: std.mem.Allocator) void {
        timers.entries.deinit(allocator);
    }

    /// Makes room for `count` timers, so that setting them cannot fail.
    pub fn reserve(timers: *Timers, allocator: std.mem.Allocator, count: usize) !void {
        try timers.entries.ensureTotalCapacity(allocator, count);
    }

    /// Has the timer due at `at_ns`, or before.
    pub fn set(timers: *Timers, timer: *Timer, at_ns: u64) void {
        if (timer.place) |place| {
            if (timers.entries.items[place].at_ns <= at_ns) return;
            timers.entries.items[place].at_ns = at_ns;
            timers.rise(place);
        } else {
            const place: u32 = @intCast(timers.entries.items.len);
            timers.entries.appendAssumeCapacity(.{ .at_ns = at_ns, .timer = timer });
            timer.place = place;
            timers.rise(place);
        }
    }

    pub fn cancel(timers: *Timers, timer: *Timer) void {
        const place = timer.place orelse return;
        timer.place = null;
        const last = timers.entries.pop().?;
        if (last.timer == timer) return;
        timers.put(place, last);
        timers.sink(place);
        timers.rise(last.timer.place.?);
    }

    /// The next deadline, or sooner.
    pub fn earliest(timers: *const Timers) ?u64 {
        if (timers.entries.items.len == 0) return null;
        return timers.entries.items[0].at_ns;
    }

    /// Removes the first timer that is due.
    pub fn takeDue(timers: *Timers, now_ns: u64) ?*Timer {
        const at_ns = timers.earliest() orelse return null;
        if (at_ns > now_ns) return null;
        const timer = timers.entries.items[0].timer;
        timers.cancel(timer);
        return timer;
    }

    fn put(timers: *Timers, place: u32, entry: Entry) void {
        timers.entries.items[place] = entry;
        entry.timer.place = place;
    }

    fn rise(timers: *Timers, start: u32) void {
        const entry = timers.entries.items[start];
        var place = start;
        while (place > 0) {
            const parent = (place - 1) / 2;
            if (timers.entries.items[parent].at_ns <= entry.at_ns) break;
            timers.put(place, timers.entries.items[parent]);
            place = parent;
        }
        timers.put(place, entry);
    }

    fn sink(timers: *Timers, start: u32) void {
        const items = timers.entries.items;
        const entry = items[start];
        var place = start;
        while (true) {
            var child = place * 2 + 1;
            if (child >= items.len) break;
            if (child + 1 < items.len and items[child + 1].at_ns < items[child].at_ns) child += 1;
            if (items[child].at_ns >= entry.at_ns) break;
            timers.put(place, items[child]);
            place = child;
        }
        timers.put(place, entry);
    }
};

const testing = std.testing;

test "timers are due in order, and those cancelled never" {
    var timers: Timers = .{};
    defer timers.deinit(testing.allocator);
    var all: [300]Timer = @splat(.{ .kind = .connection });
    try timers.reserve(testing.allocator, all.len);
    var prng: std.Random.DefaultPrng = .init(3);
    const random = prng.random();
    var set: [all.len]u64 = @splat(0);
    for (0..2000) |_| {
        const index = random.uintLessThan(usize, all.len);
        if (random.uintLessThan(u8, 4) == 0) {
            timers.cancel(&all[index]);
            set[index] = 0;
        } else {
            const at_ns = 1 + random.uintLessThan(u64, 1000);
            timers.set(&all[index], at_ns);
            set[index] = if (set[index] == 0) at_ns else @min(set[index], at_ns);
        }
    }
    var now_ns: u64 = 0;
    while (timers.earliest()) |at_ns| {
        try testing.expect(at_ns >= now_ns);
        now_ns = at_ns;
        try testing.expectEqual(null, timers.takeDue(now_ns - 1));
        const timer = timers.takeDue(now_ns).?;
        const index = (@intFromPtr(timer) - @intFromPtr(&all)) / @sizeOf(Timer);
        try testing.expectEqual(now_ns, set[index]);
        set[index] = 0;
    }
    for (set) |at_ns| try testing.expectEqual(0, at_ns);
}
