// SPDX-License-Identifier: Apache-2.0
//! The sockets that a program starts with, and what a runner is told of sockets that listen.
//!
//! The image declares them, and the configuration of this boot adds to them, as `listen=` records
//! (src/python/mew_abi/network.py).

const std = @import("std");
const abi = @import("generated/abi.zig");
const config = @import("config.zig");
const declarations = @import("listener.zig");
const end = @import("end.zig");
const network = @import("network.zig");
const notices = @import("notices.zig");
const settings = @import("settings.zig");
const uplink = @import("uplink.zig");

extern const mew_preopens_start: u8;
extern const mew_preopens_end: u8;

/// Waiting to be accepted, of each listener.
const backlog = 1024;

var list: [abi.listeners_max]network.Listener = undefined;

/// Opens them. Once.
pub fn open() []const network.Listener {
    const first: [*]const u8 = @ptrCast(&mew_preopens_start);
    const in_image = first[0 .. @intFromPtr(&mew_preopens_end) - @intFromPtr(first)];
    var count: usize = 0;
    for ([_]config.Strings{ .listeners(in_image), settings.get().listeners() }) |texts| {
        var walk = texts;
        while (walk.next()) |text| {
            if (count == list.len) end.refuse("more than {d} listeners", .{list.len});
            const socket = openOne(text) catch |failure|
                end.refuse("cannot listen on '{s}': {t}", .{ text, failure });
            list[count] = .{ .name = text, .socket = socket };
            count += 1;
        }
    }
    return list[0..count];
}

fn openOne(text: []const u8) network.Error!network.Socket {
    const declaration = declarations.parse(text) orelse end.refuse(
        "'{s}' is no listener; write tcp:PORT, tcp:ADDRESS:PORT or udp:PORT",
        .{text},
    );
    const family: network.Family = if (declaration.ip) |ip| ip.family else .ip4;
    const socket = try uplink.open(family, declaration.kind);
    try uplink.bind(socket, declaration.bound(family));
    switch (declaration.kind) {
        .stream => try uplink.listen(socket, backlog),
        .datagram => tell(.udp, declaration.port),
    }
    return socket;
}

/// Of sockets that listen but cannot be reached yet.
const Pending = struct { protocol: notices.Protocol, port: u16 };
var pending: [2 * abi.listeners_max]Pending = undefined;
var pending_count: usize = 0;

/// Notes that a socket listens. Whoever wants to know is told when the machine has its address:
/// before that, a connection would wait for a lost packet.
pub fn tell(protocol: notices.Protocol, port: u16) void {
    if (!settings.get().tells_listening or pending_count == pending.len) return;
    pending[pending_count] = .{ .protocol = protocol, .port = port };
    pending_count += 1;
}

/// To be called again and again from when on the machine can be reached.
pub fn tellAll() void {
    if (pending_count == 0) return;
    for (pending[0..pending_count]) |notice| notices.listening(notice.protocol, notice.port);
    pending_count = 0;
}
