// SPDX-License-Identifier: Apache-2.0
//! sock_getsockopt and sock_setsockopt of WasmEdge's extension.

const std = @import("std");
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const network = @import("../network.zig");
const table = @import("table.zig");

/// `__wasi_sock_opt_level_t`.
const level_socket = 0;
/// Ours, with the numbers of other systems: WasmEdge has no way to switch Nagle's algorithm off.
const level_tcp = 6;
const tcp_no_delay = 1;

/// `__wasi_sock_opt_so_t`.
const Name = enum(u32) {
    reuse_address = 0,
    kind = 1,
    pending_error = 2,
    do_not_route = 3,
    broadcast = 4,
    send_buffer_bytes = 5,
    receive_buffer_bytes = 6,
    keep_alive = 7,
    out_of_band_inline = 8,
    linger = 9,
    receive_low_water = 10,
    receive_timeout = 11,
    send_timeout = 12,
    is_listening = 13,
    device = 14,
};

/// What an option is here.
const Option = union(enum) {
    network: network.Option,
    kind,
    receive_timeout,
    send_timeout,

    /// Inval for what is no option, Noprotoopt for one that only others have.
    fn of(level: u32, name: u32) errno.Error!Option {
        if (level == level_tcp) {
            return if (name == tcp_no_delay) .{ .network = .no_delay } else error.Noprotoopt;
        }
        if (level != level_socket) return error.Inval;
        const known = std.enums.fromInt(Name, name) orelse return error.Inval;
        return switch (known) {
            .reuse_address => .{ .network = .reuse_address },
            .pending_error => .{ .network = .pending_error },
            .broadcast => .{ .network = .broadcast },
            .send_buffer_bytes => .{ .network = .send_buffer_bytes },
            .receive_buffer_bytes => .{ .network = .receive_buffer_bytes },
            .keep_alive => .{ .network = .keep_alive },
            .is_listening => .{ .network = .is_listening },
            .kind => .kind,
            .receive_timeout => .receive_timeout,
            .send_timeout => .send_timeout,
            .do_not_route,
            .out_of_band_inline,
            .linger,
            .receive_low_water,
            .device,
            => error.Noprotoopt,
        };
    }
};

/// `struct timeval` of wasi-libc.
const Timeval = extern struct { seconds: i64, microseconds: i64 };

/// The value's size goes in and out.
pub fn sock_getsockopt(
    number: u32,
    level: u32,
    name: u32,
    value: u32,
    size_pointer: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    const socket = &descriptor.object.socket;
    const size = try guest.place(u32, size_pointer);
    const buffer = try guest.bytes(value, size.*);
    switch (try Option.of(level, name)) {
        .network => |option| {
            const place = try placeIn(u32, buffer);
            place.* = try network.getOption(socket.handle, option);
            size.* = @sizeOf(u32);
        },
        .kind => {
            (try placeIn(u32, buffer)).* = switch (socket.kind) {
                .datagram => 1,
                .stream => 2,
            };
            size.* = @sizeOf(u32);
        },
        .receive_timeout => try getTimeout(socket.receive_timeout_ns, buffer, size),
        .send_timeout => try getTimeout(socket.send_timeout_ns, buffer, size),
    }
}

pub fn sock_setsockopt(
    number: u32,
    level: u32,
    name: u32,
    value: u32,
    size: u32,
) errno.Error!void {
    const descriptor = try table.getSocket(number, .{});
    const socket = &descriptor.object.socket;
    const buffer = try guest.bytes(value, size);
    switch (try Option.of(level, name)) {
        .network => |option| switch (option) {
            .is_listening, .pending_error => return error.Noprotoopt,
            else => {
                const place = try placeIn(u32, buffer);
                try network.setOption(socket.handle, option, place.*);
            },
        },
        .kind => return error.Noprotoopt,
        .receive_timeout => socket.receive_timeout_ns = try readTimeout(buffer),
        .send_timeout => socket.send_timeout_ns = try readTimeout(buffer),
    }
}

fn placeIn(comptime T: type, buffer: []u8) errno.Error!*align(1) T {
    if (buffer.len < @sizeOf(T)) return error.Inval;
    return @ptrCast(buffer);
}

fn getTimeout(timeout_ns: ?u64, buffer: []u8, size: *align(1) u32) errno.Error!void {
    const place = try placeIn(Timeval, buffer);
    const length_us = (timeout_ns orelse 0) / std.time.ns_per_us;
    place.* = .{
        .seconds = @intCast(length_us / std.time.us_per_s),
        .microseconds = @intCast(length_us % std.time.us_per_s),
    };
    size.* = @sizeOf(Timeval);
}

/// Null for 0: no limit.
fn readTimeout(buffer: []u8) errno.Error!?u64 {
    const value = (try placeIn(Timeval, buffer)).*;
    const seconds = std.math.cast(u64, value.seconds) orelse return error.Inval;
    const microseconds = std.math.cast(u64, value.microseconds) orelse return error.Inval;
    if (microseconds >= std.time.us_per_s) return error.Inval;
    const length_ns = seconds *| std.time.ns_per_s +| microseconds * std.time.ns_per_us;
    return if (length_ns == 0) null else length_ns;
}
