// SPDX-License-Identifier: Apache-2.0
//! The file allocation table: which cluster follows which, and which are free.
//!
//! Entries of clusters that nothing on the disk leads to yet change at once. What the disk's tree
//! leads to changes in a commit only: links behind a chain's end just before the directories are
//! written, cuts and freed chains after that. Until then they are kept here.

const std = @import("std");
const assert = std.debug.assert;
const disks = @import("disk.zig");
const layout = @import("layout.zig");
const Cache = @import("cache.zig").Cache;

const Error = disks.Error;

/// Neighbouring clusters.
pub const Run = struct { first: u32, count: u32 };

pub const AllocateError = Error || error{Nospc};

/// Memory for what waits for the next commit is limited, and reserved from the start.
const pending_max = 1024;

const Pending = struct {
    next: u32,
    /// A cut: only once the directories say that the file is shorter.
    after_directories: bool,
};

pub const Table = struct {
    allocator: std.mem.Allocator,
    cache: *Cache,
    geometry: *const layout.Geometry,
    pending: std.AutoHashMapUnmanaged(u32, Pending) = .empty,
    /// First clusters of the chains to free.
    unused: std.ArrayList(u32) = .empty,
    /// Where to look for free clusters first.
    cursor: u32 = layout.first_cluster,
    /// Null: not known.
    free_clusters: ?u32 = null,
    /// Nothing was found, and nothing has been freed since.
    full: bool = false,

    pub fn init(
        allocator: std.mem.Allocator,
        cache: *Cache,
        geometry: *const layout.Geometry,
        info: layout.Info,
    ) error{OutOfMemory}!Table {
        var table: Table = .{ .allocator = allocator, .cache = cache, .geometry = geometry };
        if (geometry.isCluster(info.next_free)) table.cursor = info.next_free;
        if (info.free_clusters <= geometry.cluster_end - layout.first_cluster) {
            table.free_clusters = info.free_clusters;
        }
        try table.pending.ensureTotalCapacity(allocator, pending_max);
        errdefer table.pending.deinit(allocator);
        try table.unused.ensureTotalCapacity(allocator, pending_max);
        return table;
    }

    pub fn deinit(table: *Table) void {
        table.pending.deinit(table.allocator);
        table.unused.deinit(table.allocator);
    }

    /// True when the next operation might not find room for what it must remember.
    pub fn isCrowded(table: *const Table) bool {
        const margin = 8;
        return table.pending.count() + margin > pending_max or
            table.unused.items.len + margin > pending_max;
    }

    pub fn hasPending(table: *const Table) bool {
        return table.pending.count() > 0 or table.unused.items.len > 0;
    }

    /// The cluster behind `cluster`; null at the end of the chain. Io for anything else: a free
    /// or bad cluster, a number that there is none of.
    pub fn next(table: *Table, cluster: u32) Error!?u32 {
        const value = if (table.pending.get(cluster)) |change|
            change.next
        else
            try table.entry(cluster);
        if (value >= layout.entry_end_min) return null;
        if (!table.geometry.isCluster(value)) return error.Io;
        return value;
    }

    fn entry(table: *Table, cluster: u32) Error!u32 {
        assert(table.geometry.isCluster(cluster));
        const sector = try table.cache.read(table.sectorOf(cluster));
        return std.mem.readInt(u32, sector[offsetOf(cluster)..][0..4], .little) &
            layout.entry_mask;
    }

    fn setEntry(table: *Table, cluster: u32, value: u32) Error!void {
        assert(table.geometry.isCluster(cluster) and value <= layout.entry_mask);
        const sector = try table.cache.update(table.sectorOf(cluster), .table);
        const place = sector[offsetOf(cluster)..][0..4];
        const others = std.mem.readInt(u32, place, .little) & ~@as(u32, layout.entry_mask);
        std.mem.writeInt(u32, place, others | value, .little);
    }

    fn sectorOf(table: *const Table, cluster: u32) u64 {
        return table.geometry.table_start + cluster / layout.entries_per_sector;
    }

    fn offsetOf(cluster: u32) usize {
        return cluster % layout.entries_per_sector * layout.entry_size;
    }

    /// Takes up to `wanted` free clusters side by side, chained to each other, with an end behind
    /// the last: those at `near` if it is free, else the next ones found.
    pub fn allocate(table: *Table, near: ?u32, wanted: u32) AllocateError!Run {
        assert(wanted > 0);
        const first = try table.findFree(near) orelse {
            table.full = true;
            return error.Nospc;
        };
        var count: u32 = 1;
        while (count < wanted) : (count += 1) {
            const cluster = first + count;
            if (cluster == table.geometry.cluster_end) break;
            if (try table.entry(cluster) != layout.entry_free) break;
            try table.setEntry(cluster - 1, cluster);
        }
        try table.setEntry(first + count - 1, layout.entry_end);
        table.cursor = first + count;
        if (table.free_clusters) |known| table.free_clusters = known -| count;
        return .{ .first = first, .count = count };
    }

    fn findFree(table: *Table, near: ?u32) Error!?u32 {
        if (table.full) return null;
        const end = table.geometry.cluster_end;
        if (near) |wished| {
            const exists = table.geometry.isCluster(wished);
            if (exists and try table.entry(wished) == layout.entry_free) return wished;
        }
        const start = if (table.cursor < end) table.cursor else layout.first_cluster;
        var cluster = start;
        while (true) {
            if (try table.entry(cluster) == layout.entry_free) return cluster;
            cluster += 1;
            if (cluster == end) cluster = layout.first_cluster;
            if (cluster == start) return null;
        }
    }

    /// Puts `following` behind `last`, the end of a chain. `is_new`: nothing on the disk leads to
    /// `last` yet.
    pub fn link(table: *Table, last: u32, following: u32, is_new: bool) Error!void {
        assert(!table.isCut(last));
        if (is_new) return table.setEntry(last, following);
        table.pending.putAssumeCapacity(last, .{ .next = following, .after_directories = false });
    }

    /// True when the chain was cut behind `cluster`: a commit must come before it is extended.
    pub fn isCut(table: *const Table, cluster: u32) bool {
        const change = table.pending.get(cluster) orelse return false;
        return change.after_directories;
    }

    /// Makes `last` the end of its chain and frees what was behind it.
    pub fn cut(table: *Table, last: u32, is_new: bool) Error!void {
        const following = try table.next(last) orelse return;
        if (is_new) {
            try table.setEntry(last, layout.entry_end);
        } else if (!table.pending.remove(last)) {
            const end: Pending = .{ .next = layout.entry_end, .after_directories = true };
            table.pending.putAssumeCapacity(last, end);
        }
        table.free(following);
    }

    /// Frees a chain, in the next commit.
    pub fn free(table: *Table, first: u32) void {
        table.unused.appendAssumeCapacity(first);
    }

    /// Puts what waits to be linked behind chains, or to be cut off, into the table.
    pub fn apply(table: *Table, after_directories: bool) Error!void {
        var changes = table.pending.iterator();
        while (changes.next()) |change| {
            if (change.value_ptr.after_directories != after_directories) continue;
            try table.setEntry(change.key_ptr.*, change.value_ptr.next);
        }
        if (after_directories) table.pending.clearRetainingCapacity();
    }

    /// Frees the chains that are to be freed: nothing on the disk leads to them now. A chain that
    /// is wrong is freed up to there.
    pub fn applyFree(table: *Table) Error!void {
        assert(table.pending.count() == 0);
        for (table.unused.items) |first| {
            var cluster = first;
            while (table.geometry.isCluster(cluster)) {
                const following = try table.entry(cluster);
                if (following == layout.entry_free) break;
                try table.setEntry(cluster, layout.entry_free);
                if (table.free_clusters) |count| table.free_clusters = count +| 1;
                table.full = false;
                cluster = following;
            }
        }
        table.unused.clearRetainingCapacity();
    }
};
