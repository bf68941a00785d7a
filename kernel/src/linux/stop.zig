// SPDX-License-Identifier: Apache-2.0
//! SIGTERM and SIGINT for programs that have listening sockets: these stop listening, and the
//! program ends by itself when it has served its connections. A second signal ends it at once, and
//! so does the first if nothing listens.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const network = @import("../network.zig");

/// Of the sockets that listen; what Linux allows a process is far more than a program can have.
var listening: [sockets_max]bool = @splat(false);
const sockets_max = 4096;
var is_requested: bool = false;
var is_caught: bool = false;

/// True from the first signal on.
pub fn requested() bool {
    return @atomicLoad(bool, &is_requested, .acquire);
}

/// True for a socket that has listened and was stopped.
pub fn hasStopped(socket: linux.fd_t) bool {
    return requested() and socket < sockets_max and listening[@intCast(socket)];
}

/// From here on `socket` is one that listens. Nfile: its number is too large.
pub fn watch(socket: linux.fd_t) network.Error!void {
    if (socket >= sockets_max) return error.Nfile;
    @atomicStore(bool, &listening[@intCast(socket)], true, .release);
    if (is_caught) return;
    is_caught = true;
    const action: linux.Sigaction = .{
        .handler = .{ .handler = handle },
        .mask = std.mem.zeroes(linux.sigset_t),
        .flags = linux.SA.RESTART,
    };
    for ([_]linux.SIG{ .TERM, .INT }) |signal| {
        assert(linux.errno(linux.sigaction(signal, &action, null)) == .SUCCESS);
    }
}

/// Before `socket` is closed.
pub fn forget(socket: linux.fd_t) void {
    if (socket < sockets_max) @atomicStore(bool, &listening[@intCast(socket)], false, .release);
}

/// What a shell shows for a process that a signal ended.
const exit_code_of_signal = 128;

/// Does not return to a wait for one of these sockets: Linux makes them ready.
fn handle(signal: linux.SIG) callconv(.c) void {
    const number: i32 = @intCast(@backingInt(signal));
    if (requested()) linux.exit_group(exit_code_of_signal + number);
    @atomicStore(bool, &is_requested, true, .release);
    for (&listening, 0..) |*slot, socket| {
        if (!@atomicLoad(bool, slot, .acquire)) continue;
        _ = linux.shutdown(@intCast(socket), linux.SHUT.RDWR);
    }
}
