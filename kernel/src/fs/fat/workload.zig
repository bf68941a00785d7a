// SPDX-License-Identifier: Apache-2.0
//! Random changes of a volume beside a model of what they should do: for tests of what is there
//! afterwards, and of what an end of the machine leaves.

const std = @import("std");
const fat = @import("fat.zig");
const filesystem = @import("../../filesystem.zig");

const Node = fat.Node;

/// Few names, so that operations meet: short ones, long ones, and one with an alias in common.
const file_names = [_][]const u8{
    "a",                                 "B.TXT",
    "readme.text",                       "A long name that takes three slots",
    "A long name that takes three, too",
    "größe",
    &@as([60]u8, @splat('x')),           "c.c",
};
const directory_names = [_][]const u8{ "d", "Another directory", "e" };

const size_max = 6000;

pub const Content = union(enum) { directory, file: []const u8 };

/// What there is, by its path without a slash before it.
pub const Model = std.StringArrayHashMapUnmanaged(Content);

pub const Move = struct { from: []const u8, to: []const u8 };

/// What was certain to be on the disk at one moment.
pub const Mark = struct {
    model: Model,
    /// Paths changed after it, until the next mark.
    touched: std.StringArrayHashMapUnmanaged(void) = .empty,
    /// Those of them whose content changed, or that came or went otherwise than by a move.
    changed: std.StringArrayHashMapUnmanaged(void) = .empty,
    moves: std.ArrayList(Move) = .empty,
};

pub const Workload = struct {
    /// Frees all at once.
    arena: std.mem.Allocator,
    random: std.Random,
    root: Node,
    model: Model = .empty,
    marks: std.ArrayList(Mark) = .empty,
    /// A file that was removed or replaced while it is open.
    orphan: ?Node = null,

    pub fn begin(workload: *Workload) !void {
        try workload.marks.append(workload.arena, .{ .model = .empty });
    }

    /// Releases what is open.
    pub fn end(workload: *Workload) void {
        if (workload.orphan) |node| fat.release(node);
        workload.orphan = null;
    }

    /// Returns true when the volume was synchronised.
    pub fn step(workload: *Workload) !bool {
        const random = workload.random;
        switch (random.uintLessThan(u8, 40)) {
            0...7 => try workload.createFile(),
            8...18 => try workload.writeFile(),
            19...21 => try workload.resizeFile(),
            22...25 => try workload.removeFile(),
            26...28 => try workload.makeDirectory(),
            29 => try workload.removeDirectory(),
            30...36 => try workload.rename(),
            else => {
                try fat.sync(workload.root, false);
                const model = try workload.model.clone(workload.arena);
                try workload.marks.append(workload.arena, .{ .model = model });
                return true;
            },
        }
        return false;
    }

    fn touch(workload: *Workload, path: []const u8) !void {
        const mark = &workload.marks.items[workload.marks.items.len - 1];
        try mark.touched.put(workload.arena, path, {});
        try mark.changed.put(workload.arena, path, {});
    }

    fn noteMove(workload: *Workload, from: []const u8, to: []const u8) !void {
        const mark = &workload.marks.items[workload.marks.items.len - 1];
        try mark.moves.append(workload.arena, .{ .from = from, .to = to });
        try mark.touched.put(workload.arena, from, {});
        try mark.touched.put(workload.arena, to, {});
    }

    fn join(workload: *Workload, directory: []const u8, name: []const u8) ![]const u8 {
        if (directory.len == 0) return name;
        return std.mem.concat(workload.arena, u8, &.{ directory, "/", name });
    }

    /// A directory that is there; "" is the root.
    fn anyDirectory(workload: *Workload) []const u8 {
        return workload.any(.directory) orelse "";
    }

    fn anyFile(workload: *Workload) ?[]const u8 {
        return workload.any(.file);
    }

    fn any(workload: *Workload, kind: std.meta.Tag(Content)) ?[]const u8 {
        const count = workload.model.count();
        if (count == 0) return null;
        const start = workload.random.uintLessThan(usize, count + 1);
        if (start == count and kind == .directory) return null;
        for (0..count) |index| {
            const number = (start + index) % count;
            if (workload.model.values()[number] == kind) return workload.model.keys()[number];
        }
        return null;
    }

    fn createFile(workload: *Workload) !void {
        const name = file_names[workload.random.uintLessThan(usize, file_names.len)];
        const path = try workload.join(workload.anyDirectory(), name);
        const node = openAt(workload.root, path, .{
            .write = true,
            .create = true,
            .exclusive = true,
        }) catch |failure| {
            if (failure == error.Nospc) return;
            if (failure != error.Exist or !workload.model.contains(path)) return failure;
            return;
        };
        defer fat.release(node);
        if (workload.model.contains(path)) return error.TestUnexpectedResult;
        try workload.model.put(workload.arena, path, .{ .file = "" });
        try workload.touch(path);
    }

    fn writeFile(workload: *Workload) !void {
        const path = workload.anyFile() orelse return;
        const node = try openAt(workload.root, path, .{ .read = true, .write = true });
        defer fat.release(node);
        const old = workload.model.get(path).?.file;
        const random = workload.random;
        const offset = if (random.boolean()) old.len else random.uintLessThan(usize, old.len + 700);
        const bytes = try workload.arena.alloc(u8, random.uintLessThan(usize, size_max));
        random.bytes(bytes);
        if (offset + bytes.len > 4 * size_max) return;
        try workload.touch(path);
        const count = fat.writeAt(node, bytes, offset) catch |failure|
            return if (failure == error.Nospc) {} else failure;
        if (count == 0) return;
        const content = try workload.arena.alloc(u8, @max(old.len, offset + count));
        @memset(content, 0);
        @memcpy(content[0..old.len], old);
        @memcpy(content[offset..][0..count], bytes[0..count]);
        try workload.model.put(workload.arena, path, .{ .file = content });
    }

    fn resizeFile(workload: *Workload) !void {
        const path = workload.anyFile() orelse return;
        const node = try openAt(workload.root, path, .{ .write = true });
        defer fat.release(node);
        const old = workload.model.get(path).?.file;
        const to_nothing = workload.random.boolean();
        const size = if (to_nothing) 0 else workload.random.uintLessThan(usize, 2 * size_max);
        try workload.touch(path);
        fat.setSize(node, size) catch |failure|
            return if (failure == error.Nospc) {} else failure;
        const content = try workload.arena.alloc(u8, size);
        @memset(content, 0);
        const kept = @min(size, old.len);
        @memcpy(content[0..kept], old[0..kept]);
        try workload.model.put(workload.arena, path, .{ .file = content });
    }

    fn holdOrphan(workload: *Workload, path: []const u8) !void {
        if (workload.orphan) |node| {
            // It still works.
            var buffer: [100]u8 = undefined;
            _ = fat.writeAt(node, "orphan", 0) catch |failure|
                if (failure != error.Nospc) return failure;
            _ = try fat.readAt(node, &buffer, 0);
        }
        workload.end();
        const keeps = workload.random.boolean();
        if (keeps) workload.orphan = try openAt(workload.root, path, .{ .write = true });
    }

    fn removeFile(workload: *Workload) !void {
        const path = workload.anyFile() orelse return;
        try workload.holdOrphan(path);
        const place = try Place.of(workload.root, path);
        defer fat.release(place.directory);
        try fat.removeFile(place.directory, place.name);
        try workload.touch(path);
        _ = workload.model.orderedRemove(path);
    }

    fn makeDirectory(workload: *Workload) !void {
        const parent = workload.anyDirectory();
        if (std.mem.count(u8, parent, "/") > 3) return;
        const name = directory_names[workload.random.uintLessThan(usize, directory_names.len)];
        const path = try workload.join(parent, name);
        const place = try Place.of(workload.root, path);
        defer fat.release(place.directory);
        fat.makeDirectory(place.directory, place.name) catch |failure| {
            if (failure == error.Nospc) return;
            return if (failure == error.Exist and workload.model.contains(path)) {} else failure;
        };
        try workload.model.put(workload.arena, path, .directory);
        try workload.touch(path);
    }

    fn isEmpty(workload: *const Workload, path: []const u8) bool {
        for (workload.model.keys()) |key| {
            if (isBelow(key, path)) return false;
        }
        return true;
    }

    fn removeDirectory(workload: *Workload) !void {
        const path = workload.anyDirectory();
        if (path.len == 0) return;
        const place = try Place.of(workload.root, path);
        defer fat.release(place.directory);
        fat.removeDirectory(place.directory, place.name) catch |failure| {
            const expected = failure == error.Notempty and !workload.isEmpty(path);
            return if (expected) {} else failure;
        };
        if (!workload.isEmpty(path)) return error.TestUnexpectedResult;
        _ = workload.model.orderedRemove(path);
        try workload.touch(path);
    }

    fn rename(workload: *Workload) !void {
        const random = workload.random;
        const of_directory = random.uintLessThan(u8, 4) == 0;
        const from = if (of_directory)
            workload.anyDirectory()
        else
            workload.anyFile() orelse return;
        if (from.len == 0) return;
        const parent = if (random.boolean()) parentOf(from) else workload.anyDirectory();
        const name = if (of_directory)
            directory_names[random.uintLessThan(usize, directory_names.len)]
        else
            file_names[random.uintLessThan(usize, file_names.len)];
        const to = try workload.join(parent, name);
        if (std.mem.eql(u8, from, to)) return;
        const source = try Place.of(workload.root, from);
        defer fat.release(source.directory);
        const target = try Place.of(workload.root, to);
        defer fat.release(target.directory);
        if (!of_directory and workload.model.contains(to)) try workload.holdOrphan(to);
        fat.rename(source.directory, source.name, target.directory, target.name) catch |failure| {
            if (failure == error.Nospc) return;
            const inside = failure == error.Inval and isBelow(to, from);
            const full = failure == error.Notempty and !workload.isEmpty(to);
            return if (inside or full) {} else failure;
        };
        try workload.moveModel(from, to);
    }

    fn moveModel(workload: *Workload, from: []const u8, to: []const u8) !void {
        const old = try workload.model.clone(workload.arena);
        _ = workload.model.orderedRemove(to);
        for (old.keys(), old.values()) |path, content| {
            const is_moved = std.mem.eql(u8, path, from) or isBelow(path, from);
            if (!is_moved) continue;
            const new_path = try std.mem.concat(workload.arena, u8, &.{ to, path[from.len..] });
            _ = workload.model.orderedRemove(path);
            try workload.model.put(workload.arena, new_path, content);
            try workload.noteMove(path, new_path);
        }
    }
};

fn parentOf(path: []const u8) []const u8 {
    const slash = std.mem.findScalarLast(u8, path, '/') orelse return "";
    return path[0..slash];
}

fn isBelow(path: []const u8, directory: []const u8) bool {
    return path.len > directory.len and std.mem.startsWith(u8, path, directory) and
        path[directory.len] == '/';
}

/// A held directory and a name in it.
const Place = struct {
    directory: Node,
    name: []const u8,

    fn of(root: Node, path: []const u8) !Place {
        var here = try fat.lookup(root, ".");
        errdefer fat.release(here);
        var names = std.mem.splitScalar(u8, path, '/');
        while (true) {
            const name = names.next().?;
            if (names.peek() == null) return .{ .directory = here, .name = name };
            const next = try fat.lookup(here, name);
            fat.release(here);
            here = next;
        }
    }
};

pub fn openAt(root: Node, path: []const u8, how: filesystem.Open) !Node {
    const place = try Place.of(root, path);
    defer fat.release(place.directory);
    return fat.open(place.directory, place.name, how);
}

/// True when the file is there with just that content.
pub fn hasContent(root: Node, path: []const u8, content: []const u8) !bool {
    const node = openAt(root, path, .{ .read = true }) catch |failure| return switch (failure) {
        error.Noent, error.Notdir, error.Isdir => false,
        else => failure,
    };
    defer fat.release(node);
    var buffer: [4 * size_max + 1]u8 = undefined;
    if ((try fat.status(node)).filetype == .directory) return false;
    const size = try fat.readAt(node, &buffer, 0);
    return std.mem.eql(u8, buffer[0..size], content);
}

/// How many names there are below `directory`.
pub fn countNames(directory: Node) !usize {
    var count: usize = 0;
    var entries: fat.Entries = try .begin(directory, 2);
    while (try entries.next()) |entry| {
        count += 1;
        if (entry.filetype != .directory) continue;
        const inner = try fat.lookup(directory, entry.name);
        defer fat.release(inner);
        count += try countNames(inner);
    }
    return count;
}
