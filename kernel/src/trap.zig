// SPDX-License-Identifier: Apache-2.0
//! From a processor exception to the name of a WebAssembly trap, and its report for people.
//! Shared by the unikernel and the Linux host.

const std = @import("std");
const assert = std.debug.assert;
const abi = @import("generated/abi.zig");
const backtrace = @import("backtrace.zig");
const names = @import("names.zig");

pub const Kind = abi.TrapKind;

/// What an address that faulted belongs to; each system knows its own map.
pub const Place = union(enum) {
    linear_memory: struct { offset: u64, size_bytes: u64 },
    stack_guard,
    elsewhere,
};

/// A processor exception, without the processor's numbers for it.
pub const Cause = union(enum) {
    page_fault: struct { address: u64, place: Place },
    divide_error,
    /// The instruction's first bytes.
    invalid_opcode: []const u8,
};

pub const Trap = struct {
    kind: Kind,
    place: Place = .elsewhere,
};

/// The trap that an exception in compiled code stands for; null means a defect of the system.
pub fn classify(cause: Cause) ?Trap {
    switch (cause) {
        .page_fault => |fault| {
            if (fault.address >= abi.null_funcref_fault_start) {
                return .{ .kind = .uninitialized_element };
            }
            return switch (fault.place) {
                .linear_memory => .{ .kind = .memory_out_of_bounds, .place = fault.place },
                .stack_guard => .{ .kind = .call_stack_exhausted, .place = fault.place },
                .elsewhere => null,
            };
        },
        .divide_error => return .{ .kind = .integer_divide_by_zero },
        .invalid_opcode => |bytes| return .{ .kind = decodeKind(bytes) orelse return null },
    }
}

/// A test driver's function `void (uint32_t kind)`: it may jump away and go on with its next test.
const hook_symbol = @extern(*const u8, .{ .name = abi.trap_hook, .linkage = .weak });

/// To be called before a trap is reported; may not return.
pub fn offerToHook(kind: Kind) void {
    // Images without a hook have the address 0. As a pointer the compiler takes a symbol's
    // address to be never null, even a weak one's.
    const address = @intFromPtr(hook_symbol);
    if (address == 0) return;
    const take: *const fn (kind: u32) callconv(.c) void = @ptrFromInt(address);
    take(@backingInt(kind));
}

/// `ud1l KIND(%eax), %eax`, as LLVM emits llvm.ubsantrap(KIND).
fn decodeKind(instruction: []const u8) ?Kind {
    const opcode = "\x67\x0f\xb9\x40";
    if (instruction.len <= opcode.len) return null;
    if (!std.mem.startsWith(u8, instruction, opcode)) return null;
    return std.enums.fromInt(Kind, instruction[opcode.len]);
}

/// Frames shown: the innermost tell most; a runaway recursion repeats itself.
const frames_shown_max = 16;

/// Writes the report for people: kind, place, function, callers.
pub fn writeReport(
    writer: *std.Io.Writer,
    trap: Trap,
    walk_start: backtrace.Walk,
    table: names.Table,
) std.Io.Writer.Error!void {
    try writer.print("trap: {s}", .{trap.kind.message()});
    switch (trap.place) {
        .linear_memory => |memory| try writer.print(
            ": address 0x{x} in a linear memory of {d} bytes ({d} pages)",
            .{ memory.offset, memory.size_bytes, memory.size_bytes / abi.wasm_page_size },
        ),
        .stack_guard, .elsewhere => {},
    }
    try writer.writeByte('\n');
    if (findWasmFunction(walk_start, table)) |symbol| {
        try writer.writeAll("  in wasm function '");
        try writeName(writer, symbol.shown());
        try writer.writeAll("'\n");
    }
    try writeBacktrace(writer, walk_start, table);
}

/// Writes one line a frame, innermost first.
pub fn writeBacktrace(
    writer: *std.Io.Writer,
    walk_start: backtrace.Walk,
    table: names.Table,
) std.Io.Writer.Error!void {
    var walk = walk_start;
    try writer.writeAll("  backtrace:\n");
    for (0..frames_shown_max) |index| {
        const address = walk.next() orelse return;
        try writer.print("    #{d} 0x{x}", .{ index, address });
        if (table.find(lookupAddress(address, index))) |symbol| {
            try writer.writeAll(if (symbol.isWasm()) " wasm function '" else " '");
            try writeName(writer, symbol.shown());
            try writer.print("' + 0x{x}", .{symbol.offset});
        }
        try writer.writeByte('\n');
    }
    if (walk.next() != null) try writer.writeAll("    ...\n");
}

/// The innermost Wasm function: the one that trapped, or that called what did.
pub fn findWasmFunction(walk_start: backtrace.Walk, table: names.Table) ?names.Symbol {
    var walk = walk_start;
    for (0..frames_shown_max) |index| {
        const address = walk.next() orelse return null;
        const symbol = table.find(lookupAddress(address, index)) orelse continue;
        if (symbol.isWasm()) return symbol;
    }
    return null;
}

/// A return address may be the first byte of the next function when the call never returns.
fn lookupAddress(address: u64, index: usize) u64 {
    assert(address != 0);
    return if (index == 0) address else address - 1;
}

/// Names come from the program: nothing in them may steer the reader's terminal or end a line.
pub fn writeName(writer: *std.Io.Writer, name: []const u8) std.Io.Writer.Error!void {
    for (name) |byte| switch (byte) {
        0...0x1f, 0x7f => try writer.print("\\{x:0>2}", .{byte}),
        else => try writer.writeByte(byte),
    };
}

const testing = std.testing;

test "page faults are named by what they hit" {
    const null_call: Cause = .{ .page_fault = .{
        .address = abi.null_funcref_fault_start + 0xffc,
        .place = .elsewhere,
    } };
    try testing.expectEqual(.uninitialized_element, classify(null_call).?.kind);
    const overflow: Cause = .{ .page_fault = .{ .address = 0x2000, .place = .stack_guard } };
    try testing.expectEqual(.call_stack_exhausted, classify(overflow).?.kind);
    const defect: Cause = .{ .page_fault = .{ .address = 0x10, .place = .elsewhere } };
    try testing.expectEqual(null, classify(defect));
}

test "the kind byte of ud1" {
    try testing.expectEqual(.@"unreachable", decodeKind("\x67\x0f\xb9\x40\x01"));
    try testing.expectEqual(.allocation_failure, decodeKind("\x67\x0f\xb9\x40\x15"));
    try testing.expectEqual(null, decodeKind("\x67\x0f\xb9\x40\x00"));
    try testing.expectEqual(null, decodeKind("\x67\x0f\xb9\x40\xff"));
    try testing.expectEqual(null, decodeKind("\x67\x0f\xb9\x40"));
    try testing.expectEqual(null, decodeKind("\x0f\x0b\x00\x00\x00"));
}

test "a report names place and function, and hostile names are harmless" {
    const table: names.Table = .{
        .image_base = 0x1000,
        .blob = "\x01\x00\x00\x00" ++ "\x00\x00\x00\x00" ++ "\x0c\x00\x00\x00" ++
            "wasm:store\n\x1b[2J\x00",
    };
    var buffer: [512]u8 = undefined;
    var writer: std.Io.Writer = .fixed(&buffer);
    const trap: Trap = .{
        .kind = .memory_out_of_bounds,
        .place = .{ .linear_memory = .{ .offset = 0x104, .size_bytes = 0x100 } },
    };
    const walk: backtrace.Walk = .begin(.{ .start = 0, .end = 0 }, 0x1005, 0);
    try writeReport(&writer, trap, walk, table);
    try testing.expectEqualStrings(
        \\trap: out of bounds memory access: address 0x104 in a linear memory of 256 bytes (0 pages)
        \\  in wasm function 'store\0a\1b[2J'
        \\  backtrace:
        \\    #0 0x1005 wasm function 'store\0a\1b[2J' + 0x5
        \\
    , writer.buffered());
}
