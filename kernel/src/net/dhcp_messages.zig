// SPDX-License-Identifier: Apache-2.0
//! Messages of DHCP (RFC 2131, section 2; options RFC 2132 and RFC 3442).

const std = @import("std");
const addresses = @import("address.zig");
const views = @import("view.zig");

const Ip = addresses.Ip;
const Prefix = addresses.Prefix;
const get16 = views.get16;
const get32 = views.get32;
const put16 = views.put16;
const put32 = views.put32;

pub const server_port = 67;
pub const client_port = 68;

/// Larger answers than every server must be able to take are not read further (option 57).
pub const message_bytes_max = 1472;
/// Servers that remember BOOTP drop shorter ones (RFC 1542, section 2.1).
const message_bytes_min = 300;
const fixed_bytes = 236;
const cookie: u32 = 0x6382_5363;

pub const name_servers_max = 3;
pub const routes_max = 8;
const hostname_bytes_max = 64;

pub const Kind = enum(u8) { discover = 1, offer, request, decline, ack, nak, release, inform };

const option_pad = 0;
const option_subnet_mask = 1;
const option_router = 3;
const option_name_servers = 6;
const option_hostname = 12;
const option_mtu = 26;
const option_requested_address = 50;
const option_lease_time = 51;
const option_overload = 52;
const option_kind = 53;
const option_server = 54;
const option_parameters = 55;
const option_message_bytes_max = 57;
const option_renewal_time = 58;
const option_rebinding_time = 59;
const option_client = 61;
const option_classless_routes = 121;
const option_end = 255;

pub const Route = struct { destination: Prefix, gateway: Ip };

/// What a server says.
pub const Answer = struct {
    kind: Kind,
    address: Ip,
    server: ?Ip = null,
    prefix_bits: ?u8 = null,
    /// The first router.
    gateway: ?Ip = null,
    name_servers: [name_servers_max]Ip = undefined,
    name_servers_count: u8 = 0,
    mtu: ?u16 = null,
    lease_s: ?u32 = null,
    renewal_s: ?u32 = null,
    rebinding_s: ?u32 = null,
    /// If there are any, `gateway` does not count (RFC 3442).
    routes: [routes_max]Route = undefined,
    routes_count: u8 = 0,
};

pub const Question = struct {
    kind: Kind,
    transaction: u32,
    /// Since the client began.
    seconds: u16,
    hardware: [6]u8,
    /// The address in use, when renewing.
    client: ?Ip = null,
    requested: ?Ip = null,
    server: ?Ip = null,
    hostname: []const u8,
};

/// Writes a message for servers; returns its length.
pub fn write(buffer: *[message_bytes_max]u8, question: *const Question) usize {
    @memset(buffer[0 .. fixed_bytes + 4], 0);
    buffer[0] = 1; // a request
    buffer[1] = 1; // Ethernet
    buffer[2] = 6;
    put32(buffer, 4, question.transaction);
    put16(buffer, 8, question.seconds);
    if (question.client) |ip| buffer[12..16].* = ip.four();
    buffer[28..34].* = question.hardware;
    put32(buffer, fixed_bytes, cookie);
    var options: Writer = .{ .buffer = buffer, .count = fixed_bytes + 4 };
    options.put(option_kind, &.{@backingInt(question.kind)});
    options.put(option_client, &(.{1} ++ question.hardware));
    if (question.requested) |ip| options.put(option_requested_address, &ip.four());
    if (question.server) |ip| options.put(option_server, &ip.four());
    if (question.kind != .decline) {
        const name = question.hostname[0..@min(question.hostname.len, hostname_bytes_max)];
        if (name.len > 0) options.put(option_hostname, name);
        const most: [2]u8 = .{ message_bytes_max >> 8, message_bytes_max & 0xff };
        options.put(option_message_bytes_max, &most);
        // RFC 3442: classless routes before the router.
        options.put(option_parameters, &.{
            option_subnet_mask,  option_classless_routes, option_router,
            option_name_servers, option_mtu,              option_lease_time,
            option_renewal_time, option_rebinding_time,
        });
    }
    buffer[options.count] = option_end;
    options.count += 1;
    if (options.count < message_bytes_min) {
        @memset(buffer[options.count..message_bytes_min], 0);
        options.count = message_bytes_min;
    }
    return options.count;
}

const Writer = struct {
    buffer: *[message_bytes_max]u8,
    count: usize,

    fn put(writer: *Writer, code: u8, value: []const u8) void {
        writer.buffer[writer.count] = code;
        writer.buffer[writer.count + 1] = @intCast(value.len);
        @memcpy(writer.buffer[writer.count + 2 ..][0..value.len], value);
        writer.count += 2 + value.len;
    }
};

/// Reads an answer to our transaction; null if it is none.
pub fn parse(bytes: []const u8, transaction: u32, hardware: [6]u8) ?Answer {
    if (bytes.len < fixed_bytes + 4) return null;
    if (bytes[0] != 2 or bytes[1] != 1 or bytes[2] != 6) return null;
    if (get32(bytes, 4) != transaction) return null;
    if (!std.mem.eql(u8, bytes[28..34], &hardware)) return null;
    if (get32(bytes, fixed_bytes) != cookie) return null;
    var answer: Answer = .{ .kind = .inform, .address = .from4(bytes[16..20].*) };
    var overload: u8 = 0;
    readOptions(bytes[fixed_bytes + 4 ..], &answer, &overload);
    // Options may go on where names would be (RFC 2132, section 9.3).
    if (overload & 1 != 0) readOptions(bytes[108..236], &answer, &overload);
    if (overload & 2 != 0) readOptions(bytes[44..108], &answer, &overload);
    return switch (answer.kind) {
        .offer, .ack, .nak => answer,
        else => null,
    };
}

fn readOptions(bytes: []const u8, answer: *Answer, overload: *u8) void {
    var rest = bytes;
    while (rest.len > 0) {
        switch (rest[0]) {
            option_pad => rest = rest[1..],
            option_end => return,
            else => |code| {
                if (rest.len < 2 or rest[1] > rest.len - 2) return;
                const value = rest[2..][0..rest[1]];
                if (code == option_overload and value.len == 1) overload.* = value[0];
                readOption(code, value, answer);
                rest = rest[2 + value.len ..];
            },
        }
    }
}

fn readOption(code: u8, value: []const u8, answer: *Answer) void {
    switch (code) {
        option_kind => if (value.len == 1 and value[0] >= 1 and value[0] <= 8) {
            answer.kind = @fromBackingInt(value[0]);
        },
        option_server => answer.server = unicast(value) orelse return,
        option_subnet_mask => if (value.len == 4) {
            const mask = get32(value, 0);
            const bits = @clz(~mask);
            // Ones, then zeros.
            if (bits == 32 or mask << @intCast(bits) == 0) answer.prefix_bits = bits;
        },
        option_router => answer.gateway = unicast(value) orelse return,
        option_name_servers => {
            var rest = value;
            while (rest.len >= 4 and answer.name_servers_count < name_servers_max) {
                defer rest = rest[4..];
                const ip = unicast(rest) orelse continue;
                answer.name_servers[answer.name_servers_count] = ip;
                answer.name_servers_count += 1;
            }
        },
        // RFC 2132, section 5.1: at least 68. IPv4 works below 576, but nothing here is that small.
        option_mtu => if (value.len == 2 and get16(value, 0) >= 576) {
            answer.mtu = get16(value, 0);
        },
        option_lease_time => if (value.len == 4) {
            answer.lease_s = get32(value, 0);
        },
        option_renewal_time => if (value.len == 4) {
            answer.renewal_s = get32(value, 0);
        },
        option_rebinding_time => if (value.len == 4) {
            answer.rebinding_s = get32(value, 0);
        },
        option_classless_routes => readRoutes(value, answer),
        else => {},
    }
}

fn unicast(value: []const u8) ?Ip {
    if (value.len < 4) return null;
    const ip: Ip = .from4(value[0..4].*);
    return if (ip.isUnicast()) ip else null;
}

/// RFC 3442: the length of a prefix, as many bytes of it as count, the router.
fn readRoutes(value: []const u8, answer: *Answer) void {
    var rest = value;
    while (rest.len > 0 and answer.routes_count < routes_max) {
        const bits = rest[0];
        const count = (@as(usize, bits) + 7) / 8;
        if (bits > 32 or rest.len < 1 + count + 4) return;
        var destination: [4]u8 = @splat(0);
        @memcpy(destination[0..count], rest[1..][0..count]);
        answer.routes[answer.routes_count] = .{
            .destination = .{ .ip = .from4(destination), .bits = bits },
            .gateway = .from4(rest[1 + count ..][0..4].*),
        };
        answer.routes_count += 1;
        rest = rest[1 + count + 4 ..];
    }
}

/// What a server would answer; for tests, which all need one.
pub const TestAnswer = struct {
    kind: Kind,
    transaction: u32,
    address: [4]u8,
    hardware: [6]u8,
    /// Codes, lengths and values.
    options: []const u8,

    pub fn write(answer: *const TestAnswer, buffer: *[600]u8) []const u8 {
        @memset(buffer, 0);
        buffer[0..3].* = .{ 2, 1, 6 };
        put32(buffer, 4, answer.transaction);
        buffer[16..20].* = answer.address;
        buffer[28..34].* = answer.hardware;
        put32(buffer, fixed_bytes, cookie);
        buffer[240..243].* = .{ option_kind, 1, @backingInt(answer.kind) };
        @memcpy(buffer[243..][0..answer.options.len], answer.options);
        buffer[243 + answer.options.len] = option_end;
        return buffer[0 .. 244 + answer.options.len];
    }
};

const testing = std.testing;

test "an answer with all options" {
    var buffer: [600]u8 = undefined;
    const answer: TestAnswer = .{
        .kind = .ack,
        .transaction = 77,
        .address = .{ 10, 0, 2, 15 },
        .hardware = .{ 2, 0, 0, 0, 0, 1 },
        .options = &(.{ 1, 4, 255, 255, 255, 0 } ++ .{ 3, 8, 10, 0, 2, 2, 10, 0, 2, 3 } ++
            .{ 6, 8, 10, 0, 2, 3, 8, 8, 8, 8 } ++ .{ 51, 4, 0, 1, 0x51, 0x80, 0, 0 } ++
            .{ 54, 4, 10, 0, 2, 2 } ++ .{ 26, 2, 5, 0xdc } ++
            .{ 121, 13, 16, 10, 9, 10, 0, 2, 9, 0, 10, 0, 2, 2, 33 }),
    };
    const bytes = answer.write(&buffer);
    const read = parse(bytes, 77, answer.hardware).?;
    try testing.expectEqual(.ack, read.kind);
    try testing.expectEqual(24, read.prefix_bits.?);
    try testing.expectEqual(Ip.from4(.{ 10, 0, 2, 2 }), read.gateway.?);
    try testing.expectEqual(2, read.name_servers_count);
    try testing.expectEqual(86400, read.lease_s.?);
    try testing.expectEqual(1500, read.mtu.?);
    try testing.expectEqual(2, read.routes_count);
    try testing.expectEqual(16, read.routes[0].destination.bits);
    try testing.expectEqual(Ip.from4(.{ 10, 0, 2, 9 }), read.routes[0].gateway);
    try testing.expectEqual(null, parse(bytes, 78, answer.hardware));
    try testing.expectEqual(null, parse(bytes, 77, @splat(2)));
    for (0..bytes.len) |length| _ = parse(bytes[0..length], 77, answer.hardware);
}

test "options where names would be, and masks that are none" {
    var buffer: [600]u8 = undefined;
    const answer: TestAnswer = .{
        .kind = .offer,
        .transaction = 1,
        .address = .{ 10, 0, 0, 9 },
        .hardware = @splat(4),
        .options = &.{ 52, 1, 3, 1, 4, 255, 0, 255, 0 },
    };
    const bytes = answer.write(&buffer);
    buffer[108..112].* = .{ 26, 2, 5, 0 };
    buffer[44..50].* = .{ 3, 4, 10, 0, 0, 1 };
    const read = parse(bytes, 1, @splat(4)).?;
    try testing.expectEqual(null, read.prefix_bits);
    try testing.expectEqual(1280, read.mtu.?);
    try testing.expectEqual(Ip.from4(.{ 10, 0, 0, 1 }), read.gateway.?);
}
