// SPDX-License-Identifier: Apache-2.0
//! Runs one program of the specification's test suite: a table of commands, written by table.py,
//! over the exports of compiled modules. It is linked in the place of a command module: the system
//! (kernel or Linux host) calls `mew_start`, and every trap comes back through `mew.trap_hook`.
//!
//! Output, one line each: `F <command> <outcome> <slot>...` for a command that did not do what the
//! table expects (slots in hexadecimal, only after a return), and `E <commands run>` at the end.

const std = @import("std");
const builtin = @import("builtin");
const assert = std.debug.assert;

/// Code of a word with which a command starts; the command's number is in the upper bits.
const Operation = enum(u8) { instantiate = 1, invoke = 2, get = 3, require_size = 4 };
const operation_bits = 8;

/// An outcome is 0 for a return, else the kind of the trap; a set of them is a bit mask.
const Outcome = u6;
const returned: Outcome = 0;
/// No trap: an import's memory or table is smaller than it must be.
const unlinkable: Outcome = 63;

/// As table.py: the widest signature of the suite must fit.
const slots_max = 4096;
var slots: [slots_max]u64 align(16) = undefined;

/// Arrays; declared as their first elements.
extern const spec_words: u64;
extern const spec_pointers: *const anyopaque;
extern const spec_word_count: u64;

fn words() []const u64 {
    const first: [*]const u64 = @ptrCast(&spec_words);
    return first[0..spec_word_count];
}

// callProtected keeps its stack pointer here; 0 outside of it, when a trap is the driver's own.
comptime {
    asm (
        \\    .text
        \\call_protected:
        \\    push %rbp
        \\    push %rbx
        \\    push %r12
        \\    push %r13
        \\    push %r14
        \\    push %r15
        \\    sub $8, %rsp
        \\    mov %rsp, protected_stack(%rip)
        \\    mov %rdi, %rax
        \\    mov %rsi, %rdi
        \\    mov %rdx, %rsi
        \\    call *%rax
        \\    xor %eax, %eax
        \\leave_protected:
        \\    movq $0, protected_stack(%rip)
        \\    add $8, %rsp
        \\    pop %r15
        \\    pop %r14
        \\    pop %r13
        \\    pop %r12
        \\    pop %rbx
        \\    pop %rbp
        \\    ret
        \\    .globl "mew.trap_hook"
        \\"mew.trap_hook":
        \\    cmpq $0, protected_stack(%rip)
        \\    je not_protected
        \\    mov protected_stack(%rip), %rsp
        \\    mov %edi, %eax
        \\    jmp leave_protected
        \\not_protected:
        \\    ret
        \\    .local protected_stack
        \\    .comm protected_stack, 8, 8
    );
}

/// `thunk(function, slots)` until it returns (0) or traps (the kind).
extern fn call_protected(
    thunk: *const anyopaque,
    function: *const anyopaque,
    slots: [*]u64,
) callconv(.c) u32;

/// Reads the table word by word.
const Reader = struct {
    position: usize = 0,

    fn next(reader: *Reader) u64 {
        return reader.take(1)[0];
    }

    fn take(reader: *Reader, count: u64) []const u64 {
        assert(count <= spec_word_count - reader.position);
        defer reader.position += count;
        return words()[reader.position..][0..count];
    }

    fn pointer(reader: *Reader) *const anyopaque {
        const first: [*]const *const anyopaque = @ptrCast(&spec_pointers);
        return first[reader.next()];
    }
};

export fn mew_start() callconv(.c) void {
    var reader: Reader = .{};
    var count: u64 = 0;
    while (reader.position < spec_word_count) : (count += 1) {
        const word = reader.next();
        const operation: Operation = @fromBackingInt(@intCast(@as(u8, @truncate(word))));
        const outcome = perform(operation, &reader);
        const slot_count = reader.next();
        if (!expected(outcome, slot_count, &reader)) {
            reportFailure(word >> operation_bits, outcome, slots[0..slot_count]);
        }
    }
    print("E {d}\n", .{count});
}

fn perform(operation: Operation, reader: *Reader) Outcome {
    switch (operation) {
        .instantiate => {
            const instantiate = reader.pointer();
            return @intCast(call_protected(instantiate, instantiate, &slots));
        },
        .invoke => {
            const function = reader.pointer();
            const thunk = reader.pointer();
            const arguments = reader.take(reader.next());
            @memcpy(slots[0..arguments.len], arguments);
            return @intCast(call_protected(thunk, function, &slots));
        },
        .get => {
            const content: [*]const u8 = @ptrCast(reader.pointer());
            const size = reader.next();
            assert(size <= 16);
            @memset(slots[0..2], 0);
            @memcpy(std.mem.asBytes(&slots)[0..size], content[0..size]);
            return returned;
        },
        .require_size => {
            const size: *const u64 = @ptrCast(@alignCast(reader.pointer()));
            return if (size.* >= reader.next()) returned else unlinkable;
        },
    }
}

/// Reads the rest of a command: the set of outcomes, then the alternatives for the results. Each
/// is a row of slots, and a slot is three words: mask, value, and 1 when the value must differ.
fn expected(outcome: Outcome, slot_count: u64, reader: *Reader) bool {
    const outcomes = reader.next();
    const alternatives = reader.next();
    const found = slots[0..slot_count];
    var any = alternatives == 0 or outcome != returned;
    for (0..alternatives) |_| {
        var all = true;
        for (found) |slot| {
            const pattern = reader.take(3);
            const same = slot & pattern[0] == pattern[1];
            if (same != (pattern[2] == 0)) all = false;
        }
        if (all) any = true;
    }
    return any and outcomes & @as(u64, 1) << outcome != 0;
}

fn reportFailure(command: u64, outcome: Outcome, found: []const u64) void {
    print("F {d} {d}", .{ command, outcome });
    if (outcome == returned) {
        for (found) |slot| print(" {x}", .{slot});
    }
    print("\n", .{});
}

fn print(comptime format: []const u8, arguments: anytype) void {
    var buffer: [128]u8 = undefined;
    write(std.fmt.bufPrint(&buffer, format, arguments) catch unreachable);
}

/// WASI would need a linear memory to write from, and that belongs to the modules under test.
fn write(bytes: []const u8) void {
    if (builtin.os.tag == .linux) {
        const written = std.os.linux.write(1, bytes.ptr, bytes.len);
        assert(written == bytes.len);
    } else {
        for (bytes) |byte| writeSerial(byte);
    }
}

/// COM2, the control stream, which carries text for people to the runner's standard error.
fn writeSerial(byte: u8) void {
    const com2 = 0x2f8;
    const line_status = com2 + 5;
    const transmitter_empty = 1 << 5;
    while (readPort(line_status) & transmitter_empty == 0) {}
    asm volatile ("outb %[byte], %[port]"
        :
        : [byte] "{al}" (byte),
          [port] "{dx}" (@as(u16, com2)),
    );
}

fn readPort(port: u16) u8 {
    return asm volatile ("inb %[port], %[byte]"
        : [byte] "={al}" (-> u8),
        : [port] "{dx}" (port),
    );
}

pub const panic = std.debug.FullPanic(panicHandler);

/// A defect of the table or of this file. A trap outside of callProtected ends the run loudly.
fn panicHandler(message: []const u8, return_address: ?usize) noreturn {
    _ = return_address;
    write("P ");
    write(message);
    write("\n");
    @trap();
}
