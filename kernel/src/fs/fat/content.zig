// SPDX-License-Identifier: Apache-2.0
//! Reading and writing what is in files.

const std = @import("std");
const assert = std.debug.assert;
const disks = @import("disk.zig");
const layout = @import("layout.zig");
const Inode = @import("inode.zig").Inode;

const Error = disks.Error;
const sector_size = disks.sector_size;

pub const WriteError = Error || error{ Fbig, Nospc };

/// 0 at the end of the file; fewer bytes than wanted when the disk fails later on.
pub fn read(inode: *Inode, buffer: []u8, offset: u64) Error!usize {
    if (offset >= inode.size) return 0;
    const wanted = buffer[0..@min(buffer.len, inode.size - offset)];
    var done: usize = 0;
    while (done < wanted.len) {
        done += readSome(inode, wanted[done..], offset + done) catch |failure|
            if (done > 0) break else return failure;
    }
    return done;
}

fn readSome(inode: *Inode, buffer: []u8, offset: u64) Error!usize {
    const place = try placeOf(inode, offset, buffer.len);
    const cache = &inode.volume.cache;
    if (place.offset > 0 or buffer.len < sector_size) {
        const count = @min(buffer.len, sector_size - place.offset);
        const sector = try cache.read(place.sector);
        @memcpy(buffer[0..count], sector[place.offset..][0..count]);
        return count;
    }
    const count = @min(buffer.len / sector_size, place.sectors);
    try cache.readRange(place.sector, buffer[0 .. count * sector_size]);
    return count * sector_size;
}

const Place = struct {
    sector: u64,
    /// Inside of the sector.
    offset: usize,
    /// As many follow each other on the disk.
    sectors: usize,
};

/// Io when the chain is shorter than the file.
fn placeOf(inode: *Inode, offset: u64, wanted: usize) Error!Place {
    const geometry = &inode.volume.geometry;
    const cluster_size = geometry.clusterSize();
    const in_cluster: usize = @intCast(offset % cluster_size);
    const clusters = std.math.divCeil(usize, in_cluster + wanted, cluster_size) catch unreachable;
    const limit = geometry.cluster_end;
    const index: u32 = @intCast(offset / cluster_size);
    const run = try inode.span(index, @intCast(@min(clusters, limit))) orelse return error.Io;
    const skipped = in_cluster / sector_size;
    return .{
        .sector = geometry.firstSector(run.first) + skipped,
        .offset = in_cluster % sector_size,
        .sectors = @as(usize, run.count) * geometry.sectors_per_cluster - skipped,
    };
}

fn clustersOf(inode: *const Inode, size: u64) u32 {
    const cluster_size = inode.volume.geometry.clusterSize();
    return @intCast(std.math.divCeil(u64, size, cluster_size) catch unreachable);
}

/// Makes room for `size` bytes; on an error there is as much as before.
fn reserve(inode: *Inode, size: u64) WriteError!void {
    const wanted = clustersOf(inode, size);
    const have = try inode.clusterCount(wanted);
    const used = clustersOf(inode, inode.size);
    if (have < @min(used, wanted)) return error.Io;
    inode.extend(have, wanted) catch |failure| {
        if (failure == error.Nospc) try inode.shorten(used);
        return failure;
    };
}

/// Returns how much was written: less than there is when the disk is full.
pub fn write(inode: *Inode, bytes: []const u8, offset: u64) WriteError!usize {
    if (bytes.len == 0) return 0;
    if (offset >= layout.file_size_max) return error.Fbig;
    var count: usize = @min(bytes.len, layout.file_size_max - offset);
    reserve(inode, offset + count) catch |failure| {
        if (failure != error.Nospc) return failure;
        try makeFree(inode.volume);
        count = try reserveSome(inode, count, offset);
    };
    if (offset > inode.size) try zero(inode, inode.size, offset);
    const old_size = inode.size;
    var done: usize = 0;
    while (done < count) {
        done += try writeSome(inode, bytes[done..count], offset + done, old_size);
    }
    inode.size = @intCast(@max(inode.size, offset + count));
    return count;
}

/// Clusters that wait to be freed can be had at once.
fn makeFree(volume: *@import("volume.zig").Volume) Error!void {
    if (volume.table.unused.items.len > 0) try volume.commit();
}

/// Room for as much of `count` bytes at `offset` as there can be, at least one.
fn reserveSome(inode: *Inode, count: usize, offset: u64) WriteError!usize {
    const wanted = clustersOf(inode, offset + count);
    if (inode.extend(try inode.clusterCount(wanted), wanted)) return count else |failure| {
        if (failure != error.Nospc) return failure;
    }
    const room = @as(u64, try inode.clusterCount(wanted)) * inode.volume.geometry.clusterSize();
    if (room > offset) return @intCast(@min(count, room - offset));
    try inode.shorten(clustersOf(inode, inode.size));
    return error.Nospc;
}

fn writeSome(inode: *Inode, bytes: []const u8, offset: u64, old_size: u64) Error!usize {
    const place = try placeOf(inode, offset, bytes.len);
    const cache = &inode.volume.cache;
    if (place.offset > 0 or bytes.len < sector_size) {
        const count = @min(bytes.len, sector_size - place.offset);
        // What no file had before need not be read.
        const is_new = offset - place.offset >= old_size and place.offset == 0;
        const sector = if (is_new)
            try cache.blank(place.sector, .content)
        else
            try cache.update(place.sector, .content);
        @memcpy(sector[place.offset..][0..count], bytes[0..count]);
        return count;
    }
    const count = @min(bytes.len / sector_size, place.sectors);
    try cache.writeRange(place.sector, bytes[0 .. count * sector_size]);
    return count * sector_size;
}

const zeros: [4 << 10]u8 = @splat(0);

/// Puts zeros into `start` .. `end`, for which there is room.
fn zero(inode: *Inode, start: u64, end: u64) Error!void {
    var here = start;
    while (here < end) {
        const to_boundary = zeros.len - here % zeros.len;
        const count: usize = @intCast(@min(end - here, to_boundary));
        here += try writeSome(inode, zeros[0..count], here, start);
    }
}

/// Cuts the file or extends it with zeros.
pub fn setSize(inode: *Inode, size: u64) WriteError!void {
    if (size > layout.file_size_max) return error.Fbig;
    if (size < inode.size) {
        inode.size = @intCast(size);
        try inode.shorten(clustersOf(inode, size));
    } else if (size > inode.size) {
        reserve(inode, size) catch |failure| {
            if (failure != error.Nospc) return failure;
            try makeFree(inode.volume);
            try reserve(inode, size);
        };
        try zero(inode, inode.size, size);
        inode.size = @intCast(size);
    }
}
