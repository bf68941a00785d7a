// SPDX-License-Identifier: Apache-2.0
//! What the WASI layer needs from a file system, chosen at compile time like platform.zig.
//!
//! The root source file declares `pub const filesystem = @import(...)` with every function named
//! here. Names given to it are single components, never paths: walking a path, following
//! symbolic links and staying inside a preopened directory is done once, in wasi/path.zig.
//! A name may also be ".", which is the directory itself.

const errno = @import("wasi/errno.zig");
const types = @import("wasi/types.zig");
const implementation = @import("root").filesystem;

pub const Error = errno.Error;

/// An open file or directory. A plain value: whoever got it from `lookup` or `open` releases it
/// once.
pub const Node = implementation.Node;

/// Longest component and longest path, in bytes.
pub const name_max = 255;
pub const path_max = 4096;

pub const Preopen = struct { name: []const u8, node: Node };

/// The directories that the program starts with, in the order of their descriptors.
/// Called once; their nodes live as long as the program.
pub fn preopens() []const Preopen {
    return implementation.preopens();
}

pub fn release(node: Node) void {
    implementation.release(node);
}

/// The directory `name`, for walking on. Notdir when it is anything else.
pub fn lookup(directory: Node, name: []const u8) Error!Node {
    return implementation.lookup(directory, name);
}

pub const Open = struct {
    read: bool = false,
    write: bool = false,
    create: bool = false,
    exclusive: bool = false,
    truncate: bool = false,
    /// Anything but a directory is an error.
    directory: bool = false,
    dsync: bool = false,
    sync: bool = false,
};

/// Loop when `name` is a symbolic link.
pub fn open(directory: Node, name: []const u8, how: Open) Error!Node {
    return implementation.open(directory, name, how);
}

pub fn status(node: Node) Error!types.Filestat {
    return implementation.status(node);
}

/// Of what `name` is, also of a symbolic link itself.
pub fn statusOf(directory: Node, name: []const u8) Error!types.Filestat {
    return implementation.statusOf(directory, name);
}

/// A new time of a file.
pub const Time = union(enum) { keep, now, at_ns: u64 };

pub const Times = struct { accessed: Time, modified: Time };

pub fn setTimes(node: Node, times: Times) Error!void {
    return implementation.setTimes(node, times);
}

pub fn setTimesOf(directory: Node, name: []const u8, times: Times) Error!void {
    return implementation.setTimesOf(directory, name, times);
}

/// 0 at the end of the file.
pub fn readAt(node: Node, buffer: []u8, offset: u64) Error!usize {
    return implementation.readAt(node, buffer, offset);
}

/// At least one byte unless `bytes` is empty. A gap behind the old end reads as zeros.
pub fn writeAt(node: Node, bytes: []const u8, offset: u64) Error!usize {
    return implementation.writeAt(node, bytes, offset);
}

/// Cuts the file or extends it with zeros.
pub fn setSize(node: Node, size: u64) Error!void {
    return implementation.setSize(node, size);
}

/// Makes sure that writing in the range cannot run out of space; extends the file to hold it.
pub fn allocate(node: Node, offset: u64, size: u64) Error!void {
    return implementation.allocate(node, offset, size);
}

/// Returns when what was written has reached the storage; with `data_only` not all metadata.
pub fn sync(node: Node, data_only: bool) Error!void {
    return implementation.sync(node, data_only);
}

pub fn makeDirectory(directory: Node, name: []const u8) Error!void {
    return implementation.makeDirectory(directory, name);
}

pub fn makeSymlink(directory: Node, name: []const u8, target: []const u8) Error!void {
    return implementation.makeSymlink(directory, name, target);
}

/// A second name for a file or a symbolic link.
pub fn makeLink(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    return implementation.makeLink(from, from_name, to, to_name);
}

/// Copies what fits of the link's target and returns how much that was.
pub fn readLink(directory: Node, name: []const u8, buffer: []u8) Error!usize {
    return implementation.readLink(directory, name, buffer);
}

/// What has the new name already is replaced, under POSIX's conditions.
pub fn rename(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    return implementation.rename(from, from_name, to, to_name);
}

pub fn removeFile(directory: Node, name: []const u8) Error!void {
    return implementation.removeFile(directory, name);
}

pub fn removeDirectory(directory: Node, name: []const u8) Error!void {
    return implementation.removeDirectory(directory, name);
}

pub const Entry = struct {
    name: []const u8,
    inode: u64,
    filetype: types.Filetype,
    /// Where to go on after this entry; never 0.
    next_cookie: u64,
};

/// Entries of a directory, "." and ".." too, from `cookie` on: 0, or a `next_cookie`.
/// `fn begin(node, cookie: u64) Error!Entries`, `fn next(self) Error!?Entry`; an entry's name
/// lives until the next call.
pub const Entries = implementation.Entries;
