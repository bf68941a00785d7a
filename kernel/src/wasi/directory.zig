// SPDX-License-Identifier: Apache-2.0
//! path_*: what is done with names, without opening what they stand for.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const file = @import("file.zig");
const filesystem = @import("../filesystem.zig");
const guest = @import("../guest.zig");
const paths = @import("path.zig");
const table = @import("table.zig");
const types = @import("types.zig");

/// A path that has been walked from the directory `number`. To be ended with `place.release`.
fn find(
    place: *paths.Place,
    number: u32,
    rights: types.Rights,
    pointer: u32,
    size: u32,
    links: paths.Links,
) errno.Error!void {
    const descriptor = try table.getDirectory(number, rights);
    var path: paths.Path = undefined;
    try path.load(pointer, size);
    try place.find(descriptor.object.directory.node, &path, links);
}

pub fn path_create_directory(number: u32, path: u32, size: u32) errno.Error!void {
    var place: paths.Place = undefined;
    try find(&place, number, .{ .path_create_directory = true }, path, size, .keep_last);
    defer place.release();
    if (place.isItself()) return error.Exist;
    try filesystem.makeDirectory(place.directory(), place.name());
}

pub fn path_filestat_get(
    number: u32,
    lookup_flags: u32,
    path: u32,
    size: u32,
    result: u32,
) errno.Error!void {
    const target = try guest.place(types.Filestat, result);
    var place: paths.Place = undefined;
    const links = try paths.linksOf(lookup_flags);
    try find(&place, number, .{ .path_filestat_get = true }, path, size, links);
    defer place.release();
    const found = try filesystem.statusOf(place.directory(), place.name());
    if (place.wants_directory and found.filetype != .directory) return error.Notdir;
    target.* = found;
}

pub fn path_filestat_set_times(
    number: u32,
    lookup_flags: u32,
    path: u32,
    size: u32,
    accessed_ns: u64,
    modified_ns: u64,
    flags: u32,
) errno.Error!void {
    const times = try file.timesOf(accessed_ns, modified_ns, flags);
    var place: paths.Place = undefined;
    const links = try paths.linksOf(lookup_flags);
    try find(&place, number, .{ .path_filestat_set_times = true }, path, size, links);
    defer place.release();
    try requireKind(&place);
    try filesystem.setTimesOf(place.directory(), place.name(), times);
}

/// Notdir when a slash follows the name of something that is no directory.
fn requireKind(place: *const paths.Place) errno.Error!void {
    if (!place.wants_directory) return;
    const found = try filesystem.statusOf(place.directory(), place.name());
    if (found.filetype != .directory) return error.Notdir;
}

pub fn path_link(
    from_number: u32,
    lookup_flags: u32,
    from_path: u32,
    from_size: u32,
    to_number: u32,
    to_path: u32,
    to_size: u32,
) errno.Error!void {
    const links = try paths.linksOf(lookup_flags);
    var from: paths.Place = undefined;
    try find(&from, from_number, .{ .path_link_source = true }, from_path, from_size, links);
    defer from.release();
    var to: paths.Place = undefined;
    try find(&to, to_number, .{ .path_link_target = true }, to_path, to_size, .keep_last);
    defer to.release();
    try requireKind(&from);
    if (from.isItself()) return error.Perm;
    try requireNewName(&to);
    try filesystem.makeLink(from.directory(), from.name(), to.directory(), to.name());
}

/// Of something that will be no directory: its name is not taken and has no slash behind it.
fn requireNewName(place: *const paths.Place) errno.Error!void {
    if (place.isItself()) return error.Exist;
    if (!place.wants_directory) return;
    const found = try filesystem.statusOf(place.directory(), place.name());
    return if (found.filetype == .directory) error.Exist else error.Notdir;
}

pub fn path_readlink(
    number: u32,
    path: u32,
    size: u32,
    buffer: u32,
    buffer_size: u32,
    result: u32,
) errno.Error!void {
    const bytes = try guest.bytes(buffer, buffer_size);
    const used = try guest.place(u32, result);
    var place: paths.Place = undefined;
    try find(&place, number, .{ .path_readlink = true }, path, size, .keep_last);
    defer place.release();
    if (place.isItself() or place.wants_directory) return error.Inval;
    const count = try filesystem.readLink(place.directory(), place.name(), bytes);
    used.* = @intCast(count);
}

pub fn path_remove_directory(number: u32, path: u32, size: u32) errno.Error!void {
    var place: paths.Place = undefined;
    try find(&place, number, .{ .path_remove_directory = true }, path, size, .keep_last);
    defer place.release();
    if (place.isItself()) return error.Inval;
    try filesystem.removeDirectory(place.directory(), place.name());
}

pub fn path_rename(
    from_number: u32,
    from_path: u32,
    from_size: u32,
    to_number: u32,
    to_path: u32,
    to_size: u32,
) errno.Error!void {
    var from: paths.Place = undefined;
    const source: types.Rights = .{ .path_rename_source = true };
    try find(&from, from_number, source, from_path, from_size, .keep_last);
    defer from.release();
    var to: paths.Place = undefined;
    try find(&to, to_number, .{ .path_rename_target = true }, to_path, to_size, .keep_last);
    defer to.release();
    if (from.isItself() or to.isItself()) return error.Busy;
    if (from.wants_directory or to.wants_directory) {
        const found = try filesystem.statusOf(from.directory(), from.name());
        if (found.filetype != .directory) return error.Notdir;
    }
    try filesystem.rename(from.directory(), from.name(), to.directory(), to.name());
}

/// The target is text: what it means is decided, and confined, when the link is followed.
pub fn path_symlink(
    target: u32,
    target_size: u32,
    number: u32,
    path: u32,
    size: u32,
) errno.Error!void {
    var text: paths.Path = undefined;
    try text.load(target, target_size);
    if (text.rest()[0] == '/') return error.Notcapable;
    var place: paths.Place = undefined;
    try find(&place, number, .{ .path_symlink = true }, path, size, .keep_last);
    defer place.release();
    try requireNewName(&place);
    try filesystem.makeSymlink(place.directory(), place.name(), text.rest());
}

pub fn path_unlink_file(number: u32, path: u32, size: u32) errno.Error!void {
    var place: paths.Place = undefined;
    try find(&place, number, .{ .path_unlink_file = true }, path, size, .keep_last);
    defer place.release();
    if (place.isItself()) return error.Isdir;
    if (place.wants_directory) {
        const found = try filesystem.statusOf(place.directory(), place.name());
        return if (found.filetype == .directory) error.Isdir else error.Notdir;
    }
    try filesystem.removeFile(place.directory(), place.name());
}
