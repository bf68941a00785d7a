// SPDX-License-Identifier: Apache-2.0
//! What FAT32 looks like on a disk: Microsoft Extensible Firmware Initiative FAT32 File System
//! Specification, version 1.03 (below: "the specification").

const std = @import("std");
const assert = std.debug.assert;
const Sector = @import("disk.zig").Sector;
const sector_size = @import("disk.zig").sector_size;

pub const Error = error{
    /// The first sector is not that of a FAT32 volume, or its numbers contradict each other.
    NotFat32,
};

/// Values of entries of the file allocation table; the upper 4 bits belong to nobody.
pub const entry_mask = 0x0FFF_FFFF;
pub const entry_free = 0;
pub const entry_bad = 0x0FFF_FFF7;
pub const entry_end_min = 0x0FFF_FFF8;
pub const entry_end = 0x0FFF_FFFF;
pub const entry_size = 4;
pub const entries_per_sector = sector_size / entry_size;

pub const first_cluster = 2;
/// Clusters that the 28 bits of an entry can number.
pub const clusters_max = 0x0FFF_FFF5;
/// Section "FAT Directory Structure": the sizes of directories and files.
pub const directory_slots_max = 65536;
pub const file_size_max = 0xFFFF_FFFF;

fn number(comptime Int: type, sector: *const Sector, offset: usize) Int {
    return std.mem.readInt(Int, sector[offset..][0..@sizeOf(Int)], .little);
}

/// Where everything lies, in sectors from the start of the disk.
pub const Geometry = struct {
    sectors_per_cluster: u32,
    table_start: u64,
    table_sectors: u32,
    /// Tables that are kept equal; `table_start` is the first of them.
    table_count: u32,
    data_start: u64,
    /// Valid cluster numbers are 2 .. cluster_end.
    cluster_end: u32,
    root: u32,
    /// 0: there is none.
    info_sector: u64,
    reserved_sectors: u32,
    /// First sector behind boot sector, info sector and their copies.
    reserved_free: u32,

    /// Reads the BIOS parameter block (section "Boot Sector and BPB") of a disk with
    /// `disk_sectors` sectors.
    pub fn parse(sector: *const Sector, disk_sectors: u64) Error!Geometry {
        const reserved: u32 = number(u16, sector, 14);
        const table_total: u32 = sector[16];
        const sectors_per_cluster: u32 = sector[13];
        const table_sectors = number(u32, sector, 36);
        const total: u64 = number(u32, sector, 32);
        const flags = number(u16, sector, 40);
        const is_fat32 = number(u16, sector, 510) == 0xAA55 and
            number(u16, sector, 11) == sector_size and
            sectors_per_cluster > 0 and std.math.isPowerOfTwo(sectors_per_cluster) and
            reserved > 0 and table_total > 0 and
            // These three are what FAT12 and FAT16 have instead.
            number(u16, sector, 17) == 0 and number(u16, sector, 19) == 0 and
            number(u16, sector, 22) == 0 and
            table_sectors > 0 and number(u16, sector, 42) == 0 and total <= disk_sectors;
        if (!is_fat32) return error.NotFat32;
        const data_start = reserved + @as(u64, table_total) * table_sectors;
        if (data_start >= total) return error.NotFat32;
        const clusters = (total - data_start) / sectors_per_cluster;
        const in_table = @as(u64, table_sectors) * entries_per_sector;
        const root = number(u32, sector, 44);
        if (clusters == 0 or clusters > clusters_max or clusters + first_cluster > in_table or
            root < first_cluster or root >= clusters + first_cluster) return error.NotFat32;
        // Section "BPB_ExtFlags": one table alone may be in use.
        const mirrored = flags & 0x80 == 0;
        const active: u64 = if (mirrored) 0 else flags & 0xF;
        if (active >= table_total) return error.NotFat32;
        const info: u32 = number(u16, sector, 48);
        const backup: u32 = number(u16, sector, 50);
        return .{
            .sectors_per_cluster = sectors_per_cluster,
            .table_start = reserved + active * table_sectors,
            .table_sectors = table_sectors,
            .table_count = if (mirrored) table_total else 1,
            .data_start = data_start,
            .cluster_end = @intCast(clusters + first_cluster),
            .root = root,
            .info_sector = if (info > 0 and info < reserved) info else 0,
            .reserved_sectors = reserved,
            .reserved_free = @max(3, info +| 1, backup +| 3),
        };
    }

    pub fn clusterSize(geometry: *const Geometry) u32 {
        return geometry.sectors_per_cluster * sector_size;
    }

    pub fn slotsPerCluster(geometry: *const Geometry) u32 {
        return geometry.sectors_per_cluster * slots_per_sector;
    }

    pub fn isCluster(geometry: *const Geometry, cluster: u32) bool {
        return cluster >= first_cluster and cluster < geometry.cluster_end;
    }

    pub fn firstSector(geometry: *const Geometry, cluster: u32) u64 {
        assert(geometry.isCluster(cluster));
        const index: u64 = cluster - first_cluster;
        return geometry.data_start + index * geometry.sectors_per_cluster;
    }

    pub fn dataEnd(geometry: *const Geometry) u64 {
        const clusters: u64 = geometry.cluster_end - first_cluster;
        return geometry.data_start + clusters * geometry.sectors_per_cluster;
    }
};

/// Section "FSInfo": numbers that may be wrong.
pub const Info = struct {
    pub const unknown = 0xFFFF_FFFF;

    free_clusters: u32 = unknown,
    next_free: u32 = unknown,

    pub fn parse(sector: *const Sector) ?Info {
        const valid = number(u32, sector, 0) == 0x41615252 and
            number(u32, sector, 484) == 0x61417272 and number(u32, sector, 508) == 0xAA550000;
        if (!valid) return null;
        return .{
            .free_clusters = number(u32, sector, 488),
            .next_free = number(u32, sector, 492),
        };
    }

    pub fn store(info: Info, sector: *Sector) void {
        std.mem.writeInt(u32, sector[488..492], info.free_clusters, .little);
        std.mem.writeInt(u32, sector[492..496], info.next_free, .little);
    }
};

pub const slot_size = 32;
pub const slots_per_sector = sector_size / slot_size;

pub const mark_deleted = 0xE5;
/// No entry here, and none behind it.
pub const mark_end = 0;
/// Stands for a first character 0xE5.
pub const mark_kanji = 0x05;

pub const Attributes = packed struct(u8) {
    read_only: bool = false,
    hidden: bool = false,
    system: bool = false,
    volume_label: bool = false,
    directory: bool = false,
    archive: bool = false,
    undefined_bits: u2 = 0,

    /// Of a part of a long name.
    pub const long_name: Attributes = @bitCast(@as(u8, 0x0F));

    pub fn isLongName(attributes: Attributes) bool {
        return @as(u8, @bitCast(attributes)) & 0x3F == 0x0F;
    }
};

/// Bits of `Short.case`: the part is shown in lower case.
pub const case_base = 0x08;
pub const case_extension = 0x10;

/// A directory entry proper (section "FAT Directory Structure").
pub const Short = extern struct {
    name: [11]u8,
    attributes: Attributes,
    case: u8 = 0,
    created_tenths: u8 = 0,
    created_time: u16 align(1) = 0,
    created_date: u16 align(1) = 0,
    accessed_date: u16 align(1) = 0,
    cluster_high: u16 align(1) = 0,
    modified_time: u16 align(1) = 0,
    modified_date: u16 align(1) = 0,
    cluster_low: u16 align(1) = 0,
    size: u32 align(1) = 0,

    pub fn cluster(short: *const Short) u32 {
        return @as(u32, short.cluster_high) << 16 | short.cluster_low;
    }

    pub fn setCluster(short: *Short, value: u32) void {
        short.cluster_high = @intCast(value >> 16);
        short.cluster_low = @truncate(value);
    }
};

/// A part of a long name (section "FAT Long Directory Entries").
pub const Long = extern struct {
    order: u8,
    units1: [5]u16 align(1),
    attributes: Attributes = .long_name,
    kind: u8 = 0,
    checksum: u8,
    units2: [6]u16 align(1),
    cluster: u16 align(1) = 0,
    units3: [2]u16 align(1),

    pub const order_last = 0x40;
    pub const units = 13;

    pub fn unit(long: *const Long, index: usize) u16 {
        return if (index < 5)
            long.units1[index]
        else if (index < 11)
            long.units2[index - 5]
        else
            long.units3[index - 11];
    }

    pub fn setUnit(long: *Long, index: usize, value: u16) void {
        if (index < 5) {
            long.units1[index] = value;
        } else if (index < 11) {
            long.units2[index - 5] = value;
        } else {
            long.units3[index - 11] = value;
        }
    }
};

comptime {
    assert(@sizeOf(Short) == slot_size);
    assert(@sizeOf(Long) == slot_size);
    assert(@import("builtin").cpu.arch.endian() == .little);
}

pub const Slot = [slot_size]u8;

pub fn slotOf(sector: *Sector, index: usize) *Slot {
    return sector[index * slot_size ..][0..slot_size];
}
