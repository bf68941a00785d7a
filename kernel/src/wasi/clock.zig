// SPDX-License-Identifier: Apache-2.0
//! clock_*: the four clocks of preview1, in nanoseconds.

const std = @import("std");
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const platform = @import("../platform.zig");

pub fn clock_res_get(clock: u32, resolution: u32) errno.Error!void {
    const known = try byNumber(clock);
    const place = try guest.place(u64, resolution);
    place.* = platform.clockResolutionNs(known);
}

/// The precision is a hint that allows a coarser, cheaper clock; there is none.
pub fn clock_time_get(clock: u32, precision_ns: u64, time: u32) errno.Error!void {
    _ = precision_ns;
    const known = try byNumber(clock);
    const place = try guest.place(u64, time);
    place.* = platform.clockNowNs(known);
}

pub fn byNumber(clock: u32) errno.Error!platform.Clock {
    return std.enums.fromInt(platform.Clock, clock) orelse error.Inval;
}
