// SPDX-License-Identifier: Apache-2.0
//! proc_exit, proc_raise, sched_yield.

const std = @import("std");
const errno = @import("errno.zig");
const features = @import("features");
const network = @import("../network.zig");
const platform = @import("../platform.zig");

pub fn proc_exit(code: u32) noreturn {
    platform.exit(code);
}

/// Signals of preview1 that POSIX ignores by default (witx `signal`).
const ignored_signals = [_]u32{ signal_none, 16, 22, 27 };
/// Those that stop a process or let it go on.
const job_signals = [_]u32{ 17, 18, 19, 20, 21 };
const signal_none = 0;
const signal_max = 30;

/// What a shell shows for a process that a signal ended.
const exit_code_of_signal = 128;

/// There are no handlers, so each signal does what POSIX says it does by default. A program
/// cannot be stopped: nobody could let it go on.
pub fn proc_raise(signal: u32) errno.Error!void {
    if (signal > signal_max) return error.Inval;
    if (std.mem.findScalar(u32, &ignored_signals, signal) != null) return;
    if (std.mem.findScalar(u32, &job_signals, signal) != null) return error.Notsup;
    platform.exit(exit_code_of_signal + signal);
}

pub fn sched_yield() errno.Error!void {
    // Packets come and go while a program looks again and again.
    if (features.sockets) network.wait(&.{}, false, 0);
    platform.yield();
}
