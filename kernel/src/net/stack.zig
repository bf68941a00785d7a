// SPDX-License-Identifier: Apache-2.0
//! The network stack: frames and time in, frames out. Nothing here waits, reads a clock or knows
//! the machine.
//!
//! Whoever drives it calls `receive` for each frame that came, then `advance`, then `next` until
//! it is null or the device is full, and again at `deadlineNs` at the latest.

const std = @import("std");
const addresses = @import("address.zig");
const blocks = @import("blocks.zig");
const link = @import("link.zig");
const sockets = @import("sockets.zig");
const types = @import("types.zig");

pub const Options = struct {
    /// Null: no device, loopback only.
    interface: ?link.Interface,
    pool: *blocks.Pool,
    /// For control blocks, within the limits.
    allocator: std.mem.Allocator,
    /// Nobody else knows it: sequence numbers, ports and transaction numbers come from it.
    secret: [32]u8,
    /// With no IPv4 address among them: DHCP; no IPv6 address: from router advertisements.
    static_addresses: []const addresses.Prefix = &.{},
    gateways: []const addresses.Ip = &.{},
    name_servers: []const addresses.Ip = &.{},
    /// Sent to the DHCP server; may be empty. Lives as long as the stack.
    hostname: []const u8 = "",
    /// Open at once.
    sockets_max: u16 = 4096,
};

pub const Stack = struct {
    options: Options,

    /// Nomem when the allocator has not enough for what the stack always needs.
    pub fn init(stack: *Stack, options: Options, now_ns: u64) types.Error!void {
        _ = now_ns;
        stack.* = .{ .options = options };
    }

    /// Takes a frame that has come.
    pub fn receive(stack: *Stack, frame: link.Received, now_ns: u64) void {
        _ = .{ stack, frame, now_ns };
    }

    /// The next frame to send, its headers at the start of `header`; null when there is none now.
    pub fn next(stack: *Stack, header: *[link.header_bytes_max]u8, now_ns: u64) ?link.Outgoing {
        _ = .{ stack, header, now_ns };
        return null;
    }

    /// The device has sent `frame` or given up on it: its pieces are released.
    pub fn sent(stack: *Stack, frame: *const link.Outgoing) void {
        for (frame.payload[0..frame.payload_count]) |piece| {
            stack.options.pool.release(piece.block);
        }
    }

    /// When `advance` has to be called at the latest; 0 at once, null not before a call or a frame.
    pub fn deadlineNs(stack: *const Stack) ?u64 {
        _ = stack;
        return null;
    }

    /// Lets time pass: what was due is done.
    pub fn advance(stack: *Stack, now_ns: u64) void {
        _ = .{ stack, now_ns };
    }

    /// Whether an address is there that others can reach.
    pub fn isConfigured(stack: *const Stack) bool {
        _ = stack;
        return false;
    }

    /// Addresses of a host name, or of an address as text. Again while name servers are being
    /// asked: call again with the same name when something has happened. Fills `found` from its
    /// start and returns how many there are, at least one; their ports are 0. Noent: there is no
    /// such name. Timedout: no server answers.
    pub fn resolve(stack: *Stack, name: []const u8, found: []types.Address) types.Error!usize {
        _ = .{ stack, name, found };
        return error.Noent;
    }

    pub const open = sockets.open;
    pub const bind = sockets.bind;
    pub const listen = sockets.listen;
    pub const accept = sockets.accept;
    pub const connect = sockets.connect;
    pub const read = sockets.read;
    pub const write = sockets.write;
    pub const shutdown = sockets.shutdown;
    pub const close = sockets.close;
    pub const localAddress = sockets.localAddress;
    pub const peerAddress = sockets.peerAddress;
    pub const kindOf = sockets.kindOf;
    pub const getOption = sockets.getOption;
    pub const setOption = sockets.setOption;
    pub const readiness = sockets.readiness;
    pub const stopListening = sockets.stopListening;
};
