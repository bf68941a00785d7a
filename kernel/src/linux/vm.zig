// SPDX-License-Identifier: Apache-2.0
//! Pages for linear memories, tables and the program's stack, at the addresses of
//! src/python/mew_abi/layout.py. The kernel's counterpart is mem/vm.zig.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const linear = @import("../mem/linear.zig");

const page_size = 4096;

pub const Error = error{OutOfFrames};

/// Fresh pages are always zero here; the kernel tells the two apart.
pub const Content = enum { zeroed, undefined };

/// Takes the window of linear memory 0, so that no later mapping lands in it. The other regions
/// of the map lie where Linux never places one by itself; should one be taken, allocateAt fails.
pub fn initialize() Error!void {
    // Not NORESERVE: inaccessible pages count for nothing, and growing must be able to fail.
    try map(linear.window_start, linear.window_size, .{}, .{
        .TYPE = .PRIVATE,
        .ANONYMOUS = true,
        .FIXED_NOREPLACE = true,
    });
}

/// Makes `size` bytes at `virtual` readable and writable, zeroed. On OutOfFrames nothing has
/// changed.
///
/// Caller requirements: nothing was allocated there yet.
pub fn allocateAt(virtual: u64, size: u64, content: Content) Error!void {
    assert(virtual % page_size == 0 and size % page_size == 0);
    _ = content;
    if (size == 0) return;
    const access: linux.PROT = .{ .READ = true, .WRITE = true };
    if (virtual -% linear.window_start < linear.window_size) {
        assert(virtual + size <= linear.window_start + linear.window_size);
        const result = linux.mprotect(@ptrFromInt(virtual), size, access);
        if (linux.errno(result) != .SUCCESS) return error.OutOfFrames;
    } else {
        try map(virtual, size, access, .{
            .TYPE = .PRIVATE,
            .ANONYMOUS = true,
            .FIXED_NOREPLACE = true,
        });
    }
}

fn map(virtual: u64, size: u64, access: linux.PROT, flags: linux.MAP) Error!void {
    const result = linux.mmap(@ptrFromInt(virtual), size, access, flags, -1, 0);
    if (linux.errno(result) != .SUCCESS) return error.OutOfFrames;
    // Before Linux 4.17 the flag is only a hint.
    if (result != virtual) {
        _ = linux.munmap(@ptrFromInt(result), size);
        return error.OutOfFrames;
    }
}
