// SPDX-License-Identifier: Apache-2.0
//! What this VM was told at start: arguments, environment, nonce, log level.
//! The format is in src/python/mew_abi/protocol.py.

const std = @import("std");
const assert = std.debug.assert;
const listing = @import("drivers/virtio/listing.zig");
const text = @import("text.zig");

pub const LogLevel = enum {
    @"error",
    warn,
    info,
    debug,

    fn parse(name: []const u8) LogLevel {
        for (std.enums.values(LogLevel)) |level| {
            if (text.equal(name, @tagName(level))) return level;
        }
        return .warn;
    }
};

pub const Config = struct {
    /// NUL-terminated records; arguments and environment are read from here each time.
    records: []const u8 = "",
    /// Given when the records were split from a command line: then every record is an argument.
    bare_arguments: bool = false,
    nonce: []const u8 = "",
    log_level: LogLevel = .warn,
    /// Whether the runner answers requests for input.
    has_stdin: bool = false,
    /// Whether the runner wants to know of sockets that listen (notices.zig).
    tells_listening: bool = false,

    /// Reads `key=value` records. A last record without its NUL, or an unknown key, is ignored:
    /// a newer runner may know more than this image.
    pub fn parse(records: []const u8) Config {
        var config: Config = .{ .records = records };
        var walk: Records = .{ .rest = records };
        while (walk.next()) |record| {
            if (valueOf(record, "nonce=")) |nonce| config.nonce = nonce;
            if (valueOf(record, "log=")) |name| config.log_level = .parse(name);
            if (valueOf(record, "stdin=")) |how| config.has_stdin = text.equal(how, "request");
            if (valueOf(record, "notices=")) |what|
                config.tells_listening = text.equal(what, "listening");
        }
        assert(config.nonce.len <= records.len);
        return config;
    }

    /// Turns a command line into arguments, in place: spaces separate, nothing quotes.
    /// `line` ends with a NUL byte.
    pub fn fromCommandLine(line: []u8) Config {
        assert(line.len > 0);
        assert(line[line.len - 1] == 0);
        for (line) |*byte| {
            if (byte.* == ' ') byte.* = 0;
        }
        return .{ .records = line, .bare_arguments = true };
    }

    pub fn arguments(config: *const Config) Strings {
        const prefix = if (config.bare_arguments) "" else "arg=";
        return .{ .records = .{ .rest = config.records }, .prefix = prefix };
    }

    pub fn environment(config: *const Config) Strings {
        const records = if (config.bare_arguments) "" else config.records;
        return .{ .records = .{ .rest = records }, .prefix = "env=" };
    }

    pub fn preopens(config: *const Config) Strings {
        return .preopens(if (config.bare_arguments) "" else config.records);
    }

    pub fn listeners(config: *const Config) Strings {
        return .listeners(if (config.bare_arguments) "" else config.records);
    }

    /// What is said of the machine's place in its network.
    pub fn network(config: *const Config, what: Network) Strings {
        const told = !config.bare_arguments or isNetworkWord(what.prefix());
        return .{
            .records = .{ .rest = if (told) config.records else "" },
            .prefix = what.prefix(),
        };
    }
};

pub const Network = enum {
    ip,
    gateway,
    dns,
    hostname,

    fn prefix(what: Network) []const u8 {
        return switch (what) {
            inline else => |tag| @tagName(tag) ++ "=",
        };
    }
};

/// The values of all records with one key; with an empty prefix, all that are arguments.
pub const Strings = struct {
    records: Records,
    prefix: []const u8,

    /// Those of directories to start with, `NAME=KIND`; an image has such records, too.
    pub fn preopens(records: []const u8) Strings {
        return .{ .records = .{ .rest = records }, .prefix = "preopen=" };
    }

    /// Those of sockets to start with; an image has such records, too.
    pub fn listeners(records: []const u8) Strings {
        return .{ .records = .{ .rest = records }, .prefix = "listen=" };
    }

    pub fn next(strings: *Strings) ?[:0]const u8 {
        while (strings.records.next()) |record| {
            if (strings.prefix.len == 0 and !isArgument(record)) continue;
            if (valueOf(record, strings.prefix)) |value| return value;
        }
        return null;
    }
};

/// Of the words of a command line; monitors add theirs to it.
fn isArgument(word: []const u8) bool {
    if (word.len == 0 or text.startsWith(word, listing.word_prefix)) return false;
    return !isNetworkWord(word);
}

/// Of those that mean the same on a command line as in a file; a container's runtime writes them.
fn isNetworkWord(word: []const u8) bool {
    return text.startsWith(word, "ip=") or text.startsWith(word, "gateway=");
}

const Records = struct {
    rest: []const u8,

    noinline fn next(records: *Records) ?[:0]const u8 {
        const end = text.find(records.rest, 0) orelse return null;
        const record = records.rest[0..end :0];
        records.rest = records.rest[end + 1 ..];
        return record;
    }
};

noinline fn valueOf(record: [:0]const u8, prefix: []const u8) ?[:0]const u8 {
    if (!text.startsWith(record, prefix)) return null;
    return record[prefix.len..];
}

const testing = std.testing;

fn expectStrings(expected: []const []const u8, strings: Strings) !void {
    var walk = strings;
    for (expected) |string| try testing.expectEqualStrings(string, walk.next().?);
    try testing.expectEqual(null, walk.next());
}

test "records in any order" {
    const config: Config = .parse("env=A=1\x00arg=app\x00nonce=0f\x00arg=\x00" ++
        "log=debug\x00env=B=\x00preopen=/tmp=memory\x00stdin=request\x00" ++
        "notices=listening\x00");
    try expectStrings(&.{ "app", "" }, config.arguments());
    try expectStrings(&.{ "A=1", "B=" }, config.environment());
    try expectStrings(&.{"/tmp=memory"}, config.preopens());
    try testing.expectEqualStrings("0f", config.nonce);
    try testing.expectEqual(.debug, config.log_level);
    try testing.expect(config.has_stdin);
    try testing.expect(config.tells_listening);
}

test "bad records are ignored" {
    const config: Config = .parse("log=loud\x00future=1\x00arg\x00arg=kept\x00arg=cut");
    try expectStrings(&.{"kept"}, config.arguments());
    try testing.expectEqual(.warn, config.log_level);
    try expectStrings(&.{}, Config.parse("").arguments());
    try expectStrings(&.{}, Config.parse("arg=no end").arguments());
}

test "records of the network" {
    const config: Config = .parse("ip=10.0.2.15/24\x00listen=tcp:80\x00ip=fd00::1/64\x00" ++
        "gateway=10.0.2.2\x00dns=10.0.2.3\x00hostname=web\x00listen=udp:53\x00");
    try expectStrings(&.{ "10.0.2.15/24", "fd00::1/64" }, config.network(.ip));
    try expectStrings(&.{"10.0.2.2"}, config.network(.gateway));
    try expectStrings(&.{"10.0.2.3"}, config.network(.dns));
    try expectStrings(&.{"web"}, config.network(.hostname));
    try expectStrings(&.{ "tcp:80", "udp:53" }, config.listeners());
}

test "addresses on a command line are no arguments" {
    var line = "app ip=10.0.2.15/24 gateway=10.0.2.2 dns=10.0.2.3 listen=tcp:80 \x00".*;
    const config: Config = .fromCommandLine(&line);
    try expectStrings(&.{ "app", "dns=10.0.2.3", "listen=tcp:80" }, config.arguments());
    try expectStrings(&.{"10.0.2.15/24"}, config.network(.ip));
    try expectStrings(&.{"10.0.2.2"}, config.network(.gateway));
    try expectStrings(&.{}, config.network(.dns));
    try expectStrings(&.{}, config.listeners());
}

test "a command line is split at spaces" {
    var line = "app  one env=A=1 virtio_mmio.device=512@0xfeb00e00:12 \x00".*;
    const config: Config = .fromCommandLine(&line);
    try expectStrings(&.{ "app", "one", "env=A=1" }, config.arguments());
    try expectStrings(&.{}, config.environment());
}
