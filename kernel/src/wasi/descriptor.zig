// SPDX-License-Identifier: Apache-2.0
//! fd_*: what can be done with any open descriptor besides reading and writing.

const std = @import("std");
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const table = @import("table.zig");
const types = @import("types.zig");

pub fn fd_close(number: u32) errno.Error!void {
    _ = try table.get(number);
    table.remove(number);
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
        .stdin, .stdout, .stderr => .{
            .inode = number,
            .filetype = descriptor.object.filetype(),
        },
    };
}

pub fn fd_renumber(from: u32, to: u32) errno.Error!void {
    _ = try table.get(from);
    _ = try table.get(to);
    if (from == to) return;
    table.move(from, to);
}

/// Streams have no position.
pub fn fd_seek(number: u32, offset: i64, whence: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    _ = offset;
    if (std.enums.fromInt(types.Whence, whence) == null) return error.Inval;
    _ = try guest.place(u64, result);
    return switch (descriptor.object) {
        .stdin, .stdout, .stderr => error.Spipe,
    };
}

pub fn fd_tell(number: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    _ = try guest.place(u64, result);
    return switch (descriptor.object) {
        .stdin, .stdout, .stderr => error.Spipe,
    };
}

pub fn fd_prestat_get(number: u32, result: u32) errno.Error!void {
    const descriptor = try table.get(number);
    _ = try guest.place(types.Prestat, result);
    return switch (descriptor.object) {
        .stdin, .stdout, .stderr => error.Badf,
    };
}

pub fn fd_prestat_dir_name(number: u32, path: u32, size: u32) errno.Error!void {
    const descriptor = try table.get(number);
    _ = try guest.bytes(path, size);
    return switch (descriptor.object) {
        .stdin, .stdout, .stderr => error.Badf,
    };
}
