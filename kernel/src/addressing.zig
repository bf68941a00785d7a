// SPDX-License-Identifier: Apache-2.0
//! What this boot's configuration says of the machine's addresses (src/python/mew_abi/network.py).
//! What is wrong there is a reason not to start: nobody would find the machine.

const std = @import("std");
const address = @import("net/address.zig");
const end = @import("end.zig");
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

fn refuse(key: []const u8, text: []const u8, example: []const u8) noreturn {
    end.refuse("{s}={s} is no address; write it as in {s}={s}", .{ key, text, key, example });
}
