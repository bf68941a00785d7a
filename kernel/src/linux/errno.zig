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
        .AGAIN => error.Again,
        .BADF => error.Badf,
        .BUSY => error.Busy,
        .DQUOT => error.Dquot,
        .EXIST => error.Exist,
        .FBIG => error.Fbig,
        .INVAL => error.Inval,
        .ISDIR => error.Isdir,
        .LOOP => error.Loop,
        .MFILE => error.Mfile,
        .MLINK => error.Mlink,
        .NAMETOOLONG => error.Nametoolong,
        .NFILE => error.Nfile,
        .NOENT => error.Noent,
        .NOMEM => error.Nomem,
        .NOSPC => error.Nospc,
        .NOTDIR => error.Notdir,
        .NOTEMPTY => error.Notempty,
        .NXIO => error.Nxio,
        .OPNOTSUPP => error.Notsup,
        .OVERFLOW => error.Overflow,
        .PERM => error.Perm,
        .PIPE => error.Pipe,
        .ROFS => error.Rofs,
        .SPIPE => error.Spipe,
        .TXTBSY => error.Txtbsy,
        .XDEV => error.Xdev,
        else => error.Io,
    };
}
