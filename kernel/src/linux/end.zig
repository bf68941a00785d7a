// SPDX-License-Identifier: Apache-2.0
//! How a process ends when the program did not choose to. The kernel's counterpart is end.zig.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const abi = @import("../generated/abi.zig");
const backtrace = @import("../backtrace.zig");
const names = @import("../names.zig");
const platform = @import("platform.zig");
const stack = @import("../mem/stack.zig");
const trap_report = @import("../trap.zig");

/// Set once the end has begun, so that a fault while reporting does not start over.
var ending = false;

/// The program did what WebAssembly answers with a trap.
pub fn trap(what: trap_report.Trap, walk: backtrace.Walk) noreturn {
    begin();
    var buffer: [256]u8 = undefined;
    var writer: StderrWriter = .{ .interface = .{ .vtable = &vtable, .buffer = &buffer } };
    trap_report.writeReport(&writer.interface, what, walk, .ofImage()) catch unreachable;
    writer.interface.flush() catch unreachable;
    linux.exit_group(abi.runner_exit_trap);
}

/// The host itself is broken.
pub fn panic(message: []const u8, walk: backtrace.Walk) noreturn {
    begin();
    var buffer: [256]u8 = undefined;
    var writer: StderrWriter = .{ .interface = .{ .vtable = &vtable, .buffer = &buffer } };
    writer.interface.print("panic: {s}\n", .{message}) catch unreachable;
    trap_report.writeBacktrace(&writer.interface, walk, .ofImage()) catch unreachable;
    writer.interface.flush() catch unreachable;
    linux.exit_group(abi.runner_exit_panic);
}

/// This machine cannot run this program: said without a backtrace, nothing is broken.
pub fn refuse(comptime format: []const u8, arguments: anytype) noreturn {
    begin();
    var buffer: [256]u8 = undefined;
    const text = std.fmt.bufPrint(&buffer, "cannot start: " ++ format ++ "\n", arguments) catch
        &buffer;
    platform.writeStderr(text);
    linux.exit_group(abi.runner_exit_panic);
}

fn begin() void {
    if (ending) {
        platform.writeStderr("\npanic: fault while reporting the end\n");
        linux.exit_group(abi.runner_exit_panic);
    }
    ending = true;
}

/// A walk over the program's stack; without frames when `stack_pointer` is not on it.
pub fn beginWalk(stack_pointer: u64, instruction: u64, frame: u64) backtrace.Walk {
    const bounds: backtrace.Stack =
        if (stack.holds(stack_pointer))
            .{ .start = stack_pointer, .end = stack.end() }
        else if (stack.isGuard(stack_pointer))
            .{ .start = stack.start(), .end = stack.end() }
        else
            .{ .start = 0, .end = 0 };
    assert(bounds.start <= bounds.end);
    return .begin(bounds, instruction, frame);
}

const StderrWriter = struct { interface: std.Io.Writer };

const vtable: std.Io.Writer.VTable = .{ .drain = drain };

fn drain(
    writer: *std.Io.Writer,
    data: []const []const u8,
    splat: usize,
) std.Io.Writer.Error!usize {
    assert(data.len > 0);
    platform.writeStderr(writer.buffered());
    writer.end = 0;
    var written: usize = 0;
    for (data[0 .. data.len - 1]) |bytes| {
        platform.writeStderr(bytes);
        written += bytes.len;
    }
    const pattern = data[data.len - 1];
    for (0..splat) |_| platform.writeStderr(pattern);
    return written + pattern.len * splat;
}
