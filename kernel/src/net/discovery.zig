// SPDX-License-Identifier: Apache-2.0
//! Neighbor discovery of IPv6 (RFC 4861).

const addresses = @import("address.zig");
const neighbors = @import("neighbors.zig");
const packets = @import("packet.zig");
const Stack = @import("stack.zig").Stack;

const Ip = addresses.Ip;

/// Whether this host is in the group.
pub fn isMember(stack: *Stack, group: Ip) bool {
    _ = stack;
    return group.eql(.all_nodes);
}

/// Sends a solicitation.
pub fn solicit(stack: *Stack, request: neighbors.Request, source: Ip) void {
    _ = .{ stack, request, source };
}

/// Whether the message was one of neighbor discovery.
pub fn receive(stack: *Stack, packet: *const packets.Incoming, now_ns: u64) bool {
    _ = .{ stack, packet, now_ns };
    return false;
}
