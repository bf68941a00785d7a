// SPDX-License-Identifier: Apache-2.0
//! A disk in memory for tests and host programs. It can note what it is told to do.

const std = @import("std");
const disks = @import("disk.zig");

const sector_size = disks.sector_size;

pub const Step = union(enum) {
    write: struct { sector: u64, bytes: []const u8 },
    flush,
    /// Put there by whoever uses the disk.
    mark: usize,
};

pub const MemoryDevice = struct {
    bytes: []u8,
    read_only: bool = false,
    /// Where to note steps, with an allocator that frees them all at once.
    steps: ?*std.ArrayList(Step) = null,
    notes: std.mem.Allocator = undefined,
    requests: u64 = 0,
    flushes: u64 = 0,
    /// From this request on everything fails.
    fails_at: u64 = std.math.maxInt(u64),

    pub fn sectorCount(device: *const MemoryDevice) u64 {
        return device.bytes.len / sector_size;
    }

    pub fn isReadOnly(device: *const MemoryDevice) bool {
        return device.read_only;
    }

    pub fn read(device: *MemoryDevice, sector: u64, buffer: []u8) error{Broken}!void {
        try device.count();
        @memcpy(buffer, device.range(sector, buffer.len));
    }

    pub fn write(device: *MemoryDevice, sector: u64, bytes: []const u8) error{Broken}!void {
        try device.count();
        @memcpy(device.range(sector, bytes.len), bytes);
        if (device.steps == null) return;
        const copy = device.notes.dupe(u8, bytes) catch return error.Broken;
        try device.note(.{ .write = .{ .sector = sector, .bytes = copy } });
    }

    pub fn flush(device: *MemoryDevice) error{Broken}!void {
        try device.count();
        device.flushes += 1;
        try device.note(.flush);
    }

    pub fn note(device: *MemoryDevice, step: Step) error{Broken}!void {
        const steps = device.steps orelse return;
        steps.append(device.notes, step) catch return error.Broken;
    }

    fn count(device: *MemoryDevice) error{Broken}!void {
        device.requests += 1;
        if (device.requests > device.fails_at) return error.Broken;
    }

    fn range(device: *MemoryDevice, sector: u64, size: usize) []u8 {
        return device.bytes[@intCast(sector * sector_size)..][0..size];
    }
};
