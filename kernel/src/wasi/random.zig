// SPDX-License-Identifier: Apache-2.0
//! random_get.

const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const platform = @import("../platform.zig");

pub fn random_get(buffer: u32, size: u32) errno.Error!void {
    const bytes = try guest.bytes(buffer, size);
    platform.randomBytes(bytes) catch return error.Io;
}
