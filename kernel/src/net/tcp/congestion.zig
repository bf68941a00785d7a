// SPDX-License-Identifier: Apache-2.0
//! How much may be in flight, and what of it is lost: RFC 5681, RFC 6582 without SACK, RFC 6675
//! with it.
//!
//! Lost is what the peer does not have below `lost_edge`; of that, what is below `resent_edge` has
//! been sent again. `pipe` counts everything else that is not known to have arrived.

const std = @import("std");
const segments = @import("segment.zig");
const Scoreboard = @import("scoreboard.zig").Scoreboard;

/// RFC 5681, section 3.2.
const duplicates_threshold = 3;
/// RFC 6928.
const initial_segments = 10;
const initial_bytes = 14600;
/// Windows beyond this are of no use to any peer (RFC 7323, section 2.3).
const window_max = 1 << 30;

pub const Phase = enum(u8) {
    open,
    /// Fast recovery.
    recovery,
    /// After a timeout.
    loss,
};

const Saved = struct {
    window: u32,
    threshold: u32,
    /// Our timestamp then: whatever is sent again has no earlier one.
    stamp: u32,
};

pub const Control = struct {
    window: u32 = 0,
    threshold: u32 = window_max,
    /// Acknowledged since the window last grew, in congestion avoidance.
    counted: u32 = 0,
    phase: Phase = .open,
    duplicates: u8 = 0,
    /// The peer has told of something missing, which is not all made up for: it answers at once.
    has_gap: bool = false,
    /// One segment goes out whatever the window says: the first of a recovery.
    forced: bool = false,
    /// Where recovery ends.
    recover: u32 = 0,
    lost_edge: u32 = 0,
    resent_edge: u32 = 0,
    /// What was sent after the first of the segments sent again is from `mark` on. With SACK.
    mark: u32 = 0,
    marked: bool = false,
    /// Without SACK: bytes that have arrived, judged by duplicate acknowledgements.
    arrived: u32 = 0,
    /// As it was before the window was last reduced, until it is known whether that was right.
    saved: ?Saved = null,
    /// With SACK, once there was a loss.
    board: ?*Scoreboard = null,

    /// A connection whose first byte is at `una`.
    pub fn begin(control: *Control, una: u32, mss: u32) void {
        control.window = initialWindow(mss);
        control.settle(una);
    }

    /// Nothing is lost.
    fn settle(control: *Control, una: u32) void {
        control.lost_edge = una;
        control.resent_edge = una;
        control.arrived = 0;
        control.duplicates = 0;
        control.forced = false;
        control.marked = false;
    }

    /// Bytes believed to be on their way.
    pub fn pipe(control: *const Control, una: u32, nxt: u32) u32 {
        const in_flight = nxt -% una;
        const from = segments.later(una, control.resent_edge);
        if (control.board) |board| {
            return in_flight -| board.bytes -| board.missing(from, control.lost_edge);
        }
        return in_flight -| control.arrived -| segments.distance(from, control.lost_edge);
    }

    /// What can be sent before the window is full.
    pub fn room(control: *const Control, una: u32, nxt: u32) u32 {
        return control.window -| control.pipe(una, nxt);
    }

    /// What is next to be sent again; empty: nothing.
    pub fn nextLost(control: *const Control, una: u32) segments.Range {
        const from = segments.later(una, control.resent_edge);
        if (control.board) |board| return board.gap(from, control.lost_edge);
        return .{ .start = from, .end = segments.later(from, control.lost_edge) };
    }

    /// Lost bytes from `start` to `end` go out again; `nxt` is what was sent before them.
    pub fn resent(control: *Control, start: u32, end: u32, nxt: u32) void {
        if (segments.notAfter(control.resent_edge, start) and !control.marked) {
            control.mark = nxt;
            control.marked = true;
        }
        control.resent_edge = end;
        control.forced = false;
    }

    /// `una` has moved from `before` on by `acknowledged`, to behind which `nxt` is.
    pub fn acknowledged(
        control: *Control,
        una: u32,
        nxt: u32,
        bytes: u32,
        mss: u32,
    ) void {
        // It was for the segment at the front, which has arrived.
        control.marked = false;
        const was_limited = control.pipe(una -% bytes, nxt) *| 2 >= control.window;
        if (control.board) |board| board.advance(una);
        control.duplicates = 0;
        control.arrived -|= bytes;
        control.lost_edge = segments.later(control.lost_edge, una);
        control.resent_edge = segments.later(control.resent_edge, una);
        switch (control.phase) {
            .open => {
                control.arrived = 0;
                if (was_limited) control.grow(bytes, mss);
            },
            .loss => {
                // RFC 3465, section 2.3: no burst for what had arrived long before.
                control.grow(@min(bytes, mss), mss);
                if (segments.notAfter(control.recover, una)) control.endRecovery(una, nxt);
            },
            .recovery => if (segments.notAfter(control.recover, una)) {
                // RFC 6582, section 3.2, step 3: no burst at the end.
                const left = @max(control.pipe(una, nxt), mss) + mss;
                control.window = @min(control.threshold, left);
                control.endRecovery(una, nxt);
            } else if (control.board == null) {
                // Partial: the next segment is lost too. One of those that were thought to have
                // arrived was the one now filled in.
                control.arrived +|= @min(bytes -| mss, mss);
                control.arrived = @min(control.arrived, (nxt -% una) -| mss);
                control.lost_edge = una +% @min(mss, nxt -% una);
                control.resent_edge = una;
                control.forced = true;
            },
        }
    }

    fn endRecovery(control: *Control, una: u32, nxt: u32) void {
        control.phase = .open;
        control.has_gap = false;
        control.arrived = 0;
        control.forced = false;
        if (segments.before(nxt, control.lost_edge)) control.lost_edge = nxt;
        // What was not sent again before all arrived need not be.
        control.resent_edge = segments.later(control.resent_edge, una);
    }

    /// RFC 5681, section 3.1; counted in bytes, as many as were acknowledged (RFC 3465), because
    /// peers acknowledge many segments at once.
    fn grow(control: *Control, bytes: u32, mss: u32) void {
        if (control.window < control.threshold) {
            control.window +|= bytes;
        } else {
            control.counted +|= bytes;
            if (control.counted < control.window) return;
            control.counted -= control.window;
            control.window +|= mss;
        }
        control.window = @min(control.window, window_max);
    }

    /// The peer has repeated its acknowledgement of `una`.
    pub fn duplicate(control: *Control, una: u32, nxt: u32, mss: u32, stamp: u32) void {
        control.duplicates +|= 1;
        const first_end = una +% @min(mss, nxt -% una);
        if (control.board == null) {
            // Repeated because of what was sent again after a timeout, it tells nothing new.
            if (control.phase == .loss) return;
            control.arrived = @min(control.arrived +| mss, (nxt -% una) -| mss);
        }
        if (control.duplicates >= duplicates_threshold and control.phase != .loss) {
            // RFC 6675, section 5, step (2): even if no range is far behind.
            control.lost_edge = segments.later(control.lost_edge, first_end);
        }
        control.assess(una, nxt, mss, stamp);
    }

    /// Something new is known of what has arrived: decides what is lost, and begins recovery.
    /// `stamp`: the timestamp of what is sent now.
    pub fn assess(control: *Control, una: u32, nxt: u32, mss: u32, stamp: u32) void {
        if (control.board) |board| {
            const edge = board.lostEdge(mss, control.lost_edge);
            control.lost_edge = segments.later(control.lost_edge, edge);
            if (control.marked and board.arrived(control.mark, nxt) > duplicates_threshold * mss) {
                // It was sent again before what has arrived, so it was lost again: without this,
                // only the timer would help.
                control.marked = false;
                control.resent_edge = una;
                control.forced = true;
                control.reduce(una, nxt, mss);
                control.window = @min(control.window, control.threshold);
            }
        }
        // RFC 6582, section 3.2: not for segments sent before the last timeout.
        if (control.phase != .open or !segments.before(una, control.lost_edge)) return;
        control.save(stamp);
        control.phase = .recovery;
        control.has_gap = true;
        control.recover = nxt;
        control.reduce(una, nxt, mss);
        control.window = control.threshold;
        control.resent_edge = segments.later(control.resent_edge, una);
        control.forced = true;
    }

    fn reduce(control: *Control, una: u32, nxt: u32, mss: u32) void {
        control.threshold = @max((nxt -% una) / 2, 2 * mss);
        control.counted = 0;
    }

    fn save(control: *Control, stamp: u32) void {
        control.saved = .{
            .window = control.window,
            .threshold = control.threshold,
            .stamp = stamp,
        };
    }

    /// What was sent again had not been lost (RFC 3522, section 3.2): the window is as it was, but
    /// there is no burst (RFC 4015, section 3.4).
    pub fn undo(control: *Control, saved: Saved, una: u32, nxt: u32, mss: u32) void {
        control.threshold = saved.threshold;
        const safe = (nxt -% una) +| initialWindow(mss);
        control.window = @max(control.window, @min(saved.window, safe));
        control.settle(una);
        control.phase = .open;
        control.has_gap = false;
    }

    /// The timer has run out: all is lost. RFC 2018, section 8: the ranges count no more.
    pub fn timeout(
        control: *Control,
        una: u32,
        nxt: u32,
        mss: u32,
        retries: u8,
        stamp: u32,
    ) void {
        if (control.phase == .open) control.save(stamp);
        if (retries == 0 and control.phase != .loss) control.reduce(una, nxt, mss);
        if (control.board) |board| {
            board.count = 0;
            board.bytes = 0;
        }
        control.settle(una);
        control.window = mss;
        control.counted = 0;
        control.phase = .loss;
        control.recover = nxt;
        control.lost_edge = nxt;
        control.forced = true;
    }

    /// All in flight is to be sent again, for a reason that is not congestion.
    pub fn resendAll(control: *Control, una: u32, nxt: u32) void {
        control.settle(una);
        control.phase = .loss;
        control.recover = nxt;
        control.lost_edge = nxt;
        control.forced = true;
    }

    /// RFC 5681, section 4.1: nothing was sent for longer than a timeout.
    pub fn restart(control: *Control, mss: u32) void {
        control.window = @min(control.window, initialWindow(mss));
    }
};

pub fn initialWindow(mss: u32) u32 {
    return @min(initial_segments * mss, @max(2 * mss, initial_bytes));
}

const testing = std.testing;

test "three duplicates halve the window and send the first segment again" {
    var control: Control = .{};
    control.begin(1000, 1000);
    try testing.expectEqual(10_000, control.window);
    const nxt = 11_000;
    for (0..2) |_| control.duplicate(1000, nxt, 1000, 0);
    try testing.expectEqual(.open, control.phase);
    control.duplicate(1000, nxt, 1000, 0);
    try testing.expectEqual(.recovery, control.phase);
    try testing.expectEqual(5000, control.window);
    try testing.expectEqual(segments.Range{ .start = 1000, .end = 2000 }, control.nextLost(1000));
    control.resent(1000, 2000, nxt);
    try testing.expectEqual(7000, control.pipe(1000, nxt));
    // A partial acknowledgement: the next segment is lost as well.
    control.acknowledged(3000, nxt, 2000, 1000);
    try testing.expectEqual(segments.Range{ .start = 3000, .end = 4000 }, control.nextLost(3000));
    control.resent(3000, 4000, nxt);
    control.acknowledged(nxt, nxt, 8000, 1000);
    try testing.expectEqual(.open, control.phase);
    try testing.expectEqual(0, control.pipe(nxt, nxt));
}

test "after a timeout all is sent again, slowly at first" {
    var control: Control = .{};
    control.begin(0, 1000);
    control.timeout(0, 8000, 1000, 0, 0);
    try testing.expectEqual(1000, control.window);
    try testing.expectEqual(4000, control.threshold);
    try testing.expectEqual(0, control.pipe(0, 8000));
    control.resent(0, 1000, 8000);
    try testing.expectEqual(0, control.room(0, 8000));
    control.acknowledged(1000, 8000, 1000, 1000);
    try testing.expectEqual(2000, control.room(1000, 8000));
    control.acknowledged(8000, 8000, 7000, 1000);
    try testing.expectEqual(.open, control.phase);
}
