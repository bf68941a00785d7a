// SPDX-License-Identifier: Apache-2.0
//! Directories: finding, adding and removing entries.

const std = @import("std");
const assert = std.debug.assert;
const disks = @import("disk.zig");
const inodes = @import("inode.zig");
const layout = @import("layout.zig");
const names = @import("name.zig");

const Error = disks.Error;
const Inode = inodes.Inode;
const Location = inodes.Location;
const Long = layout.Long;
const Short = layout.Short;

pub const AddError = Error || error{Nospc};

/// An entry as it is on the disk. `units` lives as long as the scanner stays where it is.
pub const Found = struct {
    location: Location,
    /// Numbers of its slots in the directory: of the long name's first part, and of the entry.
    first_slot: u32,
    slot: u32,
    short: Short,
    units: []const u16,

    pub fn slots(found: *const Found) u32 {
        return found.slot - found.first_slot + 1;
    }
};

/// Slots of a directory that lie side by side.
pub const Range = struct { first: u32, count: u32 };

/// Goes through a directory slot by slot.
pub const Scanner = struct {
    directory: *Inode,
    slot: u32,
    sector: u64 = 0,
    content: disks.Sector = undefined,
    /// `content` is that of the slot before `slot`.
    loaded: bool = false,
    at_end: bool = false,
    units: [20 * Long.units]u16 = undefined,
    short_units: [12]u16 = undefined,
    /// Parts of a long name so far: the next one's number, 0 when complete.
    long_next: u8 = 0,
    long_checksum: u8 = 0,
    long_count: usize = 0,
    long_first: ?u32 = null,

    pub fn init(directory: *Inode, slot: u32) Scanner {
        return .{ .directory = directory, .slot = slot };
    }

    /// The slot at `slot`, and steps on. Null at the end of the clusters: `at_end` is false then.
    fn take(scanner: *Scanner) Error!?*const layout.Slot {
        if (scanner.slot >= layout.directory_slots_max) return null;
        const index = scanner.slot % layout.slots_per_sector;
        if (!scanner.loaded or index == 0) {
            scanner.sector = try sectorOfSlot(scanner.directory, scanner.slot) orelse return null;
            scanner.content = (try scanner.directory.volume.cache.read(scanner.sector)).*;
            scanner.loaded = true;
        }
        scanner.slot += 1;
        return layout.slotOf(&scanner.content, index);
    }

    /// The next entry, "." and ".." and the volume's label not counted. Null at the end.
    pub fn next(scanner: *Scanner) Error!?Found {
        while (!scanner.at_end) {
            const slot = try scanner.take() orelse break;
            if (slot[0] == layout.mark_end) {
                scanner.at_end = true;
                break;
            }
            const short: *const Short = @ptrCast(slot);
            if (slot[0] == layout.mark_deleted) {
                scanner.long_first = null;
            } else if (short.attributes.isLongName()) {
                scanner.addLong(@ptrCast(slot));
            } else {
                const found = scanner.entryOf(short);
                scanner.long_first = null;
                const counts = !short.attributes.volume_label and slot[0] != '.';
                if (counts) return found;
            }
        }
        return null;
    }

    fn addLong(scanner: *Scanner, long: *const Long) void {
        const order = long.order & ~@as(u8, Long.order_last);
        if (long.order & Long.order_last != 0 and order >= 1 and order <= 20) {
            scanner.long_first = scanner.slot - 1;
            scanner.long_checksum = long.checksum;
            scanner.long_count = @as(usize, order) * Long.units;
        } else if (scanner.long_first == null or order != scanner.long_next or order == 0 or
            long.checksum != scanner.long_checksum)
        {
            scanner.long_first = null;
            return;
        }
        scanner.long_next = order - 1;
        const start = @as(usize, order - 1) * Long.units;
        for (0..Long.units) |index| {
            const unit = long.unit(index);
            // The last part ends with a zero unless it is full.
            if (unit == 0) scanner.long_count = @min(scanner.long_count, start + index);
            scanner.units[start + index] = unit;
        }
    }

    fn entryOf(scanner: *Scanner, short: *const Short) Found {
        const slot = scanner.slot - 1;
        const has_long = scanner.long_first != null and scanner.long_next == 0 and
            scanner.long_count > 0 and scanner.long_count <= names.units_max and
            scanner.long_checksum == names.checksum(&short.name);
        return .{
            .location = .{
                .sector = scanner.sector,
                .index = @intCast(slot % layout.slots_per_sector),
            },
            .first_slot = if (has_long) scanner.long_first.? else slot,
            .slot = slot,
            .short = short.*,
            .units = if (has_long)
                scanner.units[0..scanner.long_count]
            else
                names.shown(short, &scanner.short_units),
        };
    }
};

/// Null behind the directory's last cluster.
fn sectorOfSlot(directory: *Inode, slot: u32) Error!?u64 {
    const geometry = &directory.volume.geometry;
    const per_cluster = geometry.slotsPerCluster();
    const run = try directory.span(slot / per_cluster, 1) orelse return null;
    return geometry.firstSector(run.first) + slot % per_cluster / layout.slots_per_sector;
}

/// The entry with that name, long or short. Its `units` point into `scanner`.
pub fn find(directory: *Inode, name: []const u16, scanner: *Scanner) Error!?Found {
    scanner.* = .init(directory, 0);
    while (try scanner.next()) |found| {
        if (names.equal(found.units, name)) return found;
        if (found.slots() == 1) continue;
        var place: [12]u16 = undefined;
        if (names.equal(names.shown(&found.short, &place), name)) return found;
    }
    return null;
}

pub fn isEmpty(directory: *Inode) Error!bool {
    var scanner: Scanner = .init(directory, 0);
    return try scanner.next() == null;
}

/// How a name is stored: as a short one, or as an alias with a long one before it.
pub const Form = struct {
    name: *const names.Name,
    bytes: [11]u8,
    case: u8,
    long_slots: u32,

    /// Looks for an alias that no entry of `directory` has. Nospc when all that were tried are
    /// taken.
    pub fn choose(directory: *Inode, name: *const names.Name) AddError!Form {
        if (names.plain(name)) |plain| {
            return .{ .name = name, .bytes = plain.bytes, .case = plain.case, .long_slots = 0 };
        }
        var taken: std.StaticBitSet(names.alias_count) = .empty;
        var scanner: Scanner = .init(directory, 0);
        while (try scanner.next()) |found| {
            for (0..names.alias_count) |attempt| {
                const alias = names.alias(name, @intCast(attempt));
                if (std.mem.eql(u8, &alias, &found.short.name)) taken.set(attempt);
            }
        }
        const attempt = taken.complement().findFirstSet() orelse return error.Nospc;
        return .{
            .name = name,
            .bytes = names.alias(name, @intCast(attempt)),
            .case = 0,
            .long_slots = name.longSlots(),
        };
    }

    pub fn slots(form: *const Form) u32 {
        return form.long_slots + 1;
    }
};

/// Finds `count` free slots side by side; with `own` rather in its sector, and its slots count as
/// free. Makes the directory longer if it has none.
pub fn findRoom(directory: *Inode, count: u32, own: ?Found) AddError!Range {
    var scanner: Scanner = .init(directory, 0);
    var best: ?Range = null;
    var run: Range = .{ .first = 0, .count = 0 };
    while (try scanner.take()) |slot| {
        const number = scanner.slot - 1;
        if (slot[0] == layout.mark_end) scanner.at_end = true;
        const is_own = own != null and number >= own.?.first_slot and number <= own.?.slot;
        if (!scanner.at_end and !is_own and slot[0] != layout.mark_deleted) {
            run.count = 0;
            continue;
        }
        if (run.count == 0) run.first = number;
        run.count += 1;
        if (run.count < count) continue;
        const room: Range = .{ .first = run.first + run.count - count, .count = count };
        if (own == null) return room;
        const sector = own.?.slot / layout.slots_per_sector;
        const is_near = room.first / layout.slots_per_sector == sector and
            number / layout.slots_per_sector == sector;
        if (is_near) return room;
        if (best == null) best = room;
        // Nothing behind the end can be nearer.
        if (scanner.at_end and number / layout.slots_per_sector > sector) break;
    }
    if (best) |room| return room;
    const free_at_end = if (run.count > 0 and run.first + run.count == scanner.slot)
        run.count
    else
        0;
    const first = scanner.slot - free_at_end;
    try grow(directory, first + count);
    return .{ .first = first, .count = count };
}

/// Makes the directory hold `wanted` slots; new ones are zeros.
fn grow(directory: *Inode, wanted: u32) AddError!void {
    if (wanted > layout.directory_slots_max) return error.Nospc;
    const per_cluster = directory.volume.geometry.slotsPerCluster();
    const clusters = std.math.divCeil(u32, wanted, per_cluster) catch unreachable;
    const have = try directory.clusterCount(clusters);
    directory.extend(have, clusters) catch |failure| {
        if (failure != error.Nospc) return failure;
        try directory.shorten(@max(have, 1));
        return failure;
    };
    for (have..clusters) |index| {
        const run = try directory.span(@intCast(index), 1) orelse return error.Io;
        try blankCluster(directory, run.first);
    }
}

/// Makes `cluster`, which nothing leads to yet, an empty part of a directory.
pub fn blankCluster(directory: *Inode, cluster: u32) Error!void {
    const geometry = &directory.volume.geometry;
    const first = geometry.firstSector(cluster);
    for (0..geometry.sectors_per_cluster) |index| {
        _ = try directory.volume.cache.blank(first + index, .fresh);
    }
}

/// Writes an entry into free slots, and returns where it is.
pub fn put(directory: *Inode, room: Range, form: *const Form, short: *const Short) Error!Location {
    assert(room.count == form.slots());
    const ends_directory = try hasEnd(directory, room);
    const checksum = names.checksum(&form.bytes);
    for (0..form.long_slots) |index| {
        const order: u8 = @intCast(form.long_slots - index);
        const slot = try slotToChange(directory, room.first + @as(u32, @intCast(index)));
        const long: *Long = @ptrCast(slot.bytes);
        long.* = longPart(form.name.units(), order, checksum);
        if (index == 0) long.order |= Long.order_last;
    }
    const slot = try slotToChange(directory, room.first + room.count - 1);
    const target: *Short = @ptrCast(slot.bytes);
    target.* = short.*;
    target.name = form.bytes;
    target.case = form.case;
    if (ends_directory) try endAt(directory, room.first + room.count);
    return slot.location;
}

fn longPart(units: []const u16, order: u8, checksum: u8) Long {
    var long: Long = undefined;
    long = .{
        .order = order,
        .units1 = undefined,
        .checksum = checksum,
        .units2 = undefined,
        .units3 = undefined,
    };
    for (0..Long.units) |index| {
        const place = @as(usize, order - 1) * Long.units + index;
        const filler: u16 = if (place == units.len) 0 else 0xFFFF;
        long.setUnit(index, if (place < units.len) units[place] else filler);
    }
    return long;
}

const Changing = struct { bytes: *layout.Slot, location: Location };

fn slotToChange(directory: *Inode, slot: u32) Error!Changing {
    const sector = try sectorOfSlot(directory, slot) orelse return error.Io;
    const index = slot % layout.slots_per_sector;
    const content = try directory.volume.cache.update(sector, .directory);
    return .{
        .bytes = layout.slotOf(content, index),
        .location = .{ .sector = sector, .index = @intCast(index) },
    };
}

/// True when the mark of the directory's end is one of the slots.
fn hasEnd(directory: *Inode, room: Range) Error!bool {
    for (room.first..room.first + room.count) |number| {
        const slot: u32 = @intCast(number);
        const sector = try sectorOfSlot(directory, slot) orelse return error.Io;
        const content = try directory.volume.cache.read(sector);
        const start = slot % layout.slots_per_sector * layout.slot_size;
        if (content[start] == layout.mark_end) return true;
    }
    return false;
}

/// Other systems may have left something behind the end that must not become visible.
fn endAt(directory: *Inode, slot: u32) Error!void {
    const sector = try sectorOfSlot(directory, slot) orelse return;
    const content = try directory.volume.cache.read(sector);
    const start = slot % layout.slots_per_sector * layout.slot_size;
    if (content[start] == layout.mark_end) return;
    const changing = try slotToChange(directory, slot);
    changing.bytes[0] = layout.mark_end;
}

/// Marks the slots of an entry free.
pub fn remove(directory: *Inode, found: *const Found) Error!void {
    var slot = found.first_slot;
    while (slot <= found.slot) : (slot += 1) {
        const changing = try slotToChange(directory, slot);
        changing.bytes[0] = layout.mark_deleted;
    }
    var place: [12]u16 = undefined;
    directory.volume.noteDeleted(directory.first, found.units);
    directory.volume.noteDeleted(directory.first, names.shown(&found.short, &place));
}

/// The entry of `inode`, to be changed. The root has none, nor has what was removed.
pub fn entryOf(inode: *Inode) Error!?*Short {
    const location = inode.location orelse return null;
    const content = try inode.volume.cache.update(location.sector, .directory);
    return @ptrCast(layout.slotOf(content, location.index));
}

/// Where a directory's ".." is, and the cluster it leads to: 0 is the root.
pub const Parent = struct { location: Location, cluster: u32 };

/// Of the directory that begins with `cluster`. Io if it has none.
pub fn parentOf(volume: *@import("volume.zig").Volume, cluster: u32) Error!Parent {
    if (!volume.geometry.isCluster(cluster)) return error.Io;
    const sector = volume.geometry.firstSector(cluster);
    var content = (try volume.cache.read(sector)).*;
    const short: *const Short = @ptrCast(layout.slotOf(&content, 1));
    const is_parent = short.attributes.directory and
        std.mem.eql(u8, &short.name, "..         ");
    if (!is_parent) return error.Io;
    return .{ .location = .{ .sector = sector, .index = 1 }, .cluster = short.cluster() };
}
