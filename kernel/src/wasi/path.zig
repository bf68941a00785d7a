// SPDX-License-Identifier: Apache-2.0
//! From a path to a directory and a name in it, without ever leaving the directory at which the
//! path begins.
//!
//! The walk holds each directory that it has entered, so ".." goes back to one of them instead
//! of asking the file system for a parent; at the first one it is refused. Symbolic links are
//! read and walked here too: absolute targets are refused like absolute paths.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const filesystem = @import("../filesystem.zig");
const guest = @import("../guest.zig");
const types = @import("types.zig");

const Node = filesystem.Node;

/// As many as Linux allows.
pub const links_max = 40;
/// Limit on the directories between the first and the name.
pub const depth_max = 64;

pub const Links = enum { follow_last, keep_last };

/// A program's path, copied: following links changes it, and the program must not.
pub const Path = struct {
    /// What is left to walk is at the end.
    buffer: [filesystem.path_max]u8,
    start: usize,

    /// Noent for an empty path, Ilseq for one that is not UTF-8 or holds a NUL.
    pub fn load(path: *Path, pointer: u32, size: u32) errno.Error!void {
        const text = try guest.bytes(pointer, size);
        if (text.len == 0) return error.Noent;
        path.start = path.buffer.len;
        try path.prepend(text);
        const copy = path.rest();
        if (!std.unicode.utf8ValidateSlice(copy)) return error.Ilseq;
        if (std.mem.findScalar(u8, copy, 0) != null) return error.Ilseq;
    }

    pub fn rest(path: *const Path) []const u8 {
        return path.buffer[path.start..];
    }

    fn prepend(path: *Path, text: []const u8) errno.Error!void {
        // One byte stays free for a separator.
        if (text.len >= path.start) return error.Nametoolong;
        path.start -= text.len;
        @memcpy(path.buffer[path.start..][0..text.len], text);
    }

    /// Takes the next component and the slashes behind it. Null at the end.
    fn next(path: *Path) errno.Error!?Component {
        const text = path.rest();
        if (text.len == 0) return null;
        const end = std.mem.findScalar(u8, text, '/') orelse text.len;
        if (end > filesystem.name_max) return error.Nametoolong;
        var behind = end;
        while (behind < text.len and text[behind] == '/') behind += 1;
        path.start += behind;
        return .{ .name = text[0..end], .slash = behind > end };
    }
};

const Component = struct {
    name: []const u8,
    /// A slash follows: must be a directory.
    slash: bool,

    fn is(component: Component, name: []const u8) bool {
        return std.mem.eql(u8, component.name, name);
    }
};

/// Where a path leads. To be ended with `release`.
pub const Place = struct {
    base: Node,
    entered: [depth_max]Node,
    depth: usize,
    name_buffer: [filesystem.name_max]u8,
    name_size: usize,
    /// The path ends with a slash: only a directory will do.
    wants_directory: bool,

    /// The directory that holds `name`.
    pub fn directory(place: *const Place) Node {
        return if (place.depth == 0) place.base else place.entered[place.depth - 1];
    }

    /// One component; "." when the path leads to the directory itself.
    pub fn name(place: *const Place) []const u8 {
        return place.name_buffer[0..place.name_size];
    }

    pub fn isItself(place: *const Place) bool {
        return std.mem.eql(u8, place.name(), ".");
    }

    pub fn release(place: *Place) void {
        while (place.depth > 0) place.leave();
    }

    /// Walks `path`, which is used up. The last component need not exist.
    pub fn find(place: *Place, base: Node, path: *Path, links: Links) errno.Error!void {
        place.base = base;
        place.depth = 0;
        place.wants_directory = false;
        errdefer place.release();
        var links_left: u32 = links_max;
        if (path.rest()[0] == '/') return error.Notcapable;
        while (try path.next()) |component| {
            const last = path.rest().len == 0;
            if (last) place.wants_directory = place.wants_directory or component.slash;
            if (component.is(".")) {
                if (last) place.setName(".");
            } else if (component.is("..")) {
                if (place.depth == 0) return error.Notcapable;
                place.leave();
                if (last) place.setName(".");
            } else {
                place.setName(component.name);
                const is_link = if (last)
                    (links == .follow_last or component.slash) and try place.isLink()
                else
                    !try place.enter();
                if (is_link) {
                    links_left = std.math.sub(u32, links_left, 1) catch return error.Loop;
                    try place.expandLink(path, component.slash);
                }
            }
        }
        assert(place.name_size > 0);
    }

    fn isLink(place: *const Place) errno.Error!bool {
        const found = filesystem.statusOf(place.directory(), place.name()) catch |failure|
            return if (failure == error.Noent) false else failure;
        return found.filetype == .symbolic_link;
    }

    /// Puts the link's target before what is left of the path.
    fn expandLink(place: *Place, path: *Path, slash: bool) errno.Error!void {
        var target: [filesystem.path_max]u8 = undefined;
        const size = try filesystem.readLink(place.directory(), place.name(), &target);
        if (size == 0) return error.Noent;
        if (size == target.len) return error.Nametoolong;
        if (target[0] == '/') return error.Notcapable;
        if (slash) try path.prepend("/");
        try path.prepend(target[0..size]);
    }

    /// Goes into `name`. False when it is a symbolic link.
    fn enter(place: *Place) errno.Error!bool {
        if (place.depth == depth_max) return error.Nametoolong;
        const node = filesystem.lookup(place.directory(), place.name()) catch |failure| {
            if (failure == error.Notdir and try place.isLink()) return false;
            return failure;
        };
        place.entered[place.depth] = node;
        place.depth += 1;
        return true;
    }

    fn leave(place: *Place) void {
        assert(place.depth > 0);
        place.depth -= 1;
        filesystem.release(place.entered[place.depth]);
    }

    fn setName(place: *Place, text: []const u8) void {
        assert(text.len > 0 and text.len <= place.name_buffer.len);
        @memcpy(place.name_buffer[0..text.len], text);
        place.name_size = text.len;
    }
};

/// Reads the flags of a lookup.
pub fn linksOf(lookup_flags: u32) errno.Error!Links {
    return switch (lookup_flags) {
        0 => .keep_last,
        types.lookup_follow => .follow_last,
        else => error.Inval,
    };
}
