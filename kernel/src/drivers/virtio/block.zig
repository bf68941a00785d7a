// SPDX-License-Identifier: Apache-2.0
//! Disks (OASIS virtio 1.2, section 5.2).

const std = @import("std");
const assert = std.debug.assert;
const devices = @import("device.zig");
const vm = @import("../../mem/vm.zig");

/// Unit of all addresses, whatever the disk's own blocks are (section 5.2.5).
pub const sector_size = 512;

/// Disks that can be used at a time; those behind them are not found.
pub const disks_max = 8;

/// Section 5.2.3.
const feature_size_max: u64 = 1 << 1;
const feature_read_only: u64 = 1 << 5;
const feature_flush: u64 = 1 << 9;

/// Section 5.2.4.
const config_capacity = 0;
const config_size_max = 8;

const queue_requests = 0;
/// Header, data, status.
const descriptors_min = 3;

/// Section 5.2.6.
const Operation = enum(u32) { read = 0, write = 1, flush = 4 };
const Header = extern struct { operation: u32, reserved: u32, sector: u64 };
const status_ok = 0;
const status_none = 0xff;

/// A program's buffers are not contiguous to a device; sectors go through here.
/// docs/explain/devices.md says what that costs.
const piece_size = 64 << 10;

/// As long as Linux waits.
const timeout_ns = 30 * std.time.ns_per_s;

pub const Error = error{
    /// The device refused, or did nothing sensible; a device that broke the protocol stays broken.
    Io,
    ReadOnly,
    /// Sectors behind the end of the disk.
    OutOfRange,
};

/// What driver and device share.
const Shared = extern struct {
    data: [piece_size]u8,
    rings: devices.Rings,
    header: Header,
    status: u8,
};

/// One disk. Requests end before the next one begins.
pub const Block = struct {
    device: devices.Device,
    queue: devices.Queue,
    shared: *Shared,
    sectors: u64,
    read_only: bool,
    /// Of one request; a multiple of the sector size.
    request_bytes_max: usize,

    /// Size of the disk in sectors.
    pub fn sectorCount(block: *const Block) u64 {
        return block.sectors;
    }

    pub fn isReadOnly(block: *const Block) bool {
        return block.read_only;
    }

    /// Fills `buffer`, whole sectors, from `sector` on. It may lie anywhere.
    pub fn read(block: *Block, sector: u64, buffer: []u8) Error!void {
        try block.requireRange(sector, buffer.len);
        var rest = buffer;
        var position = sector;
        while (rest.len > 0) {
            const size = @min(rest.len, block.request_bytes_max);
            const data = block.shared.data[0..size];
            try block.request(.read, position, &.{}, &.{devices.bufferOf(data)}, size);
            @memcpy(rest[0..size], data);
            rest = rest[size..];
            position += size / sector_size;
        }
    }

    /// Writes whole sectors. They survive an end of the machine after the next flush().
    pub fn write(block: *Block, sector: u64, bytes: []const u8) Error!void {
        if (block.read_only) return error.ReadOnly;
        try block.requireRange(sector, bytes.len);
        var rest = bytes;
        var position = sector;
        while (rest.len > 0) {
            const size = @min(rest.len, block.request_bytes_max);
            const data = block.shared.data[0..size];
            @memcpy(data, rest[0..size]);
            try block.request(.write, position, &.{devices.bufferOf(data)}, &.{}, 0);
            rest = rest[size..];
            position += size / sector_size;
        }
    }

    /// Returns when all that was written has reached the storage. A device without this request
    /// has no cache: what it has written is there (section 5.2.6.2).
    pub fn flush(block: *Block) Error!void {
        if (block.read_only or !block.device.has(feature_flush)) return;
        try block.request(.flush, 0, &.{}, &.{}, 0);
    }

    fn requireRange(block: *const Block, sector: u64, size: usize) Error!void {
        assert(size % sector_size == 0);
        const count = size / sector_size;
        if (sector > block.sectors or count > block.sectors - sector) return error.OutOfRange;
    }

    /// At most one buffer of data, in one of the two directions; the device must fill
    /// `filled_bytes` of it.
    fn request(
        block: *Block,
        operation: Operation,
        sector: u64,
        data_out: []const devices.Buffer,
        data_in: []const devices.Buffer,
        filled_bytes: usize,
    ) Error!void {
        const shared = block.shared;
        shared.header = .{
            .operation = @backingInt(operation),
            .reserved = 0,
            .sector = sector,
        };
        const status: *volatile u8 = &shared.status;
        status.* = status_none;
        const header = devices.bufferOf(std.mem.asBytes(&shared.header));
        const answer = devices.bufferOf(std.mem.asBytes(&shared.status));
        var readable: [2]devices.Buffer = .{ header, undefined };
        for (data_out, readable[1..][0..data_out.len]) |buffer, *place| place.* = buffer;
        var writable: [2]devices.Buffer = undefined;
        for (data_in, writable[0..data_in.len]) |buffer, *place| place.* = buffer;
        writable[data_in.len] = answer;
        const written = block.device.exchange(
            &block.queue,
            readable[0 .. 1 + data_out.len],
            writable[0 .. 1 + data_in.len],
            timeout_ns,
        ) catch return error.Io;
        if (written != filled_bytes + 1 or status.* != status_ok) return error.Io;
    }
};

/// Null for a place that was not looked at yet, or has nothing.
var disks: [disks_max]?Block = @splat(null);

/// The disk at place `index` in the order of the command line; null when there are fewer, or it
/// cannot be used, which is logged. The same disk each time.
pub fn find(index: u32) ?*Block {
    if (index >= disks_max) return null;
    const place = &disks[index];
    if (place.* == null) place.* = open(index);
    return if (place.*) |*block| block else null;
}

fn open(index: u32) ?Block {
    const wanted = feature_size_max | feature_read_only | feature_flush;
    var device = devices.Device.open(.block, index, wanted) orelse return null;
    const memory = vm.allocateShared(shared_bytes) orelse return refuse(&device, "has no memory");
    const shared: *Shared = @ptrCast(memory.ptr);
    const queue = device.openQueue(queue_requests, &shared.rings, descriptors_min) orelse
        return refuse(&device, "has no queue");
    const sectors = device.config64(config_capacity) orelse return refuse(&device, "has no size");
    const size_max = if (device.has(feature_size_max))
        device.config(u32, config_size_max) orelse 0
    else
        piece_size;
    if (size_max < sector_size) return refuse(&device, "takes no whole sector");
    device.start();
    return .{
        .device = device,
        .queue = queue,
        .shared = shared,
        // No larger file exists; arithmetic on it cannot overflow.
        .sectors = @min(sectors, std.math.maxInt(u64) / sector_size),
        .read_only = device.has(feature_read_only),
        .request_bytes_max = @min(size_max, piece_size) / sector_size * sector_size,
    };
}

const shared_bytes = std.mem.alignForward(usize, @sizeOf(Shared), 4096);

fn refuse(device: *devices.Device, why: []const u8) ?Block {
    device.refuse(why);
    return null;
}
