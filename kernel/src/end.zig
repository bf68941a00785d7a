// SPDX-License-Identifier: Apache-2.0
//! How a run ends: a report line for the runner, then the machine stops.
//! The protocol is src/python/mew_abi/protocol.py.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const arch = @import("arch/interface.zig");
const background = @import("background.zig");
const backtrace = @import("backtrace.zig");
const console = @import("console.zig");
const features = @import("features");
const names = @import("names.zig");
const settings = @import("settings.zig");
const stack = @import("mem/stack.zig");
const stop = @import("stop.zig");
const trap_report = @import("trap.zig");

/// Set once the end has begun, so that a fault while reporting does not start over.
var ending = false;

/// The program chose to end.
pub fn exit(code: u32) noreturn {
    assert(!ending);
    stop.close();
    if (features.sockets) background.finish();
    if (features.filesystem) @import("root").filesystem.finish();
    ending = true;
    finish("exit", abi.class_exit, code, "", null);
}

/// The program did what WebAssembly answers with a trap.
pub fn trap(what: trap_report.Trap, walk: backtrace.Walk) noreturn {
    if (ending) giveUp();
    ending = true;
    const table: names.Table = .ofImage();
    var control: console.ControlWriter = .{};
    const writer = control.begin();
    trap_report.writeReport(writer, what, walk, table) catch unreachable;
    writer.flush() catch unreachable;
    const function = trap_report.findWasmFunction(walk, table);
    finish("trap", abi.class_trap, @backingInt(what.kind), what.kind.message(), function);
}

/// The system itself is broken, or cannot run this program on this machine.
pub fn panic(message: []const u8, walk: backtrace.Walk) noreturn {
    if (ending) giveUp();
    ending = true;
    var control: console.ControlWriter = .{};
    const writer = control.begin();
    writer.print("panic: {s}\n", .{message}) catch unreachable;
    trap_report.writeBacktrace(writer, walk, .ofImage()) catch unreachable;
    writer.flush() catch unreachable;
    finish("panic", abi.class_panic, 0, message, null);
}

/// This machine cannot run this image: said without a backtrace, nothing is broken.
pub fn refuse(comptime format: []const u8, arguments: anytype) noreturn {
    assert(!ending);
    ending = true;
    var buffer: [256]u8 = undefined;
    const message = std.fmt.bufPrint(&buffer, format, arguments) catch &buffer;
    console.writeControl("cannot start: ");
    console.writeControl(message);
    console.writeControl("\n");
    finish("panic", abi.class_panic, 0, message, null);
}

fn finish(
    kind: []const u8,
    class: u8,
    code: u32,
    text: []const u8,
    function: ?names.Symbol,
) noreturn {
    assert(ending);
    var control: console.ControlWriter = .{};
    const writer = control.begin();
    writeReport(writer, kind, code, text, function) catch unreachable;
    writer.flush() catch unreachable;
    arch.exit(class);
}

fn writeReport(
    writer: *std.Io.Writer,
    kind: []const u8,
    code: u32,
    text: []const u8,
    function: ?names.Symbol,
) std.Io.Writer.Error!void {
    try writer.writeAll(abi.report_prefix);
    try writer.print("nonce={s} kind={s} code={d} ", .{ settings.get().nonce, kind, code });
    try trap_report.writeName(writer, text);
    if (function) |symbol| {
        try writer.writeAll(" in ");
        try trap_report.writeName(writer, symbol.shown());
    }
    try writer.writeByte('\n');
}

/// A fault while reporting an end. What was written so far has to do.
fn giveUp() noreturn {
    console.writeControl("\npanic: fault while reporting the end\n");
    arch.exit(abi.class_panic);
}

/// A walk over whichever of our stacks `stack_pointer` is on; without frames when on none.
pub fn beginWalk(stack_pointer: u64, instruction: u64, frame: u64) backtrace.Walk {
    const boot = arch.bootStack();
    const bounds: backtrace.Stack =
        if (stack_pointer >= boot.start and stack_pointer <= boot.end)
            .{ .start = stack_pointer, .end = boot.end }
        else if (stack.holds(stack_pointer))
            .{ .start = stack_pointer, .end = stack.end() }
        else if (stack.isGuard(stack_pointer))
            .{ .start = stack.start(), .end = stack.end() }
        else
            .{ .start = 0, .end = 0 };
    return .begin(bounds, instruction, frame);
}
