// SPDX-License-Identifier: Apache-2.0
//! What calls on sockets take and give. network.zig shows the same to the WASI layer.

/// Failures of calls, named like the error codes of preview1.
pub const Error = error{
    Acces,
    Addrinuse,
    Addrnotavail,
    Afnosupport,
    Again,
    Already,
    Badf,
    Canceled,
    Connaborted,
    Connrefused,
    Connreset,
    Destaddrreq,
    Hostunreach,
    Inprogress,
    Inval,
    Isconn,
    Msgsize,
    Netdown,
    Netunreach,
    Nfile,
    Nobufs,
    Noent,
    Nomem,
    Noprotoopt,
    Notconn,
    Notsup,
    Pipe,
    Timedout,
};

pub const Family = enum { ip4, ip6 };
pub const Kind = enum { stream, datagram };

/// Bytes in network order; of an IPv4 address the first four count.
pub const Address = struct {
    family: Family,
    bytes: [16]u8,
    port: u16,
};

pub const Receive = struct { peek: bool = false };
pub const Received = struct {
    /// 0 of a stream: the peer sends no more.
    count: usize,
    /// The rest of the datagram did not fit and is lost.
    truncated: bool = false,
    /// The sender, of a datagram; the peer of a stream.
    from: Address,
};

pub const Shutdown = struct { receive: bool, send: bool };

pub const Option = enum {
    reuse_address,
    keep_alive,
    no_delay,
    broadcast,
    send_buffer_bytes,
    receive_buffer_bytes,
    /// Read only.
    is_listening,
    /// Reading it clears it: 0, or the number of an errno.
    pending_error,
};

pub const Readiness = struct {
    /// Reading, or accepting, does not have to wait; the end of the stream counts, and so does a
    /// failure.
    readable: bool = false,
    writable: bool = false,
    /// The peer has closed, or the connection has failed.
    hangup: bool = false,
    /// Bytes that can be read now.
    readable_bytes: u64 = 0,
};

/// An open socket: where in the table, and which of those that have been there. All zeros is none.
pub const Socket = packed struct(u32) { index: u16, generation: u16 };

/// The code of preview1 for a failure (wasi/errno.zig, which knows them all).
pub fn errnoOf(failure: Error) u16 {
    return switch (failure) {
        error.Acces => 2,
        error.Addrinuse => 3,
        error.Addrnotavail => 4,
        error.Afnosupport => 5,
        error.Again => 6,
        error.Already => 7,
        error.Badf => 8,
        error.Canceled => 11,
        error.Connaborted => 13,
        error.Connrefused => 14,
        error.Connreset => 15,
        error.Destaddrreq => 17,
        error.Hostunreach => 23,
        error.Inprogress => 26,
        error.Inval => 28,
        error.Isconn => 30,
        error.Msgsize => 35,
        error.Netdown => 38,
        error.Netunreach => 40,
        error.Nfile => 41,
        error.Nobufs => 42,
        error.Noent => 44,
        error.Nomem => 48,
        error.Noprotoopt => 50,
        error.Notconn => 53,
        error.Notsup => 58,
        error.Pipe => 64,
        error.Timedout => 73,
    };
}
