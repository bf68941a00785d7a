// SPDX-License-Identifier: Apache-2.0
//! Numbers that nobody off the path can guess: RFC 6528's initial sequence numbers, offsets of
//! timestamps (RFC 7323, section 7.1), ports (RFC 6056), and SYN cookies (RFC 4987, section 3.6).

const std = @import("std");
const paths = @import("path.zig");

const Path = paths.Path;
const siphash = std.crypto.auth.siphash.SipHash64(2, 4);

/// RFC 6528, section 3: the clock ticks every 4 microseconds.
const sequence_tick_ns = 4000;
/// How long a cookie is good for is between one and two of these.
pub const cookie_period_ns = 64 * std.time.ns_per_s;
const mss_values = [_]u16{ 536, 1220, 1300, 1360, 1400, 1440, 1460, 8940 };
const cookie_hash_bits = 24;
const cookie_hash_mask = (1 << cookie_hash_bits) - 1;
/// Low bits of the timestamp that goes with a cookie: what the peer can do.
const cookie_options_mask: u32 = 0x1f;

pub const Secrets = struct {
    keys: [2][16]u8,

    pub fn init(secret: [32]u8) Secrets {
        return .{ .keys = .{ secret[0..16].*, secret[16..32].* } };
    }

    pub fn tableKeys(secrets: *const Secrets) [2]u64 {
        var keys: [2]u64 = undefined;
        for (&keys, "tk") |*key, purpose| {
            // Odd: no factor of the table's hash is ever zero.
            key.* = siphash.toInt(&.{purpose}, &secrets.keys[0]) | 1;
        }
        return keys;
    }

    pub fn sequence(secrets: *const Secrets, path: *const Path, now_ns: u64) u32 {
        const clock: u32 = @truncate(now_ns / sequence_tick_ns);
        return clock +% @as(u32, @truncate(secrets.hash(path, 'i')));
    }

    /// Added to the clock for timestamps; the same for each connection of a path, so that they go
    /// on where the last one's ended.
    pub fn timestampOffset(secrets: *const Secrets, path: *const Path) u32 {
        return @truncate(secrets.hash(path, 't'));
    }

    /// RFC 6056, algorithm 3: where the search for a port begins.
    pub fn portOffset(secrets: *const Secrets, path: *const Path) u32 {
        return @truncate(secrets.hash(path, 'p'));
    }

    fn hash(secrets: *const Secrets, path: *const Path, purpose: u8) u64 {
        var bytes: [38]u8 = undefined;
        bytes[0] = purpose;
        bytes[1] = @backingInt(path.family);
        bytes[2..18].* = path.local;
        bytes[18..34].* = path.remote;
        std.mem.writeInt(u16, bytes[34..36], path.local_port, .big);
        std.mem.writeInt(u16, bytes[36..38], path.remote_port, .big);
        return siphash.toInt(&bytes, &secrets.keys[1]);
    }

    /// A sequence number that holds the state of a handshake: period (5 bits), size (3), hash.
    pub fn cookie(
        secrets: *const Secrets,
        path: *const Path,
        peer_sequence: u32,
        mss: u16,
        now_ns: u64,
    ) u32 {
        const period = now_ns / cookie_period_ns;
        var index: u32 = mss_values.len - 1;
        while (index > 0 and mss_values[index] > mss) index -= 1;
        const low = secrets.cookieHash(path, peer_sequence, index, period);
        return @as(u32, @truncate(period)) << 27 | index << cookie_hash_bits | low;
    }

    /// The MSS in a cookie that this machine made for this path not long ago; null: it did not.
    pub fn checkCookie(
        secrets: *const Secrets,
        path: *const Path,
        peer_sequence: u32,
        value: u32,
        now_ns: u64,
    ) ?u16 {
        const current = now_ns / cookie_period_ns;
        const age: u5 = @as(u5, @truncate(current)) -% @as(u5, @intCast(value >> 27));
        if (age > 1 or age > current) return null;
        const index = value >> cookie_hash_bits & 7;
        const expected = secrets.cookieHash(path, peer_sequence, index, current - age);
        return if (value & cookie_hash_mask == expected) mss_values[index] else null;
    }

    fn cookieHash(
        secrets: *const Secrets,
        path: *const Path,
        peer_sequence: u32,
        index: u32,
        period: u64,
    ) u32 {
        var bytes: [20]u8 = undefined;
        std.mem.writeInt(u64, bytes[0..8], secrets.hash(path, 'c'), .big);
        std.mem.writeInt(u64, bytes[8..16], period << 3 | index, .big);
        std.mem.writeInt(u32, bytes[16..20], peer_sequence, .big);
        return @truncate(siphash.toInt(&bytes, &secrets.keys[0]) & cookie_hash_mask);
    }
};

/// What a SYN offers beyond the MSS, kept in a cookie's timestamp.
pub const CookieOptions = struct {
    /// Null: no window scaling.
    scale: ?u8,
    sack: bool,
};

/// The largest timestamp, not after `clock`, that holds `options`.
pub fn cookieTimestamp(clock: u32, options: CookieOptions) u32 {
    const low = @as(u32, options.scale orelse 15) | @as(u32, @intFromBool(options.sack)) << 4;
    const value = clock & ~cookie_options_mask | low;
    return if (value > clock) value -% (cookie_options_mask + 1) else value;
}

/// What `cookieTimestamp` was given.
pub fn cookieOptions(timestamp: u32) CookieOptions {
    const scale: u8 = @intCast(timestamp & 15);
    return .{ .scale = if (scale == 15) null else scale, .sack = timestamp & 16 != 0 };
}

const testing = std.testing;

test "a cookie is good for its path and time only" {
    const secrets: Secrets = .init(@splat(9));
    const path: Path = .{
        .family = .ip4,
        .local = @splat(0),
        .remote = @splat(1),
        .local_port = 80,
        .remote_port = 4000,
    };
    var other = path;
    other.remote_port = 4001;
    const start = 40 * cookie_period_ns + 5;
    const cookie = secrets.cookie(&path, 77, 1448, start);
    try testing.expectEqual(1440, secrets.checkCookie(&path, 77, cookie, start + 1000));
    const late = start + cookie_period_ns;
    try testing.expectEqual(1440, secrets.checkCookie(&path, 77, cookie, late));
    const too_late = start + 2 * cookie_period_ns;
    try testing.expectEqual(null, secrets.checkCookie(&path, 77, cookie, too_late));
    try testing.expectEqual(null, secrets.checkCookie(&path, 78, cookie, start));
    try testing.expectEqual(null, secrets.checkCookie(&other, 77, cookie, start));
    try testing.expectEqual(null, secrets.checkCookie(&path, 77, cookie ^ 1, start));
}

test "options survive in a timestamp that is not in the future" {
    for ([_]?u8{ null, 0, 7, 14 }) |scale| {
        for ([_]bool{ false, true }) |sack| {
            for ([_]u32{ 64, 1000, 1023, 0x8000_0001 }) |clock| {
                const timestamp = cookieTimestamp(clock, .{ .scale = scale, .sack = sack });
                try testing.expect(timestamp <= clock and clock - timestamp < 64);
                try testing.expectEqual(scale, cookieOptions(timestamp).scale);
                try testing.expectEqual(sack, cookieOptions(timestamp).sack);
            }
        }
    }
}
