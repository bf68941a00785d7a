// SPDX-License-Identifier: Apache-2.0
//! Which connection a segment belongs to: a hash table of chains whose links are in the entries.

const std = @import("std");
const assert = std.debug.assert;
const paths = @import("path.zig");

const buckets_min = 64;

/// Embedded in whatever has a path.
pub const Node = struct {
    path: paths.Path,
    kind: Kind,
    hash: u32 = undefined,
    next: ?*Node = null,

    pub const Kind = enum(u8) { connection, half_open, time_wait };
};

pub const Table = struct {
    keys: [2]u64,
    /// A power of two; none before the first entry.
    buckets: []?*Node = &.{},
    count: u32 = 0,

    pub fn deinit(table: *Table, allocator: std.mem.Allocator) void {
        assert(table.count == 0);
        allocator.free(table.buckets);
    }

    pub fn find(table: *const Table, path: *const paths.Path) ?*Node {
        if (table.count == 0) return null;
        const hash = path.hash(&table.keys);
        var at = table.buckets[table.index(hash)];
        while (at) |node| : (at = node.next) {
            if (node.hash == hash and node.path.equals(path)) return node;
        }
        return null;
    }

    /// Its path must not be in the table yet.
    pub fn insert(table: *Table, allocator: std.mem.Allocator, node: *Node) !void {
        if (table.count >= table.buckets.len) table.grow(allocator) catch |failure| {
            // Longer chains do as well.
            if (table.buckets.len == 0) return failure;
        };
        node.hash = node.path.hash(&table.keys);
        table.put(node);
        table.count += 1;
    }

    pub fn remove(table: *Table, node: *Node) void {
        var link = &table.buckets[table.index(node.hash)];
        while (link.*.? != node) link = &link.*.?.next;
        link.* = node.next;
        node.next = null;
        table.count -= 1;
    }

    fn put(table: *Table, node: *Node) void {
        const bucket = &table.buckets[table.index(node.hash)];
        node.next = bucket.*;
        bucket.* = node;
    }

    fn index(table: *const Table, hash: u32) usize {
        return hash & (table.buckets.len - 1);
    }

    fn grow(table: *Table, allocator: std.mem.Allocator) !void {
        const old = table.buckets;
        const buckets = try allocator.alloc(?*Node, @max(buckets_min, old.len * 2));
        @memset(buckets, null);
        table.buckets = buckets;
        for (old) |bucket| {
            var at = bucket;
            while (at) |node| {
                at = node.next;
                table.put(node);
            }
        }
        allocator.free(old);
    }

    /// Every entry, in no order. The table must not change meanwhile.
    pub const Iterator = struct {
        table: *const Table,
        bucket: usize = 0,
        at: ?*Node = null,

        pub fn next(iterator: *Iterator) ?*Node {
            while (iterator.at == null) {
                if (iterator.bucket == iterator.table.buckets.len) return null;
                iterator.at = iterator.table.buckets[iterator.bucket];
                iterator.bucket += 1;
            }
            const node = iterator.at.?;
            iterator.at = node.next;
            return node;
        }
    };

    pub fn iterate(table: *const Table) Iterator {
        return .{ .table = table };
    }
};

const testing = std.testing;

test "entries are found until they are removed, however many there are" {
    var table: Table = .{ .keys = .{ 0x1234_5678_9abc_def1, 0xfedc_ba98_7654_3211 } };
    defer table.deinit(testing.allocator);
    const nodes = try testing.allocator.alloc(Node, 5000);
    defer testing.allocator.free(nodes);
    for (nodes, 0..) |*node, number| {
        node.* = .{ .kind = .connection, .path = .{
            .family = if (number % 2 == 0) .ip4 else .ip6,
            .local = @splat(1),
            .remote = @splat(@truncate(number / 256)),
            .local_port = 80,
            .remote_port = @truncate(number),
        } };
        try testing.expectEqual(null, table.find(&node.path));
        try table.insert(testing.allocator, node);
    }
    var iterator = table.iterate();
    var seen: usize = 0;
    while (iterator.next()) |_| seen += 1;
    try testing.expectEqual(nodes.len, seen);
    for (nodes) |*node| {
        try testing.expectEqual(node, table.find(&node.path).?);
        table.remove(node);
        try testing.expectEqual(null, table.find(&node.path));
    }
    try testing.expectEqual(0, table.count);
}
