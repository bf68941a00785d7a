// SPDX-License-Identifier: Apache-2.0
//! Error codes of preview1: https://github.com/WebAssembly/WASI witx `errno`, in its order.

const std = @import("std");

pub const Errno = enum(u16) {
    success,
    @"2big",
    acces,
    addrinuse,
    addrnotavail,
    afnosupport,
    again,
    already,
    badf,
    badmsg,
    busy,
    canceled,
    child,
    connaborted,
    connrefused,
    connreset,
    deadlk,
    destaddrreq,
    dom,
    dquot,
    exist,
    fault,
    fbig,
    hostunreach,
    idrm,
    ilseq,
    inprogress,
    intr,
    inval,
    io,
    isconn,
    isdir,
    loop,
    mfile,
    mlink,
    msgsize,
    multihop,
    nametoolong,
    netdown,
    netreset,
    netunreach,
    nfile,
    nobufs,
    nodev,
    noent,
    noexec,
    nolck,
    nolink,
    nomem,
    nomsg,
    noprotoopt,
    nospc,
    nosys,
    notconn,
    notdir,
    notempty,
    notrecoverable,
    notsock,
    notsup,
    notty,
    nxio,
    overflow,
    ownerdead,
    perm,
    pipe,
    proto,
    protonosupport,
    prototype,
    range,
    rofs,
    spipe,
    srch,
    stale,
    timedout,
    txtbsy,
    xdev,
    notcapable,
};

/// Every failure that a WASI function here can have, named like its code.
pub const Error = error{
    Acces,
    Again,
    Badf,
    Busy,
    Dquot,
    Exist,
    Fault,
    Fbig,
    Ilseq,
    Inval,
    Io,
    Isdir,
    Loop,
    Mfile,
    Mlink,
    Nametoolong,
    Nfile,
    Noent,
    Nomem,
    Nospc,
    Notcapable,
    Notconn,
    Notdir,
    Notempty,
    Notsock,
    Notsup,
    Nxio,
    Overflow,
    Perm,
    Pipe,
    Rofs,
    Spipe,
    Txtbsy,
    Xdev,
};

/// The code for `failure`.
pub fn codeOf(failure: Error) Errno {
    return switch (failure) {
        inline else => |tag| @field(Errno, lower(@errorName(tag))),
    };
}

fn lower(comptime name: []const u8) []const u8 {
    var lowered: [name.len]u8 = undefined;
    _ = std.ascii.lowerString(&lowered, name);
    const result = lowered;
    return &result;
}

test "codes are the witx's numbers" {
    try std.testing.expectEqual(8, @backingInt(codeOf(error.Badf)));
    try std.testing.expectEqual(28, @backingInt(codeOf(error.Inval)));
    try std.testing.expectEqual(76, @backingInt(codeOf(error.Notcapable)));
}
