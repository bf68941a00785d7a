// SPDX-License-Identifier: Apache-2.0
//! Linux error numbers as preview1's.

const std = @import("std");
const linux = std.os.linux;
const Error = @import("../wasi/errno.zig").Error;

/// The result of a system call, or its error.
pub fn check(result: usize) Error!usize {
    const code = linux.errno(result);
    return if (code == .SUCCESS) result else errorOf(@backingInt(code));
}

/// The error with Linux's number `code`, which is not 0.
pub fn errorOf(code: u32) Error {
    const known = std.enums.fromInt(linux.E, code) orelse return error.Io;
    return switch (known) {
        .ACCES => error.Acces,
        .ADDRINUSE => error.Addrinuse,
        .ADDRNOTAVAIL => error.Addrnotavail,
        .AFNOSUPPORT => error.Afnosupport,
        .AGAIN => error.Again,
        .ALREADY => error.Already,
        .BADF => error.Badf,
        .BUSY => error.Busy,
        .CONNABORTED => error.Connaborted,
        .CONNREFUSED => error.Connrefused,
        .CONNRESET => error.Connreset,
        .DESTADDRREQ => error.Destaddrreq,
        .DQUOT => error.Dquot,
        .EXIST => error.Exist,
        .FBIG => error.Fbig,
        .HOSTUNREACH => error.Hostunreach,
        .INPROGRESS => error.Inprogress,
        .INVAL => error.Inval,
        .ISCONN => error.Isconn,
        .ISDIR => error.Isdir,
        .LOOP => error.Loop,
        .MFILE => error.Mfile,
        .MLINK => error.Mlink,
        .MSGSIZE => error.Msgsize,
        .NAMETOOLONG => error.Nametoolong,
        .NETDOWN => error.Netdown,
        .NETRESET => error.Netreset,
        .NETUNREACH => error.Netunreach,
        .NFILE => error.Nfile,
        .NOBUFS => error.Nobufs,
        .NOENT => error.Noent,
        .NOMEM => error.Nomem,
        .NOPROTOOPT => error.Noprotoopt,
        .NOSPC => error.Nospc,
        .NOTCONN => error.Notconn,
        .NOTDIR => error.Notdir,
        .NOTEMPTY => error.Notempty,
        .NXIO => error.Nxio,
        .OPNOTSUPP => error.Notsup,
        .OVERFLOW => error.Overflow,
        .PERM => error.Perm,
        .PIPE => error.Pipe,
        .PROTONOSUPPORT => error.Protonosupport,
        .PROTOTYPE => error.Prototype,
        .ROFS => error.Rofs,
        .SPIPE => error.Spipe,
        .TIMEDOUT => error.Timedout,
        .TXTBSY => error.Txtbsy,
        .XDEV => error.Xdev,
        else => error.Io,
    };
}
