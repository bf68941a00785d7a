// SPDX-License-Identifier: Apache-2.0
//! The platform interface (platform.zig) over Linux system calls.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const filesystem = @import("filesystem.zig");
const linear = @import("../mem/linear.zig");
const network = @import("network.zig");
const platform = @import("../platform.zig");

pub const List = [*:null]const ?[*:0]const u8;

const stdin = 0;
const stdout = 1;
const stderr = 2;

var argument_list: List = undefined;
var environment_list: List = undefined;

/// Once, before anything else. False: there is no /dev/null.
pub fn initialize(arguments_given: List, environment_given: List) bool {
    argument_list = arguments_given;
    environment_list = environment_given;
    return occupyClosedStreams();
}

/// A file that is opened later must not get the number of a stream that we were started without:
/// what is meant for the stream would go there.
fn occupyClosedStreams() bool {
    for ([_]linux.fd_t{ stdin, stdout, stderr }) |stream| {
        if (linux.errno(linux.fcntl(stream, linux.F.GETFD, 0)) != .BADF) continue;
        // Opening takes the lowest number that is free, which is this one.
        if (linux.open("/dev/null", .{ .ACCMODE = .RDWR }, 0) != stream) return false;
    }
    return true;
}

/// What follows the list's final null in memory.
pub fn afterList(list: List) *const anyopaque {
    return @ptrCast(list + std.mem.len(list) + 1);
}

pub const Strings = struct {
    rest: List,
    hides_ours: bool = false,

    pub fn next(strings: *Strings) ?[:0]const u8 {
        while (strings.rest[0]) |text| {
            strings.rest += 1;
            const found = std.mem.span(text);
            if (!strings.hides_ours or !isOurs(found)) return found;
        }
        return null;
    }
};

/// True for a variable that is meant for this host and none of the program's business.
fn isOurs(variable: []const u8) bool {
    return filesystem.isPreopens(variable) or network.isListen(variable);
}

pub fn arguments() Strings {
    return .{ .rest = argument_list };
}

pub fn environment() Strings {
    return .{ .rest = environment_list, .hides_ours = true };
}

/// Those meant for this host too.
pub fn allVariables() Strings {
    return .{ .rest = environment_list };
}

pub fn clockResolutionNs(clock: platform.Clock) u64 {
    var resolution: linux.timespec = undefined;
    const result = linux.clock_getres(clockId(clock), &resolution);
    assert(linux.errno(result) == .SUCCESS);
    return nanoseconds(resolution);
}

pub fn clockNowNs(clock: platform.Clock) u64 {
    var now: linux.timespec = undefined;
    const result = linux.clock_gettime(clockId(clock), &now);
    assert(linux.errno(result) == .SUCCESS);
    return nanoseconds(now);
}

fn clockId(clock: platform.Clock) linux.clockid_t {
    return switch (clock) {
        .realtime => .REALTIME,
        .monotonic => .MONOTONIC,
        .process_cpu => .PROCESS_CPUTIME_ID,
        .thread_cpu => .THREAD_CPUTIME_ID,
    };
}

/// Times before the epoch are shown as the epoch.
fn nanoseconds(time: linux.timespec) u64 {
    if (time.sec < 0) return 0;
    const seconds: u64 = @intCast(time.sec);
    return seconds *| std.time.ns_per_s +| @as(u64, @intCast(time.nsec));
}

pub fn timespec(time_ns: u64) linux.timespec {
    return .{
        .sec = @intCast(time_ns / std.time.ns_per_s),
        .nsec = @intCast(time_ns % std.time.ns_per_s),
    };
}

pub fn sleepUntilMonotonicNs(deadline_ns: u64) void {
    const deadline = timespec(deadline_ns);
    while (true) {
        const result = linux.clock_nanosleep(.MONOTONIC, .{ .ABSTIME = true }, &deadline, null);
        if (linux.errno(result) != .INTR) break;
    }
}

pub fn waitStdinUntilMonotonicNs(deadline_ns: ?u64) bool {
    while (true) {
        var timeout: linux.timespec = undefined;
        var timeout_or_null: ?*linux.timespec = null;
        if (deadline_ns) |deadline| {
            timeout = timespec(deadline -| clockNowNs(.monotonic));
            timeout_or_null = &timeout;
        }
        var wanted = [_]linux.pollfd{.{ .fd = stdin, .events = linux.POLL.IN, .revents = 0 }};
        const result = linux.ppoll(&wanted, wanted.len, timeout_or_null, null);
        switch (linux.errno(result)) {
            .SUCCESS => return result > 0,
            .INTR => continue,
            // A closed standard input: reading it gives its end at once.
            else => return true,
        }
    }
}

pub fn randomBytes(buffer: []u8) platform.RandomError!void {
    var done: usize = 0;
    while (done < buffer.len) {
        const result = linux.getrandom(buffer.ptr + done, buffer.len - done, 0);
        switch (linux.errno(result)) {
            .SUCCESS => done += result,
            .INTR => continue,
            else => return error.NoEntropy,
        }
    }
}

pub fn writeStdout(bytes: []const u8) void {
    writeAll(stdout, bytes);
}

pub fn writeStderr(bytes: []const u8) void {
    writeAll(stderr, bytes);
}

/// A reader that is gone has already ended the process with SIGPIPE; other failures have no
/// consequence that a program could act upon.
fn writeAll(descriptor: linux.fd_t, bytes: []const u8) void {
    var done: usize = 0;
    while (done < bytes.len) {
        const result = linux.write(descriptor, bytes.ptr + done, bytes.len - done);
        switch (linux.errno(result)) {
            .SUCCESS => done += result,
            .INTR => continue,
            .AGAIN => waitWritable(descriptor),
            else => return,
        }
    }
}

fn waitWritable(descriptor: linux.fd_t) void {
    var wanted = [_]linux.pollfd{
        .{ .fd = descriptor, .events = linux.POLL.OUT, .revents = 0 },
    };
    _ = linux.poll(&wanted, wanted.len, -1);
}

pub fn readStdin(buffer: []u8) usize {
    while (true) {
        const result = linux.read(stdin, buffer.ptr, buffer.len);
        switch (linux.errno(result)) {
            .SUCCESS => return result,
            .INTR => continue,
            .AGAIN => _ = waitStdinUntilMonotonicNs(null),
            else => return 0,
        }
    }
}

/// Linux keeps the low 8 bits of a process's exit code.
pub fn exit(code: u32) noreturn {
    linux.exit_group(@intCast(code & 0xff));
}

pub fn yield() void {
    _ = linux.sched_yield();
}

pub fn linearMemorySizeBytes() u64 {
    return linear.sizeBytes();
}
