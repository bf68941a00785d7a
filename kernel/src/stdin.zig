// SPDX-License-Identifier: Apache-2.0
//! Standard input, asked for from the runner piece by piece (src/python/mew_abi/protocol.py).

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const arch = @import("arch/interface.zig");
const console = @import("console.zig");
const settings = @import("settings.zig");

/// The runner's last answer was empty.
var at_end = false;

/// A request has been sent and its answer's length not yet been read.
var requested = false;
/// Bytes of the current answer that are still in the port or on their way to it.
var left: usize = 0;

/// How long to idle between looks at the port for the rest of an answer, which is on its way.
const rest_idle_ns = 20_000;

/// As platform.readStdin.
pub fn read(buffer: []u8) usize {
    if (buffer.len == 0) return 0;
    _ = waitUntil(null);
    if (at_end) return 0;
    assert(left > 0);
    const count = @min(buffer.len, left);
    for (buffer[0..count]) |*byte| byte.* = nextByte();
    left -= count;
    return count;
}

/// As platform.waitStdinUntilMonotonicNs.
pub fn waitUntil(deadline_ns: ?u64) bool {
    if (!settings.get().has_stdin) at_end = true;
    if (at_end or left > 0) return true;
    if (!requested) request();
    if (!console.awaitControl(deadline_ns orelse std.math.maxInt(u64))) return false;
    const low: usize = nextByte();
    const high: usize = nextByte();
    left = high << 8 | low;
    requested = false;
    at_end = left == 0;
    assert(left <= abi.stdin_bytes_max);
    return true;
}

/// Idling ends from here on when there is input.
pub fn beginWait() void {
    if (!settings.get().has_stdin) at_end = true;
    if (at_end or left > 0) return;
    if (!requested) request();
    console.beginControlWake();
}

/// Between beginWait() and endWait(): whether waitUntil() would not have to wait.
pub fn isReady() bool {
    return at_end or left > 0 or console.controlReady();
}

pub fn endWait() void {
    console.endControlWake();
}

fn request() void {
    assert(!requested and left == 0);
    var control: console.ControlWriter = .{};
    const writer = control.begin();
    // The control port takes everything: these cannot fail.
    const nonce = settings.get().nonce;
    writer.print("{s}nonce={s} want=stdin\n", .{ abi.report_prefix, nonce }) catch unreachable;
    writer.flush() catch unreachable;
    requested = true;
}

/// Caller requirements: the answer's first byte has come.
fn nextByte() u8 {
    while (!console.controlReady()) arch.sleepUntilNs(arch.monotonicNs() + rest_idle_ns);
    return console.readControl();
}
