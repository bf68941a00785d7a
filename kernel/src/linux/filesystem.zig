// SPDX-License-Identifier: Apache-2.0
//! The file system interface (filesystem.zig) over Linux's *at system calls.
//!
//! Every name is one component and no call follows a symbolic link, so none can leave the
//! directory that it was given. The directories themselves come from the environment variable
//! MEW_PREOPENS: `NAME=PATH` pairs, separated by colons.

const std = @import("std");
const assert = std.debug.assert;
const linux = std.os.linux;
const check = @import("errno.zig").check;
const end = @import("end.zig");
const filesystem = @import("../filesystem.zig");
const platform = @import("platform.zig");
const types = @import("../wasi/types.zig");

const Error = filesystem.Error;

/// A Linux file descriptor.
pub const Node = linux.fd_t;

const new_file_mode = 0o666;
const new_directory_mode = 0o777;

const preopens_variable = "MEW_PREOPENS=";
const preopens_limit = 64;
var preopen_list: [preopens_limit]filesystem.Preopen = undefined;

pub fn preopens() []const filesystem.Preopen {
    var count: usize = 0;
    var pairs = std.mem.tokenizeScalar(u8, preopensText(), ':');
    while (pairs.next()) |pair| {
        if (count == preopens_limit) end.refuse("more than {d} directories", .{count});
        const split = std.mem.findScalar(u8, pair, '=') orelse
            end.refuse("MEW_PREOPENS holds '{s}', which is not NAME=PATH", .{pair});
        const path = pair[split + 1 ..];
        const node = openDirectory(linux.AT.FDCWD, path) catch |failure|
            end.refuse("cannot open directory '{s}': {t}", .{ path, failure });
        preopen_list[count] = .{ .name = pair[0..split], .node = node };
        count += 1;
    }
    return preopen_list[0..count];
}

fn preopensText() []const u8 {
    var variables = platform.allVariables();
    while (variables.next()) |variable| {
        if (isPreopens(variable)) return variable[preopens_variable.len..];
    }
    return "";
}

/// True for the variable that is ours and none of the program's business.
pub fn isPreopens(variable: []const u8) bool {
    return std.mem.startsWith(u8, variable, preopens_variable);
}

/// System calls want NUL-terminated names.
const Name = struct {
    buffer: [filesystem.path_max:0]u8,

    fn init(name: *Name, text: []const u8) Error![*:0]const u8 {
        if (text.len >= name.buffer.len) return error.Nametoolong;
        assert(std.mem.findScalar(u8, text, 0) == null);
        @memcpy(name.buffer[0..text.len], text);
        name.buffer[text.len] = 0;
        return &name.buffer;
    }
};

fn openDirectory(directory: Node, path: []const u8) Error!Node {
    var name: Name = undefined;
    const flags: linux.O = .{ .DIRECTORY = true, .CLOEXEC = true };
    return @intCast(try check(linux.openat(directory, try name.init(path), flags, 0)));
}

pub fn release(node: Node) void {
    assert(node > 2);
    _ = linux.close(node);
}

pub fn lookup(directory: Node, name: []const u8) Error!Node {
    var text: Name = undefined;
    const flags: linux.O = .{
        .DIRECTORY = true,
        .NOFOLLOW = true,
        .PATH = true,
        .CLOEXEC = true,
    };
    return @intCast(try check(linux.openat(directory, try text.init(name), flags, 0)));
}

pub fn open(directory: Node, name: []const u8, how: filesystem.Open) Error!Node {
    var text: Name = undefined;
    const flags: linux.O = .{
        .ACCMODE = if (!how.write) .RDONLY else if (how.read) .RDWR else .WRONLY,
        .CREAT = how.create,
        .EXCL = how.exclusive,
        .TRUNC = how.truncate,
        .DIRECTORY = how.directory,
        .DSYNC = how.dsync or how.sync,
        .SYNC = how.sync,
        .NOFOLLOW = true,
        // Opening a pipe must not wait for its other end.
        .NONBLOCK = true,
        .NOCTTY = true,
        .CLOEXEC = true,
    };
    const path = try text.init(name);
    return @intCast(try check(linux.openat(directory, path, flags, new_file_mode)));
}

pub fn status(node: Node) Error!types.Filestat {
    return statx(node, "", linux.AT.EMPTY_PATH);
}

pub fn statusOf(directory: Node, name: []const u8) Error!types.Filestat {
    return statx(directory, name, linux.AT.SYMLINK_NOFOLLOW);
}

fn statx(directory: Node, name: []const u8, flags: u32) Error!types.Filestat {
    var text: Name = undefined;
    var found: linux.Statx = undefined;
    const wanted: linux.STATX = .{
        .TYPE = true,
        .NLINK = true,
        .ATIME = true,
        .MTIME = true,
        .CTIME = true,
        .INO = true,
        .SIZE = true,
    };
    _ = try check(linux.statx(directory, try text.init(name), flags, wanted, &found));
    return .{
        .device = @as(u64, found.dev_major) << 32 | found.dev_minor,
        .inode = found.ino,
        .filetype = types.filetypeOfLinux(@truncate(found.mode >> 12)),
        .links = found.nlink,
        .size = found.size,
        .accessed_ns = nanoseconds(found.atime),
        .modified_ns = nanoseconds(found.mtime),
        .changed_ns = nanoseconds(found.ctime),
    };
}

fn nanoseconds(time: linux.statx_timestamp) u64 {
    if (time.sec < 0) return 0;
    return @as(u64, @intCast(time.sec)) *| std.time.ns_per_s +| time.nsec;
}

pub fn setTimes(node: Node, times: filesystem.Times) Error!void {
    const pair = [2]linux.timespec{ timespec(times.accessed), timespec(times.modified) };
    _ = try check(linux.utimensat(node, null, &pair, 0));
}

pub fn setTimesOf(directory: Node, name: []const u8, times: filesystem.Times) Error!void {
    var text: Name = undefined;
    const pair = [2]linux.timespec{ timespec(times.accessed), timespec(times.modified) };
    const path = try text.init(name);
    _ = try check(linux.utimensat(directory, path, &pair, linux.AT.SYMLINK_NOFOLLOW));
}

fn timespec(time: filesystem.Time) linux.timespec {
    return switch (time) {
        .keep => linux.UTIME.OMIT,
        .now => linux.UTIME.NOW,
        .at_ns => |ns| .{
            .sec = @intCast(ns / std.time.ns_per_s),
            .nsec = @intCast(ns % std.time.ns_per_s),
        },
    };
}

pub fn readAt(node: Node, buffer: []u8, offset: u64) Error!usize {
    const position = std.math.cast(i64, offset) orelse return 0;
    return check(linux.pread(node, buffer.ptr, buffer.len, position));
}

pub fn writeAt(node: Node, bytes: []const u8, offset: u64) Error!usize {
    const position = std.math.cast(i64, offset) orelse return error.Fbig;
    return check(linux.pwrite(node, bytes.ptr, bytes.len, position));
}

pub fn setSize(node: Node, size: u64) Error!void {
    const length = std.math.cast(i64, size) orelse return error.Fbig;
    _ = try check(linux.ftruncate(node, length));
}

pub fn allocate(node: Node, offset: u64, size: u64) Error!void {
    const start = std.math.cast(i64, offset) orelse return error.Fbig;
    const length = std.math.cast(i64, size) orelse return error.Fbig;
    _ = try check(linux.fallocate(node, 0, start, length));
}

pub fn sync(node: Node, data_only: bool) Error!void {
    _ = try check(if (data_only) linux.fdatasync(node) else linux.fsync(node));
}

pub fn makeDirectory(directory: Node, name: []const u8) Error!void {
    var text: Name = undefined;
    _ = try check(linux.mkdirat(directory, try text.init(name), new_directory_mode));
}

pub fn makeSymlink(directory: Node, name: []const u8, target: []const u8) Error!void {
    var text: Name = undefined;
    var target_text: Name = undefined;
    const path = try text.init(name);
    _ = try check(linux.symlinkat(try target_text.init(target), directory, path));
}

pub fn makeLink(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    var from_text: Name = undefined;
    var to_text: Name = undefined;
    const from_path = try from_text.init(from_name);
    _ = try check(linux.linkat(from, from_path, to, try to_text.init(to_name), 0));
}

pub fn readLink(directory: Node, name: []const u8, buffer: []u8) Error!usize {
    var text: Name = undefined;
    return check(linux.readlinkat(directory, try text.init(name), buffer.ptr, buffer.len));
}

pub fn rename(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    var from_text: Name = undefined;
    var to_text: Name = undefined;
    const from_path = try from_text.init(from_name);
    _ = try check(linux.renameat(from, from_path, to, try to_text.init(to_name)));
}

pub fn removeFile(directory: Node, name: []const u8) Error!void {
    var text: Name = undefined;
    _ = try check(linux.unlinkat(directory, try text.init(name), 0));
}

pub fn removeDirectory(directory: Node, name: []const u8) Error!void {
    var text: Name = undefined;
    _ = try check(linux.unlinkat(directory, try text.init(name), linux.AT.REMOVEDIR));
}

/// Cookies are Linux's own positions.
pub const Entries = struct {
    node: Node,
    buffer: [2048]u8 align(@alignOf(linux.dirent64)) = undefined,
    start: usize = 0,
    end: usize = 0,

    pub fn begin(node: Node, cookie: u64) Error!Entries {
        const position = std.math.cast(i64, cookie) orelse return error.Inval;
        _ = try check(linux.lseek(node, position, linux.SEEK.SET));
        return .{ .node = node };
    }

    pub fn next(entries: *Entries) Error!?filesystem.Entry {
        if (entries.start == entries.end) {
            entries.start = 0;
            entries.end = try check(
                linux.getdents64(entries.node, &entries.buffer, entries.buffer.len),
            );
            if (entries.end == 0) return null;
        }
        const entry: *const linux.dirent64 = @ptrCast(@alignCast(&entries.buffer[entries.start]));
        const name: [*:0]const u8 = @ptrCast(&entry.name);
        entries.start += entry.reclen;
        assert(entries.start <= entries.end);
        return .{
            .name = std.mem.span(name),
            .inode = entry.ino,
            .filetype = types.filetypeOfLinux(entry.type),
            .next_cookie = entry.off,
        };
    }
};
