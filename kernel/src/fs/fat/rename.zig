// SPDX-License-Identifier: Apache-2.0
//! Moving an entry. Within one sector it is one write; else the journal makes it one change.

const std = @import("std");
const assert = std.debug.assert;
const directories = @import("directory.zig");
const disks = @import("disk.zig");
const inodes = @import("inode.zig");
const journals = @import("journal.zig");
const layout = @import("layout.zig");
const names = @import("name.zig");
const Volume = @import("volume.zig").Volume;

const Error = directories.AddError;
const Found = directories.Found;
const Inode = inodes.Inode;
const Short = layout.Short;

/// What is to be done, all checks passed.
pub const Move = struct {
    volume: *Volume,
    from: *Inode,
    source: Found,
    to: *Inode,
    /// The entry that is replaced: it keeps its name.
    replaced: ?Found,
    /// Else the new name and its place.
    form: directories.Form,
    room: directories.Range,
    /// ".." of a directory that changes its parent.
    parent: ?directories.Parent,

    /// Returns where the entry is now.
    pub fn run(move: *Move) Error!inodes.Location {
        const volume = move.volume;
        if (!try move.isOneSector()) {
            try volume.commit();
            try volume.disk.barrier();
            return move.runInSteps();
        }
        try directories.remove(move.from, &move.source);
        try move.changeParent();
        return move.add();
    }

    /// Of a volume without a room for a journal the new entry is written first: better two names
    /// for a file than none.
    fn runInSteps(move: *Move) Error!inodes.Location {
        const volume = move.volume;
        errdefer volume.broken = true;
        var location: ?inodes.Location = null;
        if (volume.journal == null) {
            location = try move.add();
        } else {
            try directories.remove(move.from, &move.source);
            try move.changeParent();
        }
        const scratch = &volume.scratch;
        const first_step = try collect(volume, &scratch.first_step);
        if (volume.journal == null) {
            try directories.remove(move.from, &move.source);
            try move.changeParent();
        } else {
            location = try move.add();
            const all = try collect(volume, &scratch.all);
            try volume.journal.?.write(&volume.disk, all, &scratch.note);
        }
        for (first_step) |*change| try volume.disk.write(change.sector, &change.content);
        try volume.disk.barrier();
        try volume.cache.writeOut(.directory);
        try volume.disk.barrier();
        if (volume.journal) |journal| try journal.clear(&volume.disk);
        return location.?;
    }

    /// The directory sectors that wait, as they are now.
    fn collect(volume: *Volume, changes: []journals.Change) disks.Error![]journals.Change {
        var sectors: [journals.sectors_max]u64 = undefined;
        const count = volume.cache.waitingSectors(.directory, &sectors);
        for (sectors[0..count], changes[0..count]) |sector, *change| {
            change.* = .{ .sector = sector, .content = (try volume.cache.read(sector)).* };
        }
        return changes[0..count];
    }

    fn isOneSector(move: *const Move) Error!bool {
        const sector = move.source.location.sector;
        const first = move.source.location.index + 1 >= move.source.slots();
        if (!first or move.parent != null) return false;
        if (move.replaced) |replaced| return replaced.location.sector == sector;
        if (move.from != move.to) return false;
        const number = move.source.slot / layout.slots_per_sector;
        const last_slot = move.room.first + move.room.count - 1;
        return move.room.first / layout.slots_per_sector == number and
            last_slot / layout.slots_per_sector == number;
    }

    fn changeParent(move: *Move) Error!void {
        const parent = move.parent orelse return;
        const sector = try move.volume.cache.update(parent.location.sector, .directory);
        const short: *Short = @ptrCast(layout.slotOf(sector, parent.location.index));
        short.setCluster(if (move.to == &move.volume.root) 0 else move.to.first);
    }

    fn add(move: *Move) Error!inodes.Location {
        const replaced = move.replaced orelse
            return directories.put(move.to, move.room, &move.form, &move.source.short);
        const place = replaced.location;
        const sector = try move.volume.cache.update(place.sector, .directory);
        const short: *Short = @ptrCast(layout.slotOf(sector, place.index));
        var moved = move.source.short;
        moved.name = short.name;
        moved.case = short.case;
        short.* = moved;
        return place;
    }
};

/// Directories between a directory and the root, more than a path can name.
const depth_max = 4096;

/// True when `directory` is `ancestor` or lies below it.
pub fn isInside(directory: *Inode, ancestor: *Inode) disks.Error!bool {
    const volume = directory.volume;
    var cluster = directory.first;
    for (0..depth_max) |_| {
        if (cluster == ancestor.first) return true;
        if (cluster == volume.geometry.root or cluster == 0) return false;
        cluster = (try directories.parentOf(volume, cluster)).cluster;
    }
    return error.Io;
}
