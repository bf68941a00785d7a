// SPDX-License-Identifier: Apache-2.0
//! Tests of the 9P client against servers that talk nonsense. tests/kernel/wasi/test_sharing.py has
//! those against a real one.

const std = @import("std");
const testing = std.testing;
const filesystem = @import("../filesystem.zig");
const ninep = @import("ninep.zig");
const messages = @import("ninep_messages.zig");

var arena: std.heap.ArenaAllocator = .init(std.heap.page_allocator);

/// Answers the first two requests as it should, the rest by chance.
const Server = struct {
    request: [ninep.message_bytes_max]u8 = undefined,
    reply: [ninep.message_bytes_max]u8 = undefined,
    random: std.Random.DefaultPrng,
    honest_left: u32 = 2,
    /// Of Rversion.
    size: u32 = ninep.message_bytes_max,
    broken: bool = false,

    fn channel(server: *Server) ninep.Channel {
        return .{ .context = server, .request = &server.request, .exchange = exchange };
    }

    fn exchange(context: *anyopaque, request: []const u8) ?[]const u8 {
        const server: *Server = @ptrCast(@alignCast(context));
        std.debug.assert(std.mem.readInt(u32, request[0..4], .little) == request.len);
        if (server.broken) return null;
        if (server.honest_left > 0) return server.answerHonestly(request);
        const random = server.random.random();
        random.bytes(server.reply[0..400]);
        // Mostly the right header, so that what follows is looked at.
        const size: u32 = switch (random.uintLessThan(u32, 8)) {
            0 => random.uintLessThan(u32, 40),
            1 => random.int(u32),
            2 => server.reply.len,
            else => random.uintLessThan(u32, 400),
        };
        std.mem.writeInt(u32, server.reply[0..4], size, .little);
        if (random.uintLessThan(u32, 16) > 0) {
            server.reply[4] = if (random.uintLessThan(u32, 4) == 0) 7 else request[4] + 1;
            server.reply[5..7].* = request[5..7].*;
        }
        // Counts, kinds and numbers of errors that can be taken for true.
        if (random.boolean()) server.reply[7..11].* = .{ random.int(u8), 0, 0, 0 };
        if (random.boolean()) server.reply[7..9].* = .{ random.uintLessThan(u8, 2), 0 };
        return server.reply[0..@min(size, server.reply.len)];
    }

    fn answerHonestly(server: *Server, request: []const u8) []const u8 {
        server.honest_left -= 1;
        var reply: messages.Request = .{ .buffer = &server.reply, .size = 4 };
        reply.put(u8, request[4] + 1);
        reply.putBytes(request[5..7]);
        if (request[4] == 100) {
            reply.put(u32, server.size);
            reply.putText(messages.version_text);
        } else {
            for (0..13) |_| reply.put(u8, 0x80);
        }
        return reply.finish();
    }
};

test "a server that knows another protocol, or answers nothing, is refused" {
    var server: Server = .{ .random = .init(0), .size = 4096 };
    const allocator = arena.allocator();
    try testing.expectError(error.Notsup, ninep.mount(allocator, server.channel()));
    server = .{ .random = .init(0), .broken = true };
    try testing.expectError(error.Io, ninep.mount(allocator, server.channel()));
}

test "a way that breaks is an error of each call" {
    var server: Server = .{ .random = .init(0) };
    const top = try ninep.mount(arena.allocator(), server.channel());
    server.broken = true;
    try testing.expectError(error.Io, ninep.lookup(top, "x"));
    try testing.expectError(error.Io, ninep.status(top));
    try testing.expectError(error.Io, ninep.makeDirectory(top, "x"));
    try testing.expectError(error.Io, ninep.Entries.begin(top, 0));
    ninep.release(top);
}

fn work(top: ninep.Node, random: std.Random) !void {
    var buffer: [300]u8 = undefined;
    const opened = ninep.open(top, "name", .{
        .read = random.boolean(),
        .write = random.boolean(),
        .create = random.boolean(),
        .truncate = random.boolean(),
        .directory = random.boolean(),
    }) catch null;
    defer if (opened) |node| ninep.release(node);
    const node = opened orelse top;
    if (ninep.readAt(node, &buffer, random.int(u64))) |count| {
        try testing.expect(count <= buffer.len);
    } else |_| {}
    if (ninep.writeAt(node, &buffer, random.int(u64))) |count| {
        try testing.expect(count <= buffer.len);
    } else |_| {}
    if (ninep.readLink(top, "name", buffer[0..20])) |count| {
        try testing.expect(count <= 20);
    } else |_| {}
    _ = ninep.status(node) catch {};
    _ = ninep.statusOf(top, "name") catch {};
    ninep.setTimesOf(top, "name", .{ .accessed = .now, .modified = .{ .at_ns = 1 } }) catch {};
    ninep.rename(top, "a", node, "b") catch {};
    ninep.makeLink(top, "a", top, "b") catch {};
    ninep.sync(node, true) catch {};
    var entries = ninep.Entries.begin(node, random.int(u64)) catch return;
    for (0..50) |_| {
        const entry = (entries.next() catch break) orelse break;
        try testing.expect(entry.name.len > 0 and entry.name.len <= filesystem.name_max);
        try testing.expect(entry.next_cookie != 0);
    }
}

test "nonsense gives errors, or values within their limits" {
    for (0..3_000) |seed| {
        var server: Server = .{ .random = .init(seed) };
        const top = try ninep.mount(arena.allocator(), server.channel());
        var random: std.Random.DefaultPrng = .init(~seed);
        for (0..5) |_| try work(top, random.random());
        ninep.release(top);
        _ = arena.reset(.retain_capacity);
    }
}
