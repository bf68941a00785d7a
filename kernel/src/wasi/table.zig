// SPDX-License-Identifier: Apache-2.0
//! The program's descriptors: small numbers, what they stand for, and what it may do with them.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const features = @import("features");
const filesystem = @import("../filesystem.zig");
const network = @import("../network.zig");
const types = @import("types.zig");

/// What a descriptor stands for. A system without files, or sockets, has no code for them.
pub const Object = union(enum) {
    stdin,
    stdout,
    stderr,
    directory: if (features.filesystem) Directory else noreturn,
    file: if (features.filesystem) File else noreturn,
    socket: if (features.sockets) Socket else noreturn,

    pub fn filetype(object: Object) types.Filetype {
        return switch (object) {
            // Byte streams without positions; programs that write text flush it line by line.
            .stdin, .stdout, .stderr => .character_device,
            .directory => .directory,
            .file => |file| file.filetype,
            .socket => |socket| switch (socket.kind) {
                .stream => .socket_stream,
                .datagram => .socket_dgram,
            },
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

pub const Socket = struct {
    handle: network.Socket,
    kind: network.Kind,
    /// What declared a socket that the program started with.
    declaration: ?[]const u8 = null,
    /// How long a call waits at most; null: for ever.
    receive_timeout_ns: ?u64 = null,
    send_timeout_ns: ?u64 = null,
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

/// Of a connection. A socket that can listen passes them on to those that it accepts.
pub const connection_rights: types.Rights = .{
    .fd_read = true,
    .fd_fdstat_set_flags = true,
    .fd_write = true,
    .fd_filestat_get = true,
    .poll_fd_readwrite = true,
    .sock_shutdown = true,
};

pub const socket_rights = connection_rights.with(.{ .sock_accept = true });

/// Limit on open descriptors; their numbers lie below it.
pub const descriptors_max =
    if (features.filesystem or features.sockets) 1024 else standard_streams.len;

var entries: [descriptors_max]?Descriptor = undefined;
var initialized = false;
/// No number from `standard_streams.len` up to this one is free.
var first_maybe_free: usize = standard_streams.len;
var listener_count: usize = 0;

fn all() []?Descriptor {
    if (!initialized) {
        initialized = true;
        entries = @splat(null);
        for (standard_streams, 0..) |stream, number| entries[number] = stream;
        // In this order, so that a program finds its listeners without looking for them.
        var count: usize = standard_streams.len;
        if (features.sockets) count = addListeners(count);
        if (features.filesystem) count = addPreopens(count);
        first_maybe_free = count;
    }
    return &entries;
}

fn addListeners(first: usize) usize {
    const listeners = network.listeners();
    assert(listeners.len <= descriptors_max - first);
    for (listeners, first..) |listener, number| entries[number] = .{
        .object = .{ .socket = .{
            .handle = listener.socket,
            .kind = network.kindOf(listener.socket),
            .declaration = listener.name,
        } },
        .rights_base = socket_rights,
        .rights_inheriting = connection_rights,
    };
    listener_count = listeners.len;
    return first + listeners.len;
}

fn addPreopens(first: usize) usize {
    const preopens = filesystem.preopens();
    assert(preopens.len <= descriptors_max - first);
    for (preopens, first..) |preopen, number| entries[number] = .{
        .object = .{ .directory = .{ .node = preopen.node, .preopen = preopen.name } },
        .rights_base = directory_rights,
        .rights_inheriting = directory_rights.with(file_rights),
    };
    return first + preopens.len;
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

/// Number of the sockets that the program started with; theirs were the first descriptors.
pub fn listenerCount() usize {
    _ = all();
    return listener_count;
}

/// The socket `number`, with which the program may do all of `wanted`.
pub fn getSocket(number: u32, wanted: types.Rights) errno.Error!*Descriptor {
    const descriptor = try get(number);
    if (descriptor.object != .socket) return error.Notsock;
    try descriptor.require(wanted);
    return descriptor;
}

/// The lowest number that is free, those of the standard streams left out.
pub fn findFree() errno.Error!u32 {
    const list = all();
    for (list[first_maybe_free..], first_maybe_free..) |entry, number| {
        if (entry != null) continue;
        first_maybe_free = number;
        return @intCast(number);
    }
    first_maybe_free = list.len;
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
        .socket => |socket| network.close(socket.handle),
    }
    free(number);
}

fn free(number: u32) void {
    entries[number] = null;
    if (number >= standard_streams.len) first_maybe_free = @min(first_maybe_free, number);
}

/// Lets `to` stand for what `from` stands for, and frees `from`. Both are open and differ.
pub fn move(from: u32, to: u32) void {
    const list = all();
    assert(from != to);
    assert(list[from] != null);
    close(to);
    list[to] = list[from];
    free(from);
}
