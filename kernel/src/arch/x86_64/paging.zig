// SPDX-License-Identifier: Apache-2.0
//! Four-level page tables (Intel SDM vol. 3, section 4.5), reached through the direct map.

const std = @import("std");
const assert = std.debug.assert;
const cpu = @import("cpu.zig");
const Region = @import("../../mem/frames.zig").Region;
const vm = @import("../../mem/vm.zig");

pub const page_size = 4096;
const entries_per_table = 512;
const Table = [entries_per_table]u64;

const entry_present: u64 = 1 << 0;
const entry_write: u64 = 1 << 1;
const entry_write_through: u64 = 1 << 3;
const entry_cache_disable: u64 = 1 << 4;
const entry_accessed_dirty: u64 = 1 << 5 | 1 << 6;
const entry_large: u64 = 1 << 7;
const entry_no_execute: u64 = 1 << 63;
const entry_address: u64 = 0x000f_ffff_ffff_f000;

pub const Permissions = enum {
    read_only,
    read_write,
    read_execute,
    /// Read and write, uncached: device registers.
    device,

    fn bits(permissions: Permissions) u64 {
        return entry_present | entry_accessed_dirty | switch (permissions) {
            .read_only => entry_no_execute,
            .read_write => entry_no_execute | entry_write,
            .read_execute => 0,
            .device => entry_no_execute | entry_write | entry_write_through | entry_cache_disable,
        };
    }
};

/// The image lies at its physical address.
var root: Table align(page_size) = @splat(0);

/// What may be used to map.
pub const AddressSpace = struct {
    /// Of the largest page that the processor knows.
    level_max: u2,
    /// Gives a zeroed page frame. Never fails: who maps has made sure that there are enough.
    takeTable: *const fn () u64,

    /// There is one: its root is part of the image.
    pub fn create(takeTable: *const fn () u64, pages_1gib: bool) AddressSpace {
        return .{ .level_max = if (pages_1gib) 2 else 1, .takeTable = takeTable };
    }

    /// Maps `size` bytes at `virtual` to `physical`, with the largest pages that fit.
    ///
    /// Caller requirements: nothing is mapped there yet, so that no translation needs to be
    /// forgotten; tableFramesMax(size) page frames are free.
    pub noinline fn map(
        space: *const AddressSpace,
        virtual: u64,
        physical: u64,
        size: u64,
        permissions: Permissions,
    ) void {
        assert((virtual | physical | size) % page_size == 0);
        assert(physical + size <= entry_address);
        const bits = permissions.bits();
        var done: u64 = 0;
        while (done != size) {
            const left = size -% done;
            const level = space.largestLevel((virtual +% done) | (physical +% done), left);
            const table = space.walk(virtual +% done, level);
            const first = indexAt(virtual +% done, level);
            const shift = pageShift(level);
            const count = @min(entries_per_table - first, left >> shift);
            const large = if (level == 0) 0 else entry_large;
            for (table[first..][0..count]) |*entry| {
                assert(entry.* & entry_present == 0);
                entry.* = (physical +% done) | bits | large;
                done +%= @as(u64, 1) << shift;
            }
        }
    }

    /// Level 0 is 4 KiB, 1 is 2 MiB, 2 is 1 GiB. `alignment` has the lowest bits of both addresses.
    fn largestLevel(space: *const AddressSpace, alignment: u64, size: u64) u2 {
        var level: u2 = space.level_max;
        while (level > 0) : (level -= 1) {
            const bytes = @as(u64, 1) << pageShift(level);
            if (alignment & (bytes - 1) == 0 and size >= bytes) break;
        }
        return level;
    }

    /// The table of `level` that `virtual` goes through; it and those above it are made if needed.
    fn walk(space: *const AddressSpace, virtual: u64, level: u2) *Table {
        var table: *Table = &root;
        var current: u2 = 3;
        while (current > level) : (current -= 1) {
            const entry = &table[indexAt(virtual, current)];
            if (entry.* & entry_present == 0) {
                entry.* = space.takeTable() | entry_present | entry_write | entry_accessed_dirty;
            }
            assert(entry.* & entry_large == 0);
            table = tableAt(entry.* & entry_address);
        }
        return table;
    }

    /// Takes out the page that maps `virtual` and returns what it mapped. Its tables stay.
    ///
    /// Caller requirements: there is one, and `virtual` is its first address.
    pub fn unmap(space: *const AddressSpace, virtual: u64) Region {
        _ = space;
        var table: *Table = &root;
        var level: u2 = 3;
        while (true) : (level -= 1) {
            const entry = &table[indexAt(virtual, level)];
            assert(entry.* & entry_present != 0);
            if (level == 0 or entry.* & entry_large != 0) {
                const size = @as(u64, 1) << pageShift(level);
                const physical = entry.* & entry_address;
                assert((virtual | physical) % size == 0);
                entry.* = 0;
                cpu.forgetTranslation(virtual);
                return .{ .start = physical, .end = physical + size };
            }
            table = tableAt(entry.* & entry_address);
        }
    }

    pub fn activate(space: *const AddressSpace) void {
        _ = space;
        cpu.writePageTableRoot(@intFromPtr(&root));
    }
};

/// Frames that tables for a mapping of `size` bytes can take at most, wherever it lies.
pub fn tableFramesMax(size: u64) u64 {
    // Per level one for each covered span of 2 MiB, 1 GiB and 512 GiB (together less than twice
    // the first), and two at the ends.
    return (size >> 20) + 6;
}

inline fn pageShift(level: u2) u6 {
    return 12 + 9 * @as(u6, level);
}

inline fn indexAt(virtual: u64, level: u2) usize {
    return @intCast(virtual >> pageShift(level) & (entries_per_table - 1));
}

fn tableAt(physical: u64) *Table {
    assert(physical % page_size == 0);
    return @ptrFromInt(vm.directMap(physical));
}
