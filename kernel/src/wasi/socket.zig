// SPDX-License-Identifier: Apache-2.0
//! sock_*: preview1 cannot make sockets, and none is passed in, so no descriptor is one.

const errno = @import("errno.zig");
const table = @import("table.zig");

pub fn sock_accept(number: u32, flags: u32, result: u32) errno.Error!void {
    _ = flags;
    _ = result;
    return refuse(number);
}

pub fn sock_recv(
    number: u32,
    vectors: u32,
    count: u32,
    flags: u32,
    size_result: u32,
    flags_result: u32,
) errno.Error!void {
    _ = vectors;
    _ = count;
    _ = flags;
    _ = size_result;
    _ = flags_result;
    return refuse(number);
}

pub fn sock_send(
    number: u32,
    vectors: u32,
    count: u32,
    flags: u32,
    result: u32,
) errno.Error!void {
    _ = vectors;
    _ = count;
    _ = flags;
    _ = result;
    return refuse(number);
}

pub fn sock_shutdown(number: u32, how: u32) errno.Error!void {
    _ = how;
    return refuse(number);
}

fn refuse(number: u32) errno.Error!void {
    _ = try table.get(number);
    return error.Notsock;
}
