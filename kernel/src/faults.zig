// SPDX-License-Identifier: Apache-2.0
//! Processor exceptions: a trap of the program, or a defect of ours.

const std = @import("std");
const assert = std.debug.assert;
/// Each system has its own.
const end = @import("root").end;
const linear = @import("mem/linear.zig");
const stack = @import("mem/stack.zig");
const trap = @import("trap.zig");

/// An exception as arch delivers it.
pub const Exception = struct {
    instruction: u64,
    frame_pointer: u64,
    stack_pointer: u64,
    error_code: u64,
    name: []const u8,
    cause: union(enum) {
        /// The address that could not be accessed, and how it was.
        page_fault: struct { address: u64, access: Access },
        divide_error,
        invalid_opcode,
        other,
    },
};

pub const Access = enum { read, write, execute };

/// `ud1` with its kind byte.
const instruction_bytes = 5;

/// Ends the run.
pub fn handle(exception: Exception) noreturn {
    const walk = end.beginWalk(
        exception.stack_pointer,
        // A jump to null leaves no instruction; the walk needs one.
        @max(exception.instruction, 1),
        exception.frame_pointer,
    );
    if (causeOf(exception)) |cause| {
        if (trap.classify(cause)) |found| {
            trap.offerToHook(found.kind);
            end.trap(found, walk);
        }
    }
    var buffer: [256]u8 = undefined;
    end.panic(describe(&buffer, exception), walk);
}

fn causeOf(exception: Exception) ?trap.Cause {
    return switch (exception.cause) {
        // No trap of WebAssembly stands for running data.
        .page_fault => |fault| if (fault.access == .execute) null else .{ .page_fault = .{
            .address = fault.address,
            .place = placeOf(fault.address),
        } },
        .divide_error => .divide_error,
        .invalid_opcode => .{ .invalid_opcode = instructionAt(exception.instruction) },
        .other => null,
    };
}

fn placeOf(address: u64) trap.Place {
    if (linear.locate(address)) |place| return place;
    return if (stack.isGuard(address)) .stack_guard else .elsewhere;
}

/// Executable, hence readable; text is followed by rodata, so five bytes never leave the image.
fn instructionAt(address: u64) []const u8 {
    assert(address != 0);
    const bytes: [*]const u8 = @ptrFromInt(address);
    return bytes[0..instruction_bytes];
}

fn describe(buffer: []u8, exception: Exception) []const u8 {
    const at = exception.instruction;
    const text = switch (exception.cause) {
        .page_fault => |fault| std.fmt.bufPrint(
            buffer,
            "page fault: {s} of address 0x{x} at instruction 0x{x}",
            .{ @tagName(fault.access), fault.address, at },
        ),
        else => std.fmt.bufPrint(
            buffer,
            "{s} (error code 0x{x}) at instruction 0x{x}",
            .{ exception.name, exception.error_code, at },
        ),
    };
    return text catch exception.name;
}
