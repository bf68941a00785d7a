// SPDX-License-Identifier: Apache-2.0
//! The MC146818 real-time clock of PC machines: the only source of the date.

const std = @import("std");
const assert = std.debug.assert;
const ports = @import("ports.zig");

const port_index = 0x70;
const port_data = 0x71;

const status_a = 0x0a;
const status_b = 0x0b;
const status_a_updating = 0x80;
const status_b_24_hours = 0x02;
const status_b_binary = 0x04;
const hours_afternoon = 0x80;
const absent = 0xff;

/// The clock's registers as read: seconds, minutes, hours, day, month, year, century.
const Reading = [7]u8;
const registers: Reading = .{ 0x00, 0x02, 0x04, 0x07, 0x08, 0x09, 0x32 };

/// An update takes 2 ms; a clock that is forever updating is not one.
const attempts_max = 100_000;

/// Seconds since the Unix epoch, or null when there is no clock.
pub fn readSeconds() ?u64 {
    const status = readRegister(status_b);
    if (status == absent) return null;
    var last: ?Reading = null;
    for (0..attempts_max) |_| {
        if (readRegister(status_a) & status_a_updating != 0) continue;
        const reading = readAll();
        // The same twice: no update fell between the registers.
        if (last) |before| if (std.mem.eql(u8, &before, &reading)) return decode(reading, status);
        last = reading;
    }
    return null;
}

fn readAll() Reading {
    var reading: Reading = undefined;
    for (&reading, registers) |*value, register| value.* = readRegister(register);
    return reading;
}

fn readRegister(register: u8) u8 {
    ports.write8(port_index, register);
    return ports.read8(port_data);
}

fn decode(reading: Reading, status: u8) u64 {
    var values = reading;
    const afternoon = values[2] & hours_afternoon != 0;
    values[2] &= ~@as(u8, hours_afternoon);
    if (status & status_b_binary == 0) {
        for (&values) |*value| value.* = (value.* >> 4) * 10 + (value.* & 0xf);
    }
    if (status & status_b_24_hours == 0) {
        values[2] = values[2] % 12 + @as(u8, if (afternoon) 12 else 0);
    }
    // A clock without a century register holds nonsense there.
    const century: u64 = if (values[6] >= 19 and values[6] <= 22) values[6] else 20;
    const days = daysSinceEpoch(century * 100 + values[5], values[4], values[3]);
    return ((days * 24 + values[2]) * 60 + values[1]) * 60 + values[0];
}

/// Days from 1970-01-01 to a date of the Gregorian calendar.
fn daysSinceEpoch(year: u64, month: u64, day: u64) u64 {
    assert(year >= 1900);
    // Years that begin in March put the leap day at their end.
    const shifted_year = if (month <= 2) year - 1 else year;
    const month_from_march = if (month <= 2) month + 9 else month -| 3;
    const leap_days = shifted_year / 4 - shifted_year / 100 + shifted_year / 400;
    const day_of_year = (153 * month_from_march + 2) / 5 + day;
    const days_to_epoch = 719_469;
    return (shifted_year * 365 + leap_days + day_of_year) -| days_to_epoch;
}

const testing = std.testing;

test "days of the Gregorian calendar" {
    try testing.expectEqual(0, daysSinceEpoch(1970, 1, 1));
    try testing.expectEqual(11_016, daysSinceEpoch(2000, 2, 29));
    try testing.expectEqual(11_017, daysSinceEpoch(2000, 3, 1));
    try testing.expectEqual(20_089, daysSinceEpoch(2025, 1, 1));
    try testing.expectEqual(47_541, daysSinceEpoch(2100, 3, 1));
}

test "binary-coded and plain registers, 12 and 24 hours" {
    const bcd: Reading = .{ 0x56, 0x34, 0x12, 0x01, 0x01, 0x25, 0x20 };
    const seconds = 20_089 * 86_400 + 12 * 3_600 + 34 * 60 + 56;
    try testing.expectEqual(seconds, decode(bcd, status_b_24_hours));
    const plain: Reading = .{ 56, 34, 12, 1, 1, 25, 20 };
    try testing.expectEqual(seconds, decode(plain, status_b_24_hours | status_b_binary));
    const noon: Reading = .{ 56, 34, 12 | hours_afternoon, 1, 1, 25, 20 };
    try testing.expectEqual(seconds, decode(noon, status_b_binary));
    const midnight: Reading = .{ 56, 34, 12, 1, 1, 25, 0xff };
    try testing.expectEqual(seconds - 12 * 3_600, decode(midnight, status_b_binary));
}
