// SPDX-License-Identifier: Apache-2.0
//! What came before its turn: islands of the stream, each a queue, until the gaps are filled.

const std = @import("std");
const blocks = @import("../blocks.zig");
const segments = @import("segment.zig");
const Payload = @import("payload.zig").Payload;

/// More gaps than this at once are left to be sent again.
pub const islands_max = 128;

const Island = struct {
    start: u32,
    queue: blocks.Queue,
    /// Grows with every segment that came: which island was last changed.
    changed: u32,

    fn end(island: *const Island) u32 {
        return island.start +% island.queue.count;
    }
};

pub const Assembly = struct {
    /// In order, with gaps between them.
    islands: [islands_max]Island = undefined,
    count: u32 = 0,
    changes: u32 = 0,
    /// Where the segment that came last ended.
    newest_end: u32 = 0,

    pub fn clear(assembly: *Assembly, pool: *blocks.Pool) void {
        for (assembly.all()) |*island| island.queue.clear(pool);
        assembly.count = 0;
    }

    fn all(assembly: *Assembly) []Island {
        return assembly.islands[0..assembly.count];
    }

    /// Takes what is not here yet. Bytes that are stay as they came first.
    pub fn insert(
        assembly: *Assembly,
        pool: *blocks.Pool,
        sequence: u32,
        payload: Payload,
    ) void {
        assembly.changes +%= 1;
        const end = sequence +% payload.length;
        assembly.newest_end = end;
        var at = sequence;
        var index: u32 = 0;
        while (segments.before(at, end)) {
            while (index < assembly.count and
                segments.notAfter(assembly.islands[index].end(), at)) index += 1;
            const gap_end = if (index == assembly.count) end else assembly.islands[index].start;
            if (segments.before(at, gap_end)) {
                const part_end = if (segments.before(end, gap_end)) end else gap_end;
                const part = payload.part(at -% sequence, part_end -% at);
                if (!assembly.fill(pool, &index, at, part)) break;
                at = part_end;
            } else {
                const island = &assembly.islands[index];
                // RFC 2018, section 4: the first range reported is the one that holds the segment.
                island.changed = assembly.changes;
                at = island.end();
            }
        }
        assembly.join();
    }

    /// Puts `part`, which overlaps nothing, before the island at `index`. False: no room.
    fn fill(
        assembly: *Assembly,
        pool: *blocks.Pool,
        index: *u32,
        sequence: u32,
        part: Payload,
    ) bool {
        if (index.* > 0 and assembly.islands[index.* - 1].end() == sequence) {
            const island = &assembly.islands[index.* - 1];
            island.changed = assembly.changes;
            return part.store(&island.queue, pool) == part.length;
        }
        if (assembly.count == islands_max) return false;
        var queue: blocks.Queue = .{};
        const stored = part.store(&queue, pool);
        if (stored == 0) return false;
        const islands = &assembly.islands;
        const after = islands[index.* + 1 .. assembly.count + 1];
        @memmove(after, islands[index.*..assembly.count]);
        islands[index.*] = .{ .start = sequence, .queue = queue, .changed = assembly.changes };
        assembly.count += 1;
        index.* += 1;
        return stored == part.length;
    }

    /// Islands between which there is no gap any more become one.
    fn join(assembly: *Assembly) void {
        var kept: u32 = 0;
        for (assembly.all(), 0..) |*island, index| {
            if (kept > 0 and assembly.islands[kept - 1].end() == island.start) {
                const earlier = &assembly.islands[kept - 1];
                earlier.queue.appendQueue(&island.queue);
                const newer = segments.before(earlier.changed, island.changed);
                if (newer) earlier.changed = island.changed;
                continue;
            }
            if (kept != index) assembly.islands[kept] = island.*;
            kept += 1;
        }
        assembly.count = kept;
    }

    /// Moves what has its turn now, from `next` on, behind `queue`; returns how many bytes.
    pub fn take(
        assembly: *Assembly,
        pool: *blocks.Pool,
        next: u32,
        queue: *blocks.Queue,
    ) u32 {
        var taken: u32 = 0;
        var done: u32 = 0;
        for (assembly.all()) |*island| {
            const wanted = next +% taken;
            if (segments.before(wanted, island.start)) break;
            // What came meanwhile in its turn is not needed twice.
            const known = @min(segments.distance(island.start, wanted), island.queue.count);
            island.queue.drop(pool, known);
            taken += island.queue.count;
            queue.appendQueue(&island.queue);
            done += 1;
        }
        const left = assembly.count - done;
        @memmove(assembly.islands[0..left], assembly.islands[done..assembly.count]);
        assembly.count = left;
        return taken;
    }

    /// What is here, for the peer: the latest change first. Returns how many ranges.
    pub fn report(assembly: *Assembly, into: []segments.Range) u8 {
        const count = @min(into.len, assembly.count);
        var newer: u32 = assembly.changes +% 1;
        for (into[0..count], 0..) |*range, index| {
            var latest: ?*Island = null;
            for (assembly.all()) |*island| {
                if (!segments.before(island.changed, newer)) continue;
                if (latest) |other| {
                    if (segments.notAfter(island.changed, other.changed)) continue;
                }
                latest = island;
            }
            // Islands changed by one segment are told apart by nothing; one of them is enough.
            const island = latest orelse return @intCast(index);
            range.* = .{ .start = island.start, .end = island.end() };
            newer = island.changed;
        }
        return @intCast(count);
    }
};
