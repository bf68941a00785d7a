// SPDX-License-Identifier: Apache-2.0
//! The program's descriptors: small numbers, what they stand for, and what it may do with them.

const std = @import("std");
const assert = std.debug.assert;
const errno = @import("errno.zig");
const types = @import("types.zig");

/// What a descriptor stands for.
pub const Object = union(enum) {
    stdin,
    stdout,
    stderr,

    pub fn filetype(object: Object) types.Filetype {
        return switch (object) {
            // Byte streams without positions; programs that write text flush it line by line.
            .stdin, .stdout, .stderr => .character_device,
        };
    }
};

pub const Descriptor = struct {
    object: Object,
    flags: types.Fdflags = .{},
    rights_base: types.Rights,
    rights_inheriting: types.Rights = .{},

    /// Notcapable unless the program may do all of `wanted`.
    pub fn require(descriptor: *const Descriptor, wanted: types.Rights) errno.Error!void {
        if (!descriptor.rights_base.contain(wanted)) return error.Notcapable;
    }
};

const standard_streams = [_]Descriptor{
    .{ .object = .stdin, .rights_base = streamRights(.{ .fd_read = true }) },
    .{ .object = .stdout, .rights_base = streamRights(.{ .fd_write = true }) },
    .{ .object = .stderr, .rights_base = streamRights(.{ .fd_write = true }) },
};

fn streamRights(direction: types.Rights) types.Rights {
    var rights = direction;
    rights.fd_filestat_get = true;
    rights.fd_fdstat_set_flags = true;
    rights.poll_fd_readwrite = true;
    return rights;
}

/// Limit on open descriptors; their numbers lie below it.
pub const descriptors_max = standard_streams.len;

var entries: [descriptors_max]?Descriptor = undefined;
var initialized = false;

fn all() []?Descriptor {
    if (!initialized) {
        initialized = true;
        entries = @splat(null);
        for (standard_streams, 0..) |stream, number| entries[number] = stream;
    }
    return &entries;
}

/// The descriptor `number`, or Badf when it is not open.
pub fn get(number: u32) errno.Error!*Descriptor {
    if (number >= descriptors_max) return error.Badf;
    return if (all()[number]) |*descriptor| descriptor else error.Badf;
}

/// Frees `number`. The caller has released what it stood for.
pub fn remove(number: u32) void {
    const slot = &all()[number];
    assert(slot.* != null);
    slot.* = null;
}

/// Lets `to` stand for what `from` stands for, and frees `from`. Both are open and differ.
pub fn move(from: u32, to: u32) void {
    const list = all();
    assert(from != to);
    assert(list[from] != null and list[to] != null);
    list[to] = list[from];
    list[from] = null;
}
