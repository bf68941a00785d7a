// SPDX-License-Identifier: Apache-2.0
//! What this boot's configuration says of the machine's addresses (src/python/mew_abi/network.py).
//! What is wrong there is a reason not to start: nobody would find the machine.

const std = @import("std");
const address = @import("net/address.zig");
const end = @import("end.zig");
const log = @import("log.zig");
const settings = @import("settings.zig");

/// More of a kind than any machine of ours has.
const values_max = 8;

fn List(comptime Value: type) type {
    return struct {
        values: [values_max]Value = undefined,
        count: usize = 0,

        fn add(list: *@This(), value: Value, text: []const u8) void {
            if (list.count == values_max) end.refuse(
                "'{s}' is one address more than the {d} that are possible; leave one out",
                .{ text, values_max },
            );
            list.values[list.count] = value;
            list.count += 1;
        }

        pub fn slice(list: *const @This()) []const Value {
            return list.values[0..list.count];
        }
    };
}

pub const Addressing = struct {
    /// None of a family: it is asked for.
    prefixes: List(address.Prefix) = .{},
    gateways: List(address.Ip) = .{},
    name_servers: List(address.Ip) = .{},
    hostname: []const u8 = "",

    pub fn read(addressing: *Addressing) void {
        addressing.* = .{};
        const config = settings.get();
        var prefixes = config.network(.ip);
        while (prefixes.next()) |text| {
            const prefix = address.Prefix.parse(text) orelse refuse("ip", text, "10.0.2.15/24");
            addressing.prefixes.add(prefix, text);
        }
        var gateways = config.network(.gateway);
        while (gateways.next()) |text| {
            const ip = address.parseIp(text) orelse refuse("gateway", text, "10.0.2.2");
            addressing.gateways.add(ip, text);
        }
        var servers = config.network(.dns);
        while (servers.next()) |text| {
            const ip = address.parseIp(text) orelse refuse("dns", text, "10.0.2.3");
            addressing.name_servers.add(ip, text);
        }
        var names = config.network(.hostname);
        while (names.next()) |text| addressing.hostname = text;
    }
};

/// A line of the log for an address of the machine.
pub fn logAddress(prefix: address.Prefix) void {
    const bytes = prefix.ip.bytes;
    switch (prefix.ip.family) {
        .ip4 => log.info("address {d}.{d}.{d}.{d}/{d}", .{
            bytes[0], bytes[1], bytes[2], bytes[3], prefix.bits,
        }),
        // All eight groups: nobody has to type it.
        .ip6 => log.info("address {x}:{x}:{x}:{x}:{x}:{x}:{x}:{x}/{d}", .{
            group(bytes, 0), group(bytes, 1), group(bytes, 2), group(bytes, 3),
            group(bytes, 4), group(bytes, 5), group(bytes, 6), group(bytes, 7),
            prefix.bits,
        }),
    }
}

fn group(bytes: [16]u8, index: usize) u16 {
    return std.mem.readInt(u16, bytes[2 * index ..][0..2], .big);
}

fn refuse(key: []const u8, text: []const u8, example: []const u8) noreturn {
    end.refuse("{s}={s} is no address; write it as in {s}={s}", .{ key, text, key, example });
}
