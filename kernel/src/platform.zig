// SPDX-License-Identifier: Apache-2.0
//! What the WASI layer needs from the system below it, chosen at compile time.
//!
//! The root source file (main.zig for the unikernel, linux.zig for the Linux host) declares
//! `pub const platform = @import(...)`, a namespace with every function named here. The wrappers
//! below exist so that the contract is readable in one place and a wrong signature fails to
//! compile here, not deep inside a WASI function.

const std = @import("std");
const implementation = @import("root").platform;

/// Numbers are those of preview1's `clockid`.
pub const Clock = enum(u32) {
    realtime = 0,
    monotonic = 1,
    process_cpu = 2,
    thread_cpu = 3,
};

pub const RandomError = error{NoEntropy};

/// Walks NUL-terminated strings that live as long as the program.
/// The implementation gives a struct with `fn next(self: *@This()) ?[:0]const u8`.
pub const Strings = implementation.Strings;

/// Smallest step of `clock` in nanoseconds, at least 1.
pub fn clockResolutionNs(clock: Clock) u64 {
    const resolution_ns: u64 = implementation.clockResolutionNs(clock);
    std.debug.assert(resolution_ns > 0);
    return resolution_ns;
}

/// Nanoseconds since the Unix epoch (realtime), since boot (monotonic), or of CPU time used.
/// Monotonic never goes back.
pub fn clockNowNs(clock: Clock) u64 {
    return implementation.clockNowNs(clock);
}

/// Returns once the monotonic clock has reached `deadline_ns`. The CPU idles meanwhile.
pub fn sleepUntilMonotonicNs(deadline_ns: u64) void {
    implementation.sleepUntilMonotonicNs(deadline_ns);
}

/// Waits until standard input can be read without blocking (end of file counts) or until the
/// monotonic clock reaches `deadline_ns`, null being never. True: readable.
pub fn waitStdinUntilMonotonicNs(deadline_ns: ?u64) bool {
    return implementation.waitStdinUntilMonotonicNs(deadline_ns);
}

/// Fills `buffer` with bytes fit for cryptography.
pub fn randomBytes(buffer: []u8) RandomError!void {
    return implementation.randomBytes(buffer);
}

/// Writes all of `bytes`; there is no error that a program could act upon.
pub fn writeStdout(bytes: []const u8) void {
    implementation.writeStdout(bytes);
}

/// Writes all of `bytes` to the stream for people: it carries no program output.
pub fn writeStderr(bytes: []const u8) void {
    implementation.writeStderr(bytes);
}

/// Reads at least one byte unless at the end of the input. 0 = end, or `buffer` is empty.
pub fn readStdin(buffer: []u8) usize {
    const count: usize = implementation.readStdin(buffer);
    std.debug.assert(count <= buffer.len);
    return count;
}

/// Ends the program; all 32 bits of `code` reach whoever started it.
pub fn exit(code: u32) noreturn {
    implementation.exit(code);
}

/// Arguments, argv[0] first.
pub fn arguments() Strings {
    return implementation.arguments();
}

/// Environment, each string `NAME=VALUE`.
pub fn environment() Strings {
    return implementation.environment();
}

/// Lets something else run, if there is anything.
pub fn yield() void {
    implementation.yield();
}

/// Size of what a guest pointer can name of linear memory 0 right now, in bytes: at most 4 GiB,
/// even if the memory has 64-bit addresses and is larger; 0 before it exists.
/// For guest.zig only: it bounds-checks guest pointers with it.
pub fn linearMemorySizeBytes() u64 {
    return @min(implementation.linearMemorySizeBytes(), 1 << 32);
}
