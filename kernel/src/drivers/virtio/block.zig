// SPDX-License-Identifier: Apache-2.0
//! Disks (OASIS virtio 1.2, section 5.2).

const std = @import("std");
const assert = std.debug.assert;

/// Unit of all addresses, whatever the disk's own blocks are (section 5.2.5).
pub const sector_size = 512;

pub const Error = error{
    /// The device refused, or did nothing sensible; a device that broke the protocol stays broken.
    Io,
    ReadOnly,
    /// Sectors behind the end of the disk.
    OutOfRange,
};

/// One disk. Requests end before the next one begins.
pub const Block = struct {
    sectors: u64,
    read_only: bool,

    /// Size of the disk in sectors.
    pub fn sectorCount(block: *const Block) u64 {
        return block.sectors;
    }

    pub fn isReadOnly(block: *const Block) bool {
        return block.read_only;
    }

    /// Fills `buffer`, whole sectors, from `sector` on. It may lie anywhere.
    pub fn read(block: *Block, sector: u64, buffer: []u8) Error!void {
        try block.requireRange(sector, buffer.len);
        return error.Io;
    }

    /// Writes whole sectors. They survive an end of the machine after the next flush().
    pub fn write(block: *Block, sector: u64, bytes: []const u8) Error!void {
        if (block.read_only) return error.ReadOnly;
        try block.requireRange(sector, bytes.len);
        return error.Io;
    }

    /// Returns when all that was written has reached the storage.
    pub fn flush(block: *Block) Error!void {
        if (block.read_only) return;
        return error.Io;
    }

    fn requireRange(block: *const Block, sector: u64, size: usize) Error!void {
        assert(size % sector_size == 0);
        const count = size / sector_size;
        if (sector > block.sectors or count > block.sectors - sector) return error.OutOfRange;
    }
};

/// The disk at place `index` in the order of the command line; null when there are fewer. The
/// same disk each time.
pub fn find(index: u32) ?*Block {
    _ = index;
    return null;
}
