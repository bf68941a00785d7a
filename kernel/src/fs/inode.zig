// SPDX-License-Identifier: Apache-2.0
//! What the file system in memory consists of: files, directories and symbolic links.

const std = @import("std");
const assert = std.debug.assert;
const filesystem = @import("../filesystem.zig");
const types = @import("../wasi/types.zig");

const Allocator = std.mem.Allocator;
const Error = filesystem.Error;

/// Larger than the memory of any machine this runs on.
pub const file_size_max = 1 << 40;

pub const Inode = struct {
    number: u64,
    /// Names that lead here; of a directory also its "." and its subdirectories' "..".
    /// 0: removed, and freed once nobody holds it.
    links: u32 = 0,
    /// Descriptors and walks that use it.
    holders: u32 = 0,
    accessed_ns: u64,
    modified_ns: u64,
    changed_ns: u64,
    content: Content,

    pub fn filetype(inode: *const Inode) types.Filetype {
        return switch (inode.content) {
            .file => .regular_file,
            .directory => .directory,
            .symlink => .symbolic_link,
        };
    }

    pub fn status(inode: *const Inode) types.Filestat {
        return .{
            .device = 1,
            .inode = inode.number,
            .filetype = inode.filetype(),
            .links = inode.links,
            .size = switch (inode.content) {
                .file => |file| file.size,
                .directory => |directory| directory.entries.count(),
                .symlink => |target| target.len,
            },
            .accessed_ns = inode.accessed_ns,
            .modified_ns = inode.modified_ns,
            .changed_ns = inode.changed_ns,
        };
    }

    /// Notdir unless it is a directory.
    pub fn asDirectory(inode: *Inode) Error!*Directory {
        return switch (inode.content) {
            .directory => |*directory| directory,
            else => error.Notdir,
        };
    }

    pub fn asFile(inode: *Inode) Error!*File {
        return switch (inode.content) {
            .file => |*file| file,
            .directory => error.Isdir,
            .symlink => error.Inval,
        };
    }

    pub fn deinit(inode: *Inode, allocator: Allocator) void {
        assert(inode.links == 0 and inode.holders == 0);
        switch (inode.content) {
            .file => |*file| file.deinit(allocator),
            .directory => |*directory| {
                assert(directory.entries.count() == 0);
                directory.entries.deinit(allocator);
            },
            .symlink => |target| allocator.free(target),
        }
        allocator.destroy(inode);
    }
};

const Content = union(enum) {
    file: File,
    directory: Directory,
    symlink: []const u8,
};

pub const File = struct {
    /// The content, then room to grow. Not ours to change or free when it is not `owned`: then it
    /// is part of the image.
    bytes: []const u8 = "",
    size: usize = 0,
    owned: bool = true,

    pub fn read(file: *const File, buffer: []u8, offset: u64) usize {
        if (offset >= file.size) return 0;
        const start: usize = @intCast(offset);
        const count = @min(buffer.len, file.size - start);
        @memcpy(buffer[0..count], file.bytes[start..][0..count]);
        return count;
    }

    pub fn write(file: *File, allocator: Allocator, bytes: []const u8, offset: u64) Error!void {
        if (bytes.len == 0) return;
        const end = std.math.add(u64, offset, bytes.len) catch return error.Fbig;
        const room = try file.reserve(allocator, end);
        const start: usize = @intCast(offset);
        if (start > file.size) @memset(room[file.size..start], 0);
        @memcpy(room[start..][0..bytes.len], bytes);
        file.size = @max(file.size, start + bytes.len);
    }

    pub fn setSize(file: *File, allocator: Allocator, size: u64) Error!void {
        if (size == 0) {
            file.deinit(allocator);
            file.* = .{};
        } else if (size > file.size) {
            const room = try file.reserve(allocator, size);
            @memset(room[file.size..@intCast(size)], 0);
        }
        file.size = @intCast(size);
    }

    /// Room for `size` bytes at least; what is in the file stays. Doubles, so that a file that is
    /// written bit by bit is copied a few times only.
    pub fn reserve(file: *File, allocator: Allocator, size: u64) Error![]u8 {
        if (size > file_size_max) return error.Fbig;
        const wanted: usize = @intCast(size);
        if (file.owned and wanted <= file.bytes.len) return @constCast(file.bytes);
        const doubled = if (file.owned) 2 * file.bytes.len else 0;
        const room = allocator.alloc(u8, @max(wanted, doubled, file.size)) catch
            return error.Nospc;
        @memcpy(room[0..file.size], file.bytes[0..file.size]);
        if (file.owned) allocator.free(file.bytes);
        file.bytes = room;
        file.owned = true;
        return room;
    }

    fn deinit(file: *File, allocator: Allocator) void {
        if (file.owned) allocator.free(file.bytes);
    }
};

pub const Directory = struct {
    /// Of the root, itself.
    parent: *Inode,
    /// In the order in which names were added, hence of their cookies.
    entries: std.StringArrayHashMapUnmanaged(Entry) = .empty,
    last_cookie: u64 = cookie_parent,

    pub const Entry = struct { inode: *Inode, cookie: u64 };

    /// Cookies of the entries "." and "..".
    pub const cookie_self = 1;
    pub const cookie_parent = 2;

    /// Null when there is no such name.
    pub fn get(directory: *const Directory, name: []const u8) ?*Inode {
        return (directory.entries.get(name) orelse return null).inode;
    }

    /// Adds a name that is not there yet. On an error nothing has changed.
    pub fn put(
        directory: *Directory,
        allocator: Allocator,
        name: []const u8,
        inode: *Inode,
    ) Error!void {
        if (name.len > filesystem.name_max) return error.Nametoolong;
        assert(directory.get(name) == null);
        const copy = allocator.dupe(u8, name) catch return error.Nospc;
        errdefer allocator.free(copy);
        const entry: Entry = .{ .inode = inode, .cookie = directory.last_cookie + 1 };
        directory.entries.put(allocator, copy, entry) catch return error.Nospc;
        directory.last_cookie += 1;
    }

    /// Takes out a name that is there.
    pub fn remove(directory: *Directory, allocator: Allocator, name: []const u8) void {
        const removed = directory.entries.fetchOrderedRemove(name).?;
        allocator.free(removed.key);
    }

    /// Index of the first entry behind `cookie`.
    pub fn indexAfter(directory: *const Directory, cookie: u64) usize {
        const entries = directory.entries.values();
        return std.sort.partitionPoint(Entry, entries, cookie, isUpTo);
    }

    fn isUpTo(cookie: u64, entry: Entry) bool {
        return entry.cookie <= cookie;
    }
};
