// SPDX-License-Identifier: Apache-2.0
//! Linux error numbers as preview1's.

const linux = @import("std").os.linux;
const Error = @import("../wasi/errno.zig").Error;

/// The result of a system call, or its error.
pub fn check(result: usize) Error!usize {
    return switch (linux.errno(result)) {
        .SUCCESS => result,
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
