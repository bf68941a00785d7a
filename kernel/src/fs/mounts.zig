// SPDX-License-Identifier: Apache-2.0
//! The unikernel's file system (filesystem.zig): several file systems side by side. Each directory
//! that the program starts with is the top of one; which ones is said in fs/preopens.zig.
//!
//! Here is what all kinds have in common: read-only ones refuse changes, names do not lead from
//! one file system to another, and device numbers tell them apart.

const std = @import("std");
const assert = std.debug.assert;
const fat = @import("fat/fat.zig");
const filesystem = @import("../filesystem.zig");
const memory = @import("memory.zig");
const ninep = @import("ninep.zig");
const preopens_of_image = @import("preopens.zig");
const types = @import("../wasi/types.zig");

const Error = filesystem.Error;

pub const preopens = preopens_of_image.preopens;
pub const finish = preopens_of_image.finish;

/// One file system that is in use.
pub const Mount = struct {
    /// Differs between mounts; programs see it.
    device: u64,
    read_only: bool = false,
};

/// A file or directory, and the file system that it is in.
pub const Node = struct { mount: *const Mount, place: Place };

/// How each kind of file system names its files. All kinds have the same functions.
pub const Place = union(enum) {
    memory: memory.Node,
    disk: fat.Node,
    host: ninep.Node,
};

fn Implementation(comptime kind: std.meta.Tag(Place)) type {
    return switch (kind) {
        .memory => memory,
        .disk => fat,
        .host => ninep,
    };
}

/// Rofs unless what is in `node`'s file system can be changed.
fn requireWritable(node: Node) Error!void {
    if (node.mount.read_only) return error.Rofs;
}

/// Xdev unless both are in one file system, so that `place` is of the same kind.
fn requireSame(one: Node, other: Node) Error!void {
    if (one.mount != other.mount) return error.Xdev;
    assert(std.meta.activeTag(one.place) == std.meta.activeTag(other.place));
}

pub fn release(node: Node) void {
    switch (node.place) {
        inline else => |place, kind| Implementation(kind).release(place),
    }
}

pub fn lookup(directory: Node, name: []const u8) Error!Node {
    return switch (directory.place) {
        inline else => |place, kind| nodeIn(
            directory.mount,
            kind,
            try Implementation(kind).lookup(place, name),
        ),
    };
}

fn nodeIn(mount: *const Mount, comptime kind: std.meta.Tag(Place), place: anytype) Node {
    return .{ .mount = mount, .place = @unionInit(Place, @tagName(kind), place) };
}

pub fn open(directory: Node, name: []const u8, how: filesystem.Open) Error!Node {
    var granted = how;
    if (directory.mount.read_only) {
        try requireOpensReadOnly(directory, name, how);
        granted.create = false;
    }
    return switch (directory.place) {
        inline else => |place, kind| nodeIn(
            directory.mount,
            kind,
            try Implementation(kind).open(place, name, granted),
        ),
    };
}

/// Refuses what would change a file, in POSIX's order: that it is there, or is a directory, comes
/// first.
fn requireOpensReadOnly(directory: Node, name: []const u8, how: filesystem.Open) Error!void {
    const found = statusOf(directory, name) catch |failure|
        return if (failure == error.Noent and how.create) error.Rofs else failure;
    if (how.create and how.exclusive) return error.Exist;
    if (found.filetype != .regular_file or how.directory) return;
    if (how.write or how.truncate) return error.Rofs;
}

pub fn status(node: Node) Error!types.Filestat {
    return withDevice(node.mount, switch (node.place) {
        inline else => |place, kind| try Implementation(kind).status(place),
    });
}

pub fn statusOf(directory: Node, name: []const u8) Error!types.Filestat {
    return withDevice(directory.mount, switch (directory.place) {
        inline else => |place, kind| try Implementation(kind).statusOf(place, name),
    });
}

fn withDevice(mount: *const Mount, found: types.Filestat) types.Filestat {
    var told = found;
    told.device = mount.device;
    return told;
}

pub fn setTimes(node: Node, times: filesystem.Times) Error!void {
    try requireWritable(node);
    switch (node.place) {
        inline else => |place, kind| try Implementation(kind).setTimes(place, times),
    }
}

pub fn setTimesOf(directory: Node, name: []const u8, times: filesystem.Times) Error!void {
    try requireWritable(directory);
    switch (directory.place) {
        inline else => |place, kind| try Implementation(kind).setTimesOf(place, name, times),
    }
}

pub fn readAt(node: Node, buffer: []u8, offset: u64) Error!usize {
    return switch (node.place) {
        inline else => |place, kind| Implementation(kind).readAt(place, buffer, offset),
    };
}

pub fn writeAt(node: Node, bytes: []const u8, offset: u64) Error!usize {
    try requireWritable(node);
    return switch (node.place) {
        inline else => |place, kind| Implementation(kind).writeAt(place, bytes, offset),
    };
}

pub fn setSize(node: Node, size: u64) Error!void {
    try requireWritable(node);
    switch (node.place) {
        inline else => |place, kind| try Implementation(kind).setSize(place, size),
    }
}

pub fn allocate(node: Node, offset: u64, size: u64) Error!void {
    try requireWritable(node);
    switch (node.place) {
        inline else => |place, kind| try Implementation(kind).allocate(place, offset, size),
    }
}

pub fn sync(node: Node, data_only: bool) Error!void {
    switch (node.place) {
        inline else => |place, kind| try Implementation(kind).sync(place, data_only),
    }
}

pub fn makeDirectory(directory: Node, name: []const u8) Error!void {
    try requireWritable(directory);
    switch (directory.place) {
        inline else => |place, kind| try Implementation(kind).makeDirectory(place, name),
    }
}

pub fn makeSymlink(directory: Node, name: []const u8, target: []const u8) Error!void {
    try requireWritable(directory);
    switch (directory.place) {
        inline else => |place, kind| try Implementation(kind).makeSymlink(place, name, target),
    }
}

pub fn makeLink(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    try requireSame(from, to);
    try requireWritable(to);
    switch (from.place) {
        inline else => |place, kind| {
            const target = @field(to.place, @tagName(kind));
            try Implementation(kind).makeLink(place, from_name, target, to_name);
        },
    }
}

pub fn readLink(directory: Node, name: []const u8, buffer: []u8) Error!usize {
    return switch (directory.place) {
        inline else => |place, kind| Implementation(kind).readLink(place, name, buffer),
    };
}

pub fn rename(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    try requireSame(from, to);
    try requireWritable(to);
    switch (from.place) {
        inline else => |place, kind| {
            const target = @field(to.place, @tagName(kind));
            try Implementation(kind).rename(place, from_name, target, to_name);
        },
    }
}

pub fn removeFile(directory: Node, name: []const u8) Error!void {
    try requireWritable(directory);
    switch (directory.place) {
        inline else => |place, kind| try Implementation(kind).removeFile(place, name),
    }
}

pub fn removeDirectory(directory: Node, name: []const u8) Error!void {
    try requireWritable(directory);
    switch (directory.place) {
        inline else => |place, kind| try Implementation(kind).removeDirectory(place, name),
    }
}

pub const Entries = struct {
    walk: Walk,

    const Walk = union(enum) {
        memory: memory.Entries,
        disk: fat.Entries,
        host: ninep.Entries,
    };

    pub fn begin(node: Node, cookie: u64) Error!Entries {
        return switch (node.place) {
            inline else => |place, kind| .{ .walk = @unionInit(
                Walk,
                @tagName(kind),
                try Implementation(kind).Entries.begin(place, cookie),
            ) },
        };
    }

    pub fn next(entries: *Entries) Error!?filesystem.Entry {
        return switch (entries.walk) {
            inline else => |*walk| walk.next(),
        };
    }
};
