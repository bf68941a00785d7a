// SPDX-License-Identifier: Apache-2.0
//! What a runner that asked for it is told while the program runs (src/python/mew_abi/protocol.py):
//! whoever connects before a program listens would be refused, or wait for a lost packet.

const abi = @import("generated/abi.zig");
const console = @import("console.zig");
const settings = @import("settings.zig");

pub const Protocol = enum { tcp, udp };

/// A socket takes connections, or datagrams, at `port` from here on.
pub fn listening(protocol: Protocol, port: u16) void {
    const config = settings.get();
    if (!config.tells_listening) return;
    var control: console.ControlWriter = .{};
    const writer = control.begin();
    // The control port takes everything: these cannot fail.
    writer.print(
        "{s}nonce={s} listening={t}:{d}\n",
        .{ abi.report_prefix, config.nonce, protocol, port },
    ) catch unreachable;
    writer.flush() catch unreachable;
}
