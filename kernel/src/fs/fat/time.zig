// SPDX-License-Identifier: Apache-2.0
//! Times of directory entries (specification, "Date and Time Formats"), read as UTC: 2 seconds
//! fine, of the last access the day only, from 1980 to 2107.

const std = @import("std");
const epoch = std.time.epoch;

pub const Stamp = struct {
    date: u16,
    time: u16,

    pub const first: Stamp = .{ .date = 1 << 5 | 1, .time = 0 };
    pub const last: Stamp = .{
        .date = (year_max - year_min) << 9 | 12 << 5 | 31,
        .time = 23 << 11 | 59 << 5 | 29,
    };

    /// Rounded down; what lies outside of the range becomes its nearest end.
    pub fn ofNs(ns: u64) Stamp {
        const seconds = ns / std.time.ns_per_s;
        const day = (epoch.EpochSeconds{ .secs = seconds }).getEpochDay();
        if (seconds < seconds_min) return first;
        if (seconds > seconds_max) return last;
        const year = day.calculateYearDay();
        const month = year.calculateMonthDay();
        const in_day = seconds % std.time.s_per_day;
        return .{
            .date = (year.year - year_min) << 9 | @as(u16, month.month.numeric()) << 5 |
                (month.day_index + 1),
            .time = @intCast(in_day / 3600 << 11 | in_day / 60 % 60 << 5 | in_day % 60 / 2),
        };
    }

    /// Numbers that are no date count as the nearest one.
    pub fn toNs(stamp: Stamp) u64 {
        const year: u64 = (stamp.date >> 9) + year_min;
        const month: u64 = std.math.clamp(stamp.date >> 5 & 0xF, 1, 12);
        const day: u64 = @max(stamp.date & 0x1F, 1);
        const hour: u64 = @min(stamp.time >> 11, 23);
        const minute: u64 = @min(stamp.time >> 5 & 0x3F, 59);
        const half: u64 = @min(stamp.time & 0x1F, 29);
        const days = daysBefore(year, month) + day - 1;
        return (((days * 24 + hour) * 60 + minute) * 60 + half * 2) * std.time.ns_per_s;
    }
};

const year_min = 1980;
const year_max = 2107;
/// 1980-01-01 00:00:00 and 2107-12-31 23:59:59.
const seconds_min = daysBefore(year_min, 1) * std.time.s_per_day;
const seconds_max = daysBefore(year_max + 1, 1) * std.time.s_per_day - 1;

/// Days from 1970-01-01 to the first of the month.
fn daysBefore(year: u64, month: u64) u64 {
    const before = [_]u16{ 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334 };
    // Leap days of the years 1 .. year - 1, of which 1970 has 477 before it.
    const past = year - 1;
    const leap_days = past / 4 - past / 100 + past / 400 - 477;
    const is_leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0);
    const leap: u64 = if (is_leap and month > 2) 1 else 0;
    return (year - 1970) * 365 + leap_days + before[month - 1] + leap;
}

const testing = std.testing;

test "times there and back" {
    const cases = [_]u64{ 315532800, 951782400, 951868798, 1704067200, 4354819198 };
    for (cases) |seconds| {
        const ns = seconds * std.time.ns_per_s;
        try testing.expectEqual(ns, Stamp.ofNs(ns).toNs());
        try testing.expectEqual(ns, Stamp.ofNs(ns + 1_999_999_999).toNs());
    }
    try testing.expectEqual(Stamp.first, Stamp.ofNs(0));
    try testing.expectEqual(Stamp.last, Stamp.ofNs(std.math.maxInt(u64)));
    // 2024-02-29 13:14:16.
    const stamp: Stamp = .ofNs(1709212456 * std.time.ns_per_s);
    try testing.expectEqual(44 << 9 | 2 << 5 | 29, stamp.date);
    try testing.expectEqual(13 << 11 | 14 << 5 | 8, stamp.time);
}

test "every number is some time" {
    for (0..1 << 16) |bits| {
        const value: u16 = @intCast(bits);
        _ = (Stamp{ .date = value, .time = ~value }).toNs();
    }
}
