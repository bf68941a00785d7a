// SPDX-License-Identifier: Apache-2.0
//! The block device below the file system: any type with `sectorCount`, `isReadOnly`, `read`,
//! `write` and `flush` in sectors of 512 bytes, such as drivers/virtio/block.zig's Block.

const std = @import("std");
const assert = std.debug.assert;

pub const sector_size = 512;

pub const Sector = [sector_size]u8;

/// Whatever went wrong with a device, a program sees an input/output error.
pub const Error = error{Io};

/// One device behind pointers to functions: the file system is compiled once for all devices.
pub const Disk = struct {
    context: *anyopaque,
    functions: *const Functions,
    sectors: u64,
    read_only: bool,
    /// Something was written that may not be on the storage yet.
    unflushed: bool = false,

    const Functions = struct {
        read: *const fn (*anyopaque, u64, []u8) Error!void,
        write: *const fn (*anyopaque, u64, []const u8) Error!void,
        flush: *const fn (*anyopaque) Error!void,
    };

    /// `device` is a pointer and must outlive the disk.
    pub fn of(device: anytype) Disk {
        const Device = @TypeOf(device.*);
        const Glue = struct {
            fn read(context: *anyopaque, sector: u64, buffer: []u8) Error!void {
                const self: *Device = @ptrCast(@alignCast(context));
                self.read(sector, buffer) catch return error.Io;
            }

            fn write(context: *anyopaque, sector: u64, bytes: []const u8) Error!void {
                const self: *Device = @ptrCast(@alignCast(context));
                self.write(sector, bytes) catch return error.Io;
            }

            fn flush(context: *anyopaque) Error!void {
                const self: *Device = @ptrCast(@alignCast(context));
                self.flush() catch return error.Io;
            }
        };
        return .{
            .context = device,
            .functions = &.{ .read = Glue.read, .write = Glue.write, .flush = Glue.flush },
            .sectors = device.sectorCount(),
            .read_only = device.isReadOnly(),
        };
    }

    /// Fills `buffer`, whole sectors. Io beyond the end of the disk.
    pub fn read(disk: *Disk, sector: u64, buffer: []u8) Error!void {
        try disk.requireRange(sector, buffer.len);
        try disk.functions.read(disk.context, sector, buffer);
    }

    pub fn write(disk: *Disk, sector: u64, bytes: []const u8) Error!void {
        assert(!disk.read_only);
        try disk.requireRange(sector, bytes.len);
        disk.unflushed = true;
        try disk.functions.write(disk.context, sector, bytes);
    }

    /// Nothing that is written after this reaches the storage before what was written until now.
    pub fn barrier(disk: *Disk) Error!void {
        if (!disk.unflushed) return;
        try disk.functions.flush(disk.context);
        disk.unflushed = false;
    }

    fn requireRange(disk: *const Disk, sector: u64, size: usize) Error!void {
        assert(size % sector_size == 0);
        const count = size / sector_size;
        if (sector > disk.sectors or count > disk.sectors - sector) return error.Io;
    }
};
