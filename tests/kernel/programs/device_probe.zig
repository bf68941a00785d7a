// SPDX-License-Identifier: Apache-2.0
//! A program that uses devices as the kernel does. tests/support/device_probe.py makes it a part of
//! the kernel: it lies beside main.zig then.
//!
//! Each argument is a command: a word and its numbers, separated by colons. What a command does
//! goes to standard output, one line each, or the bytes themselves.

const std = @import("std");
const arch = @import("arch/interface.zig");
const block = @import("drivers/virtio/block.zig");
const console = @import("console.zig");
const end = @import("end.zig");
const entropy = @import("drivers/virtio/entropy.zig");
const settings = @import("settings.zig");

/// Longer than the longest request of a disk, and not by a whole one.
var storage: [160 << 10]u8 = undefined;

export fn device_probe() callconv(.c) void {
    var arguments = settings.get().arguments();
    _ = arguments.next();
    while (arguments.next()) |argument| run(argument);
}

const Command = enum { size, read, write, flush, time, random };

fn run(argument: []const u8) void {
    var words = std.mem.splitScalar(u8, argument, ':');
    const command = words.first();
    var numbers: [4]u64 = @splat(0);
    for (&numbers) |*number| {
        const word = words.next() orelse break;
        number.* = std.fmt.parseInt(u64, word, 0) catch end.exit(98);
    }
    switch (std.meta.stringToEnum(Command, command) orelse end.exit(99)) {
        .size => size(numbers),
        .read => read(numbers),
        .write => write(numbers),
        .flush => flush(numbers),
        .time => time(numbers),
        .random => console.writeOutput(entropy.read()),
    }
}

fn say(comptime format: []const u8, values: anytype) void {
    var buffer: [256]u8 = undefined;
    console.writeOutput(std.fmt.bufPrint(&buffer, format, values) catch "too long\n");
}

fn outcome(result: block.Error!void) []const u8 {
    result catch |failure| return @errorName(failure);
    return "ok";
}

fn diskAt(index: u64) *block.Block {
    return block.find(@intCast(index)) orelse {
        say("no disk {d}\n", .{index});
        end.exit(97);
    };
}

/// size:DISK
fn size(numbers: [4]u64) void {
    const disk = diskAt(numbers[0]);
    say("size {d} {}\n", .{ disk.sectorCount(), disk.isReadOnly() });
}

/// read:DISK:SECTOR:COUNT, then the bytes unless it failed.
fn read(numbers: [4]u64) void {
    const bytes = storage[0 .. numbers[2] * block.sector_size];
    @memset(bytes, 0);
    const result = diskAt(numbers[0]).read(numbers[1], bytes);
    say("read {s}\n", .{outcome(result)});
    if (result) |_| console.writeOutput(bytes) else |_| {}
}

/// write:DISK:SECTOR:COUNT:BYTE; each byte is one more than the one before.
fn write(numbers: [4]u64) void {
    const bytes = storage[0 .. numbers[2] * block.sector_size];
    for (bytes, numbers[3]..) |*byte, value| byte.* = @truncate(value + value / 256);
    say("write {s}\n", .{outcome(diskAt(numbers[0]).write(numbers[1], bytes))});
}

/// flush:DISK
fn flush(numbers: [4]u64) void {
    say("flush {s}\n", .{outcome(diskAt(numbers[0]).flush())});
}

/// time:DISK:SECTORS:COUNT, nanoseconds of one of COUNT reads of so many sectors.
fn time(numbers: [4]u64) void {
    const disk = diskAt(numbers[0]);
    const bytes = storage[0 .. numbers[1] * block.sector_size];
    const before_ns = arch.monotonicNs();
    const busy_ns = arch.busyNs();
    for (0..numbers[2]) |_| disk.read(0, bytes) catch end.exit(96);
    const after_ns = arch.monotonicNs();
    say("time {d} busy {d}\n", .{
        (after_ns - before_ns) / numbers[2],
        (arch.busyNs() - busy_ns) / numbers[2],
    });
}
