// SPDX-License-Identifier: Apache-2.0
//! What this machine was told, read from the monitor when it is first asked for: most programs
//! start, and many end, without.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const arch = @import("arch/interface.zig");
const Config = @import("config.zig").Config;
const features = @import("features");
const heap = @import("mem/heap.zig");
const limits = @import("limits.zig");
const log = @import("log.zig");
const stack = @import("mem/stack.zig");
const vm = @import("mem/vm.zig");

/// Time stamp of the program's start; 0 before.
pub var program_start: u64 = 0;

var loaded: ?Config = null;
var storage: [abi.config_bytes_max]u8 = undefined;

/// The configuration file's, or else the command line's.
pub fn get() *const Config {
    if (loaded == null) {
        loaded = if (readFile()) |records|
            .parse(records)
        else
            .fromCommandLine(copyCommandLine());
        if (program_start != 0) logStart();
    }
    return &loaded.?;
}

/// Null when the monitor offers no such file.
fn readFile() ?[]const u8 {
    if (!arch.configFilesPresent()) return null;
    const file = arch.findConfigFile(abi.config_file) orelse return null;
    if (file.size_bytes == 0) return null;
    // Runners do not send more; of a longer one the records that fit count.
    const buffer = storage[0..@min(file.size_bytes, storage.len)];
    if (!arch.readConfigFile(file, buffer)) return null;
    return buffer;
}

/// With a final NUL; a line that does not fit is cut.
fn copyCommandLine() []u8 {
    const line = arch.commandLine();
    const size = @min(line.len, storage.len - 1);
    @memcpy(storage[0..size], line[0..size]);
    storage[size] = 0;
    return storage[0 .. size + 1];
}

fn logStart() void {
    assert(loaded != null);
    log.info("x86-64-v{d} processor", .{arch.cpuLevel()});
    log.info("{d} KiB of memory are free", .{vm.freeBytes() / 1024});
    if (loaded.?.log_level != .debug) return;
    const boot_us = arch.differenceNs(arch.bootTimestamp(), program_start) / std.time.ns_per_us;
    log.debug("entry to app: {d} us", .{boot_us});
    log.debug("stack below 0x{x}", .{stack.end()});
    if (features.filesystem) log.debug("heap from 0x{x}", .{heap.start()});
    limits.logAll();
}
