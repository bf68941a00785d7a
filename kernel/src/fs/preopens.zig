// SPDX-License-Identifier: Apache-2.0
//! The directories that the program starts with: names, and the kind of file system behind each.
//!
//! The link step puts the table into the image; the configuration of this boot may change it. Both
//! are `preopen=NAME=KIND` records (src/python/mew_abi/protocol.py). A directory that this machine
//! cannot give is a reason not to start: the program would find an empty place and go on.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("../generated/abi.zig");
const archive = @import("archive.zig");
const block = @import("../drivers/virtio/block.zig");
const config = @import("../config.zig");
const end = @import("root").end;
const fat = @import("fat/fat.zig");
const filesystem = @import("../filesystem.zig");
const host_files = @import("../drivers/virtio/files.zig");
const heap = @import("../mem/heap.zig");
const log = @import("../log.zig");
const memory = @import("memory.zig");
const mounts = @import("mounts.zig");
const ninep = @import("ninep.zig");
const platform = @import("../platform.zig");
const settings = @import("../settings.zig");

extern const mew_preopens_start: u8;
extern const mew_preopens_end: u8;

const Kind = abi.PreopenKind;

pub const Entry = struct { name: []const u8, kind: Kind };

/// Reads `NAME=KIND`; a name may hold `=` too. Null for an unknown kind or an empty name.
pub fn parse(text: []const u8) ?Entry {
    const split = std.mem.findScalarLast(u8, text, '=') orelse return null;
    if (split == 0) return null;
    const kind = std.meta.stringToEnum(Kind, text[split + 1 ..]) orelse return null;
    return .{ .name = text[0..split], .kind = kind };
}

/// Entries in the order of their first mention. A later one with the same name replaces it.
pub const Table = struct {
    entries: [abi.preopens_max]Entry = undefined,
    count: usize = 0,

    pub fn list(table: *const Table) []const Entry {
        return table.entries[0..table.count];
    }

    /// False when there is no room.
    pub fn put(table: *Table, entry: Entry) bool {
        for (table.entries[0..table.count]) |*known| {
            if (!std.mem.eql(u8, known.name, entry.name)) continue;
            known.kind = entry.kind;
            return true;
        }
        if (table.count == table.entries.len) return false;
        table.entries[table.count] = entry;
        table.count += 1;
        return true;
    }
};

var preopen_list: [abi.preopens_max]filesystem.Preopen = undefined;
var mount_list: [abi.preopens_max]mounts.Mount = undefined;
var mount_count: usize = 0;
/// Top directories by kind, of the kinds of which there is one file system.
var tops: std.enums.EnumMap(Kind, mounts.Node) = .{};

pub fn preopens() []const filesystem.Preopen {
    memory.initialize(heap.allocator, realtimeNs);
    var table: Table = .{};
    const first: [*]const u8 = @ptrCast(&mew_preopens_start);
    const in_image = first[0 .. @intFromPtr(&mew_preopens_end) - @intFromPtr(first)];
    addAll(&table, .preopens(in_image));
    addAll(&table, settings.get().preopens());
    var count: usize = 0;
    for (table.list()) |entry| {
        if (entry.kind == .none) continue;
        preopen_list[count] = .{ .name = entry.name, .node = top(entry) };
        count += 1;
    }
    return preopen_list[0..count];
}

fn addAll(table: *Table, records: config.Strings) void {
    var walk = records;
    while (walk.next()) |text| {
        const entry = parse(text) orelse
            end.refuse("'{s}' is no preopen; write NAME=KIND, as in /tmp=memory", .{text});
        if (!table.put(entry)) end.refuse(
            "preopen '{s}' is one too many, {d} are possible; leave one out",
            .{ entry.name, abi.preopens_max },
        );
    }
}

/// Top directory of the file system for `entry`. Each directory in memory or of the host
/// has its own; of the others there is one of a kind, which several names may show.
fn top(entry: Entry) mounts.Node {
    if (tops.get(entry.kind)) |node| return node;
    const node = switch (entry.kind) {
        .none => unreachable,
        .image => inMemory(entry, archive.ofImage(), .read_only),
        .overlay => inMemory(entry, archive.ofImage(), .writable),
        .memory => return inMemory(entry, "", .writable),
        .disk => onDisk(entry),
        .host => return onHost(entry),
    };
    tops.put(entry.kind, node);
    return node;
}

const Access = enum { read_only, writable };

fn inMemory(entry: Entry, content: []const u8, access: Access) mounts.Node {
    const node = memory.create(content) catch end.refuse(
        "not enough memory for the files of preopen '{s}'; give the VM more",
        .{entry.name},
    );
    return .{ .mount = newMount(access), .place = .{ .memory = node } };
}

fn onDisk(entry: Entry) mounts.Node {
    const disk = block.find(0) orelse end.refuse(
        "preopen '{s}' is a disk, and this machine has none; start it with --disk PATH",
        .{entry.name},
    );
    const node = fat.mount(heap.allocator, realtimeNs, disk, .{}) catch |failure| end.refuse(
        "preopen '{s}' is a disk, which has no usable FAT32 file system ({t}); make one with " ++
            "mew disk, or start the machine with another --disk PATH",
        .{ entry.name, failure },
    );
    const access: Access = if (disk.isReadOnly()) .read_only else .writable;
    return .{ .mount = newMount(access), .place = .{ .disk = node } };
}

fn onHost(entry: Entry) mounts.Node {
    const channel = host_files.open(entry.name) orelse end.refuse(
        "preopen '{s}' is a directory of the host; start the machine with --share {s}=DIR",
        .{ entry.name, entry.name },
    );
    const node = ninep.mount(heap.allocator, channel) catch |failure| end.refuse(
        "preopen '{s}' is a directory of the host, which does not give it ({t})",
        .{ entry.name, failure },
    );
    // Whether it can be changed is the host's to say.
    return .{ .mount = newMount(.writable), .place = .{ .host = node } };
}

/// Leaves everything that the program has written on its disk. Once, after the program's end.
pub fn finish() void {
    const top_of_disk = tops.get(.disk) orelse return;
    fat.finish(top_of_disk.place.disk) catch
        log.err("the disk took not all that was written", .{});
}

fn newMount(access: Access) *const mounts.Mount {
    assert(mount_count < mount_list.len);
    const mount = &mount_list[mount_count];
    mount_count += 1;
    mount.* = .{ .device = mount_count, .read_only = access == .read_only };
    return mount;
}

fn realtimeNs() u64 {
    return platform.clockNowNs(.realtime);
}

const testing = std.testing;

test "records" {
    const entry = parse("/a=b=memory").?;
    try testing.expectEqualStrings("/a=b", entry.name);
    try testing.expectEqual(.memory, entry.kind);
    for ([_][]const u8{ "", "/", "=memory", "/tmp=", "/tmp=ram" }) |text| {
        try testing.expectEqual(null, parse(text));
    }
}

test "a later record replaces one with the same name; there is a limit" {
    var table: Table = .{};
    try testing.expect(table.put(.{ .name = "/", .kind = .image }));
    try testing.expect(table.put(.{ .name = "/tmp", .kind = .memory }));
    try testing.expect(table.put(.{ .name = "/", .kind = .overlay }));
    try testing.expectEqual(2, table.list().len);
    try testing.expectEqual(.overlay, table.list()[0].kind);
    var names: [abi.preopens_max][1]u8 = undefined;
    for (names[table.count..], table.count..) |*name, number| {
        name[0] = @intCast(number);
        try testing.expect(table.put(.{ .name = name, .kind = .memory }));
    }
    try testing.expect(!table.put(.{ .name = "/more", .kind = .memory }));
}
