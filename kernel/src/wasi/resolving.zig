// SPDX-License-Identifier: Apache-2.0
//! sock_getaddrinfo of WasmEdge's extension: addresses of a host's name, in records that the
//! program has linked to a list beforehand.

const std = @import("std");
const address = @import("../net/address.zig");
const errno = @import("errno.zig");
const guest = @import("../guest.zig");
const network = @import("../network.zig");
const platform = @import("../platform.zig");

/// `__wasi_addrinfo_t`.
const Addrinfo = extern struct {
    flags: Flags,
    family: u8,
    kind: u8,
    protocol: u8,
    gap: [3]u8,
    address_size: u32,
    /// Of a Sockaddr.
    address: u32,
    canonical_name: u32,
    canonical_name_length: u32,
    next: u32,
};

/// `__wasi_aiflags_t`.
const Flags = packed struct(u16) {
    passive: bool = false,
    canonical_name: bool = false,
    numeric_host: bool = false,
    numeric_service: bool = false,
    v4_mapped: bool = false,
    all: bool = false,
    address_configured: bool = false,
    undefined_bits: u9 = 0,
};

/// `__wasi_sockaddr_t`.
const Sockaddr = extern struct { family: u8, gap: [3]u8, data_size: u32, data: u32 };

/// What `data` points to: a native `sockaddr` without its family.
const Data4 = extern struct { port: [2]u8, bytes: [4]u8, zero: [8]u8 };
const Data6 = extern struct { port: [2]u8, flow: [4]u8, bytes: [16]u8, scope: [4]u8 };

comptime {
    std.debug.assert(@sizeOf(Addrinfo) == 28 and @offsetOf(Addrinfo, "address_size") == 8);
    std.debug.assert(@sizeOf(Sockaddr) == 12);
    std.debug.assert(@sizeOf(Data4) == 14 and @sizeOf(Data6) == 26);
}

const kind_datagram = 1;
const kind_stream = 2;
const protocol_tcp = 1;
const protocol_udp = 2;
const family_any = 0;
const family_ip4 = 1;
const family_ip6 = 2;

/// Limit on addresses of one name.
const addresses_max = 32;
/// RFC 1035, section 2.3.4; the program may add a NUL.
const name_bytes_max = 254;
/// As long as a resolver with the usual settings tries two servers.
const patience_ns = 20 * std.time.ns_per_s;

pub fn sock_getaddrinfo(
    node: u32,
    node_size: u32,
    service: u32,
    service_size: u32,
    hints: u32,
    list: u32,
    list_length: u32,
    count_result: u32,
) errno.Error!void {
    const host = withoutNul(try guest.bytes(node, node_size));
    const port_text = withoutNul(try guest.bytes(service, service_size));
    const hint = (try guest.place(Addrinfo, hints)).*;
    const first = (try guest.place(u32, list)).*;
    const count_place = try guest.place(u32, count_result);
    try check(hint, host, port_text);
    if (list_length == 0) return error.Aimemory;
    const port = try portOf(port_text);
    var found: [addresses_max]network.Address = undefined;
    const all = found[0..try find(host, hint, &found)];
    var slots: [addresses_max]Slot = undefined;
    const filled = try place(first, list_length, all, &slots);
    for (filled, all[0..filled.len]) |slot, one| fill(slot, one, hint, port);
    count_place.* = @intCast(filled.len);
}

/// What WasmEdge checks, in its order.
fn check(hint: Addrinfo, host: []const u8, service: []const u8) errno.Error!void {
    if (host.len == 0 and service.len == 0) return error.Ainoname;
    if (hint.flags.undefined_bits != 0) return error.Aibadflag;
    if (hint.flags.canonical_name and host.len == 0) return error.Aibadflag;
    if (hint.family > family_ip6) return error.Aifamily;
    if (hint.protocol > protocol_udp) return error.Nosys;
    if (hint.kind > kind_stream) return error.Nosys;
}

fn withoutNul(text: []const u8) []const u8 {
    return std.mem.trimEnd(u8, text, "\x00");
}

fn portOf(service: []const u8) errno.Error!u16 {
    if (service.len == 0) return 0;
    for ([_]struct { name: []const u8, port: u16 }{
        .{ .name = "domain", .port = 53 },
        .{ .name = "http", .port = 80 },
        .{ .name = "https", .port = 443 },
    }) |known| {
        if (std.mem.eql(u8, known.name, service)) return known.port;
    }
    return std.fmt.parseUnsigned(u16, service, 10) catch error.Aiservice;
}

/// The addresses that the hint asks for, from the start of `found`; at least one.
fn find(
    host: []const u8,
    hint: Addrinfo,
    found: *[addresses_max]network.Address,
) errno.Error!usize {
    const all = if (host.len == 0)
        own(hint.flags.passive, found)
    else if (hint.flags.numeric_host)
        try numeric(host, found)
    else if (host.len > name_bytes_max)
        return error.Ainoname
    else
        try ask(host, found);
    var count: usize = 0;
    for (found[0..all]) |one| {
        const family: u8 = if (one.family == .ip4) family_ip4 else family_ip6;
        if (hint.family != family_any and hint.family != family) continue;
        found[count] = one;
        count += 1;
    }
    return if (count == 0) error.Aiaddrfamily else count;
}

fn own(passive: bool, found: *[addresses_max]network.Address) usize {
    const loopback: [2]address.Ip = .{ .loopback4, .loopback6 };
    const any: [2]address.Ip = .{ .any4, .any6 };
    for (if (passive) any else loopback, found[0..2]) |ip, *slot| slot.* = ip.withPort(0);
    return 2;
}

fn numeric(host: []const u8, found: *[addresses_max]network.Address) errno.Error!usize {
    const ip = address.parseIp(host) orelse return error.Ainoname;
    found[0] = ip.withPort(0);
    return 1;
}

fn ask(host: []const u8, found: *[addresses_max]network.Address) errno.Error!usize {
    // The resolver may wait, and the program's memory is not ours to look at meanwhile.
    var name: [name_bytes_max]u8 = undefined;
    @memcpy(name[0..host.len], host);
    const deadline_ns = platform.clockNowNs(.monotonic) +| patience_ns;
    return network.resolve(name[0..host.len], found, deadline_ns) catch |failure| switch (failure) {
        error.Noent => error.Ainoname,
        error.Timedout => error.Aiagain,
        else => error.Aifail,
    };
}

/// Where one address goes.
const Slot = struct {
    record: *align(1) Addrinfo,
    name: *align(1) Sockaddr,
    data: union(network.Family) { ip4: *align(1) Data4, ip6: *align(1) Data6 },
};

/// Follows the program's pointers for as many of `found` as the list has records, so that nothing
/// is written if one of them is bad, and nothing that is written changes where the rest goes.
fn place(
    first: u32,
    list_length: u32,
    found: []const network.Address,
    slots: *[addresses_max]Slot,
) errno.Error![]const Slot {
    var pointer = first;
    if (pointer == 0) return error.Fault;
    const count = @min(list_length, found.len);
    for (found[0..count], slots[0..count], 0..) |one, *slot, index| {
        // A list may be shorter than its program says.
        if (pointer == 0) return slots[0..index];
        const record = try guest.place(Addrinfo, pointer);
        const name = try guest.place(Sockaddr, record.address);
        slot.* = .{ .record = record, .name = name, .data = switch (one.family) {
            .ip4 => .{ .ip4 = try guest.place(Data4, name.data) },
            .ip6 => .{ .ip6 = try guest.place(Data6, name.data) },
        } };
        pointer = record.next;
    }
    return slots[0..count];
}

fn fill(slot: Slot, found: network.Address, hint: Addrinfo, port: u16) void {
    const family: u8 = if (found.family == .ip4) family_ip4 else family_ip6;
    const size: u32 = if (found.family == .ip4) @sizeOf(Data4) else @sizeOf(Data6);
    slot.record.* = completed(slot.record.*, hint, family, size);
    slot.name.family = family;
    slot.name.data_size = size;
    switch (slot.data) {
        .ip4 => |data| data.* = .{
            .port = big(port),
            .bytes = found.bytes[0..4].*,
            .zero = @splat(0),
        },
        .ip6 => |data| data.* = .{
            .port = big(port),
            .flow = @splat(0),
            .bytes = found.bytes,
            .scope = @splat(0),
        },
    }
}

fn completed(record: Addrinfo, hint: Addrinfo, family: u8, data_size: u32) Addrinfo {
    var result = record;
    const is_datagram = hint.kind == kind_datagram or
        (hint.kind == 0 and hint.protocol == protocol_udp);
    result.flags = hint.flags;
    result.family = family;
    result.kind = if (is_datagram) kind_datagram else kind_stream;
    result.protocol = if (is_datagram) protocol_udp else protocol_tcp;
    result.gap = @splat(0);
    // The family counts in a native `sockaddr`.
    result.address_size = data_size + @sizeOf(u16);
    result.canonical_name_length = 0;
    return result;
}

fn big(port: u16) [2]u8 {
    return .{ @intCast(port >> 8), @truncate(port) };
}
