// SPDX-License-Identifier: Apache-2.0
//! The program's descriptors: small numbers, what they stand for, and what it may do with them.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const features = @import("features");
const filesystem = @import("../filesystem.zig");
const types = @import("types.zig");

/// What a descriptor stands for. A system without files has no code for them.
pub const Object = union(enum) {
    stdin,
    stdout,
    stderr,
    directory: if (features.filesystem) Directory else noreturn,
    file: if (features.filesystem) File else noreturn,

    pub fn filetype(object: Object) types.Filetype {
        return switch (object) {
            // Byte streams without positions; programs that write text flush it line by line.
            .stdin, .stdout, .stderr => .character_device,
            .directory => .directory,
            .file => |file| file.filetype,
        };
    }
};

pub const Directory = struct {
    node: filesystem.Node,
    /// The name of a directory that the program started with. Its node is not ours to release.
    preopen: ?[]const u8 = null,
};

/// A regular file, or something else that has a name in a directory.
pub const File = struct {
    node: filesystem.Node,
    filetype: types.Filetype,
    position: u64 = 0,
};

pub const Descriptor = struct {
    object: Object,
    flags: types.Fdflags = .{},
    rights_base: types.Rights,
    rights_inheriting: types.Rights = .{},

    /// Notcapable unless the program may do all of `wanted`.
    pub fn require(descriptor: *const Descriptor, wanted: types.Rights) errno.Error!void {
        if (!descriptor.rights_base.contain(wanted)) return error.Notcapable;
    }
};

const standard_streams = [_]Descriptor{
    .{ .object = .stdin, .rights_base = streamRights(.{ .fd_read = true }) },
    .{ .object = .stdout, .rights_base = streamRights(.{ .fd_write = true }) },
    .{ .object = .stderr, .rights_base = streamRights(.{ .fd_write = true }) },
};

fn streamRights(direction: types.Rights) types.Rights {
    var rights = direction;
    rights.fd_filestat_get = true;
    rights.fd_fdstat_set_flags = true;
    rights.poll_fd_readwrite = true;
    return rights;
}

pub const file_rights: types.Rights = .{
    .fd_datasync = true,
    .fd_read = true,
    .fd_seek = true,
    .fd_fdstat_set_flags = true,
    .fd_sync = true,
    .fd_tell = true,
    .fd_write = true,
    .fd_advise = true,
    .fd_allocate = true,
    .fd_filestat_get = true,
    .fd_filestat_set_size = true,
    .fd_filestat_set_times = true,
    .poll_fd_readwrite = true,
};

pub const directory_rights: types.Rights = .{
    .fd_datasync = true,
    .fd_fdstat_set_flags = true,
    .fd_sync = true,
    .fd_advise = true,
    .path_create_directory = true,
    .path_create_file = true,
    .path_link_source = true,
    .path_link_target = true,
    .path_open = true,
    .fd_readdir = true,
    .path_readlink = true,
    .path_rename_source = true,
    .path_rename_target = true,
    .path_filestat_get = true,
    .path_filestat_set_size = true,
    .path_filestat_set_times = true,
    .fd_filestat_get = true,
    .fd_filestat_set_times = true,
    .path_symlink = true,
    .path_remove_directory = true,
    .path_unlink_file = true,
    .poll_fd_readwrite = true,
};

/// Limit on open descriptors; their numbers lie below it.
pub const descriptors_max = if (features.filesystem) 1024 else standard_streams.len;

var entries: [descriptors_max]?Descriptor = undefined;
var initialized = false;

fn all() []?Descriptor {
    if (!initialized) {
        initialized = true;
        entries = @splat(null);
        for (standard_streams, 0..) |stream, number| entries[number] = stream;
        if (features.filesystem) addPreopens();
    }
    return &entries;
}

fn addPreopens() void {
    const preopens = filesystem.preopens();
    assert(preopens.len <= descriptors_max - standard_streams.len);
    for (preopens, standard_streams.len..) |preopen, number| entries[number] = .{
        .object = .{ .directory = .{ .node = preopen.node, .preopen = preopen.name } },
        .rights_base = directory_rights,
        .rights_inheriting = directory_rights.with(file_rights),
    };
}

/// The descriptor `number`, or Badf when it is not open.
pub fn get(number: u32) errno.Error!*Descriptor {
    if (number >= descriptors_max) return error.Badf;
    return if (all()[number]) |*descriptor| descriptor else error.Badf;
}

/// The descriptor `number`, which is a directory in which the program may do all of `wanted`.
pub fn getDirectory(number: u32, wanted: types.Rights) errno.Error!*Descriptor {
    const descriptor = try get(number);
    if (descriptor.object != .directory) return error.Notdir;
    try descriptor.require(wanted);
    return descriptor;
}

/// The lowest number that is free, those of the standard streams left out.
pub fn findFree() errno.Error!u32 {
    for (all()[standard_streams.len..], standard_streams.len..) |entry, number| {
        if (entry == null) return @intCast(number);
    }
    return error.Mfile;
}

/// Opens `number`, which `findFree` gave.
pub fn add(number: u32, descriptor: Descriptor) void {
    const slot = &all()[number];
    assert(slot.* == null);
    slot.* = descriptor;
}

/// Frees `number` and releases what it stood for.
pub fn close(number: u32) void {
    const slot = &all()[number];
    switch (slot.*.?.object) {
        .stdin, .stdout, .stderr => {},
        .directory => |directory| if (directory.preopen == null) {
            filesystem.release(directory.node);
        },
        .file => |file| filesystem.release(file.node),
    }
    slot.* = null;
}

/// Lets `to` stand for what `from` stands for, and frees `from`. Both are open and differ.
pub fn move(from: u32, to: u32) void {
    const list = all();
    assert(from != to);
    assert(list[from] != null);
    close(to);
    list[to] = list[from];
    list[from] = null;
}
