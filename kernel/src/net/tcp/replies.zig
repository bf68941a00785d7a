// SPDX-License-Identifier: Apache-2.0
//! Segments that no connection sends: resets, answers of TIME-WAIT, handshakes of listeners.
//!
//! They are answers to what came, so there are as many as came; when more come at once than have
//! room, the rest stay without an answer, as if it were lost.

const std = @import("std");
const paths = @import("path.zig");
const segments = @import("segment.zig");

const replies_max = 256;

pub const Reply = struct { path: paths.Path, header: segments.Header };

pub const Replies = struct {
    /// A ring, allocated with the first reply.
    ring: []Reply = &.{},
    first: u32 = 0,
    count: u32 = 0,

    pub fn deinit(replies: *Replies, allocator: std.mem.Allocator) void {
        allocator.free(replies.ring);
        replies.* = .{};
    }

    pub fn put(replies: *Replies, allocator: std.mem.Allocator, reply: Reply) void {
        if (replies.ring.len == 0) {
            replies.ring = allocator.alloc(Reply, replies_max) catch return;
        }
        if (replies.count == replies_max) return;
        replies.ring[(replies.first + replies.count) % replies_max] = reply;
        replies.count += 1;
    }

    pub fn take(replies: *Replies) ?*const Reply {
        if (replies.count == 0) return null;
        const reply = &replies.ring[replies.first];
        replies.first = (replies.first + 1) % replies_max;
        replies.count -= 1;
        return reply;
    }
};
