// SPDX-License-Identifier: Apache-2.0
//! A file or directory in use: where its entry and its clusters are.

const std = @import("std");
const assert = std.debug.assert;
const layout = @import("layout.zig");
const tables = @import("table.zig");
const Stamp = @import("time.zig").Stamp;
const Volume = @import("volume.zig").Volume;
const types = @import("../../wasi/types.zig");

const Run = tables.Run;
const Error = @import("disk.zig").Error;

/// A place in a directory, which is an entry's name for the whole volume.
pub const Location = struct {
    sector: u64,
    index: u8,

    pub fn key(location: Location) u64 {
        return location.sector * layout.slots_per_sector + location.index;
    }
};

/// Neighbouring clusters of a chain, from its cluster number `index` on.
const Piece = struct { index: u32, run: Run };

/// More pieces than this are forgotten again, the last ones first.
const pieces_max = 1024;

pub const Inode = struct {
    volume: *Volume,
    /// Null for the root and for what has been removed.
    location: ?Location,
    is_directory: bool,
    removed: bool = false,
    holders: u32 = 0,
    /// First cluster; 0: there is none.
    first: u32,
    /// Of a directory 0.
    size: u32,
    read_only: bool = false,
    modified: Stamp,
    accessed_date: u16,
    /// After its removal a number that no other has.
    removed_number: u64 = 0,
    /// What is known of the chain.
    pieces: std.ArrayList(Piece) = .empty,
    /// In the commit `batch`, clusters from number `new_from` on were added.
    batch: u64 = 0,
    new_from: u32 = 0,

    pub fn ofShort(volume: *Volume, location: Location, short: *const layout.Short) Inode {
        return .{
            .volume = volume,
            .location = location,
            .is_directory = short.attributes.directory,
            .first = short.cluster(),
            .size = if (short.attributes.directory) 0 else short.size,
            .read_only = short.attributes.read_only,
            .modified = .{ .date = short.modified_date, .time = short.modified_time },
            .accessed_date = short.accessed_date,
        };
    }

    pub fn deinit(inode: *Inode) void {
        inode.pieces.deinit(inode.volume.allocator);
    }

    pub fn number(inode: *const Inode) u64 {
        if (inode.removed) return inode.removed_number;
        return if (inode.is_directory) directoryNumber(inode.first) else inode.location.?.key();
    }

    /// Larger than all numbers of files.
    pub fn directoryNumber(first: u32) u64 {
        return @as(u64, 1) << 40 | first;
    }

    pub fn filetype(inode: *const Inode) types.Filetype {
        return if (inode.is_directory) .directory else .regular_file;
    }

    /// Up to `wanted` neighbouring clusters of the chain from number `index` on; null when the
    /// chain ends before.
    pub fn span(inode: *Inode, index: u32, wanted: u32) Error!?Run {
        assert(wanted > 0);
        // A chain that goes in circles is longer than the volume.
        if (index >= inode.volume.geometry.cluster_end) return error.Io;
        var piece = try inode.pieceAt(index) orelse return null;
        while (piece.index + piece.run.count - index < wanted) {
            // Behind it comes a piece that is known, and elsewhere.
            if (piece.index != inode.pieces.getLast().index) break;
            const last = piece.run.first + piece.run.count - 1;
            // What is wrong behind these clusters is no reason not to have them.
            const next = (inode.volume.table.next(last) catch break) orelse break;
            if (next != last + 1) break;
            piece = try inode.append(piece.index + piece.run.count, next);
        }
        const skipped = index - piece.index;
        const count = @min(piece.run.count - skipped, wanted);
        return .{ .first = piece.run.first + skipped, .count = count };
    }

    /// The piece that has cluster number `index`.
    fn pieceAt(inode: *Inode, index: u32) Error!?Piece {
        if (inode.first == 0) return null;
        if (!inode.volume.geometry.isCluster(inode.first)) return error.Io;
        const pieces = inode.pieces.items;
        const after = std.sort.upperBound(Piece, pieces, index, compareIndex);
        if (after > 0) {
            const found = pieces[after - 1];
            if (index - found.index < found.run.count) return found;
        }
        // Pieces behind the gap would be out of order.
        inode.pieces.items.len = after;
        var piece = if (after > 0) pieces[after - 1] else try inode.append(0, inode.first);
        while (index - piece.index >= piece.run.count) {
            const last = piece.run.first + piece.run.count - 1;
            const next = try inode.volume.table.next(last) orelse return null;
            piece = try inode.append(piece.index + piece.run.count, next);
        }
        return piece;
    }

    fn compareIndex(index: u32, piece: Piece) std.math.Order {
        return std.math.order(index, piece.index);
    }

    /// Notes that cluster number `index` is `cluster`, and returns the piece with it.
    fn append(inode: *Inode, index: u32, cluster: u32) Error!Piece {
        if (index >= inode.volume.geometry.cluster_end) return error.Io;
        const pieces = &inode.pieces;
        if (pieces.items.len > 0) {
            const last = &pieces.items[pieces.items.len - 1];
            const joins = last.index + last.run.count == index and
                last.run.first + last.run.count == cluster;
            if (joins) {
                last.run.count += 1;
                return last.*;
            }
        }
        const piece: Piece = .{ .index = index, .run = .{ .first = cluster, .count = 1 } };
        const room = pieces.items.len < pieces_max;
        if (room) {
            // Without memory the last one makes room, as when there are too many.
            if (pieces.append(inode.volume.allocator, piece)) return piece else |_| {}
        }
        if (pieces.items.len == 0) return error.Io;
        pieces.items[pieces.items.len - 1] = piece;
        return piece;
    }

    /// Number of clusters, at most `limit`.
    pub fn clusterCount(inode: *Inode, limit: u32) Error!u32 {
        var count: u32 = 0;
        while (count < limit) {
            const run = try inode.span(count, limit - count) orelse break;
            count += run.count;
        }
        return count;
    }

    /// True when nothing on the disk leads to cluster number `index` yet.
    fn isNew(inode: *const Inode, index: u32) bool {
        return inode.batch == inode.volume.batch and index >= inode.new_from;
    }

    /// Makes the chain `wanted` clusters long at least, from `have`, its length. What could be
    /// added stays when the disk is full.
    pub fn extend(inode: *Inode, have: u32, wanted: u32) tables.AllocateError!void {
        const table = &inode.volume.table;
        var count = have;
        var last: ?u32 = if (have == 0) null else (try inode.span(have - 1, 1)).?.first;
        if (last != null and table.isCut(last.?)) try inode.volume.commit();
        if (inode.batch != inode.volume.batch and count < wanted) {
            inode.batch = inode.volume.batch;
            inode.new_from = count;
        }
        while (count < wanted) {
            const near = if (last) |cluster| cluster + 1 else null;
            const run = try table.allocate(near, wanted - count);
            if (last) |cluster| {
                try table.link(cluster, run.first, inode.isNew(count - 1));
            } else {
                inode.first = run.first;
                inode.pieces.clearRetainingCapacity();
            }
            last = run.first + run.count - 1;
            count += run.count;
        }
    }

    /// Cuts the chain to `wanted` clusters.
    pub fn shorten(inode: *Inode, wanted: u32) Error!void {
        const table = &inode.volume.table;
        if (wanted == 0) {
            if (inode.first != 0) table.free(inode.first);
            inode.first = 0;
            inode.batch = inode.volume.batch;
            inode.new_from = 0;
            inode.pieces.clearRetainingCapacity();
            return;
        }
        const last = (try inode.span(wanted - 1, 1) orelse return).first;
        try table.cut(last, inode.isNew(wanted - 1));
        // What is known may go beyond the cut.
        const pieces = &inode.pieces;
        while (pieces.items.len > 0) {
            const piece = &pieces.items[pieces.items.len - 1];
            if (piece.index < wanted) {
                piece.run.count = @min(piece.run.count, wanted - piece.index);
                break;
            }
            pieces.items.len -= 1;
        }
    }
};
