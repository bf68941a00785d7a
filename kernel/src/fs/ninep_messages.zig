// SPDX-License-Identifier: Apache-2.0
//! Messages of 9P2000.L (plan9 manual section 5; diod's protocol.md for the Linux part): integers
//! are little-endian, strings have a length of 16 bits before them. Pure: bytes in, values out.
//!
//! Requests are written into a buffer that the caller has made large enough. Replies come from
//! outside: whatever they hold, reading one gives values or Malformed.

const std = @import("std");
const assert = std.debug.assert;

pub const version_text = "9P2000.L";

/// Request types; a reply has the next number.
pub const Type = enum(u8) {
    lopen = 12,
    lcreate = 14,
    symlink = 16,
    readlink = 22,
    getattr = 24,
    setattr = 26,
    readdir = 40,
    fsync = 50,
    link = 70,
    mkdir = 72,
    renameat = 74,
    unlinkat = 76,
    version = 100,
    attach = 104,
    walk = 110,
    read = 116,
    write = 118,
    clunk = 120,
};

/// Reply type of any request that failed.
const reply_error = 7;

/// size[4] type[1] tag[2]
pub const header_bytes = 7;
/// Of a request to read or write, or its reply, without the data: the largest is Twrite's.
pub const transfer_bytes = header_bytes + 16;

/// The only tag: there is one request at a time. Tversion's is the one that is none.
const tag_request: u16 = 0;
const tag_none: u16 = 0xffff;

pub const fid_none: u32 = 0xffff_ffff;

/// Tlopen's and Tlcreate's flags: Linux's numbers on x86.
pub const OpenFlags = packed struct(u32) {
    access: enum(u2) { read, write, both } = .read,
    reserved_2: u5 = 0,
    exclusive: bool = false,
    reserved_8: u1 = 0,
    truncate: bool = false,
    reserved_10: u1 = 0,
    non_blocking: bool = false,
    dsync: bool = false,
    reserved_13: u4 = 0,
    no_follow: bool = false,
    reserved_18: u2 = 0,
    sync: bool = false,
    reserved_21: u11 = 0,
};

/// Tsetattr's mask.
pub const Changes = packed struct(u32) {
    reserved_0: u3 = 0,
    size: bool = false,
    accessed: bool = false,
    modified: bool = false,
    changed: bool = false,
    /// As given, else now.
    accessed_set: bool = false,
    modified_set: bool = false,
    reserved_9: u23 = 0,
};

pub const unlink_directory: u32 = 0x200;
/// Tgetattr: mode, links, inode, size and times.
pub const attributes_basic: u64 = 0x7ff;

/// Builds one request.
pub const Request = struct {
    buffer: []u8,
    size: usize,

    pub fn begin(buffer: []u8, kind: Type) Request {
        var request: Request = .{ .buffer = buffer, .size = 4 };
        request.put(u8, @backingInt(kind));
        request.put(u16, if (kind == .version) tag_none else tag_request);
        return request;
    }

    pub fn put(request: *Request, comptime Integer: type, value: Integer) void {
        const bytes = @sizeOf(Integer);
        std.mem.writeInt(Integer, request.buffer[request.size..][0..bytes], value, .little);
        request.size += bytes;
    }

    /// Caller requirements: no longer than a path may be.
    pub fn putText(request: *Request, text: []const u8) void {
        request.put(u16, @intCast(text.len));
        request.putBytes(text);
    }

    pub fn putBytes(request: *Request, bytes: []const u8) void {
        @memcpy(request.buffer[request.size..][0..bytes.len], bytes);
        request.size += bytes.len;
    }

    pub fn finish(request: *Request) []const u8 {
        std.mem.writeInt(u32, request.buffer[0..4], @intCast(request.size), .little);
        return request.buffer[0..request.size];
    }
};

pub const Error = error{
    /// Not the reply that was due.
    Malformed,
};

/// What a reply says: the values that follow its header, or a Linux error number.
pub const Reply = union(enum) { values: Values, failure: u32 };

/// Checks the header of a reply to `kind`. `bytes` is all that was received.
pub fn open(bytes: []const u8, kind: Type) Error!Reply {
    var values: Values = .{ .rest = bytes };
    const size = try values.take(u32);
    if (size < header_bytes or size > bytes.len) return error.Malformed;
    values.rest = bytes[4..size];
    const found = try values.take(u8);
    const tag = try values.take(u16);
    if (tag != if (kind == .version) tag_none else tag_request) return error.Malformed;
    if (found == reply_error) return .{ .failure = try values.take(u32) };
    return if (found == @backingInt(kind) + 1) .{ .values = values } else error.Malformed;
}

/// A server's name of a file, and what kind it is.
pub const Qid = struct {
    kind: u8,
    path: u64,

    pub fn isDirectory(qid: Qid) bool {
        return qid.kind & 0x80 != 0;
    }

    pub fn isSymlink(qid: Qid) bool {
        return qid.kind & 0x02 != 0;
    }
};

pub const Attributes = struct {
    qid: Qid,
    mode: u32,
    links: u64,
    size: u64,
    accessed_ns: u64,
    modified_ns: u64,
    changed_ns: u64,
};

pub const DirectoryEntry = struct { qid: Qid, next_offset: u64, filetype: u8, name: []const u8 };

/// The rest of a reply, value by value.
pub const Values = struct {
    rest: []const u8,

    pub fn take(values: *Values, comptime Integer: type) Error!Integer {
        const bytes = try values.takeBytes(@sizeOf(Integer));
        return std.mem.readInt(Integer, bytes[0..@sizeOf(Integer)], .little);
    }

    pub fn takeBytes(values: *Values, count: usize) Error![]const u8 {
        if (count > values.rest.len) return error.Malformed;
        defer values.rest = values.rest[count..];
        return values.rest[0..count];
    }

    pub fn takeText(values: *Values) Error![]const u8 {
        return values.takeBytes(try values.take(u16));
    }

    pub fn takeQid(values: *Values) Error!Qid {
        const kind = try values.take(u8);
        _ = try values.take(u32); // version
        return .{ .kind = kind, .path = try values.take(u64) };
    }

    /// Rgetattr.
    pub fn takeAttributes(values: *Values) Error!Attributes {
        _ = try values.take(u64); // which are valid
        const qid = try values.takeQid();
        const mode = try values.take(u32);
        _ = try values.take(u64); // uid, gid
        const links = try values.take(u64);
        _ = try values.take(u64); // rdev
        const size = try values.take(u64);
        _ = try values.take(u128); // block size, blocks
        return .{
            .qid = qid,
            .mode = mode,
            .links = links,
            .size = size,
            .accessed_ns = try values.takeTime(),
            .modified_ns = try values.takeTime(),
            .changed_ns = try values.takeTime(),
        };
    }

    /// Seconds and nanoseconds; before 1970 is 1970.
    fn takeTime(values: *Values) Error!u64 {
        const seconds: i64 = @bitCast(try values.take(u64));
        const nanoseconds = try values.take(u64);
        if (seconds < 0) return 0;
        return @as(u64, @intCast(seconds)) *| std.time.ns_per_s +| nanoseconds;
    }

    /// The next entry of Rreaddir's data. A name that is none, or leads elsewhere, is Malformed.
    pub fn takeEntry(values: *Values) Error!DirectoryEntry {
        const entry: DirectoryEntry = .{
            .qid = try values.takeQid(),
            .next_offset = try values.take(u64),
            .filetype = try values.take(u8),
            .name = try values.takeText(),
        };
        if (entry.name.len == 0 or entry.name.len > 255) return error.Malformed;
        if (std.mem.findAny(u8, entry.name, "/\x00") != null) return error.Malformed;
        // Reading on from 0 would begin again.
        return if (entry.next_offset == 0) error.Malformed else entry;
    }
};

const testing = std.testing;

test "a request is its size, its type, its tag, its values" {
    var buffer: [64]u8 = undefined;
    var version: Request = .begin(&buffer, .version);
    version.put(u32, 0x1_0018);
    version.putText(version_text);
    try testing.expectEqualSlices(
        u8,
        "\x15\x00\x00\x00\x64\xff\xff\x18\x00\x01\x00\x08\x009P2000.L",
        version.finish(),
    );
    var walk: Request = .begin(&buffer, .walk);
    walk.put(u32, 0);
    walk.put(u32, 2);
    walk.put(u16, 1);
    walk.putText("a b");
    try testing.expectEqualSlices(
        u8,
        "\x16\x00\x00\x00\x6e\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x01\x00\x03\x00a b",
        walk.finish(),
    );
}

test "flags have Linux's numbers" {
    const flags: OpenFlags = .{
        .access = .both,
        .exclusive = true,
        .truncate = true,
        .non_blocking = true,
        .no_follow = true,
    };
    try testing.expectEqual(0o2 | 0o200 | 0o1000 | 0o4000 | 0o400000, @as(u32, @bitCast(flags)));
    const synchronous: OpenFlags = .{ .dsync = true, .sync = true };
    try testing.expectEqual(0o4010000, @as(u32, @bitCast(synchronous)));
    const changes: Changes = .{ .size = true, .accessed = true, .modified_set = true };
    try testing.expectEqual(0x8 | 0x10 | 0x100, @as(u32, @bitCast(changes)));
}

test "replies: values, an error, and neither" {
    const reply = try open("\x0b\x00\x00\x00\x75\x00\x00\x04\x00\x00\x00rest", .read);
    var values = reply.values;
    try testing.expectEqual(4, try values.take(u32));
    try testing.expectError(error.Malformed, values.take(u8));
    const failed = try open("\x0b\x00\x00\x00\x07\x00\x00\x02\x00\x00\x00", .read);
    try testing.expectEqual(2, failed.failure);
    for ([_][]const u8{
        "", // nothing
        "\x0b\x00\x00", // half a size
        "\x07\x00\x00\x00\x75\x00", // shorter than a header
        "\x06\x00\x00\x00\x75\x00\x00", // says so itself
        "\x08\x00\x00\x00\x75\x00\x00", // longer than what came
        "\xff\xff\xff\xff\x75\x00\x00",
        "\x07\x00\x00\x00\x77\x00\x00", // of another request
        "\x07\x00\x00\x00\x75\x01\x00", // another tag
        "\x09\x00\x00\x00\x07\x00\x00\x02\x00", // half an error
    }) |bytes| try testing.expectError(error.Malformed, open(bytes, .read));
}

fn entryBytes(name: []const u8, next_offset: u64, buffer: []u8) []const u8 {
    var request: Request = .{ .buffer = buffer, .size = 0 };
    request.put(u8, 0x80);
    request.put(u32, 1);
    request.put(u64, 99);
    request.put(u64, next_offset);
    request.put(u8, 4);
    request.putText(name);
    return buffer[0..request.size];
}

test "directory entries, and names that are none" {
    var buffer: [512]u8 = undefined;
    var values: Values = .{ .rest = entryBytes("sub", 5, &buffer) };
    const found = try values.takeEntry();
    try testing.expectEqualStrings("sub", found.name);
    try testing.expectEqual(99, found.qid.path);
    try testing.expect(found.qid.isDirectory() and !found.qid.isSymlink());
    try testing.expectEqual(5, found.next_offset);
    const long: [256]u8 = @splat('x');
    for ([_][]const u8{ "", "a/b", "/", "a\x00", &long }) |name| {
        values = .{ .rest = entryBytes(name, 5, &buffer) };
        try testing.expectError(error.Malformed, values.takeEntry());
    }
    values = .{ .rest = entryBytes("x", 0, &buffer) };
    try testing.expectError(error.Malformed, values.takeEntry());
}

test "a reply that is cut anywhere is malformed" {
    var buffer: [512]u8 = undefined;
    const whole = entryBytes("name", 7, &buffer);
    for (0..whole.len) |size| {
        var values: Values = .{ .rest = whole[0..size] };
        try testing.expectError(error.Malformed, values.takeEntry());
    }
    const attributes: [153]u8 = @splat(1);
    for (0..121) |size| {
        var values: Values = .{ .rest = attributes[0..size] };
        try testing.expectError(error.Malformed, values.takeAttributes());
    }
    var values: Values = .{ .rest = &attributes };
    try testing.expectEqual(0x0101_0101_0101_0101, (try values.takeAttributes()).size);
}

test "any bytes give values or an error" {
    var random: std.Random.DefaultPrng = .init(9);
    var bytes: [160]u8 = undefined;
    for (0..20_000) |_| {
        random.random().bytes(&bytes);
        // A plausible header, so that more than the header is reached.
        bytes[0..7].* = .{ random.random().uintLessThan(u8, 165), 0, 0, 0, 25, 0, 0 };
        const reply = open(&bytes, .getattr) catch continue;
        var values = reply.values;
        _ = values.takeAttributes() catch {};
        _ = values.takeEntry() catch {};
        try testing.expect(values.rest.len <= bytes.len);
    }
}
