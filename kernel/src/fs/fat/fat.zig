// SPDX-License-Identifier: Apache-2.0
//! The file system interface (filesystem.zig) on a disk with FAT32 and long names.
//!
//! Names are told apart without regard to case, as everywhere that reads FAT. There are no links:
//! making one is Notsup. Reading a file does not change its time of access.

const std = @import("std");
const assert = std.debug.assert;
const content = @import("content.zig");
const directories = @import("directory.zig");
const filesystem = @import("../../filesystem.zig");
const inodes = @import("inode.zig");
const layout = @import("layout.zig");
const names = @import("name.zig");
const renames = @import("rename.zig");
const types = @import("../../wasi/types.zig");
const volumes = @import("volume.zig");
const Stamp = @import("time.zig").Stamp;

const Error = filesystem.Error;
const Found = directories.Found;
const Inode = inodes.Inode;

pub const Volume = volumes.Volume;
pub const Options = volumes.Options;
pub const MountError = volumes.MountError;

pub const Node = struct {
    inode: *Inode,
    /// A change has reached the disk when it returns.
    is_synchronous: bool = false,
};

/// Reads the volume on `device`, a pointer to what disk.zig describes, and finishes what the end
/// of the last machine cut short. `clock` gives nanoseconds since the Unix epoch. Returns the top
/// directory, held once; that is never released.
pub fn mount(
    allocator: std.mem.Allocator,
    clock: *const fn () u64,
    device: anytype,
    options: Options,
) MountError!Node {
    const volume = try Volume.mount(allocator, clock, device, options);
    return .{ .inode = &volume.root };
}

/// To be called when the program ends: writes all that waits. `root` stays usable.
pub fn finish(root: Node) Error!void {
    try root.inode.volume.finish();
}

pub fn release(node: Node) void {
    node.inode.volume.release(node.inode);
}

fn isDot(name: []const u8) bool {
    return std.mem.eql(u8, name, ".");
}

fn requireDirectory(inode: *const Inode) Error!void {
    if (!inode.is_directory) return error.Notdir;
    if (inode.removed) return error.Noent;
}

/// Names that there cannot be are not there.
fn find(directory: *Inode, text: []const u8, scanner: *directories.Scanner) Error!?Found {
    var name: names.Name = undefined;
    name.parse(text) catch |failure| return switch (failure) {
        error.Inval => null,
        error.Nametoolong => failure,
    };
    return directories.find(directory, name.units(), scanner);
}

/// What `name` is in `directory`, held.
fn get(directory: Node, name: []const u8) Error!*Inode {
    try requireDirectory(directory.inode);
    if (isDot(name)) {
        directory.inode.holders += 1;
        return directory.inode;
    }
    var scanner: directories.Scanner = undefined;
    const found = try find(directory.inode, name, &scanner) orelse return error.Noent;
    return directory.inode.volume.hold(found.location, &found.short);
}

pub fn lookup(directory: Node, name: []const u8) Error!Node {
    const inode = try get(directory, name);
    errdefer inode.volume.release(inode);
    if (!inode.is_directory) return error.Notdir;
    return .{ .inode = inode };
}

pub fn open(directory: Node, name: []const u8, how: filesystem.Open) Error!Node {
    const is_synchronous = how.sync or how.dsync;
    const inode = get(directory, name) catch |failure| {
        if (failure != error.Noent or !how.create) return failure;
        const made = try create(directory, name);
        return .{ .inode = made, .is_synchronous = is_synchronous };
    };
    errdefer inode.volume.release(inode);
    const node: Node = .{ .inode = inode, .is_synchronous = is_synchronous };
    if (how.create and how.exclusive) return error.Exist;
    if (inode.is_directory) {
        if (how.write or how.create) return error.Isdir;
        return node;
    }
    if (how.directory) return error.Notdir;
    if (how.write or how.truncate) {
        if (inode.volume.disk.read_only) return error.Rofs;
        if (inode.read_only) return error.Acces;
    }
    if (how.truncate) try setSize(node, 0);
    return node;
}

fn create(directory: Node, name: []const u8) Error!*Inode {
    const volume = directory.inode.volume;
    const short = newEntry(volume, .{ .archive = true }, 0);
    const location = try insert(directory.inode, name, &short);
    return volume.hold(location, &short);
}

fn newEntry(volume: *Volume, attributes: layout.Attributes, first: u32) layout.Short {
    const now: Stamp = .ofNs(volume.nowNs());
    var short: layout.Short = .{
        .name = undefined,
        .attributes = attributes,
        .created_time = now.time,
        .created_date = now.date,
        .accessed_date = now.date,
        .modified_time = now.time,
        .modified_date = now.date,
    };
    short.setCluster(first);
    return short;
}

/// Adds an entry with a name that is not there yet.
fn insert(directory: *Inode, text: []const u8, short: *const layout.Short) Error!inodes.Location {
    const volume = directory.volume;
    try requireDirectory(directory);
    try volume.beginChange();
    var name: names.Name = undefined;
    try name.parse(text);
    const form: directories.Form = try .choose(directory, &name);
    try requireNew(directory, &form);
    const room = try directories.findRoom(directory, form.slots(), null);
    const location = try directories.put(directory, room, &form, short);
    try touch(directory);
    return location;
}

/// See Volume.requireNotDeleted: for both names that an entry will have.
fn requireNew(directory: *Inode, form: *const directories.Form) Error!void {
    const volume = directory.volume;
    const short: layout.Short = .{ .name = form.bytes, .attributes = .{} };
    var place: [12]u16 = undefined;
    try volume.requireNotDeleted(directory.first, form.name.units());
    try volume.requireNotDeleted(directory.first, names.shown(&short, &place));
}

/// The content has changed: its entry says so.
fn touch(inode: *Inode) Error!void {
    inode.modified = .ofNs(inode.volume.nowNs());
    try store(inode);
}

fn store(inode: *Inode) Error!void {
    const short = try directories.entryOf(inode) orelse return;
    short.modified_date = inode.modified.date;
    short.modified_time = inode.modified.time;
    short.accessed_date = inode.accessed_date;
    if (inode.is_directory) return;
    short.attributes.archive = true;
    short.size = inode.size;
    short.setCluster(inode.first);
}

pub fn status(node: Node) Error!types.Filestat {
    const inode = node.inode;
    const accessed: Stamp = .{ .date = inode.accessed_date, .time = 0 };
    return .{
        .inode = inode.number(),
        .filetype = inode.filetype(),
        .links = if (inode.removed) 0 else 1,
        .size = inode.size,
        .accessed_ns = accessed.toNs(),
        .modified_ns = inode.modified.toNs(),
        .changed_ns = inode.modified.toNs(),
    };
}

pub fn statusOf(directory: Node, name: []const u8) Error!types.Filestat {
    const inode = try get(directory, name);
    defer inode.volume.release(inode);
    return status(.{ .inode = inode });
}

pub fn setTimes(node: Node, times: filesystem.Times) Error!void {
    const inode = node.inode;
    try inode.volume.beginChange();
    const now = inode.volume.nowNs();
    if (stampAfter(times.accessed, now)) |stamp| inode.accessed_date = stamp.date;
    if (stampAfter(times.modified, now)) |stamp| inode.modified = stamp;
    try store(inode);
    try finishChange(node);
}

fn stampAfter(time: filesystem.Time, now_ns: u64) ?Stamp {
    return switch (time) {
        .keep => null,
        .now => .ofNs(now_ns),
        .at_ns => |ns| .ofNs(ns),
    };
}

pub fn setTimesOf(directory: Node, name: []const u8, times: filesystem.Times) Error!void {
    const inode = try get(directory, name);
    defer inode.volume.release(inode);
    try setTimes(.{ .inode = inode }, times);
}

pub fn readAt(node: Node, buffer: []u8, offset: u64) Error!usize {
    if (node.inode.is_directory) return error.Isdir;
    return content.read(node.inode, buffer, offset);
}

pub fn writeAt(node: Node, bytes: []const u8, offset: u64) Error!usize {
    const inode = node.inode;
    if (inode.is_directory) return error.Isdir;
    try inode.volume.beginChange();
    const count = try content.write(inode, bytes, offset);
    try touch(inode);
    try finishChange(node);
    return count;
}

pub fn setSize(node: Node, size: u64) Error!void {
    const inode = node.inode;
    if (inode.is_directory) return error.Isdir;
    try inode.volume.beginChange();
    try content.setSize(inode, size);
    try touch(inode);
    try finishChange(node);
}

/// FAT knows no room behind a file's end: the file is extended.
pub fn allocate(node: Node, offset: u64, size: u64) Error!void {
    if (node.inode.is_directory) return error.Isdir;
    const end = std.math.add(u64, offset, size) catch return error.Fbig;
    if (end > layout.file_size_max) return error.Fbig;
    if (end > node.inode.size) try setSize(node, end);
}

fn finishChange(node: Node) Error!void {
    if (node.is_synchronous) try node.inode.volume.sync();
}

/// What other files still had to write is written too: the order is that of the volume.
pub fn sync(node: Node, data_only: bool) Error!void {
    _ = data_only;
    try node.inode.volume.sync();
}

pub fn makeDirectory(directory: Node, name: []const u8) Error!void {
    const parent = directory.inode;
    const volume = parent.volume;
    try requireDirectory(parent);
    var scanner: directories.Scanner = undefined;
    if (isDot(name) or try find(parent, name, &scanner) != null) return error.Exist;
    try volume.beginChange();
    const run = volume.table.allocate(null, 1) catch |failure| retry: {
        if (failure != error.Nospc) return failure;
        try volume.commit();
        break :retry try volume.table.allocate(null, 1);
    };
    errdefer volume.freeChain(run.first);
    try directories.blankCluster(parent, run.first);
    const short = newEntry(volume, .{ .directory = true }, run.first);
    const sector = try volume.cache.update(volume.geometry.firstSector(run.first), .fresh);
    for (0..2) |index| {
        const dots: *layout.Short = @ptrCast(layout.slotOf(sector, index));
        dots.* = short;
        dots.name = if (index == 0) ".          ".* else "..         ".*;
        // The root is cluster 0 here, wherever it begins.
        if (index == 1) dots.setCluster(if (parent == &volume.root) 0 else parent.first);
    }
    _ = try insert(parent, name, &short);
}

pub fn makeSymlink(directory: Node, name: []const u8, target: []const u8) Error!void {
    _ = target;
    try requireDirectory(directory.inode);
    if (isDot(name)) return error.Exist;
    return error.Notsup;
}

pub fn makeLink(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    _ = to;
    _ = to_name;
    const inode = try get(from, from_name);
    defer inode.volume.release(inode);
    return if (inode.is_directory) error.Perm else error.Notsup;
}

pub fn readLink(directory: Node, name: []const u8, buffer: []u8) Error!usize {
    _ = buffer;
    const inode = try get(directory, name);
    inode.volume.release(inode);
    return error.Inval;
}

pub fn removeFile(directory: Node, name: []const u8) Error!void {
    try requireDirectory(directory.inode);
    if (isDot(name)) return error.Isdir;
    var scanner: directories.Scanner = undefined;
    const found = try find(directory.inode, name, &scanner) orelse return error.Noent;
    if (found.short.attributes.directory) return error.Isdir;
    try directory.inode.volume.beginChange();
    try directories.remove(directory.inode, &found);
    drop(directory.inode.volume, &found);
    try touch(directory.inode);
}

/// Nothing leads to what the entry was for any more.
fn drop(volume: *Volume, found: *const Found) void {
    if (volume.held(found.location)) |inode| {
        volume.markRemoved(inode);
    } else {
        volume.freeChain(found.short.cluster());
    }
}

pub fn removeDirectory(directory: Node, name: []const u8) Error!void {
    if (isDot(name)) return error.Inval;
    try requireDirectory(directory.inode);
    const volume = directory.inode.volume;
    var scanner: directories.Scanner = undefined;
    const found = try find(directory.inode, name, &scanner) orelse return error.Noent;
    try requireEmpty(volume, &found);
    try volume.beginChange();
    try directories.remove(directory.inode, &found);
    drop(volume, &found);
    try touch(directory.inode);
}

fn requireEmpty(volume: *Volume, found: *const Found) Error!void {
    const inode = try volume.hold(found.location, &found.short);
    defer volume.release(inode);
    if (!inode.is_directory) return error.Notdir;
    // A damaged volume may lead to the root from somewhere.
    if (inode.first == volume.geometry.root) return error.Io;
    if (!try directories.isEmpty(inode)) return error.Notempty;
}

pub fn rename(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    if (isDot(from_name) or isDot(to_name)) return error.Busy;
    const volume = from.inode.volume;
    if (to.inode.volume != volume) return error.Xdev;
    try requireDirectory(from.inode);
    try requireDirectory(to.inode);
    var source_scanner: directories.Scanner = undefined;
    const source = try find(from.inode, from_name, &source_scanner) orelse return error.Noent;
    var target_scanner: directories.Scanner = undefined;
    var target = try find(to.inode, to_name, &target_scanner);
    var name: names.Name = undefined;
    try name.parse(to_name);
    if (target) |found| {
        if (found.location.key() == source.location.key()) {
            if (std.mem.eql(u16, found.units, name.units())) return;
            // Another case of the same name.
            target = null;
        }
    }
    const moved = try volume.hold(source.location, &source.short);
    defer volume.release(moved);
    if (moved.is_directory and try renames.isInside(to.inode, moved)) return error.Inval;
    if (target) |*found| try requireReplaceable(volume, found, moved.is_directory);
    try volume.beginChange();
    try move(from.inode, source, to.inode, target, &name, moved);
}

fn requireReplaceable(volume: *Volume, found: *const Found, by_directory: bool) Error!void {
    if (by_directory) return requireEmpty(volume, found);
    if (found.short.attributes.directory) return error.Isdir;
}

fn move(
    from: *Inode,
    source: Found,
    to: *Inode,
    target: ?Found,
    name: *const names.Name,
    moved: *Inode,
) Error!void {
    const volume = from.volume;
    var plan: renames.Move = .{
        .volume = volume,
        .from = from,
        .source = source,
        .to = to,
        .replaced = target,
        .form = undefined,
        .room = undefined,
        .parent = null,
    };
    if (target == null) {
        plan.form = try .choose(to, name);
        try requireNew(to, &plan.form);
        plan.room = try roomFor(&plan);
    }
    if (moved.is_directory and from != to) {
        plan.parent = try directories.parentOf(volume, moved.first);
    }
    // What the entry says of the file may be older than what the file is.
    if (try directories.entryOf(moved)) |short| plan.source.short = short.*;
    const location = try plan.run();
    if (target) |*found| drop(volume, found);
    volume.markMoved(moved, location);
    try touch(from);
    if (to != from) try touch(to);
}

/// Where the entry was if it fits there: then one write may do.
fn roomFor(plan: *const renames.Move) Error!directories.Range {
    const count = plan.form.slots();
    if (plan.from != plan.to) return directories.findRoom(plan.to, count, null);
    if (count <= plan.source.slots()) {
        return .{ .first = plan.source.slot + 1 - count, .count = count };
    }
    return directories.findRoom(plan.to, count, plan.source);
}

/// Cookies are numbers of slots, which stay when other names come and go.
pub const Entries = struct {
    inode: *Inode,
    cookie: u64,
    text: [names.text_max]u8 = undefined,

    const cookie_self = 1;
    const cookie_parent = 2;

    pub fn begin(node: Node, cookie: u64) Error!Entries {
        if (!node.inode.is_directory) return error.Notdir;
        return .{ .inode = node.inode, .cookie = cookie };
    }

    pub fn next(entries: *Entries) Error!?filesystem.Entry {
        const inode = entries.inode;
        if (entries.cookie < cookie_parent) {
            entries.cookie += 1;
            const is_self = entries.cookie == cookie_self;
            return .{
                .name = if (is_self) "." else "..",
                .inode = if (is_self) inode.number() else try parentNumber(inode),
                .filetype = .directory,
                .next_cookie = entries.cookie,
            };
        }
        const slot = entries.cookie - cookie_parent;
        if (inode.removed or slot >= layout.directory_slots_max) return null;
        var scanner: directories.Scanner = .init(inode, @intCast(slot));
        const found = try scanner.next() orelse return null;
        entries.cookie = found.slot + 1 + cookie_parent;
        const is_directory = found.short.attributes.directory;
        return .{
            .name = names.toText(found.units, &entries.text),
            .inode = if (is_directory)
                Inode.directoryNumber(found.short.cluster())
            else
                found.location.key(),
            .filetype = if (is_directory) .directory else .regular_file,
            .next_cookie = entries.cookie,
        };
    }

    fn parentNumber(inode: *Inode) Error!u64 {
        const root = inode.volume.geometry.root;
        if (inode.removed or inode.first == root) return inode.number();
        const parent = try directories.parentOf(inode.volume, inode.first);
        return Inode.directoryNumber(if (parent.cluster == 0) root else parent.cluster);
    }
};

comptime {
    assert(names.units_max == filesystem.name_max);
}
