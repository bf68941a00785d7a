// SPDX-License-Identifier: Apache-2.0
//! File systems in memory, with the operations of filesystem.zig: each is a tree of inodes that
//! ends with the VM. A tree may begin as the files that the link step put into the image
//! (fs/archive.zig): their contents are used where they are, and copied when they are changed.
//!
//! Reading a file does not change its access time.

const std = @import("std");
const assert = std.debug.assert;
const archive = @import("archive.zig");
const filesystem = @import("../filesystem.zig");
const inodes = @import("inode.zig");
const types = @import("../wasi/types.zig");

const Directory = inodes.Directory;
const Error = filesystem.Error;
const Inode = inodes.Inode;

pub const Node = *Inode;

var allocator: std.mem.Allocator = undefined;
var nowNs: *const fn () u64 = undefined;
var last_number: u64 = 0;

/// For all trees; once, before the first.
pub fn initialize(memory: std.mem.Allocator, clock: *const fn () u64) void {
    allocator = memory;
    nowNs = clock;
}

/// A new tree with the files of `content`, an archive which must stay as it is. Returns its top
/// directory, held once. On an error what was made so far is lost.
pub fn create(content: []const u8) Error!Node {
    const root = try newInode(.{ .directory = .{ .parent = undefined } });
    root.content.directory.parent = root;
    root.links = 2;
    root.holders = 1;
    var records: archive.Records = .{ .rest = content };
    while (records.next()) |record| try addRecord(root, record);
    return root;
}

fn addRecord(root: *Inode, record: archive.Record) Error!void {
    var directory = root;
    var names = std.mem.tokenizeScalar(u8, record.path, '/');
    while (names.next()) |name| {
        if (names.peek() == null) return addNamed(directory, name, record);
        directory = try findOrMakeDirectory(directory, name);
    }
}

fn addNamed(directory: *Inode, name: []const u8, record: archive.Record) Error!void {
    switch (record.kind) {
        .directory => _ = try findOrMakeDirectory(directory, name),
        .symlink => try makeSymlink(directory, name, record.content),
        .file => {
            const inode = try newInode(.{ .file = .{
                .bytes = record.content,
                .size = record.content.len,
                .owned = false,
            } });
            try insert(directory, name, inode);
        },
    }
}

fn findOrMakeDirectory(directory: *Inode, name: []const u8) Error!*Inode {
    const parent = try directory.asDirectory();
    if (parent.get(name)) |found| {
        _ = try found.asDirectory();
        return found;
    }
    try makeDirectory(directory, name);
    return parent.get(name).?;
}

fn newInode(content: @FieldType(Inode, "content")) Error!*Inode {
    const inode = allocator.create(Inode) catch return error.Nospc;
    last_number += 1;
    const now = nowNs();
    inode.* = .{
        .number = last_number,
        .accessed_ns = now,
        .modified_ns = now,
        .changed_ns = now,
        .content = content,
    };
    return inode;
}

/// Gives a new inode its first name, or frees it.
fn insert(directory: *Inode, name: []const u8, inode: *Inode) Error!void {
    errdefer inode.deinit(allocator);
    assert(inode.links == 0);
    try addName(directory, name, inode);
}

fn addName(directory: *Inode, name: []const u8, inode: *Inode) Error!void {
    const parent = try directory.asDirectory();
    if (directory.links == 0) return error.Noent;
    if (isDot(name) or parent.get(name) != null) return error.Exist;
    try parent.put(allocator, name, inode);
    inode.links += 1;
    touch(directory);
}

fn isDot(name: []const u8) bool {
    return std.mem.eql(u8, name, ".");
}

/// The content has changed.
fn touch(inode: *Inode) void {
    inode.modified_ns = nowNs();
    inode.changed_ns = inode.modified_ns;
}

fn find(directory: *Inode, name: []const u8) Error!*Inode {
    const parent = try directory.asDirectory();
    if (isDot(name)) return directory;
    if (name.len > filesystem.name_max) return error.Nametoolong;
    return parent.get(name) orelse error.Noent;
}

fn hold(inode: *Inode) *Inode {
    inode.holders += 1;
    return inode;
}

fn freeIfUnused(inode: *Inode) void {
    if (inode.links == 0 and inode.holders == 0) inode.deinit(allocator);
}

pub fn release(node: Node) void {
    assert(node.holders > 0);
    node.holders -= 1;
    freeIfUnused(node);
}

pub fn lookup(directory: Node, name: []const u8) Error!Node {
    const found = try find(directory, name);
    _ = try found.asDirectory();
    return hold(found);
}

pub fn open(directory: Node, name: []const u8, how: filesystem.Open) Error!Node {
    const found = find(directory, name) catch |failure| {
        if (failure != error.Noent or !how.create) return failure;
        const inode = try newInode(.{ .file = .{} });
        try insert(directory, name, inode);
        return hold(inode);
    };
    if (how.create and how.exclusive) return error.Exist;
    switch (found.content) {
        .symlink => return error.Loop,
        .directory => if (how.write or how.create) return error.Isdir,
        .file => {
            if (how.directory) return error.Notdir;
            if (how.truncate) try setSize(found, 0);
        },
    }
    return hold(found);
}

pub fn status(node: Node) Error!types.Filestat {
    return node.status();
}

pub fn statusOf(directory: Node, name: []const u8) Error!types.Filestat {
    return (try find(directory, name)).status();
}

pub fn setTimes(node: Node, times: filesystem.Times) Error!void {
    const now = nowNs();
    node.accessed_ns = timeAfter(times.accessed, node.accessed_ns, now);
    node.modified_ns = timeAfter(times.modified, node.modified_ns, now);
    node.changed_ns = now;
}

fn timeAfter(time: filesystem.Time, old_ns: u64, now_ns: u64) u64 {
    return switch (time) {
        .keep => old_ns,
        .now => now_ns,
        .at_ns => |ns| ns,
    };
}

pub fn setTimesOf(directory: Node, name: []const u8, times: filesystem.Times) Error!void {
    try setTimes(try find(directory, name), times);
}

pub fn readAt(node: Node, buffer: []u8, offset: u64) Error!usize {
    return (try node.asFile()).read(buffer, offset);
}

pub fn writeAt(node: Node, bytes: []const u8, offset: u64) Error!usize {
    try (try node.asFile()).write(allocator, bytes, offset);
    touch(node);
    return bytes.len;
}

pub fn setSize(node: Node, size: u64) Error!void {
    const file = try node.asFile();
    if (size > inodes.file_size_max) return error.Fbig;
    try file.setSize(allocator, size);
    touch(node);
}

pub fn allocate(node: Node, offset: u64, size: u64) Error!void {
    const file = try node.asFile();
    const end = std.math.add(u64, offset, size) catch return error.Fbig;
    _ = try file.reserve(allocator, end);
    if (end > file.size) try setSize(node, end);
}

/// There is no storage behind memory.
pub fn sync(node: Node, data_only: bool) Error!void {
    _ = node;
    _ = data_only;
}

pub fn makeDirectory(directory: Node, name: []const u8) Error!void {
    const inode = try newInode(.{ .directory = .{ .parent = directory } });
    try insert(directory, name, inode);
    // Its own "." and its "..".
    inode.links += 1;
    directory.links += 1;
}

pub fn makeSymlink(directory: Node, name: []const u8, target: []const u8) Error!void {
    const copy = allocator.dupe(u8, target) catch return error.Nospc;
    const inode = newInode(.{ .symlink = copy }) catch |failure| {
        allocator.free(copy);
        return failure;
    };
    try insert(directory, name, inode);
}

pub fn makeLink(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    const inode = try find(from, from_name);
    if (inode.content == .directory) return error.Perm;
    try addName(to, to_name, inode);
    inode.changed_ns = nowNs();
}

pub fn readLink(directory: Node, name: []const u8, buffer: []u8) Error!usize {
    const found = try find(directory, name);
    if (found.content != .symlink) return error.Inval;
    const target = found.content.symlink;
    const count = @min(buffer.len, target.len);
    @memcpy(buffer[0..count], target[0..count]);
    return count;
}

pub fn removeFile(directory: Node, name: []const u8) Error!void {
    const inode = try find(directory, name);
    if (inode.content == .directory) return error.Isdir;
    removeName(directory, name);
    dropFile(inode);
}

/// One name fewer leads to `inode`, which is no directory.
fn dropFile(inode: *Inode) void {
    inode.links -= 1;
    inode.changed_ns = nowNs();
    freeIfUnused(inode);
}

pub fn removeDirectory(directory: Node, name: []const u8) Error!void {
    if (isDot(name)) return error.Inval;
    const inode = try find(directory, name);
    const content = try inode.asDirectory();
    if (content.entries.count() > 0) return error.Notempty;
    removeName(directory, name);
    dropDirectory(directory, inode);
}

/// No name leads to the empty directory `inode` any more, which was in `parent`.
fn dropDirectory(parent: *Inode, inode: *Inode) void {
    assert(inode.links == 2);
    inode.links = 0;
    parent.links -= 1;
    // Who still holds it must not find the parent, which may be freed first.
    inode.content.directory.parent = inode;
    freeIfUnused(inode);
}

fn removeName(directory: *Inode, name: []const u8) void {
    directory.content.directory.remove(allocator, name);
    touch(directory);
}

pub fn rename(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    const moved = try find(from, from_name);
    if (isDot(from_name) or isDot(to_name)) return error.Busy;
    const target = try to.asDirectory();
    if (to.links == 0) return error.Noent;
    const is_directory = moved.content == .directory;
    if (is_directory and isInside(to, moved)) return error.Inval;
    if (target.entries.getPtr(to_name)) |entry| {
        if (entry.inode == moved) return;
        try requireReplaceable(entry.inode, is_directory);
        const replaced = entry.inode;
        entry.inode = moved;
        moved.links += 1;
        touch(to);
        if (is_directory) dropDirectory(to, replaced) else dropFile(replaced);
    } else {
        try addName(to, to_name, moved);
    }
    removeName(from, from_name);
    moved.links -= 1;
    moved.changed_ns = nowNs();
    if (is_directory) {
        moved.content.directory.parent = to;
        from.links -= 1;
        to.links += 1;
    }
}

fn requireReplaceable(inode: *Inode, by_directory: bool) Error!void {
    if (!by_directory) return if (inode.content == .directory) error.Isdir;
    const directory = try inode.asDirectory();
    if (directory.entries.count() > 0) return error.Notempty;
}

/// True when the directory `inode`, which has a name, is `ancestor` or lies below it.
fn isInside(inode: *Inode, ancestor: *Inode) bool {
    var here = inode;
    while (here != ancestor) {
        const parent = here.content.directory.parent;
        if (parent == here) return false;
        here = parent;
    }
    return true;
}

/// Goes on where it was even when names come and go meanwhile.
pub const Entries = struct {
    inode: *Inode,
    cookie: u64,

    pub fn begin(node: Node, cookie: u64) Error!Entries {
        _ = try node.asDirectory();
        return .{ .inode = node, .cookie = cookie };
    }

    pub fn next(entries: *Entries) Error!?filesystem.Entry {
        const directory = &entries.inode.content.directory;
        if (entries.cookie < Directory.cookie_parent) {
            entries.cookie += 1;
            const is_self = entries.cookie == Directory.cookie_self;
            const inode = if (is_self) entries.inode else directory.parent;
            return entryOf(if (is_self) "." else "..", inode, entries.cookie);
        }
        const index = directory.indexAfter(entries.cookie);
        if (index == directory.entries.count()) return null;
        const found = directory.entries.values()[index];
        entries.cookie = found.cookie;
        return entryOf(directory.entries.keys()[index], found.inode, found.cookie);
    }

    fn entryOf(name: []const u8, inode: *const Inode, cookie: u64) filesystem.Entry {
        return .{
            .name = name,
            .inode = inode.number,
            .filetype = inode.filetype(),
            .next_cookie = cookie,
        };
    }
};
