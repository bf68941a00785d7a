// SPDX-License-Identifier: Apache-2.0
//! fd_*: what can be done with any open descriptor besides reading and writing.

const std = @import("std");
const errno = @import("errno.zig");
const filesystem = @import("../filesystem.zig");
const guest = @import("../guest.zig");
const table = @import("table.zig");
const types = @import("types.zig");

pub fn fd_close(number: u32) errno.Error!void {
    _ = try table.get(number);
    table.close(number);
}

pub fn fd_fdstat_get(number: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    const place = try guest.place(types.Fdstat, result);
    place.* = .{
        .filetype = descriptor.object.filetype(),
        .flags = descriptor.flags,
        .rights_base = descriptor.rights_base,
        .rights_inheriting = descriptor.rights_inheriting,
    };
}

pub fn fd_fdstat_set_flags(number: u32, flags: u32) errno.Error!void {
    const descriptor = try table.get(number);
    try descriptor.require(.{ .fd_fdstat_set_flags = true });
    const bits = std.math.cast(u16, flags) orelse return error.Inval;
    const wanted: types.Fdflags = @bitCast(bits);
    if (wanted.undefined_bits != 0) return error.Inval;
    // Decided when a file is opened.
    const now = descriptor.flags;
    if (wanted.dsync != now.dsync or wanted.rsync != now.rsync or wanted.sync != now.sync) {
        return error.Notsup;
    }
    descriptor.flags = wanted;
}

/// Rights can be given up, never taken back.
pub fn fd_fdstat_set_rights(number: u32, base: u64, inheriting: u64) errno.Error!void {
    const descriptor = try table.get(number);
    const wanted_base: types.Rights = @bitCast(base);
    const wanted_inheriting: types.Rights = @bitCast(inheriting);
    if (!descriptor.rights_base.contain(wanted_base)) return error.Notcapable;
    if (!descriptor.rights_inheriting.contain(wanted_inheriting)) return error.Notcapable;
    descriptor.rights_base = wanted_base;
    descriptor.rights_inheriting = wanted_inheriting;
}

pub fn fd_filestat_get(number: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    try descriptor.require(.{ .fd_filestat_get = true });
    const place = try guest.place(types.Filestat, result);
    place.* = switch (descriptor.object) {
        // Inode numbers that differ; there is no device that holds them.
        .stdin, .stdout, .stderr, .socket => .{
            .inode = number,
            .filetype = descriptor.object.filetype(),
        },
        .directory => |directory| try filesystem.status(directory.node),
        .file => |file| try filesystem.status(file.node),
    };
}

pub fn fd_renumber(from: u32, to: u32) errno.Error!void {
    _ = try table.get(from);
    _ = try table.get(to);
    if (from == to) return;
    table.move(from, to);
}

pub fn fd_seek(number: u32, offset: i64, whence: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    const from = std.enums.fromInt(types.Whence, whence) orelse return error.Inval;
    const place = try guest.place(u64, result);
    switch (descriptor.object) {
        .stdin, .stdout, .stderr, .socket => return error.Spipe,
        .directory => return error.Badf,
        .file => |*file| {
            const only_tells = from == .current and offset == 0;
            const allowed = descriptor.rights_base.fd_seek or
                (only_tells and descriptor.rights_base.fd_tell);
            if (!allowed) return error.Notcapable;
            const base: u64 = switch (from) {
                .set => 0,
                .current => file.position,
                .end => (try filesystem.status(file.node)).size,
            };
            const position = @as(i128, base) + offset;
            if (position < 0 or position > std.math.maxInt(i64)) return error.Inval;
            file.position = @intCast(position);
            place.* = file.position;
        },
    }
}

pub fn fd_tell(number: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    const place = try guest.place(u64, result);
    switch (descriptor.object) {
        .stdin, .stdout, .stderr, .socket => return error.Spipe,
        .directory => return error.Badf,
        .file => |file| {
            try descriptor.require(.{ .fd_tell = true });
            place.* = file.position;
        },
    }
}

pub fn fd_prestat_get(number: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    const name = try preopenName(descriptor);
    const place = try guest.place(types.Prestat, result);
    place.* = .{
        // A libc looks for directories until the first descriptor that is none of these, and
        // leaves out what has another tag (docs/decisions/0011-listeners-come-first.md).
        .tag = switch (descriptor.object) {
            .socket => types.preopen_socket,
            else => types.preopen_directory,
        },
        .name_length = @intCast(name.len),
    };
}

pub fn fd_prestat_dir_name(number: u32, path: u32, size: u32) errno.Error!void {
    const name = try preopenName(try table.get(number));
    if (size < name.len) return error.Nametoolong;
    const buffer = try guest.bytes(path, name.len);
    @memcpy(buffer, name);
}

fn preopenName(descriptor: *const table.Descriptor) errno.Error![]const u8 {
    return switch (descriptor.object) {
        .stdin, .stdout, .stderr => error.Badf,
        .directory => |directory| directory.preopen orelse error.Badf,
        .file => error.Badf,
        .socket => |socket| socket.declaration orelse error.Badf,
    };
}
