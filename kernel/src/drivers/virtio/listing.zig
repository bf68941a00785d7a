// SPDX-License-Identifier: Apache-2.0
//! Memory-mapped transports on the kernel's command line: `virtio_mmio.device=SIZE@BASE:LINE`, as
//! Linux reads it and as QEMU's microvm and Firecracker write it.

const std = @import("std");
const text = @import("../../text.zig");

pub const word_prefix = "virtio_mmio.device=";

/// Registers at a physical address, and the interrupt line.
pub const Place = struct { address: u64, line: u32 };

/// Of the transports on the command line, the one with the lowest address above `last`.
pub fn nextAfter(command_line: []const u8, last: u64) ?Place {
    var lowest: ?Place = null;
    var words = std.mem.tokenizeScalar(u8, command_line, ' ');
    while (words.next()) |word| {
        const place = parse(word) orelse continue;
        if (place.address <= last) continue;
        if (lowest == null or place.address < lowest.?.address) lowest = place;
    }
    return lowest;
}

/// Null for any other word, and for one with mistakes.
fn parse(word: []const u8) ?Place {
    if (!text.startsWith(word, word_prefix)) return null;
    const size_end = text.find(word, '@') orelse return null;
    const behind_size = word[size_end + 1 ..];
    const base_end = text.find(behind_size, ':') orelse return null;
    const behind_base = behind_size[base_end + 1 ..];
    // An identifier may follow.
    const line_end = text.find(behind_base, ':') orelse behind_base.len;
    return .{
        .address = std.fmt.parseInt(u64, behind_size[0..base_end], 0) catch return null,
        .line = std.fmt.parseInt(u32, behind_base[0..line_end], 0) catch return null,
    };
}

const testing = std.testing;

test "transports come by address" {
    const line = "virtio_mmio.device=512@0xfeb00e00:12 quiet virtio_mmio.device=4K@0xd0000000:5:0";
    const first = nextAfter(line, 0).?;
    try testing.expectEqual(Place{ .address = 0xd000_0000, .line = 5 }, first);
    const second = nextAfter(line, first.address).?;
    try testing.expectEqual(Place{ .address = 0xfeb0_0e00, .line = 12 }, second);
    try testing.expectEqual(null, nextAfter(line, second.address));
}

test "other words and broken ones are none" {
    const words = "virtio_mmio.device virtio_mmio.device= virtio_mmio.device=512@0x1000 " ++
        "virtio_mmio.device=512@:1 virtio_mmio.device=512@zz:1 virtio_mmio.device=512@0x1000: " ++
        "virtio_mmio.device=512@0x10000000000000000:1 virtio_mmio.device=1@0:5 " ++
        "virtio_mmio.device=512@0x1000:-1 net.device=512@0x1000:1";
    try testing.expectEqual(null, nextAfter(words, 0));
    try testing.expectEqual(null, nextAfter("", 0));
}
