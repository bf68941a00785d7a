// SPDX-License-Identifier: Apache-2.0
//! The sectors in memory: lines of neighbouring sectors, the least recently used given up first.
//!
//! Writes wait here. What must reach the storage in an order is kept apart by class; volume.zig
//! has the order. Large transfers of file contents go past the lines.

const std = @import("std");
const assert = std.debug.assert;
const disks = @import("disk.zig");
const layout = @import("layout.zig");

const Disk = disks.Disk;
const Error = disks.Error;
const Sector = disks.Sector;
const sector_size = disks.sector_size;

/// One request fills a line, so that reading on in small steps takes one request for 16 KiB.
pub const line_sectors = 32;
const line_size = line_sectors * sector_size;
const Mask = u32;

/// Why a sector has to be written.
pub const Class = enum {
    /// Contents of files: may be written at any time.
    content,
    /// Entries of the table that nothing on the disk leads to yet: at any time too. Written to
    /// each copy of the table.
    table,
    /// Sectors of directories that nothing on the disk leads to yet.
    fresh,
    /// Sectors of directories that the disk's tree has.
    directory,
};

const Line = struct {
    number: u64,
    used: u64,
    bytes: *align(8) [line_size]u8,
    valid: Mask = 0,
    dirty: std.EnumArray(Class, Mask) = .initFill(0),

    fn anyDirty(line: *const Line) Mask {
        var all: Mask = 0;
        for (line.dirty.values) |mask| all |= mask;
        return all;
    }

    /// The line cannot be given up before the next commit.
    fn isPinned(line: *const Line) bool {
        return line.dirty.get(.fresh) | line.dirty.get(.directory) != 0;
    }

    fn sector(line: *const Line, index: usize) *Sector {
        return line.bytes[index * sector_size ..][0..sector_size];
    }
};

fn bit(index: u64) Mask {
    return @as(Mask, 1) << @intCast(index);
}

/// Bits `start` .. `end`.
fn bits(start: usize, end: usize) Mask {
    const wide = (@as(u64, 1) << @intCast(end)) - (@as(u64, 1) << @intCast(start));
    return @intCast(wide);
}

pub const Cache = struct {
    allocator: std.mem.Allocator,
    disk: *Disk,
    geometry: *const layout.Geometry,
    lines: []Line,
    /// Lines that have memory are the first ones.
    count: usize = 0,
    clock: u64 = 0,
    where: std.AutoHashMapUnmanaged(u64, u32) = .empty,

    pub fn init(
        allocator: std.mem.Allocator,
        disk: *Disk,
        geometry: *const layout.Geometry,
        lines_max: u32,
    ) error{OutOfMemory}!Cache {
        const lines = try allocator.alloc(Line, lines_max);
        errdefer allocator.free(lines);
        var cache: Cache = .{
            .allocator = allocator,
            .disk = disk,
            .geometry = geometry,
            .lines = lines,
        };
        try cache.where.ensureTotalCapacity(allocator, lines_max);
        return cache;
    }

    pub fn deinit(cache: *Cache) void {
        for (cache.lines[0..cache.count]) |line| cache.allocator.free(line.bytes);
        cache.allocator.free(cache.lines);
        cache.where.deinit(cache.allocator);
    }

    /// A sector's content, until the next call of any function here.
    pub fn read(cache: *Cache, sector: u64) Error!*const Sector {
        return cache.load(sector);
    }

    /// Same, to be changed and then written.
    pub fn update(cache: *Cache, sector: u64, class: Class) Error!*Sector {
        const content = try cache.load(sector);
        cache.markDirty(sector, 1, class);
        return content;
    }

    /// A sector to be written, all zeros now.
    pub fn blank(cache: *Cache, sector: u64, class: Class) Error!*Sector {
        const line = try cache.lineFor(sector);
        const index = sector % line_sectors;
        line.valid |= bit(index);
        @memset(line.sector(index), 0);
        cache.markDirty(sector, 1, class);
        return line.sector(index);
    }

    fn load(cache: *Cache, sector: u64) Error!*Sector {
        const line = try cache.lineFor(sector);
        const index: usize = @intCast(sector % line_sectors);
        if (line.valid & bit(index) == 0) {
            const start = line.number * line_sectors;
            // As far as the line and the disk go, but not over what is here already.
            const room = @min(line_sectors, cache.disk.sectors -| start);
            var end = index + 1;
            while (end < room and line.valid & bit(end) == 0) end += 1;
            const bytes = line.bytes[index * sector_size .. end * sector_size];
            try cache.disk.read(sector, bytes);
            line.valid |= bits(index, end);
        }
        return line.sector(index);
    }

    fn markDirty(cache: *Cache, sector: u64, count: usize, class: Class) void {
        const line = &cache.lines[cache.where.get(sector / line_sectors).?];
        const index: usize = @intCast(sector % line_sectors);
        const added = bits(index, index + count);
        assert(line.valid & added == added);
        switch (class) {
            // Stays fresh until it is written: then all that it needs is on the disk before it.
            .directory => {
                const known = line.dirty.getPtr(.directory);
                known.* |= added & ~line.dirty.get(.fresh);
            },
            .content, .table, .fresh => {
                const mask = line.dirty.getPtr(class);
                mask.* |= added;
            },
        }
    }

    /// The sectors from `sector` on.
    pub fn readRange(cache: *Cache, sector: u64, buffer: []u8) Error!void {
        var done: usize = 0;
        while (done < buffer.len) {
            const here = sector + done / sector_size;
            const direct = cache.uncachedSectors(here, (buffer.len - done) / sector_size);
            if (direct >= line_sectors) {
                try cache.disk.read(here, buffer[done..][0 .. direct * sector_size]);
                done += direct * sector_size;
            } else {
                @memcpy(buffer[done..][0..sector_size], try cache.load(here));
                done += sector_size;
            }
        }
    }

    pub fn writeRange(cache: *Cache, sector: u64, bytes: []const u8) Error!void {
        var done: usize = 0;
        while (done < bytes.len) {
            const here = sector + done / sector_size;
            const left = (bytes.len - done) / sector_size;
            const direct = cache.uncachedSectors(here, left);
            if (direct >= line_sectors) {
                try cache.disk.write(here, bytes[done..][0 .. direct * sector_size]);
                done += direct * sector_size;
            } else {
                const index: usize = @intCast(here % line_sectors);
                const count = @min(left, line_sectors - index);
                const line = try cache.lineFor(here);
                const size = count * sector_size;
                @memcpy(line.bytes[index * sector_size ..][0..size], bytes[done..][0..size]);
                line.valid |= bits(index, index + count);
                cache.markDirty(here, count, .content);
                done += size;
            }
        }
    }

    /// How many sectors from `sector` on, `wanted` at most, are in no line.
    fn uncachedSectors(cache: *const Cache, sector: u64, wanted: usize) usize {
        var count: usize = 0;
        while (count < wanted) {
            const here = sector + count;
            if (cache.where.contains(here / line_sectors)) break;
            count += @intCast(line_sectors - here % line_sectors);
        }
        return @min(count, wanted);
    }

    /// True when a commit has to make room before more directories change.
    pub fn isCrowded(cache: *const Cache) bool {
        var pinned: usize = 0;
        for (cache.lines[0..cache.count]) |*line| pinned += @intFromBool(line.isPinned());
        return pinned > cache.lines.len / 2;
    }

    /// True when sectors of `class` wait.
    pub fn isDirty(cache: *const Cache, class: Class) bool {
        for (cache.lines[0..cache.count]) |*line| {
            if (line.dirty.get(class) != 0) return true;
        }
        return false;
    }

    /// Writes what waits of `class`, in ascending order.
    pub fn writeOut(cache: *Cache, class: Class) Error!void {
        var last: ?u64 = null;
        while (cache.nextDirty(class, last)) |line| {
            try cache.writeLine(line, class);
            last = line.number;
        }
    }

    fn nextDirty(cache: *Cache, class: Class, after: ?u64) ?*Line {
        var found: ?*Line = null;
        for (cache.lines[0..cache.count]) |*line| {
            if (line.dirty.get(class) == 0) continue;
            if (after != null and line.number <= after.?) continue;
            if (found == null or line.number < found.?.number) found = line;
        }
        return found;
    }

    fn writeLine(cache: *Cache, line: *Line, class: Class) Error!void {
        while (line.dirty.get(class) != 0) {
            const waiting = line.dirty.getPtr(class);
            const start: usize = @ctz(waiting.*);
            const rest: u64 = ~(@as(u64, waiting.*) >> @intCast(start));
            const end = start + @ctz(rest);
            const bytes = line.bytes[start * sector_size .. end * sector_size];
            const first = line.number * line_sectors + start;
            const copies = if (class == .table) cache.geometry.table_count else 1;
            for (0..copies) |copy| {
                try cache.disk.write(first + copy * cache.geometry.table_sectors, bytes);
            }
            waiting.* &= ~bits(start, end);
        }
    }

    /// The sectors of `class` that wait, in ascending order, as far as `found` has room.
    pub fn waitingSectors(cache: *Cache, class: Class, found: []u64) usize {
        var count: usize = 0;
        var last: ?u64 = null;
        while (cache.nextDirty(class, last)) |line| {
            last = line.number;
            for (0..line_sectors) |index| {
                if (line.dirty.get(class) & bit(index) == 0) continue;
                if (count == found.len) return count;
                found[count] = line.number * line_sectors + index;
                count += 1;
            }
        }
        return count;
    }

    fn lineFor(cache: *Cache, sector: u64) Error!*Line {
        const number = sector / line_sectors;
        const index = cache.where.get(number) orelse try cache.newLine(number);
        const line = &cache.lines[index];
        cache.clock += 1;
        line.used = cache.clock;
        return line;
    }

    fn newLine(cache: *Cache, number: u64) Error!u32 {
        const index = cache.addLine() orelse try cache.giveUpOldest();
        const line = &cache.lines[index];
        line.* = .{ .number = number, .used = 0, .bytes = line.bytes };
        cache.where.putAssumeCapacity(number, index);
        return index;
    }

    /// Null when there are as many as there may be, or memory is short.
    fn addLine(cache: *Cache) ?u32 {
        if (cache.count == cache.lines.len) return null;
        const bytes = cache.allocator.alignedAlloc(u8, .@"8", line_size) catch return null;
        const index = cache.count;
        cache.lines[index].bytes = bytes[0..line_size];
        cache.count += 1;
        return @intCast(index);
    }

    fn giveUpOldest(cache: *Cache) Error!u32 {
        var oldest: ?u32 = null;
        for (cache.lines[0..cache.count], 0..) |*line, index| {
            if (line.isPinned()) continue;
            if (oldest == null or line.used < cache.lines[oldest.?].used) oldest = @intCast(index);
        }
        const index = oldest orelse return error.Io;
        const line = &cache.lines[index];
        try cache.writeLine(line, .content);
        try cache.writeLine(line, .table);
        assert(line.anyDirty() == 0);
        assert(cache.where.remove(line.number));
        return index;
    }
};
