// SPDX-License-Identifier: Apache-2.0
//! The kernel's own messages, one line each, to the control port; docs/howto/debug.md says what
//! belongs to which level. What ends a run is no message: it is always told (end.zig).

const std = @import("std");
const console = @import("console.zig");
const Level = @import("config.zig").LogLevel;
const settings = @import("settings.zig");

/// Something is lost: the program goes on, but sees failures.
pub fn err(comptime format: []const u8, arguments: anytype) void {
    write(.@"error", format, arguments);
}

/// Something is not as it should be, and the program may not notice.
pub fn warn(comptime format: []const u8, arguments: anytype) void {
    write(.warn, format, arguments);
}

/// What the machine is like, once a run.
pub fn info(comptime format: []const u8, arguments: anytype) void {
    write(.info, format, arguments);
}

/// For whoever works on the kernel.
pub fn debug(comptime format: []const u8, arguments: anytype) void {
    write(.debug, format, arguments);
}

fn write(comptime message_level: Level, comptime format: []const u8, arguments: anytype) void {
    comptime std.debug.assert(format.len > 0);
    comptime std.debug.assert(format[format.len - 1] != '\n');
    if (@backingInt(message_level) > @backingInt(settings.get().log_level)) return;
    var control: console.ControlWriter = .{};
    const writer = control.begin();
    // The control port takes everything: these cannot fail.
    writer.print("mew: " ++ @tagName(message_level) ++ ": " ++ format ++ "\n", arguments) catch
        unreachable;
    writer.flush() catch unreachable;
}
