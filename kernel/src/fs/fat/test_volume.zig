// SPDX-License-Identifier: Apache-2.0
//! For tests: empty volumes in memory, and a check of a whole volume that shares no code with the
//! driver but the constants.

const std = @import("std");
const layout = @import("layout.zig");
const MemoryDevice = @import("memory_device.zig").MemoryDevice;

const sector_size = 512;
/// Where the boot sector is a second time.
const backup = 6;

pub const Shape = struct {
    clusters: u32 = 512,
    sectors_per_cluster: u8 = 1,
    tables: u8 = 2,
    reserved: u16 = 32,

    fn tableSectors(shape: Shape) u32 {
        const entries = shape.clusters + layout.first_cluster;
        return std.math.divCeil(u32, entries, layout.entries_per_sector) catch unreachable;
    }

    fn dataStart(shape: Shape) u32 {
        return shape.reserved + shape.tables * shape.tableSectors();
    }

    pub fn sectors(shape: Shape) u32 {
        return shape.dataStart() + shape.clusters * shape.sectors_per_cluster;
    }

    /// The clusters behind the root's.
    pub fn freeSpace(shape: Shape, image: []u8) []u8 {
        return image[(shape.dataStart() + shape.sectors_per_cluster) * sector_size ..];
    }

    /// An empty volume, in memory of `allocator`.
    pub fn make(shape: Shape, allocator: std.mem.Allocator) ![]u8 {
        const image = try allocator.alloc(u8, shape.sectors() * sector_size);
        @memset(image, 0);
        @memcpy(image[0..11], "\xEB\x58\x90mewtest ");
        put(u16, image, 11, sector_size);
        image[13] = shape.sectors_per_cluster;
        put(u16, image, 14, shape.reserved);
        image[16] = shape.tables;
        image[21] = 0xF8;
        // Other programs ask for cylinders, still.
        put(u16, image, 24, 63);
        put(u16, image, 26, 255);
        put(u32, image, 32, shape.sectors());
        put(u32, image, 36, shape.tableSectors());
        put(u32, image, 44, layout.first_cluster);
        put(u16, image, 48, 1);
        if (shape.reserved > backup) put(u16, image, 50, backup);
        image[66] = 0x29;
        @memcpy(image[71..90], "NO NAME    FAT32   ");
        put(u16, image, 510, 0xAA55);
        put(u32, image, 512, 0x41615252);
        put(u32, image, 512 + 484, 0x61417272);
        put(u32, image, 512 + 488, shape.clusters - 1);
        put(u32, image, 512 + 492, 3);
        put(u32, image, 512 + 508, 0xAA550000);
        if (shape.reserved > backup) {
            const copy = image[backup * sector_size ..][0 .. 2 * sector_size];
            @memcpy(copy, image[0..copy.len]);
        }
        for (0..shape.tables) |table| {
            const start = (shape.reserved + table * shape.tableSectors()) * sector_size;
            put(u32, image, start, 0x0FFFFFF8);
            put(u32, image, start + 4, 0x0FFFFFFF);
            put(u32, image, start + 8, 0x0FFFFFFF);
        }
        return image;
    }
};

fn put(comptime Int: type, image: []u8, offset: usize, value: Int) void {
    std.mem.writeInt(Int, image[offset..][0..@sizeOf(Int)], value, .little);
}

/// What a check of a volume that may be wrong can say.
pub const Fault = error{
    CrossLinked,
    Dangling,
    TooShort,
    BadEntry,
    TwoOfOneName,
    Loop,
    OutOfMemory,
};

pub const Report = struct {
    files: u32 = 0,
    /// Clusters in use that no file or directory has.
    lost: u32 = 0,
    /// Files with more clusters than their size needs.
    too_long: u32 = 0,
};

/// Walks all that can be reached from the root. The image's shape is taken for right.
pub fn check(allocator: std.mem.Allocator, image: []const u8, shape: Shape) Fault!Report {
    var checker: Checker = .{
        .allocator = allocator,
        .image = image,
        .shape = shape,
        .owned = try .initEmpty(allocator, shape.clusters + layout.first_cluster),
    };
    defer checker.owned.deinit(allocator);
    try checker.directory(layout.first_cluster, 0);
    for (layout.first_cluster..shape.clusters + layout.first_cluster) |cluster| {
        const is_used = checker.entry(@intCast(cluster)) != 0;
        if (is_used and !checker.owned.isSet(cluster)) checker.report.lost += 1;
    }
    return checker.report;
}

const Checker = struct {
    allocator: std.mem.Allocator,
    image: []const u8,
    shape: Shape,
    owned: std.DynamicBitSetUnmanaged,
    report: Report = .{},

    const depth_max = 32;

    fn entry(checker: *const Checker, cluster: u32) u32 {
        const offset = @as(usize, checker.shape.reserved) * sector_size + cluster * 4;
        return std.mem.readInt(u32, checker.image[offset..][0..4], .little) & layout.entry_mask;
    }

    fn own(checker: *Checker, cluster: u32) Fault!void {
        const end = checker.shape.clusters + layout.first_cluster;
        if (cluster < layout.first_cluster or cluster >= end) return error.Dangling;
        if (checker.entry(cluster) == 0) return error.Dangling;
        if (checker.owned.isSet(cluster)) return error.CrossLinked;
        checker.owned.set(cluster);
    }

    fn following(checker: *const Checker, cluster: u32) ?u32 {
        const value = checker.entry(cluster);
        return if (value >= layout.entry_end_min) null else value;
    }

    fn directory(checker: *Checker, first: u32, depth: u32) Fault!void {
        if (depth > depth_max) return error.Loop;
        var names: std.AutoHashMapUnmanaged([11]u8, void) = .empty;
        defer names.deinit(checker.allocator);
        const size = @as(usize, checker.shape.sectors_per_cluster) * sector_size;
        var cluster: ?u32 = first;
        while (cluster) |here| : (cluster = checker.following(here)) {
            try checker.own(here);
            const index: usize = here - layout.first_cluster;
            const bytes = checker.image[checker.shape.dataStart() * sector_size + index * size ..];
            for (0..size / layout.slot_size) |index_of_slot| {
                const raw = bytes[index_of_slot * layout.slot_size ..][0..layout.slot_size];
                if (raw[0] == layout.mark_end) return checker.ownRest(here);
                const short: *const layout.Short = @ptrCast(raw);
                try checker.slot(short, depth);
                const is_long = short.attributes.isLongName();
                if (raw[0] == layout.mark_deleted or is_long) continue;
                const known = try names.getOrPut(checker.allocator, short.name);
                if (known.found_existing) return error.TwoOfOneName;
            }
        }
    }

    /// Clusters of a directory behind its end.
    fn ownRest(checker: *Checker, last: u32) Fault!void {
        var cluster = checker.following(last);
        while (cluster) |here| : (cluster = checker.following(here)) try checker.own(here);
    }

    fn slot(checker: *Checker, short: *const layout.Short, depth: u32) Fault!void {
        const is_free = short.name[0] == layout.mark_deleted;
        if (is_free or short.name[0] == '.' or short.attributes.volume_label) return;
        if (@as(u8, @bitCast(short.attributes)) & 0xC0 != 0) return error.BadEntry;
        if (short.attributes.directory) return checker.directory(short.cluster(), depth + 1);
        checker.report.files += 1;
        const cluster_size = @as(u64, checker.shape.sectors_per_cluster) * sector_size;
        var room: u64 = 0;
        var cluster: ?u32 = if (short.cluster() == 0) null else short.cluster();
        while (cluster) |here| : (cluster = checker.following(here)) {
            try checker.own(here);
            room += cluster_size;
        }
        if (room < short.size) return error.TooShort;
        if (room >= short.size + cluster_size) checker.report.too_long += 1;
    }
};
