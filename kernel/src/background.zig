// SPDX-License-Identifier: Apache-2.0
//! The network goes on while the program waits, and for a moment when it has ended. By pointers:
//! an image whose program has no sockets contains none of it.

pub const Task = struct {
    /// Idles until there is standard input (if asked for), until the monotonic deadline, or for a
    /// shorter time.
    wait: *const fn (wants_stdin: bool, deadline_ns: ?u64) void,
    /// The program has ended.
    finish: *const fn () void,
};

/// Null as long as the program has not used the network.
pub var task: ?*const Task = null;

/// Volatile: an optimiser that sees the one place that sets `task` would call its functions by
/// name, and the linker could leave out nothing.
fn current() ?*const Task {
    return @as(*const volatile ?*const Task, &task).*;
}

/// Waits as the task does; false where there is none.
pub fn wait(wants_stdin: bool, deadline_ns: ?u64) bool {
    const present = current() orelse return false;
    present.wait(wants_stdin, deadline_ns);
    return true;
}

/// Once, at the end of the program.
pub fn finish() void {
    const present = current() orelse return;
    present.finish();
}
