// SPDX-License-Identifier: Apache-2.0
//! Records and flags of preview1 with the witx's memory layout. Gaps are fields of their own:
//! what a program reads there must be zero, never the system's memory.

const assert = @import("std").debug.assert;

/// What a descriptor may be used for, and what descriptors opened through it may.
pub const Rights = packed struct(u64) {
    fd_datasync: bool = false,
    fd_read: bool = false,
    fd_seek: bool = false,
    fd_fdstat_set_flags: bool = false,
    fd_sync: bool = false,
    fd_tell: bool = false,
    fd_write: bool = false,
    fd_advise: bool = false,
    fd_allocate: bool = false,
    path_create_directory: bool = false,
    path_create_file: bool = false,
    path_link_source: bool = false,
    path_link_target: bool = false,
    path_open: bool = false,
    fd_readdir: bool = false,
    path_readlink: bool = false,
    path_rename_source: bool = false,
    path_rename_target: bool = false,
    path_filestat_get: bool = false,
    path_filestat_set_size: bool = false,
    path_filestat_set_times: bool = false,
    fd_filestat_get: bool = false,
    fd_filestat_set_size: bool = false,
    fd_filestat_set_times: bool = false,
    path_symlink: bool = false,
    path_remove_directory: bool = false,
    path_unlink_file: bool = false,
    poll_fd_readwrite: bool = false,
    sock_shutdown: bool = false,
    sock_accept: bool = false,
    undefined_bits: u34 = 0,

    /// True when every right of `wanted` is here.
    pub fn contain(rights: Rights, wanted: Rights) bool {
        const have: u64 = @bitCast(rights);
        const want: u64 = @bitCast(wanted);
        return want & ~have == 0;
    }

    pub fn with(rights: Rights, more: Rights) Rights {
        return @bitCast(@as(u64, @bitCast(rights)) | @as(u64, @bitCast(more)));
    }

    pub fn intersect(rights: Rights, other: Rights) Rights {
        return @bitCast(@as(u64, @bitCast(rights)) & @as(u64, @bitCast(other)));
    }
};

pub const Filetype = enum(u8) {
    unknown = 0,
    block_device = 1,
    character_device = 2,
    directory = 3,
    regular_file = 4,
    socket_dgram = 5,
    socket_stream = 6,
    symbolic_link = 7,
};

/// Of Linux's number: of a directory entry (DT_*), or bits 12 to 15 of a mode.
pub fn filetypeOfLinux(number: u8) Filetype {
    return switch (number) {
        2 => .character_device,
        4 => .directory,
        6 => .block_device,
        8 => .regular_file,
        10 => .symbolic_link,
        12 => .socket_stream,
        else => .unknown,
    };
}

pub const Fdflags = packed struct(u16) {
    append: bool = false,
    dsync: bool = false,
    nonblock: bool = false,
    rsync: bool = false,
    sync: bool = false,
    undefined_bits: u11 = 0,
};

pub const Fdstat = extern struct {
    filetype: Filetype,
    gap1: u8 = 0,
    flags: Fdflags,
    gap2: u32 = 0,
    rights_base: Rights,
    rights_inheriting: Rights,
};

/// Times in nanoseconds since the Unix epoch.
pub const Filestat = extern struct {
    device: u64 = 0,
    inode: u64 = 0,
    filetype: Filetype,
    gap: [7]u8 = @splat(0),
    links: u64 = 1,
    size: u64 = 0,
    accessed_ns: u64 = 0,
    modified_ns: u64 = 0,
    changed_ns: u64 = 0,
};

pub const lookup_follow = 1;

pub const Oflags = packed struct(u16) {
    create: bool = false,
    directory: bool = false,
    exclusive: bool = false,
    truncate: bool = false,
    undefined_bits: u12 = 0,
};

/// Which times a call sets, and which of them to the present.
pub const Fstflags = packed struct(u16) {
    accessed: bool = false,
    accessed_now: bool = false,
    modified: bool = false,
    modified_now: bool = false,
    undefined_bits: u12 = 0,
};

pub const advice_max = 5;

pub const Whence = enum(u8) { set = 0, current = 1, end = 2 };

pub const preopen_directory = 0;
/// Ours: the witx knows directories only.
pub const preopen_socket = 1;

pub const Prestat = extern struct {
    tag: u8,
    gap: [3]u8 = @splat(0),
    name_length: u32,
};

pub const Eventtype = enum(u8) { clock = 0, fd_read = 1, fd_write = 2 };

pub const subscription_clock_absolute = 1;

/// The peer of a stream socket sends no more.
pub const event_hangup = 1;

pub const Riflags = packed struct(u16) {
    peek: bool = false,
    wait_all: bool = false,
    undefined_bits: u14 = 0,
};

pub const Roflags = packed struct(u16) {
    data_truncated: bool = false,
    undefined_bits: u15 = 0,
};

pub const Sdflags = packed struct(u8) {
    receive: bool = false,
    send: bool = false,
    undefined_bits: u6 = 0,
};

pub const Subscription = extern struct {
    userdata: u64,
    tag: u8,
    gap: [7]u8,
    /// Of a clock its number, else the descriptor.
    subject: u32,
    gap_clock: u32,
    timeout_ns: u64,
    precision_ns: u64,
    flags: u16,
    gap_end: [6]u8,
};

pub const Event = extern struct {
    userdata: u64,
    errno: u16,
    tag: u8,
    gap: [5]u8 = @splat(0),
    readable_bytes: u64 = 0,
    flags: u16 = 0,
    gap_end: [6]u8 = @splat(0),
};

pub const Dirent = extern struct {
    next_cookie: u64,
    inode: u64,
    name_length: u32,
    filetype: Filetype,
    gap: [3]u8 = @splat(0),
};

comptime {
    assert(@sizeOf(Fdstat) == 24);
    assert(@sizeOf(Filestat) == 64);
    assert(@sizeOf(Prestat) == 8);
    assert(@sizeOf(Subscription) == 48);
    assert(@sizeOf(Event) == 32);
    assert(@sizeOf(Dirent) == 24);
}
