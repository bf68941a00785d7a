// SPDX-License-Identifier: Apache-2.0
//! Exports the WASI functions of the chosen feature sets as the C functions that programs
//! call (docs/reference/abi.md), each checked against the table in mew_abi/wasi.py.
//!
//! The functions themselves are plain Zig: guest integers in, `Error!void` out.

const std = @import("std");
const abi = @import("../generated/abi.zig");
/// Each system has its own.
const calls = @import("root").calls;
const errno = @import("errno.zig");
const features = @import("features");

/// One file per group.
const groups = .{
    @import("clock.zig"),
    @import("descriptor.zig"),
    @import("directory.zig"),
    @import("file.zig"),
    @import("open.zig"),
    @import("poll.zig"),
    @import("process.zig"),
    @import("random.zig"),
    @import("socket.zig"),
    @import("stream.zig"),
    @import("strings.zig"),
    @import("wasmedge.zig"),
};

comptime {
    @setEvalBranchQuota(100_000);
    for (abi.wasi_functions) |row| {
        if (@field(features, @tagName(row.feature))) exportFunction(row);
    }
}

fn exportFunction(comptime row: abi.WasiFunction) void {
    const function = @field(groupOf(row.name), row.name);
    const signature = @typeInfo(@TypeOf(function)).@"fn";
    var params: []const u8 = "";
    for (signature.param_types) |T| params = params ++ letterOf(T.?);
    if (!std.mem.eql(u8, params, row.params)) {
        @compileError(row.name ++ " takes (" ++ params ++ "), the table says " ++ row.params);
    }
    if ((signature.return_type.? == noreturn) != (row.results.len == 0)) {
        @compileError(row.name ++ " does not return what the table says");
    }
    const call = Callable(function).call;
    @export(&call, .{ .name = abi.wasi_module ++ "." ++ row.name });
}

fn groupOf(comptime name: []const u8) type {
    inline for (groups) |group| {
        if (@hasDecl(group, name)) return group;
    }
    @compileError("no file of kernel/src/wasi has " ++ name);
}

fn letterOf(comptime T: type) []const u8 {
    return switch (T) {
        u32, i32 => "i",
        u64, i64 => "I",
        else => @compileError("no Wasm type stands for " ++ @typeName(T)),
    };
}

/// `function` with the C calling convention and an error code for its error. One case for each
/// number of parameters that the table has: a function's parameters cannot be generated.
fn Callable(comptime function: anytype) type {
    const f = function;
    const signature = @typeInfo(@TypeOf(f)).@"fn";
    if (signature.return_type.? == noreturn) return struct {
        fn call(a: u32) callconv(.c) noreturn {
            calls.enter();
            f(a);
        }
    };
    const P = ParameterTypes(signature.param_types);
    return switch (P.len) {
        0 => struct {
            fn call() callconv(.c) u32 {
                calls.enter();
                return encode(f());
            }
        },
        1 => struct {
            fn call(a: P[0]) callconv(.c) u32 {
                calls.enter();
                return encode(f(a));
            }
        },
        2 => struct {
            fn call(a: P[0], b: P[1]) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b));
            }
        },
        3 => struct {
            fn call(a: P[0], b: P[1], c: P[2]) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b, c));
            }
        },
        4 => struct {
            fn call(a: P[0], b: P[1], c: P[2], d: P[3]) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b, c, d));
            }
        },
        else => CallableWithMany(f, P),
    };
}

fn CallableWithMany(comptime f: anytype, comptime P: anytype) type {
    return switch (P.len) {
        5 => struct {
            fn call(a: P[0], b: P[1], c: P[2], d: P[3], e: P[4]) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b, c, d, e));
            }
        },
        6 => struct {
            fn call(a: P[0], b: P[1], c: P[2], d: P[3], e: P[4], g: P[5]) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b, c, d, e, g));
            }
        },
        7 => struct {
            fn call(
                a: P[0],
                b: P[1],
                c: P[2],
                d: P[3],
                e: P[4],
                g: P[5],
                h: P[6],
            ) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b, c, d, e, g, h));
            }
        },
        8 => struct {
            fn call(
                a: P[0],
                b: P[1],
                c: P[2],
                d: P[3],
                e: P[4],
                g: P[5],
                h: P[6],
                i: P[7],
            ) callconv(.c) u32 {
                return encode(f(a, b, c, d, e, g, h, i));
            }
        },
        9 => struct {
            fn call(
                a: P[0],
                b: P[1],
                c: P[2],
                d: P[3],
                e: P[4],
                g: P[5],
                h: P[6],
                i: P[7],
                j: P[8],
            ) callconv(.c) u32 {
                calls.enter();
                return encode(f(a, b, c, d, e, g, h, i, j));
            }
        },
        else => @compileError("no function has so many parameters"),
    };
}

fn ParameterTypes(comptime given: []const ?type) [given.len]type {
    var types: [given.len]type = undefined;
    for (given, &types) |T, *slot| slot.* = T.?;
    return types;
}

/// The end of a call.
inline fn encode(result: errno.Error!void) u32 {
    defer calls.leave();
    result catch |failure| return @backingInt(errno.codeOf(failure));
    return @backingInt(errno.Errno.success);
}
