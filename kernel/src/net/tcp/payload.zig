// SPDX-License-Identifier: Apache-2.0
//! The payload of a segment that came, part of the pieces of its packet.

const std = @import("std");
const assert = std.debug.assert;
const blocks = @import("../blocks.zig");

/// Shorter pieces are copied: a block is not kept for a few bytes.
const reference_bytes_min = 1024;
/// So are all, when less than this part of the pool is left.
const pressure_part = 8;

pub const Payload = struct {
    pieces: []const blocks.Piece,
    /// Bytes of the pieces that are before the payload.
    skip: u32,
    length: u32,

    pub const empty: Payload = .{ .pieces = &.{}, .skip = 0, .length = 0 };

    /// `length` bytes from `offset` on.
    pub fn part(payload: Payload, offset: u32, length: u32) Payload {
        assert(offset <= payload.length and length <= payload.length - offset);
        return .{ .pieces = payload.pieces, .skip = payload.skip + offset, .length = length };
    }

    /// Appends to `queue`, by reference or copy. Returns how many bytes: fewer than all when there
    /// is no memory.
    pub fn store(payload: Payload, queue: *blocks.Queue, pool: *blocks.Pool) u32 {
        var skip: usize = payload.skip;
        var left: usize = payload.length;
        for (payload.pieces) |piece| {
            if (left == 0) break;
            if (skip >= piece.bytes.len) {
                skip -= piece.bytes.len;
                continue;
            }
            const bytes = piece.bytes[skip..][0..@min(left, piece.bytes.len - skip)];
            skip = 0;
            const stored = storePiece(.{ .block = piece.block, .bytes = bytes }, queue, pool);
            left -= stored;
            if (stored < bytes.len) break;
        }
        return payload.length - @as(u32, @intCast(left));
    }
};

fn storePiece(piece: blocks.Piece, queue: *blocks.Queue, pool: *blocks.Pool) usize {
    const scarce = pool.available() < pool.blocks_max / pressure_part;
    if (piece.bytes.len >= reference_bytes_min and !scarce and queue.appendPiece(piece)) {
        return piece.bytes.len;
    }
    return queue.append(pool, piece.bytes);
}
