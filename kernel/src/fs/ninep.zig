// SPDX-License-Identifier: Apache-2.0
//! The file system interface (filesystem.zig) over 9P2000.L: a directory of the host.
//!
//! Every name is one component and no request follows a symbolic link, so none leaves the
//! directory; the server (QEMU) holds that too. A reply that makes no sense is the error Io.
//!
//! A server names open files by numbers of ours, fids. One that was opened for reading or writing
//! cannot be walked from, so a directory that is read has two.

const std = @import("std");
const assert = std.debug.assert;
const filesystem = @import("../filesystem.zig");
const linux_errno = @import("../linux/errno.zig");
const messages = @import("ninep_messages.zig");
const types = @import("../wasi/types.zig");

const Error = filesystem.Error;
const OpenFlags = messages.OpenFlags;
const Request = messages.Request;
const Values = messages.Values;

/// One file or directory that is in use.
pub const Handle = struct {
    share: *Share,
    /// Two fids are its own: this and the next one.
    fid: u32,
    is_directory: bool = false,
    /// Whether the fid for reading a directory is open; a file's is its first.
    is_reading: bool = false,
    next_free: ?*Handle = null,

    /// Of an opened file or directory.
    fn openedFid(handle: *const Handle) u32 {
        return if (handle.is_directory) handle.fid + 1 else handle.fid;
    }
};

pub const Node = *Handle;

// QEMU lets no umask take anything from these; so they are what is left by the usual one.
const new_file_mode = 0o644;
const new_directory_mode = 0o755;
/// Whose new files are, if the server may say so. A container's are its root's; one who started
/// QEMU as an ordinary user owns them either way.
const group_any = 0;
const user_any = 0;

/// For requests on what is not kept. The others are those of handles.
const fid_passing = 0;
const fid_first = 1;

/// A message's data: what fits besides the fields of the largest.
const data_bytes_max = message_bytes_max - messages.transfer_bytes;

/// Longest message.
pub const message_bytes_max = 68 << 10;

/// What carries messages to a server and back.
pub const Channel = struct {
    context: *anyopaque,
    /// Where requests are written; of message_bytes_max.
    request: []u8,
    /// Sends a request and returns the reply, which lives until the next call; null when the way
    /// is broken.
    exchange: *const fn (context: *anyopaque, request: []const u8) ?[]const u8,
};

/// A directory of the host, as this machine has it.
pub const Share = struct {
    channel: Channel,
    allocator: std.mem.Allocator,
    next_fid: u32 = fid_first,
    free: ?*Handle = null,

    fn begin(share: *Share, kind: messages.Type) Request {
        return .begin(share.channel.request, kind);
    }

    fn call(share: *Share, request: *Request, kind: messages.Type) Error!Values {
        const channel = share.channel;
        const bytes = channel.exchange(channel.context, request.finish()) orelse return error.Io;
        const reply = messages.open(bytes, kind) catch return error.Io;
        return switch (reply) {
            .values => |values| values,
            .failure => |code| linux_errno.errorOf(code),
        };
    }

    fn newHandle(share: *Share) Error!*Handle {
        if (share.free) |handle| {
            share.free = handle.next_free;
            handle.* = .{ .share = share, .fid = handle.fid };
            return handle;
        }
        const handle = share.allocator.create(Handle) catch return error.Nfile;
        handle.* = .{ .share = share, .fid = share.next_fid };
        share.next_fid += 2;
        return handle;
    }

    fn freeHandle(share: *Share, handle: *Handle) void {
        handle.next_free = share.free;
        share.free = handle;
    }

    /// Makes `new` name what `name` in `directory` is, or the directory itself for ".".
    fn walk(share: *Share, directory: Node, name: []const u8, new: u32) Error!?messages.Qid {
        const itself = std.mem.eql(u8, name, ".");
        var request = share.begin(.walk);
        request.put(u32, directory.fid);
        request.put(u32, new);
        request.put(u16, @intFromBool(!itself));
        if (!itself) request.putText(name);
        var values = try share.call(&request, .walk);
        const count = values.take(u16) catch return error.Io;
        // A server stops where it can not go on; of one name that is an error already.
        if (count != @intFromBool(!itself)) return error.Io;
        return if (itself) null else values.takeQid() catch return error.Io;
    }

    fn openFid(share: *Share, fid: u32, flags: OpenFlags) Error!void {
        var request = share.begin(.lopen);
        request.put(u32, fid);
        request.put(u32, @bitCast(flags));
        _ = try share.call(&request, .lopen);
    }

    /// The server forgets `fid` whatever it answers.
    fn clunk(share: *Share, fid: u32) void {
        var request = share.begin(.clunk);
        request.put(u32, fid);
        _ = share.call(&request, .clunk) catch {};
    }

    fn attributes(share: *Share, fid: u32) Error!types.Filestat {
        var request = share.begin(.getattr);
        request.put(u32, fid);
        request.put(u64, messages.attributes_basic);
        var values = try share.call(&request, .getattr);
        const found = values.takeAttributes() catch return error.Io;
        return .{
            .device = 0,
            .inode = found.qid.path,
            // Bits 12 to 15 of a mode; a directory entry has the same numbers (DT_*).
            .filetype = types.filetypeOfLinux(@truncate(found.mode >> 12 & 0xf)),
            .links = found.links,
            .size = found.size,
            .accessed_ns = found.accessed_ns,
            .modified_ns = found.modified_ns,
            .changed_ns = found.changed_ns,
        };
    }

    /// `times` are accessed and modified, in nanoseconds. Only what `changes` names counts.
    fn change(
        share: *Share,
        fid: u32,
        changes: messages.Changes,
        size: u64,
        times: [2]u64,
    ) Error!void {
        var request = share.begin(.setattr);
        request.put(u32, fid);
        request.put(u32, @bitCast(changes));
        for (0..3) |_| request.put(u32, 0); // mode, uid, gid
        request.put(u64, size);
        for (times) |ns| {
            request.put(u64, ns / std.time.ns_per_s);
            request.put(u64, ns % std.time.ns_per_s);
        }
        _ = try share.call(&request, .setattr);
    }
};

/// Starts a session with the server and returns its directory, to be held as long as the program
/// runs. Notsup when the server knows the protocol only in part.
pub fn mount(allocator: std.mem.Allocator, channel: Channel) Error!Node {
    const share = allocator.create(Share) catch return error.Nomem;
    share.* = .{ .channel = channel, .allocator = allocator };
    var version = share.begin(.version);
    version.put(u32, message_bytes_max);
    version.putText(messages.version_text);
    var values = try share.call(&version, .version);
    const size = values.take(u32) catch return error.Io;
    const text = values.takeText() catch return error.Io;
    if (size != message_bytes_max or !std.mem.eql(u8, text, messages.version_text)) {
        return error.Notsup;
    }
    const top = try share.newHandle();
    top.is_directory = true;
    var attach = share.begin(.attach);
    attach.put(u32, top.fid);
    attach.put(u32, messages.fid_none);
    attach.putText("");
    attach.putText("");
    attach.put(u32, user_any);
    _ = try share.call(&attach, .attach);
    return top;
}

pub fn release(node: Node) void {
    if (node.is_reading) node.share.clunk(node.openedFid());
    node.share.clunk(node.fid);
    node.share.freeHandle(node);
}

pub fn lookup(directory: Node, name: []const u8) Error!Node {
    return open(directory, name, .{ .directory = true });
}

pub fn open(directory: Node, name: []const u8, how: filesystem.Open) Error!Node {
    const share = directory.share;
    const handle = try share.newHandle();
    errdefer share.freeHandle(handle);
    if (how.create) {
        _ = try share.walk(directory, ".", handle.fid);
        errdefer share.clunk(handle.fid);
        try create(handle, name, how);
        return handle;
    }
    const qid = try share.walk(directory, name, handle.fid);
    errdefer share.clunk(handle.fid);
    handle.is_directory = if (qid) |found| found.isDirectory() else true;
    if (handle.is_directory) return if (how.write) error.Isdir else handle;
    if (how.directory) return error.Notdir;
    if (qid.?.isSymlink()) return error.Loop;
    try share.openFid(handle.fid, flagsOf(how));
    return handle;
}

fn create(handle: Node, name: []const u8, how: filesystem.Open) Error!void {
    if (std.mem.eql(u8, name, ".")) return error.Isdir;
    var request = handle.share.begin(.lcreate);
    request.put(u32, handle.fid);
    request.putText(name);
    request.put(u32, @bitCast(flagsOf(how)));
    request.put(u32, new_file_mode);
    request.put(u32, group_any);
    _ = try handle.share.call(&request, .lcreate);
}

fn flagsOf(how: filesystem.Open) OpenFlags {
    return .{
        .access = if (!how.write) .read else if (how.read) .both else .write,
        .exclusive = how.create and how.exclusive,
        .truncate = how.truncate,
        // Opening a pipe must not wait for its other end.
        .non_blocking = true,
        .dsync = how.dsync or how.sync,
        .no_follow = true,
        .sync = how.sync,
    };
}

pub fn status(node: Node) Error!types.Filestat {
    return node.share.attributes(node.fid);
}

pub fn statusOf(directory: Node, name: []const u8) Error!types.Filestat {
    const share = directory.share;
    _ = try share.walk(directory, name, fid_passing);
    defer share.clunk(fid_passing);
    return share.attributes(fid_passing);
}

pub fn setTimes(node: Node, times: filesystem.Times) Error!void {
    try changeTimes(node.share, node.fid, times);
}

pub fn setTimesOf(directory: Node, name: []const u8, times: filesystem.Times) Error!void {
    const share = directory.share;
    _ = try share.walk(directory, name, fid_passing);
    defer share.clunk(fid_passing);
    try changeTimes(share, fid_passing, times);
}

fn changeTimes(share: *Share, fid: u32, times: filesystem.Times) Error!void {
    try share.change(fid, .{
        .accessed = times.accessed != .keep,
        .accessed_set = times.accessed == .at_ns,
        .modified = times.modified != .keep,
        .modified_set = times.modified == .at_ns,
    }, 0, .{ timeOf(times.accessed), timeOf(times.modified) });
}

fn timeOf(time: filesystem.Time) u64 {
    return switch (time) {
        .keep, .now => 0,
        .at_ns => |ns| ns,
    };
}

pub fn readAt(node: Node, buffer: []u8, offset: u64) Error!usize {
    if (node.is_directory) return error.Isdir;
    var done: usize = 0;
    while (done < buffer.len) {
        const wanted = @min(buffer.len - done, data_bytes_max);
        const from = std.math.add(u64, offset, done) catch break;
        const fid = node.openedFid();
        const data = transferIn(node.share, .read, fid, from, wanted) catch |failure|
            // What was read counts; the next call fails again.
            return if (done == 0) failure else done;
        if (data.len == 0) break;
        @memcpy(buffer[done..][0..data.len], data);
        done += data.len;
    }
    return done;
}

/// Tread or Treaddir: at most `count` bytes from `offset` on, which live until the next request.
fn transferIn(
    share: *Share,
    comptime kind: messages.Type,
    fid: u32,
    offset: u64,
    count: usize,
) Error![]const u8 {
    var request = share.begin(kind);
    request.put(u32, fid);
    request.put(u64, offset);
    request.put(u32, @intCast(count));
    var values = try share.call(&request, kind);
    const size = values.take(u32) catch return error.Io;
    if (size > count) return error.Io;
    return values.takeBytes(size) catch return error.Io;
}

pub fn writeAt(node: Node, bytes: []const u8, offset: u64) Error!usize {
    if (node.is_directory) return error.Isdir;
    var done: usize = 0;
    while (done < bytes.len) {
        const part = bytes[done..][0..@min(bytes.len - done, data_bytes_max)];
        const to = std.math.add(u64, offset, done) catch return error.Fbig;
        done += writePart(node, part, to) catch |failure|
            // What was written counts; the next call fails again.
            return if (done == 0) failure else done;
    }
    return done;
}

fn writePart(node: Node, part: []const u8, offset: u64) Error!usize {
    var request = node.share.begin(.write);
    request.put(u32, node.openedFid());
    request.put(u64, offset);
    request.put(u32, @intCast(part.len));
    request.putBytes(part);
    var values = try node.share.call(&request, .write);
    const count = values.take(u32) catch return error.Io;
    return if (count == 0 or count > part.len) error.Io else count;
}

pub fn setSize(node: Node, size: u64) Error!void {
    try node.share.change(node.fid, .{ .size = true }, size, .{ 0, 0 });
}

/// The protocol has no such request.
pub fn allocate(node: Node, offset: u64, size: u64) Error!void {
    _ = node;
    _ = offset;
    _ = size;
    return error.Notsup;
}

pub fn sync(node: Node, data_only: bool) Error!void {
    if (node.is_directory) try startReading(node);
    var request = node.share.begin(.fsync);
    request.put(u32, node.openedFid());
    request.put(u32, @intFromBool(data_only));
    _ = try node.share.call(&request, .fsync);
}

/// Opens the second fid of a directory.
fn startReading(node: Node) Error!void {
    if (!node.is_directory) return error.Notdir;
    if (node.is_reading) return;
    const share = node.share;
    _ = try share.walk(node, ".", node.openedFid());
    errdefer share.clunk(node.openedFid());
    try share.openFid(node.openedFid(), .{ .no_follow = true });
    node.is_reading = true;
}

pub fn makeDirectory(directory: Node, name: []const u8) Error!void {
    if (std.mem.eql(u8, name, ".")) return error.Exist;
    var request = directory.share.begin(.mkdir);
    request.put(u32, directory.fid);
    request.putText(name);
    request.put(u32, new_directory_mode);
    request.put(u32, group_any);
    _ = try directory.share.call(&request, .mkdir);
}

pub fn makeSymlink(directory: Node, name: []const u8, target: []const u8) Error!void {
    if (std.mem.eql(u8, name, ".")) return error.Exist;
    var request = directory.share.begin(.symlink);
    request.put(u32, directory.fid);
    request.putText(name);
    request.putText(target);
    request.put(u32, group_any);
    _ = try directory.share.call(&request, .symlink);
}

pub fn makeLink(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    const share = from.share;
    const qid = try share.walk(from, from_name, fid_passing);
    defer share.clunk(fid_passing);
    if (if (qid) |found| found.isDirectory() else true) return error.Perm;
    var request = share.begin(.link);
    request.put(u32, to.fid);
    request.put(u32, fid_passing);
    request.putText(to_name);
    _ = try share.call(&request, .link);
}

pub fn readLink(directory: Node, name: []const u8, buffer: []u8) Error!usize {
    const share = directory.share;
    const qid = try share.walk(directory, name, fid_passing);
    defer share.clunk(fid_passing);
    if (!if (qid) |found| found.isSymlink() else false) return error.Inval;
    var request = share.begin(.readlink);
    request.put(u32, fid_passing);
    var values = try share.call(&request, .readlink);
    const target = values.takeText() catch return error.Io;
    const count = @min(buffer.len, target.len);
    @memcpy(buffer[0..count], target[0..count]);
    return count;
}

pub fn rename(from: Node, from_name: []const u8, to: Node, to_name: []const u8) Error!void {
    if (std.mem.eql(u8, from_name, ".") or std.mem.eql(u8, to_name, ".")) return error.Busy;
    var request = from.share.begin(.renameat);
    request.put(u32, from.fid);
    request.putText(from_name);
    request.put(u32, to.fid);
    request.putText(to_name);
    _ = try from.share.call(&request, .renameat);
}

pub fn removeFile(directory: Node, name: []const u8) Error!void {
    if (std.mem.eql(u8, name, ".")) return error.Isdir;
    try unlink(directory, name, 0);
}

pub fn removeDirectory(directory: Node, name: []const u8) Error!void {
    if (std.mem.eql(u8, name, ".")) return error.Inval;
    try unlink(directory, name, messages.unlink_directory);
}

fn unlink(directory: Node, name: []const u8, flags: u32) Error!void {
    var request = directory.share.begin(.unlinkat);
    request.put(u32, directory.fid);
    request.putText(name);
    request.put(u32, flags);
    _ = try directory.share.call(&request, .unlinkat);
}

/// Cookies are the host's own positions.
pub const Entries = struct {
    node: Node,
    offset: u64,
    buffer: [2048]u8 = undefined,
    /// What is left of the last reply.
    start: usize = 0,
    end: usize = 0,

    pub fn begin(node: Node, cookie: u64) Error!Entries {
        try startReading(node);
        return .{ .node = node, .offset = cookie };
    }

    pub fn next(entries: *Entries) Error!?filesystem.Entry {
        if (entries.start == entries.end) {
            const fid = entries.node.openedFid();
            const size = entries.buffer.len;
            const data = try transferIn(entries.node.share, .readdir, fid, entries.offset, size);
            if (data.len == 0) return null;
            // Other requests may come before the next entry.
            @memcpy(entries.buffer[0..data.len], data);
            entries.start = 0;
            entries.end = data.len;
        }
        var values: Values = .{ .rest = entries.buffer[entries.start..entries.end] };
        const entry = values.takeEntry() catch return error.Io;
        entries.start = entries.end - values.rest.len;
        entries.offset = entry.next_offset;
        return .{
            .name = entry.name,
            .inode = entry.qid.path,
            .filetype = types.filetypeOfLinux(entry.filetype),
            .next_cookie = entry.next_offset,
        };
    }
};
