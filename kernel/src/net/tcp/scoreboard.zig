// SPDX-License-Identifier: Apache-2.0
//! What the peer says it has beyond what it acknowledges: RFC 6675's scoreboard, as ranges.

const std = @import("std");
const segments = @import("segment.zig");

const Range = segments.Range;

/// More ranges at once are not remembered; what is in them may be sent again in vain.
pub const ranges_max = 128;
/// RFC 6675, section 2: DupThresh.
const duplicates_threshold = 3;

pub const Scoreboard = struct {
    /// In order, with gaps between them.
    ranges: [ranges_max]Range = undefined,
    count: u32 = 0,
    /// Bytes of all ranges.
    bytes: u32 = 0,

    /// Forgets all below `acknowledged`.
    pub fn advance(board: *Scoreboard, acknowledged: u32) void {
        var gone: u32 = 0;
        for (board.all()) |*range| {
            if (segments.before(acknowledged, range.end)) {
                const known = segments.distance(range.start, acknowledged);
                range.start +%= known;
                board.bytes -= known;
                break;
            }
            board.bytes -= range.end -% range.start;
            gone += 1;
        }
        board.remove(0, gone);
    }

    fn all(board: *Scoreboard) []Range {
        return board.ranges[0..board.count];
    }

    fn remove(board: *Scoreboard, first: u32, removed: u32) void {
        if (removed == 0) return;
        const kept = board.count - removed;
        @memmove(board.ranges[first..kept], board.ranges[first + removed .. board.count]);
        board.count = kept;
    }

    /// Adds a range; returns whether any of it is new.
    pub fn add(board: *Scoreboard, range: Range) bool {
        var first: u32 = 0;
        while (first < board.count and
            segments.before(board.ranges[first].end, range.start)) first += 1;
        var merged = range;
        var known: u32 = 0;
        var after = first;
        while (after < board.count) : (after += 1) {
            const other = board.ranges[after];
            if (segments.before(range.end, other.start)) break;
            merged.start = if (segments.before(other.start, merged.start))
                other.start
            else
                merged.start;
            merged.end = segments.later(merged.end, other.end);
            known += other.end -% other.start;
        }
        const news = (merged.end -% merged.start) - known;
        if (news == 0) return false;
        if (after == first) {
            if (board.count == ranges_max) return false;
            const behind = board.ranges[first + 1 .. board.count + 1];
            @memmove(behind, board.ranges[first..board.count]);
            board.count += 1;
        } else board.remove(first + 1, after - first - 1);
        board.ranges[first] = merged;
        board.bytes += news;
        return true;
    }

    /// Before which sequence number everything that the peer does not have counts as lost:
    /// RFC 6675, section 4, IsLost(). `otherwise` when nothing does.
    pub fn lostEdge(board: *const Scoreboard, mss: u32, otherwise: u32) u32 {
        var bytes: u32 = 0;
        var index = board.count;
        while (index > 0) {
            index -= 1;
            const range = board.ranges[index];
            bytes += range.end -% range.start;
            const enough = board.count - index >= duplicates_threshold or
                bytes > (duplicates_threshold - 1) * mss;
            if (enough) return range.start;
        }
        return otherwise;
    }

    /// Bytes from `start` to `end` that the peer does not have.
    pub fn missing(board: *const Scoreboard, start: u32, end: u32) u32 {
        var left = segments.distance(start, end);
        for (board.ranges[0..board.count]) |range| {
            const from = segments.later(range.start, start);
            const to = if (segments.before(range.end, end)) range.end else end;
            left -= segments.distance(from, to);
        }
        return left;
    }

    pub fn last(board: *const Scoreboard) ?Range {
        return if (board.count == 0) null else board.ranges[board.count - 1];
    }

    /// Bytes from `start` to `end` that the peer has.
    pub fn arrived(board: *const Scoreboard, start: u32, end: u32) u32 {
        return segments.distance(start, end) - board.missing(start, end);
    }

    /// The first stretch from `start` to `end` that the peer does not have; empty: there is none.
    pub fn gap(board: *const Scoreboard, start: u32, end: u32) Range {
        var from = start;
        for (board.ranges[0..board.count]) |range| {
            if (segments.before(from, range.start)) {
                const to = if (segments.before(range.start, end)) range.start else end;
                return .{ .start = from, .end = segments.later(from, to) };
            }
            from = segments.later(from, range.end);
        }
        return .{ .start = from, .end = segments.later(from, end) };
    }
};

const testing = std.testing;

test "ranges that touch become one, and what is acknowledged is forgotten" {
    const base: u32 = 0xffff_ff00;
    var board: Scoreboard = .{};
    try testing.expect(board.add(.{ .start = base +% 100, .end = base +% 200 }));
    try testing.expect(board.add(.{ .start = base +% 300, .end = base +% 400 }));
    try testing.expect(!board.add(.{ .start = base +% 320, .end = base +% 400 }));
    try testing.expectEqual(200, board.bytes);
    try testing.expectEqual(200, board.missing(base, base +% 400));
    try testing.expectEqual(200, board.missing(base +% 50, base +% 450));
    const first = board.gap(base, base +% 500);
    try testing.expectEqual(Range{ .start = base, .end = base +% 100 }, first);
    const second = board.gap(base +% 150, base +% 500);
    try testing.expectEqual(Range{ .start = base +% 200, .end = base +% 300 }, second);
    try testing.expect(board.add(.{ .start = base +% 200, .end = base +% 300 }));
    try testing.expectEqual(1, board.count);
    board.advance(base +% 250);
    try testing.expectEqual(150, board.bytes);
    board.advance(base +% 400);
    try testing.expectEqual(0, board.count);
    try testing.expectEqual(0, board.bytes);
}

test "bytes are lost when enough behind them has arrived" {
    var board: Scoreboard = .{};
    _ = board.add(.{ .start = 1000, .end = 2000 });
    _ = board.add(.{ .start = 3000, .end = 4000 });
    try testing.expectEqual(0, board.lostEdge(1000, 0));
    _ = board.add(.{ .start = 5000, .end = 5001 });
    try testing.expectEqual(1000, board.lostEdge(1000, 0));
    _ = board.add(.{ .start = 5001, .end = 7002 });
    try testing.expectEqual(5000, board.lostEdge(1000, 0));
}

test "a full board takes no new range but still grows those it has" {
    var board: Scoreboard = .{};
    for (0..ranges_max) |number| {
        const start: u32 = @intCast(number * 10);
        try testing.expect(board.add(.{ .start = start, .end = start + 5 }));
    }
    try testing.expect(!board.add(.{ .start = 2000, .end = 2005 }));
    try testing.expect(board.add(.{ .start = 15, .end = 20 }));
    try testing.expectEqual(ranges_max - 1, board.count);
}
