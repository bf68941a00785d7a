// SPDX-License-Identifier: Apache-2.0
//! A mounted volume, and the order in which its changes reach the disk.
//!
//! Changes gather in memory until a commit: when a program asks for it, when too many wait, or
//! when one begins a few seconds after the last commit. At every moment the disk holds a
//! consistent volume, at worst with clusters that nothing leads to:
//!
//! 1. contents of files, directories that are new, and their chains in the table;
//! 2. links from chains that were there to what was added behind them;
//! 3. directory entries;
//! 4. ends of chains that were cut;
//! 5. free marks of clusters that nothing leads to any more,
//!
//! with a flush of the device between two steps that both write. Clusters are not used again
//! before their step 5.

const std = @import("std");
const assert = std.debug.assert;
const disks = @import("disk.zig");
const inodes = @import("inode.zig");
const journals = @import("journal.zig");
const layout = @import("layout.zig");
const names = @import("name.zig");
const Cache = @import("cache.zig").Cache;
const Stamp = @import("time.zig").Stamp;
const Table = @import("table.zig").Table;

const Inode = inodes.Inode;

pub const MountError = layout.Error || disks.Error || error{OutOfMemory};

/// How long a change may wait if other changes come.
const commit_interval_ns = 5 * std.time.ns_per_s;

/// Names are told apart by this many bits of their hashes.
const deleted_names_size = 4096;

pub const Options = struct {
    /// Limit on the cache, in lines of 16 KiB.
    cache_lines: u32 = 128,
};

pub const Volume = struct {
    allocator: std.mem.Allocator,
    nowNs: *const fn () u64,
    options: Options,
    disk: disks.Disk,
    geometry: layout.Geometry,
    cache: Cache,
    table: Table,
    root: Inode,
    /// Null when the volume has no room for one.
    journal: ?journals.Journal,
    scratch: journals.Scratch,
    /// Those in use, by the place of their entry.
    inodes: std.AutoHashMapUnmanaged(u64, *Inode) = .empty,
    /// Number of the commit to come.
    batch: u64 = 1,
    last_commit_ns: u64,
    /// Names taken out of directories since the last commit.
    deleted: std.StaticBitSet(deleted_names_size) = .empty,
    last_removed_number: u64 = 1 << 63,
    /// The numbers in the info sector are those of the last unmount; now they are not.
    info_is_current: bool = true,
    /// A write failed: what the disk holds is not known, and is left as it is.
    broken: bool = false,

    /// `device` is a pointer, see disk.zig.
    pub fn mount(
        allocator: std.mem.Allocator,
        nowNs: *const fn () u64,
        device: anytype,
        options: Options,
    ) MountError!*Volume {
        const volume = try allocator.create(Volume);
        errdefer allocator.destroy(volume);
        var disk: disks.Disk = .of(device);
        var sector: disks.Sector = undefined;
        try disk.read(0, &sector);
        volume.* = .{
            .allocator = allocator,
            .nowNs = nowNs,
            .options = options,
            .disk = disk,
            .geometry = try .parse(&sector, disk.sectors),
            .cache = undefined,
            .table = undefined,
            .root = undefined,
            .journal = undefined,
            .scratch = undefined,
            .last_commit_ns = nowNs(),
        };
        volume.journal = try journals.Journal.find(&volume.disk, &volume.geometry);
        if (volume.journal) |journal| try journal.replay(&volume.disk, &volume.geometry);
        const info = try volume.readInfo();
        volume.cache = try .init(allocator, &volume.disk, &volume.geometry, options.cache_lines);
        errdefer volume.cache.deinit();
        volume.table = try .init(allocator, &volume.cache, &volume.geometry, info);
        volume.root = .{
            .volume = volume,
            .location = null,
            .is_directory = true,
            .holders = 1,
            .first = volume.geometry.root,
            .size = 0,
            .modified = .first,
            .accessed_date = Stamp.first.date,
        };
        return volume;
    }

    fn readInfo(volume: *Volume) disks.Error!layout.Info {
        if (volume.geometry.info_sector == 0) return .{};
        var sector: disks.Sector = undefined;
        try volume.disk.read(volume.geometry.info_sector, &sector);
        return layout.Info.parse(&sector) orelse .{};
    }

    /// Frees all memory; nothing may be in use but the root. Writes nothing.
    pub fn discard(volume: *Volume) void {
        assert(volume.inodes.count() == 0);
        volume.inodes.deinit(volume.allocator);
        volume.root.deinit();
        volume.table.deinit();
        volume.cache.deinit();
        volume.allocator.destroy(volume);
    }

    /// Has to come before every operation that changes anything.
    pub fn beginChange(volume: *Volume) error{ Io, Rofs }!void {
        if (volume.disk.read_only) return error.Rofs;
        if (volume.broken) return error.Io;
        const waited_ns = volume.nowNs() -| volume.last_commit_ns;
        if (volume.cache.isCrowded() or volume.table.isCrowded() or
            waited_ns > commit_interval_ns) try volume.commit();
    }

    /// Writes all that waits, in order. Only a `barrier` after it makes the last step permanent.
    pub fn commit(volume: *Volume) disks.Error!void {
        if (volume.broken) return error.Io;
        errdefer volume.broken = true;
        const cache = &volume.cache;
        const table = &volume.table;
        volume.last_commit_ns = volume.nowNs();
        const is_ordered = cache.isDirty(.directory) or table.hasPending();
        if (is_ordered or cache.isDirty(.table)) try volume.storeInfo(.{});
        try cache.writeOut(.content);
        try cache.writeOut(.fresh);
        try cache.writeOut(.table);
        if (is_ordered) {
            try volume.disk.barrier();
            try table.apply(false);
            try cache.writeOut(.table);
            try volume.disk.barrier();
            try cache.writeOut(.directory);
            if (table.hasPending()) {
                try volume.disk.barrier();
                try table.apply(true);
                try cache.writeOut(.table);
                try volume.disk.barrier();
                try table.applyFree();
                try cache.writeOut(.table);
            }
        }
        volume.deleted = .empty;
        volume.batch += 1;
    }

    /// Returns when all that was changed is on the storage.
    pub fn sync(volume: *Volume) disks.Error!void {
        if (volume.disk.read_only) return;
        try volume.commit();
        try volume.disk.barrier();
    }

    /// Same, and leaves the numbers of free clusters for whoever mounts the volume next.
    pub fn finish(volume: *Volume) disks.Error!void {
        if (volume.disk.read_only) return;
        try volume.commit();
        if (!volume.info_is_current) try volume.storeInfo(.{
            .free_clusters = volume.table.free_clusters orelse layout.Info.unknown,
            .next_free = volume.table.cursor,
        });
        try volume.disk.barrier();
    }

    fn storeInfo(volume: *Volume, info: layout.Info) disks.Error!void {
        const is_current = info.free_clusters != layout.Info.unknown;
        if (volume.geometry.info_sector == 0 or is_current == volume.info_is_current) return;
        volume.info_is_current = is_current;
        var sector: disks.Sector = undefined;
        try volume.disk.read(volume.geometry.info_sector, &sector);
        if (layout.Info.parse(&sector) == null) return;
        info.store(&sector);
        try volume.disk.write(volume.geometry.info_sector, &sector);
    }

    /// The inode of the entry `short` at `location`, held once more.
    pub fn hold(
        volume: *Volume,
        location: inodes.Location,
        short: *const layout.Short,
    ) error{Nomem}!*Inode {
        const place = volume.inodes.getOrPut(volume.allocator, location.key()) catch
            return error.Nomem;
        if (!place.found_existing) {
            const inode = volume.allocator.create(Inode) catch {
                volume.inodes.removeByPtr(place.key_ptr);
                return error.Nomem;
            };
            inode.* = .ofShort(volume, location, short);
            place.value_ptr.* = inode;
        }
        place.value_ptr.*.holders += 1;
        return place.value_ptr.*;
    }

    /// The inode in use of the entry at `location`, if there is one.
    pub fn held(volume: *const Volume, location: inodes.Location) ?*Inode {
        return volume.inodes.get(location.key());
    }

    pub fn release(volume: *Volume, inode: *Inode) void {
        assert(inode.holders > 0);
        inode.holders -= 1;
        if (inode.holders > 0 or inode == &volume.root) return;
        if (inode.removed) {
            volume.freeChain(inode.first);
        } else {
            assert(volume.inodes.remove(inode.location.?.key()));
        }
        inode.deinit();
        volume.allocator.destroy(inode);
    }

    /// The entry of `inode` is gone; its clusters go with the last that holds it.
    pub fn markRemoved(volume: *Volume, inode: *Inode) void {
        assert(!inode.removed and inode.holders > 0);
        assert(volume.inodes.remove(inode.location.?.key()));
        inode.location = null;
        inode.removed = true;
        volume.last_removed_number += 1;
        inode.removed_number = volume.last_removed_number;
    }

    /// The entry of `inode` has moved to `location`.
    pub fn markMoved(volume: *Volume, inode: *Inode, location: inodes.Location) void {
        assert(volume.inodes.remove(inode.location.?.key()));
        inode.location = location;
        // Room for one was just made.
        volume.inodes.putAssumeCapacity(location.key(), inode);
    }

    /// Frees the chain that begins with `first`, if any, in the next commit. Where there is no
    /// room to remember it, it stays lost until the volume is checked.
    pub fn freeChain(volume: *Volume, first: u32) void {
        if (first == 0) return;
        if (volume.table.isCrowded()) volume.commit() catch return;
        volume.table.free(first);
    }

    /// A name was taken out of the directory that begins with cluster `directory`.
    pub fn noteDeleted(volume: *Volume, directory: u32, units: []const u16) void {
        volume.deleted.set(deletedBit(directory, units));
    }

    /// To be called before a name is put into a directory: until its removal elsewhere in the
    /// directory is on the disk, an end of the machine could leave the name there twice.
    pub fn requireNotDeleted(
        volume: *Volume,
        directory: u32,
        units: []const u16,
    ) disks.Error!void {
        if (volume.deleted.isSet(deletedBit(directory, units))) try volume.commit();
    }

    fn deletedBit(directory: u32, units: []const u16) usize {
        const mixed = (names.hash(units) ^ directory) *% 0x9E37_79B1 >> 16;
        return mixed % deleted_names_size;
    }
};
