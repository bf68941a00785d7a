// SPDX-License-Identifier: Apache-2.0
//! path_open.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const filesystem = @import("../filesystem.zig");
const guest = @import("../guest.zig");
const paths = @import("path.zig");
const table = @import("table.zig");
const types = @import("types.zig");

pub fn path_open(
    number: u32,
    lookup_flags: u32,
    path_pointer: u32,
    path_size: u32,
    open_flags: u32,
    rights_base: u64,
    rights_inheriting: u64,
    descriptor_flags: u32,
    result: u32,
) errno.Error!void {
    const request: Request = try .read(open_flags, descriptor_flags, rights_base);
    const parent = try table.getDirectory(number, request.neededRights());
    const inheriting: types.Rights = @bitCast(rights_inheriting);
    if (!parent.rights_inheriting.contain(request.rights)) return error.Notcapable;
    if (!parent.rights_inheriting.contain(inheriting)) return error.Notcapable;
    const links = try paths.linksOf(lookup_flags);
    const place = try guest.place(u32, result);
    const free = try table.findFree();

    var path: paths.Path = undefined;
    try path.load(path_pointer, path_size);
    const node = try openPath(parent.object.directory.node, &path, links, request);
    errdefer filesystem.release(node);
    const filetype = (try filesystem.status(node)).filetype;
    const possible = if (filetype == .directory) table.directory_rights else table.file_rights;
    table.add(free, .{
        .object = if (filetype == .directory)
            .{ .directory = .{ .node = node } }
        else
            .{ .file = .{ .node = node, .filetype = filetype } },
        .flags = request.flags,
        .rights_base = request.rights.intersect(possible),
        .rights_inheriting = inheriting,
    });
    place.* = free;
}

const Request = struct {
    how: types.Oflags,
    flags: types.Fdflags,
    rights: types.Rights,

    fn read(open_flags: u32, descriptor_flags: u32, rights_base: u64) errno.Error!Request {
        const how_bits = std.math.cast(u16, open_flags) orelse return error.Inval;
        const flag_bits = std.math.cast(u16, descriptor_flags) orelse return error.Inval;
        const request: Request = .{
            .how = @bitCast(how_bits),
            .flags = @bitCast(flag_bits),
            .rights = @bitCast(rights_base),
        };
        if (request.how.undefined_bits != 0) return error.Inval;
        if (request.flags.undefined_bits != 0) return error.Inval;
        if (request.how.create and request.how.directory) return error.Inval;
        return request;
    }

    fn neededRights(request: Request) types.Rights {
        return .{
            .path_open = true,
            .path_create_file = request.how.create,
            .path_filestat_set_size = request.how.truncate,
        };
    }

    fn open(request: Request) filesystem.Open {
        const rights = request.rights;
        const writes = rights.fd_write or rights.fd_allocate or rights.fd_filestat_set_size or
            request.how.truncate;
        return .{
            .read = rights.fd_read or rights.fd_readdir or !writes,
            .write = writes,
            .create = request.how.create,
            .exclusive = request.how.exclusive,
            .truncate = request.how.truncate,
            .directory = request.how.directory,
            .dsync = request.flags.dsync,
            .sync = request.flags.sync or request.flags.rsync,
        };
    }
};

fn openPath(
    base: filesystem.Node,
    path: *paths.Path,
    links: paths.Links,
    request: Request,
) errno.Error!filesystem.Node {
    // A file that must be new cannot be what a link points to.
    const must_be_new = request.how.create and request.how.exclusive;
    var place: paths.Place = undefined;
    try place.find(base, path, if (must_be_new) .keep_last else links);
    defer place.release();
    var how = request.open();
    if (place.wants_directory) {
        if (how.create) return error.Isdir;
        how.directory = true;
    }
    return filesystem.open(place.directory(), place.name(), how);
}
