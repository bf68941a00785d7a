// SPDX-License-Identifier: Apache-2.0
//! A note in the volume's reserved sectors that makes a change of several directory sectors
//! happen wholly or not at all, whenever the machine ends.
//!
//! FAT cannot move an entry from one sector to another at once. While it happens the entry is in
//! neither, so that no cluster ever has two owners for whoever reads the disk; the note holds what
//! the sectors are to become, and the next mount writes it. Other systems do not know the note and
//! see lost clusters at worst.

const std = @import("std");
const assert = std.debug.assert;
const disks = @import("disk.zig");
const layout = @import("layout.zig");

const Disk = disks.Disk;
const Error = disks.Error;
const sector_size = disks.sector_size;

/// Two entries with the longest names take 3 sectors each; a moved directory's ".." and
/// the mark of a directory's end one more each.
pub const sectors_max = 8;
const magic = "mewmove1".*;

/// What a sector is to become.
pub const Change = struct { sector: u64, content: disks.Sector };

const Header = extern struct {
    magic: [8]u8 = magic,
    checksum: u32 = 0,
    count: u32 = 0,
    sectors: [sectors_max]u64 = @splat(0),
    gap: [sector_size - 16 - 8 * sectors_max]u8 = @splat(0),
};

pub const Note = extern struct {
    header: Header = .{},
    contents: [sectors_max]disks.Sector = @splat(@splat(0)),

    const blocks = @sizeOf(Note) / sector_size;

    fn sum(note: *const Note) u32 {
        var copy = note.header;
        copy.checksum = 0;
        var hash = std.hash.Crc32.init();
        hash.update(std.mem.asBytes(&copy));
        hash.update(std.mem.asBytes(&note.contents));
        return hash.final();
    }
};

comptime {
    assert(@sizeOf(Header) == sector_size);
}

/// Memory for one change.
pub const Scratch = struct {
    first_step: [sectors_max]Change,
    all: [sectors_max]Change,
    note: Note,
};

pub const Journal = struct {
    start: u64,

    /// Null when the reserved sectors are too few, or hold something that is not ours.
    pub fn find(disk: *Disk, geometry: *const layout.Geometry) Error!?Journal {
        if (geometry.reserved_free + Note.blocks > geometry.reserved_sectors) return null;
        const journal: Journal = .{ .start = geometry.reserved_sectors - Note.blocks };
        var first: disks.Sector = undefined;
        try disk.read(journal.start, &first);
        const is_ours = std.mem.startsWith(u8, &first, &magic);
        if (!is_ours and !std.mem.allEqual(u8, &first, 0)) return null;
        return journal;
    }

    /// Finishes what the note says, if there is a whole one.
    pub fn replay(
        journal: Journal,
        disk: *Disk,
        geometry: *const layout.Geometry,
    ) Error!void {
        if (disk.read_only) return;
        var note: Note = undefined;
        try disk.read(journal.start, std.mem.asBytes(&note));
        if (!std.mem.eql(u8, &note.header.magic, &magic)) return;
        const count = note.header.count;
        const is_whole = count <= sectors_max and note.header.checksum == note.sum();
        if (is_whole) {
            for (note.header.sectors[0..count], note.contents[0..count]) |sector, *content| {
                if (sector < geometry.data_start or sector >= geometry.dataEnd()) return error.Io;
                try disk.write(sector, content);
            }
            try disk.barrier();
        }
        try journal.clear(disk);
    }

    /// `note` is room for what is written: too much for a program's stack.
    pub fn write(
        journal: Journal,
        disk: *Disk,
        changes: []const Change,
        note: *Note,
    ) Error!void {
        assert(changes.len <= sectors_max);
        note.* = .{};
        note.header.count = @intCast(changes.len);
        for (changes, 0..) |*change, index| {
            note.header.sectors[index] = change.sector;
            note.contents[index] = change.content;
        }
        note.header.checksum = note.sum();
        try disk.write(journal.start, std.mem.asBytes(note));
        try disk.barrier();
    }

    pub fn clear(journal: Journal, disk: *Disk) Error!void {
        const zeros: disks.Sector = @splat(0);
        try disk.write(journal.start, &zeros);
        try disk.barrier();
    }
};
