// SPDX-License-Identifier: Apache-2.0
// WasmEdge's socket functions as a program sees them.
#include "preview1.h"

#define WASMEDGE(symbol, name, ...)                                                    \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))       \
    uint32_t symbol(__VA_ARGS__)

WASMEDGE(sock_open, sock_open, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_bind, sock_bind, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_listen, sock_listen, uint32_t, uint32_t);
WASMEDGE(sock_accept_v1, sock_accept, uint32_t, uint32_t);
WASMEDGE(sock_connect, sock_connect, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_recv_from_v1, sock_recv_from, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
         uint32_t, uint32_t);
WASMEDGE(sock_recv_from_v2, sock_recv_from, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
         uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_send_to, sock_send_to, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
         uint32_t);
WASMEDGE(sock_getlocaladdr_v1, sock_getlocaladdr, uint32_t, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_getlocaladdr_v2, sock_getlocaladdr, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_getpeeraddr_v1, sock_getpeeraddr, uint32_t, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_getpeeraddr_v2, sock_getpeeraddr, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_getsockopt, sock_getsockopt, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_setsockopt, sock_setsockopt, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASMEDGE(sock_getaddrinfo, sock_getaddrinfo, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
         uint32_t, uint32_t, uint32_t);

enum {
    AFNOSUPPORT = 5, AGAIN = 6, CONNREFUSED = 14, INPROGRESS = 26, ISCONN = 30, MSGSIZE = 35,
    NOPROTOOPT = 50, NOTCONN = 53, NOTSOCK = 57, PIPE = 64, AIMEMORY = 82, AINONAME = 84,
    AISERVICE = 85,
};
enum { IP4 = 1, IP6 = 2, DATAGRAM = 1, STREAM = 2, NONBLOCK = 4 };
