// SPDX-License-Identifier: Apache-2.0
// Stream sockets between a program and itself: every call, what waits, what does not, and errors.
#include "sockets.h"

static uint32_t listener, client, server;
static char buffer[256];
static struct { uint8_t type, gap; uint16_t flags; uint32_t gap2; uint64_t base, inherited; } stat;
static struct { uint64_t device, inode; uint8_t type, gap[47]; } status;

static const uint64_t ACCEPT_RIGHT = 1 << 29;

static void listens(void) {
    EXPECT(AFNOSUPPORT, sock_open(3, STREAM, AT(&listener)));
    EXPECT(INVAL, sock_open(IP4, 0, AT(&listener)));
    EXPECT(INVAL, sock_open(IP4, 3, AT(&listener)));
    EXPECT(FAULT, sock_open(IP4, STREAM, MEMORY_END - 3));
    listener = open_socket(STREAM);
    EXPECT(3, listener);
    EXPECT(NOTCONN, receive(listener, buffer, 1, 0));
    EXPECT(INVAL, sock_bind(listener, AT(&home), 65536));
    EXPECT(FAULT, sock_bind(listener, MEMORY_END - 7, 0));
    struct vector odd = {AT(home_bytes), 5}, outside = {MEMORY_END - 3, 4};
    EXPECT(INVAL, sock_bind(listener, AT(&odd), 0));
    EXPECT(FAULT, sock_bind(listener, AT(&outside), 0));
    EXPECT(SUCCESS, sock_bind(listener, AT(&home), 0));
    EXPECT(SUCCESS, sock_listen(listener, 16));
    EXPECT(SUCCESS, fd_fdstat_get(listener, AT(&stat)));
    EXPECT(1, stat.type == 6 && stat.flags == 0 && (stat.base & ACCEPT_RIGHT));
    EXPECT(SUCCESS, fd_fdstat_set_flags(listener, NONBLOCK));
    EXPECT(AGAIN, sock_accept_v1(listener, AT(&server)));
    EXPECT(AGAIN, sock_accept(listener, NONBLOCK, AT(&server)));
    EXPECT(INVAL, sock_accept(listener, 1, AT(&server)));
    EXPECT(INVAL, sock_accept(listener, 1 << 16, AT(&server)));
    EXPECT(FAULT, sock_accept(listener, 0, MEMORY_END));
}

static void connects(void) {
    client = open_socket(STREAM);
    EXPECT(NOTCONN, sock_shutdown(client, SHUT_WRITE));
    EXPECT(SUCCESS, fd_close(client));
    client = open_socket(STREAM);
    EXPECT(SUCCESS, sock_connect(client, AT(&home), port_of(listener)));
    // Linux may tell success once more.
    sock_connect(client, AT(&home), port_of(listener));
    EXPECT(ISCONN, sock_connect(client, AT(&home), port_of(listener)));
    EXPECT(SUCCESS, poll(listener, READ)->error);
    EXPECT(SUCCESS, sock_accept(listener, 0, AT(&server)));
    EXPECT(SUCCESS, fd_fdstat_get(server, AT(&stat)));
    EXPECT(1, stat.type == 6 && stat.flags == 0 && !(stat.base & ACCEPT_RIGHT) && !stat.inherited);
    EXPECT(NOTCAPABLE, sock_accept(server, 0, AT(&result)));
    EXPECT(SUCCESS, fd_filestat_get(server, AT(&status)));
    EXPECT(1, status.inode == server && status.type == 6);
    struct storage storage;
    struct vector whole = {AT(&storage), sizeof storage}, four = {AT(buffer), 4};
    uint32_t port, family;
    EXPECT(SUCCESS, sock_getpeeraddr_v2(server, AT(&whole), AT(&port)));
    EXPECT(1, storage.family == IP4 && same(storage.bytes, home_bytes, 4));
    EXPECT(port_of(client), port);
    EXPECT(SUCCESS, sock_getpeeraddr_v1(client, AT(&four), AT(&family), AT(&port)));
    EXPECT(1, family == 4 && same(buffer, home_bytes, 4) && port == port_of(listener));
    EXPECT(SUCCESS, sock_getlocaladdr_v2(server, AT(&whole), AT(&port)));
    EXPECT(port_of(listener), port);
    EXPECT(INVAL, sock_getlocaladdr_v2(server, AT(&four), AT(&port)));
    EXPECT(FAULT, sock_getlocaladdr_v2(server, AT(&whole), MEMORY_END - 3));
    EXPECT(NOTCONN, sock_getpeeraddr_v2(listener, AT(&whole), AT(&port)));
}

static void sends(void) {
    struct vector parts[3] = {{AT("ab"), 2}, {MEMORY_END, 0}, {AT("cdef"), 4}};
    EXPECT(INVAL, sock_send(client, AT(parts), 3, 1, AT(&result)));
    EXPECT(FAULT, sock_send(client, AT(parts), 3, 0, MEMORY_END));
    EXPECT(FAULT, sock_send(client, MEMORY_END - 8, 3, 0, AT(&result)));
    EXPECT(SUCCESS, sock_send(client, AT(parts), 3, 0, AT(&result)));
    EXPECT(6, result);
    EXPECT(SUCCESS, fd_write(client, AT(parts), 1, AT(&result)));
    EXPECT(2, result);
    EXPECT(SUCCESS, send(client, buffer, 0));
    EXPECT(0, result);
    // All eight bytes, however they travelled.
    while (poll(server, READ)->readable < 8) sched_yield();
    EXPECT(0, poll(server, READ)->flags);
}

static void receives(void) {
    struct vector parts[2] = {{AT(buffer), 1}, {AT(buffer) + 1, 2}};
    EXPECT(INVAL, receive(server, buffer, 1, 4));
    EXPECT(INVAL, receive(server, buffer, 1, 1 << 16));
    EXPECT(FAULT, sock_recv(server, AT(parts), 2, 0, AT(&result), MEMORY_END - 1));
    EXPECT(FAULT, sock_recv(server, AT(parts), 2, 0, MEMORY_END - 3, AT(&result_flags)));
    EXPECT(SUCCESS, sock_recv(server, AT(parts), 2, PEEK, AT(&result), AT(&result_flags)));
    EXPECT(1, result == 3 && result_flags == 0 && same(buffer, "abc", 3));
    EXPECT(SUCCESS, sock_recv(server, AT(parts), 2, 0, AT(&result), AT(&result_flags)));
    EXPECT(1, result == 3 && same(buffer, "abc", 3));
    EXPECT(SUCCESS, fd_read(server, AT(parts), 2, AT(&result)));
    EXPECT(1, result == 3 && same(buffer, "def", 3));
    EXPECT(SUCCESS, receive(server, buffer, 0, 0));
    EXPECT(0, result);
    EXPECT(SUCCESS, fd_fdstat_set_flags(server, NONBLOCK));
    EXPECT(SUCCESS, receive(server, buffer, sizeof buffer, WAITALL));
    EXPECT(1, result == 2 && same(buffer, "ab", 2));
    EXPECT(AGAIN, receive(server, buffer, 1, 0));
    EXPECT(SUCCESS, fd_fdstat_set_flags(server, 0));
    EXPECT(SPIPE, fd_seek(server, 0, 0, AT(buffer)));
    EXPECT(SPIPE, fd_tell(server, AT(buffer)));
    EXPECT(SPIPE, fd_pread(server, AT(parts), 1, 0, AT(&result)));
    EXPECT(BADF, fd_prestat_get(server, AT(buffer)));
}

// Each right by what it allows: without it the call is refused, whatever the socket could do.
static uint32_t sends_to(uint32_t fd) {
    struct vector vector = {AT(buffer), 1};
    return sock_send_to(fd, AT(&vector), 1, AT(&home), 1, 0, AT(&result));
}

static uint32_t receives_from(uint32_t fd) {
    struct vector vector = {AT(buffer), 1}, address = {AT(buffer), 4};
    return sock_recv_from_v1(fd, AT(&vector), 1, AT(&address), 0, AT(&result), AT(&result_flags));
}

static uint32_t reads(uint32_t fd) { return receive(fd, buffer, 1, 0); }
static uint32_t writes(uint32_t fd) { return send(fd, buffer, 1); }
static uint32_t shuts(uint32_t fd) { return sock_shutdown(fd, SHUT_WRITE); }
static uint32_t accepts(uint32_t fd) { return sock_accept_v1(fd, AT(&result)); }
static uint32_t sets_flags(uint32_t fd) { return fd_fdstat_set_flags(fd, NONBLOCK); }
static uint32_t gets_status(uint32_t fd) { return fd_filestat_get(fd, AT(&status)); }
static uint32_t polls(uint32_t fd) { return poll(fd, WRITE)->error; }

static void rights(void) {
    static const struct { uint32_t right, (*call)(uint32_t); } rows[] = {
        {1, reads}, {1, receives_from}, {3, sets_flags}, {6, writes}, {6, sends_to},
        {21, gets_status}, {27, polls}, {28, shuts}, {29, accepts},
    };
    for (uint32_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        uint32_t fd = open_socket(STREAM);
        EXPECT(SUCCESS, fd_fdstat_get(fd, AT(&stat)));
        uint64_t less = stat.base & ~(1ull << rows[row].right);
        EXPECT(1, less != stat.base);
        EXPECT(SUCCESS, fd_fdstat_set_rights(fd, less, stat.inherited));
        EXPECT(NOTCAPABLE, rows[row].call(fd));
        EXPECT(NOTCAPABLE, fd_fdstat_set_rights(fd, stat.base, stat.inherited));
        EXPECT(SUCCESS, fd_close(fd));
    }
}

// A listener's inheriting rights are those of its connections.
static void inherited_rights(void) {
    EXPECT(SUCCESS, fd_fdstat_get(listener, AT(&stat)));
    EXPECT(SUCCESS, fd_fdstat_set_rights(listener, stat.base, stat.inherited & ~(1ull << 6)));
    uint32_t other = open_socket(STREAM), accepted;
    EXPECT(SUCCESS, sock_connect(other, AT(&home), port_of(listener)));
    EXPECT(SUCCESS, poll(listener, READ)->error);
    EXPECT(SUCCESS, sock_accept_v1(listener, AT(&accepted)));
    EXPECT(NOTCAPABLE, writes(accepted));
    EXPECT(SUCCESS, fd_close(accepted));
    EXPECT(SUCCESS, fd_close(other));
}

// More than any buffer on the way holds: the sender has to stop, and goes on.
static void much(void) {
    static char out[65536], in[65536];
    uint32_t sent = 0, received = 0;
    const uint32_t wanted = 16 << 20;
    for (uint32_t i = 0; i < sizeof out; i++) out[i] = (char)(i % 251);
    EXPECT(SUCCESS, fd_fdstat_set_flags(client, NONBLOCK));
    uint32_t stops = 0;
    while (received < wanted) {
        uint32_t code = SUCCESS;
        while (sent < wanted) {
            uint32_t at = sent % sizeof out;
            code = send(client, out + at, sizeof out - at);
            if (code != SUCCESS) break;
            sent += result;
        }
        if (code == AGAIN) stops++;
        else EXPECT(SUCCESS, code);
        EXPECT(SUCCESS, receive(server, in, sizeof in, 0));
        EXPECT(1, result > 0);
        for (uint32_t i = 0; i < result; i++)
            EXPECT((char)((received + i) % sizeof out % 251), in[i]);
        received += result;
    }
    EXPECT(wanted, sent);
    EXPECT(1, stops > 0);
    EXPECT(SUCCESS, fd_fdstat_set_flags(client, 0));
}

static void ends(void) {
    EXPECT(INVAL, sock_shutdown(client, 0));
    EXPECT(INVAL, sock_shutdown(client, 4));
    EXPECT(INVAL, sock_shutdown(client, 1 << 8));
    EXPECT(SUCCESS, send(client, "xyz", 3));
    EXPECT(SUCCESS, sock_shutdown(client, SHUT_WRITE));
    EXPECT(PIPE, send(client, "x", 1));
    // What waits for more than there is ends with the stream.
    EXPECT(SUCCESS, receive(server, buffer, sizeof buffer, WAITALL));
    EXPECT(1, result == 3 && same(buffer, "xyz", 3));
    const struct event *event = poll(server, READ);
    EXPECT(1, event->error == SUCCESS && event->readable == 0 && event->flags == HANGUP);
    EXPECT(SUCCESS, receive(server, buffer, 1, 0));
    EXPECT(0, result);
    // The other direction still works, and says nothing of a hangup.
    EXPECT(0, poll(server, WRITE)->flags);
    EXPECT(SUCCESS, send(server, "last", 4));
    EXPECT(SUCCESS, receive(client, buffer, 4, WAITALL));
    EXPECT(1, result == 4 && same(buffer, "last", 4));
    EXPECT(SUCCESS, fd_renumber(server, client));
    EXPECT(BADF, receive(server, buffer, 1, 0));
    EXPECT(SUCCESS, fd_close(client));
    EXPECT(BADF, send(client, "x", 1));
    EXPECT(BADF, poll(client, READ)->error);
    EXPECT(NOTSOCK, sock_shutdown(1, SHUT_READ));
    EXPECT(NOTSOCK, sock_bind(1, AT(&home), 0));
}

static void refused(void) {
    uint32_t port = port_of(listener), error = 1, size = 4;
    EXPECT(SUCCESS, fd_close(listener));
    client = open_socket(STREAM);
    EXPECT(3, client);
    EXPECT(CONNREFUSED, sock_connect(client, AT(&home), port));
    EXPECT(SUCCESS, fd_close(client));
    client = open_socket(STREAM);
    EXPECT(SUCCESS, fd_fdstat_set_flags(client, NONBLOCK));
    uint32_t code = sock_connect(client, AT(&home), port);
    if (code == INPROGRESS) {
        EXPECT(SUCCESS, poll(client, WRITE)->error);
        EXPECT(SUCCESS, sock_getsockopt(client, 0, 2, AT(&error), AT(&size)));
        EXPECT(CONNREFUSED, error);
        EXPECT(SUCCESS, sock_getsockopt(client, 0, 2, AT(&error), AT(&size)));
        EXPECT(0, error);
    } else {
        EXPECT(CONNREFUSED, code);
    }
    EXPECT(SUCCESS, fd_close(client));
}

void _start(void) {
    listens();
    connects();
    sends();
    receives();
    much();
    ends();
    rights();
    inherited_rights();
    refused();
    proc_exit(0);
}
