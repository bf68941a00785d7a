// SPDX-License-Identifier: Apache-2.0
//! The machine's owner wants the program to end and injects a non-maskable interrupt
//! (src/python/mew_abi/protocol.py). A program that listens is told so by its sockets and ends by
//! itself when it has served its connections; any other ends at once.
//!
//! The interrupt comes between any two instructions. So its handler only sets a flag while the
//! kernel runs, which the kernel looks at when it returns to the program or ends an idle wait;
//! while the program runs, nothing of ours can be in the middle of anything, and the handler lets
//! it go on in `end`.

const std = @import("std");
const assert = std.debug.assert;
const arch = @import("arch/interface.zig");
const end = @import("end.zig");

/// What a shell shows for a process that SIGTERM ended.
const exit_code = 128 + 15;

var requested: bool = false;
/// There is something for check() to do: at first, to let requests come. That takes a tenth of a
/// millisecond, so the program's first call pays for it, not its start.
var needs_check: bool = true;
var is_allowed: bool = false;
/// The program had a listening socket when it was to end: it does so by itself, also after it has
/// closed that.
var is_programs_task: bool = false;
/// The end has begun, whatever its reason.
var is_over: bool = false;
/// False while the program runs.
var in_kernel: bool = true;

/// Whether the program has sockets that listen.
pub var listens: bool = false;

/// What the interrupted code has to do.
pub const Answer = enum { go_on, wake, end };

/// For the interrupt's handler.
pub fn request() Answer {
    if (load(&requested)) return .go_on;
    store(&requested, true);
    store(&needs_check, true);
    if (load(&is_over)) return .go_on;
    if (load(&listens)) {
        store(&is_programs_task, true);
        return .wake;
    }
    return if (load(&in_kernel)) .wake else .end;
}

/// Whether a program that listens has to be told to end.
pub fn isRequested() bool {
    return load(&requested);
}

/// The program begins.
pub fn begin() void {
    store(&in_kernel, false);
}

/// At the beginning of each of the program's calls.
pub inline fn enter() void {
    store(&in_kernel, true);
}

/// At the end of each of the program's calls.
pub inline fn leave() void {
    store(&in_kernel, false);
    if (load(&needs_check)) check();
}

/// After each idle wait: ends the program if it has to. Waits that the end itself needs go on.
pub noinline fn check() void {
    // Before the look at the request: one that comes in between sets it again.
    store(&needs_check, false);
    if (!is_allowed) {
        is_allowed = true;
        arch.allowStop();
    }
    if (load(&requested) and !load(&is_programs_task) and !load(&is_over)) finish();
}

/// Ends the program.
pub fn finish() noreturn {
    @branchHint(.cold);
    end.exit(exit_code);
}

/// From here on a request changes nothing.
pub fn close() void {
    enter();
    store(&is_over, true);
}

/// The handler can run between any two instructions of this one processor.
inline fn load(flag: *const bool) bool {
    return @as(*const volatile bool, flag).*;
}

inline fn store(flag: *bool, value: bool) void {
    @as(*volatile bool, flag).* = value;
}
