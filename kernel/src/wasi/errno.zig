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
    // From here on those of WasmEdge's sock_getaddrinfo.
    aiaddrfamily,
    aiagain,
    aibadflag,
    aifail,
    aifamily,
    aimemory,
    ainodata,
    ainoname,
    aiservice,
    aisocktype,
    aisystem,
};

/// Every failure that a WASI function here can have, named like its code.
pub const Error = error{
    Acces,
    Addrinuse,
    Addrnotavail,
    Afnosupport,
    Again,
    Aiaddrfamily,
    Aiagain,
    Aibadflag,
    Aifail,
    Aifamily,
    Aimemory,
    Ainodata,
    Ainoname,
    Aiservice,
    Aisocktype,
    Aisystem,
    Already,
    Badf,
    Busy,
    Canceled,
    Connaborted,
    Connrefused,
    Connreset,
    Destaddrreq,
    Dquot,
    Exist,
    Fault,
    Fbig,
    Hostunreach,
    Ilseq,
    Inprogress,
    Inval,
    Io,
    Isconn,
    Isdir,
    Loop,
    Mfile,
    Mlink,
    Msgsize,
    Nametoolong,
    Netdown,
    Netreset,
    Netunreach,
    Nfile,
    Nobufs,
    Noent,
    Nomem,
    Noprotoopt,
    Nospc,
    Nosys,
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
    Proto,
    Protonosupport,
    Prototype,
    Rofs,
    Spipe,
    Timedout,
    Txtbsy,
    Xdev,
};

/// The code for `failure`.
pub fn codeOf(failure: Error) Errno {
    @setEvalBranchQuota(10_000);
    return switch (failure) {
        inline else => |tag| @field(Errno, lower(@errorName(tag))),
    };
}

/// The failure with the code `number`; null for success and for numbers that are none of ours.
pub fn errorOf(number: u32) ?Error {
    @setEvalBranchQuota(10_000);
    inline for (@typeInfo(Error).error_set.error_names.?) |name| {
        if (number == @backingInt(@field(Errno, lower(name)))) return @field(Error, name);
    }
    return null;
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
    try std.testing.expectEqual(87, @backingInt(codeOf(error.Aisystem)));
    try std.testing.expectEqual(error.Connrefused, errorOf(14).?);
    try std.testing.expectEqual(null, errorOf(0));
}
