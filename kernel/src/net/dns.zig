// SPDX-License-Identifier: Apache-2.0
//! The client of name servers.

const addresses = @import("address.zig");
const types = @import("types.zig");
const View = @import("view.zig").View;
const Stack = @import("stack.zig").Stack;

pub const servers_max = 4;

pub const Resolver = struct {
    servers: [servers_max]addresses.Ip = undefined,
    servers_count: usize = 0,

    pub fn addServer(resolver: *Resolver, server: addresses.Ip) void {
        for (resolver.servers[0..resolver.servers_count]) |known| if (known.eql(server)) return;
        if (resolver.servers_count == servers_max) return;
        resolver.servers[resolver.servers_count] = server;
        resolver.servers_count += 1;
    }

    /// Whether the datagram was an answer to a question of ours.
    pub fn receive(
        resolver: *Resolver,
        stack: *Stack,
        from: types.Address,
        port: u16,
        payload: View,
        now_ns: u64,
    ) bool {
        _ = .{ resolver, stack, from, port, payload, now_ns };
        return false;
    }

    pub fn fail(
        resolver: *Resolver,
        stack: *Stack,
        peer: types.Address,
        port: u16,
        now_ns: u64,
    ) void {
        _ = .{ resolver, stack, peer, port, now_ns };
    }
};
