// SPDX-License-Identifier: Apache-2.0
//! Frames for the fuzzer of the network stack: changed, quoted, made up.

const std = @import("std");
const net = @import("net");

const checksum = net.checksum;
const get16 = net.views.get16;
const put16 = net.views.put16;
const put32 = net.views.put32;

const frame_bytes_max = 9100;

/// Numbers that are ends of something.
const borders = [_]u16{
    0,   1,   4,   5,   7,    8,    20,     28,     40,     60,     64,
    127, 128, 255, 576, 1280, 1500, 0x1fff, 0x2000, 0x7fff, 0x8000, 0xffff,
};

pub const Frame = struct {
    bytes: [frame_bytes_max]u8 = undefined,
    count: usize = 0,

    pub fn set(frame: *Frame, bytes: []const u8) void {
        frame.count = @min(bytes.len, frame_bytes_max);
        @memcpy(frame.bytes[0..frame.count], bytes[0..frame.count]);
    }

    fn slice(frame: *Frame) []u8 {
        return frame.bytes[0..frame.count];
    }

    /// Changes a few things; checksums are made right again more often than not.
    pub fn mutate(frame: *Frame, random: std.Random, other: *const Frame) void {
        if (frame.count == 0) return frame.invent(random);
        for (0..random.intRangeAtMost(usize, 1, 4)) |_| frame.mutateOnce(random, other);
        if (random.uintLessThan(u8, 4) > 0) frame.repair();
    }

    fn mutateOnce(frame: *Frame, random: std.Random, other: *const Frame) void {
        // Headers are where the decisions are.
        const near = @min(frame.count, if (random.boolean()) 80 else frame.count);
        if (near < 4) return frame.invent(random);
        const at = random.uintLessThan(usize, near - 2);
        switch (random.uintLessThan(u8, 8)) {
            0, 1 => frame.bytes[at] ^= @as(u8, 1) << random.int(u3),
            2 => frame.bytes[at] = random.int(u8),
            3 => put16(&frame.bytes, at, borders[random.uintLessThan(usize, borders.len)]),
            4 => frame.count = random.uintAtMost(usize, frame.count),
            5 => {
                const more = @min(random.uintAtMost(usize, 300), frame_bytes_max - frame.count);
                random.bytes(frame.bytes[frame.count..][0..more]);
                frame.count += more;
            },
            6 => {
                const end = @min(other.count, frame_bytes_max);
                if (end > at) @memcpy(frame.bytes[at..end], other.bytes[at..end]);
                if (end > at) frame.count = end;
            },
            else => {
                const value = get16(&frame.bytes, at) +% random.uintLessThan(u16, 5) -% 2;
                put16(&frame.bytes, at, value);
            },
        }
    }

    /// To the host of that number, mostly.
    pub fn aim(frame: *Frame, random: std.Random, last: u8) void {
        if (frame.count < 14 or random.uintLessThan(u8, 20) == 0) return;
        if (frame.bytes[0] & 1 == 0) frame.bytes[0..6].* = .{ 2, 0, 0, 0, 0, last };
    }

    /// An ICMP error about a frame that went.
    pub fn quote(frame: *Frame, random: std.Random, sent: *const Frame) void {
        if (sent.count < 60) return frame.invent(random);
        const is_ip4 = get16(&sent.bytes, 12) == 0x0800;
        frame.* = sent.*;
        const header: usize = if (is_ip4) 34 else 54;
        const count = @min(sent.count - 14, random.uintAtMost(usize, 200), 1000);
        frame.bytes[header..][0..8].* = @splat(0);
        random.bytes(frame.bytes[header + 4 ..][0..4]);
        frame.bytes[header] = if (is_ip4) 3 else 1 + random.uintLessThan(u8, 4);
        frame.bytes[header + 1] = random.uintLessThan(u8, 16);
        @memcpy(frame.bytes[header + 8 ..][0..count], sent.bytes[14..][0..count]);
        frame.count = header + 8 + count;
        if (is_ip4) {
            frame.bytes[23] = 1;
            std.mem.swap([4]u8, frame.bytes[26..30], frame.bytes[30..34]);
            put16(&frame.bytes, 16, @intCast(frame.count - 14));
        } else {
            frame.bytes[20] = 58;
            std.mem.swap([16]u8, frame.bytes[22..38], frame.bytes[38..54]);
            put16(&frame.bytes, 18, @intCast(frame.count - 54));
        }
        frame.repair();
    }

    /// Something that looks like a frame.
    pub fn invent(frame: *Frame, random: std.Random) void {
        frame.count = random.uintAtMost(usize, if (random.boolean()) 120 else 2000);
        random.bytes(frame.bytes[0..frame.count]);
        if (frame.count < 60) return;
        frame.bytes[6..12].* = .{ 2, 0, 0, 0, 0, random.uintLessThan(u8, 4) };
        switch (random.uintLessThan(u8, 5)) {
            0 => frame.inventArp(random),
            1, 2 => frame.invent4(random),
            3 => frame.invent6(random),
            else => frame.inventDiscovery(random),
        }
        if (random.uintLessThan(u8, 8) > 0) frame.repair();
    }

    fn inventArp(frame: *Frame, random: std.Random) void {
        if (random.boolean()) @memset(frame.bytes[0..6], 0xff);
        put16(&frame.bytes, 12, 0x0806);
        frame.bytes[14..20].* = .{ 0, 1, 8, 0, 6, 4 };
        put16(&frame.bytes, 20, random.uintLessThan(u16, 4));
        frame.bytes[28..32].* = .{ 10, 0, 0, random.uintLessThan(u8, 4) };
        frame.bytes[38..42].* = .{ 10, 0, 0, random.uintLessThan(u8, 4) };
    }

    fn invent4(frame: *Frame, random: std.Random) void {
        put16(&frame.bytes, 12, 0x0800);
        const header: u8 = if (random.uintLessThan(u8, 8) == 0) random.int(u4) else 5;
        frame.bytes[14] = 0x40 | header;
        put16(&frame.bytes, 16, @intCast(frame.count - 14));
        // Few numbers, so that fragments meet.
        put16(&frame.bytes, 18, random.uintLessThan(u16, 4));
        const is_fragment = random.uintLessThan(u8, 3) == 0;
        const more: u16 = if (random.boolean()) 0x2000 else 0;
        const place = random.uintLessThan(u16, 300) | more;
        put16(&frame.bytes, 20, if (is_fragment) place else 0);
        const protocols = [_]u8{ 1, 6, 17, 17, 58, random.int(u8) };
        frame.bytes[23] = protocols[random.uintLessThan(usize, protocols.len)];
        frame.bytes[26..30].* = .{ 10, 0, 0, random.intRangeAtMost(u8, 1, 3) };
        frame.bytes[30..34].* = .{ 10, 0, 0, random.intRangeAtMost(u8, 1, 3) };
        frame.inventTransport(random, 34);
    }

    fn invent6(frame: *Frame, random: std.Random) void {
        frame.begin6(random);
        const protocols = [_]u8{ 0, 6, 17, 43, 44, 58, 60, random.int(u8) };
        frame.bytes[20] = protocols[random.uintLessThan(usize, protocols.len)];
        // Extension headers, short.
        var at: usize = 54;
        while (at + 8 < frame.count and random.uintLessThan(u8, 3) > 0) : (at += 8) {
            frame.bytes[at] = protocols[random.uintLessThan(usize, protocols.len)];
            frame.bytes[at + 1] = 0;
            put16(&frame.bytes, at + 2, random.uintLessThan(u16, 64) << 3 | random.int(u1));
            put32(&frame.bytes, at + 4, random.uintLessThan(u32, 4));
        }
        if (frame.bytes[20] == 6 or frame.bytes[20] == 17) frame.inventTransport(random, 54);
    }

    fn begin6(frame: *Frame, random: std.Random) void {
        put16(&frame.bytes, 12, 0x86dd);
        frame.bytes[14] = 0x60;
        put16(&frame.bytes, 18, @intCast(frame.count - 54));
        frame.bytes[21] = 255;
        for ([_]usize{ 22, 38 }) |at| {
            const last = random.intRangeAtMost(u8, 1, 3);
            const all: [16]u8 = .{ 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xfe, 0, 0, last };
            frame.bytes[at..][0..16].* = all;
        }
    }

    fn inventDiscovery(frame: *Frame, random: std.Random) void {
        if (frame.count < 100) return frame.inventArp(random);
        frame.begin6(random);
        frame.bytes[20] = 58;
        frame.bytes[54] = random.intRangeAtMost(u8, 127, 138);
        frame.bytes[55] = 0;
        if (random.boolean()) {
            // To the group.
            frame.bytes[38..54].* = net.addresses.Ip.all_nodes.bytes;
            frame.bytes[0..6].* = .{ 0x33, 0x33, 0, 0, 0, 1 };
        }
        frame.bytes[62..78].* = frame.bytes[22..38].*;
        frame.bytes[77] = random.intRangeAtMost(u8, 1, 3);
        var at: usize = if (frame.bytes[54] == 134) 70 else 78;
        while (at + 32 <= frame.count) {
            const kinds = [_]u8{ 1, 2, 3, 5, 25, random.int(u8) };
            const kind = kinds[random.uintLessThan(usize, kinds.len)];
            const eights: u8 = if (kind == 3) 4 else if (kind == 25) 3 else 1;
            frame.bytes[at] = kind;
            frame.bytes[at + 1] = if (random.uintLessThan(u8, 16) == 0) random.int(u8) else eights;
            if (kind == 3) frame.bytes[at + 2] = 64;
            at += @as(usize, eights) * 8;
        }
        frame.count = at;
        put16(&frame.bytes, 18, @intCast(frame.count - 54));
    }

    fn inventTransport(frame: *Frame, random: std.Random, at: usize) void {
        if (frame.count < at + 20) return;
        const ports = [_]u16{ 7, 53, 67, 68, 80, 81, random.int(u16) };
        put16(&frame.bytes, at, ports[random.uintLessThan(usize, ports.len)]);
        put16(&frame.bytes, at + 2, ports[random.uintLessThan(usize, ports.len)]);
        const protocol = frame.bytes[if (at == 34) 23 else 20];
        if (protocol == 17) put16(&frame.bytes, at + 4, @intCast(frame.count - at));
        if (protocol == 6) {
            frame.bytes[at + 12] = random.intRangeAtMost(u8, 4, 15) << 4;
            frame.bytes[at + 13] = random.int(u8) & 0x3f;
        }
        if (protocol == 1) frame.bytes[at] = random.uintLessThan(u8, 14);
    }

    /// Makes checksums right where the frame says that they are.
    pub fn repair(frame: *Frame) void {
        const bytes = frame.slice();
        if (bytes.len < 34) return;
        switch (get16(bytes, 12)) {
            0x0800 => {
                const header = @as(usize, bytes[14] & 0xf) * 4;
                if (header < 20 or 14 + header > bytes.len) return;
                put16(bytes, 24, 0);
                put16(bytes, 24, checksum.of(bytes[14..][0..header]));
                const end = @min(bytes.len, 14 + @as(usize, get16(bytes, 16)));
                if (end < 14 + header) return;
                var sum: checksum.Sum = .{};
                if (bytes[23] != 1) sum.add(bytes[26..34]);
                repairTransport(bytes[14 + header .. end], bytes[23], sum);
            },
            0x86dd => {
                if (bytes.len < 54) return;
                const end = @min(bytes.len, 54 + @as(usize, get16(bytes, 18)));
                var sum: checksum.Sum = .{};
                sum.add(bytes[22..54]);
                repairTransport(bytes[54..end], bytes[20], sum);
            },
            else => {},
        }
    }
};

fn repairTransport(bytes: []u8, protocol: u8, start: checksum.Sum) void {
    const at: usize = switch (protocol) {
        1, 58 => 2,
        6 => 16,
        17 => 6,
        else => return,
    };
    if (bytes.len < at + 2) return;
    var sum = start;
    if (protocol != 1) {
        sum.addWord(protocol);
        sum.addWord(@intCast(bytes.len));
    }
    put16(bytes, at, 0);
    sum.add(bytes);
    put16(bytes, at, sum.finish());
}

/// Makes an answer of a question to a DHCP server; returns its length.
pub fn answerDhcp(buffer: *[600]u8, random: std.Random) usize {
    var options: [300]u8 = undefined;
    var count: usize = 0;
    const codes = [_]u8{ 1, 3, 6, 26, 51, 52, 54, 58, 59, 121, 0, random.int(u8) };
    while (count + 12 < options.len and random.uintLessThan(u8, 12) > 0) {
        const code = codes[random.uintLessThan(usize, codes.len)];
        options[count] = code;
        options[count + 1] = if (random.uintLessThan(u8, 4) == 0) random.uintLessThan(u8, 9) else 4;
        random.bytes(options[count + 2 ..][0..9]);
        if (code == 54) options[count + 2 ..][0..4].* = .{ 10, 0, 0, 2 };
        if (code == 51) put32(&options, count + 2, random.uintLessThan(u32, 100));
        count += 2 + @as(usize, options[count + 1]);
    }
    const answer: net.dhcp_messages.TestAnswer = .{
        .kind = if (random.uintLessThan(u8, 8) == 0)
            random.enumValue(net.dhcp_messages.Kind)
        else if (buffer[242] == 1) .offer else .ack,
        .transaction = net.views.get32(buffer, 4),
        .address = .{ 10, 0, 0, 1 },
        .hardware = buffer[28..34].*,
        .options = options[0..count],
    };
    var copy: [600]u8 = undefined;
    const bytes = answer.write(&copy);
    @memcpy(buffer[0..bytes.len], bytes);
    return bytes.len;
}

/// Makes an answer of a question to a name server.
pub fn answerDns(buffer: *[600]u8, question: usize, random: std.Random) usize {
    put16(buffer, 2, 0x8180);
    if (random.uintLessThan(u8, 3) == 0) buffer[2] |= 2;
    if (random.uintLessThan(u8, 3) == 0) buffer[3] = random.int(u8);
    put16(buffer, 6, random.uintLessThan(u16, 6));
    var count = question;
    while (count + 40 < 512 and random.uintLessThan(u8, 5) > 0) {
        random.bytes(buffer[count..][0..30]);
        put16(buffer, count, 0xc000 | random.uintLessThan(u16, 40));
        if (random.boolean()) put16(buffer, count, 0xc00c);
        const kinds = [_]u16{ 1, 28, 5 };
        put16(buffer, count + 2, kinds[random.uintLessThan(usize, 3)]);
        put16(buffer, count + 4, 1);
        put16(buffer, count + 10, random.uintLessThan(u16, 18));
        if (get16(buffer, count + 2) == 1) put16(buffer, count + 10, 4);
        if (get16(buffer, count + 2) == 5) {
            put16(buffer, count + 10, 2);
            put16(buffer, count + 12, 0xc000 | random.uintLessThan(u16, 80));
        }
        count += 12 + get16(buffer, count + 10);
    }
    return count;
}
