// SPDX-License-Identifier: Apache-2.0
// Datagrams between a program and itself, options, time limits, many at once, and names of hosts.
#include "sockets.h"

static uint32_t left, right;
static char buffer[256];
static struct storage from;
static struct vector sender = {AT(&from), sizeof from};
static uint16_t from_port;

static uint32_t send_to(uint32_t fd, const void *bytes, uint32_t size, uint32_t port) {
    struct vector vector = {AT(bytes), size};
    return sock_send_to(fd, AT(&vector), 1, AT(&home), port, 0, AT(&result));
}

static uint32_t receive_from(uint32_t fd, uint32_t size) {
    struct vector vector = {AT(buffer), size};
    return sock_recv_from_v2(fd, AT(&vector), 1, AT(&sender), 0, AT(&from_port), AT(&result),
                             AT(&result_flags));
}

static void datagrams(void) {
    static char large[70000];
    left = open_socket(DATAGRAM), right = open_socket(DATAGRAM);
    EXPECT(SUCCESS, sock_bind(left, AT(&any), 0));
    EXPECT(SUCCESS, sock_bind(right, AT(&home), 0));
    EXPECT(NOTSUP, sock_listen(left, 1));
    EXPECT(SUCCESS, send_to(right, "first", 5, port_of(left)));
    EXPECT(5, result);
    EXPECT(SUCCESS, send_to(right, "second", 6, port_of(left)));
    EXPECT(5, poll(left, READ)->readable);
    EXPECT(SUCCESS, receive_from(left, sizeof buffer));
    EXPECT(1, result == 5 && result_flags == 0 && same(buffer, "first", 5));
    EXPECT(1, from.family == IP4 && same(from.bytes, home_bytes, 4));
    EXPECT(port_of(right), from_port);
    EXPECT(SUCCESS, receive_from(left, 3));
    EXPECT(1, result == 3 && result_flags == TRUNCATED && same(buffer, "sec", 3));
    struct vector vector = {AT(buffer), 9}, four = {AT(from.bytes), 4}, odd = {AT(&from), 64};
    EXPECT(SUCCESS, send_to(left, "", 0, port_of(right)));
    EXPECT(SUCCESS, sock_recv_from_v1(right, AT(&vector), 1, AT(&four), 0, AT(&result),
                                      AT(&result_flags)));
    EXPECT(1, result == 0 && same(from.bytes, home_bytes, 4));
    EXPECT(INVAL, sock_recv_from_v1(right, AT(&vector), 1, AT(&odd), 0, AT(&result),
                                    AT(&result_flags)));
    EXPECT(FAULT, sock_recv_from_v2(right, AT(&vector), 1, AT(&sender), 0, MEMORY_END - 1,
                                    AT(&result), AT(&result_flags)));
    EXPECT(MSGSIZE, send_to(left, large, sizeof large, port_of(right)));
    EXPECT(INVAL, send_to(left, "x", 1, 65536));
    EXPECT(SUCCESS, sock_connect(right, AT(&home), port_of(left)));
    EXPECT(SUCCESS, send(right, "peer", 4));
    EXPECT(SUCCESS, receive(left, buffer, sizeof buffer, PEEK));
    EXPECT(SUCCESS, receive(left, buffer, sizeof buffer, WAITALL));
    EXPECT(1, result == 4 && same(buffer, "peer", 4));
}

static void options(void) {
    uint32_t value = 9, size = 4, one = 1;
    EXPECT(SUCCESS, sock_getsockopt(left, 0, 1, AT(&value), AT(&size)));
    EXPECT(DATAGRAM, value);
    EXPECT(SUCCESS, sock_setsockopt(left, 0, 4, AT(&one), 4));
    EXPECT(SUCCESS, sock_getsockopt(left, 0, 4, AT(&value), AT(&size)));
    EXPECT(1, value);
    uint32_t stream = open_socket(STREAM);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint32_t names[3][2] = {{0, 0}, {0, 7}, {6, 1}};
        EXPECT(SUCCESS, sock_setsockopt(stream, names[i][0], names[i][1], AT(&one), 4));
        EXPECT(SUCCESS, sock_getsockopt(stream, names[i][0], names[i][1], AT(&value), AT(&size)));
        EXPECT(1, value);
    }
    EXPECT(SUCCESS, sock_getsockopt(stream, 0, 13, AT(&value), AT(&size)));
    EXPECT(0, value);
    EXPECT(SUCCESS, sock_getsockopt(stream, 0, 6, AT(&value), AT(&size)));
    EXPECT(1, value >= 2048);
    EXPECT(NOPROTOOPT, sock_setsockopt(stream, 0, 14, AT(&one), 4));
    EXPECT(NOPROTOOPT, sock_setsockopt(stream, 0, 13, AT(&one), 4));
    EXPECT(INVAL, sock_getsockopt(stream, 0, 15, AT(&value), AT(&size)));
    EXPECT(INVAL, sock_getsockopt(stream, 1, 0, AT(&value), AT(&size)));
    EXPECT(FAULT, sock_setsockopt(stream, 0, 0, MEMORY_END - 3, 4));
    size = 3;
    EXPECT(INVAL, sock_getsockopt(stream, 0, 0, AT(&value), AT(&size)));
    EXPECT(SUCCESS, fd_close(stream));
}

// Time limits, and waiting for several things at once.
static void waits(void) {
    struct timeval limit = {0, 20000}, read = {9, 9};
    uint32_t size = sizeof read;
    uint64_t before, after;
    EXPECT(SUCCESS, sock_setsockopt(left, 0, 11, AT(&limit), sizeof limit));
    EXPECT(SUCCESS, sock_getsockopt(left, 0, 11, AT(&read), AT(&size)));
    EXPECT(1, size == 16 && read.seconds == 0 && read.microseconds == 20000);
    EXPECT(SUCCESS, clock_time_get(1, 0, AT(&before)));
    EXPECT(AGAIN, receive_from(left, 1));
    EXPECT(SUCCESS, clock_time_get(1, 0, AT(&after)));
    EXPECT(1, after - before >= 20000000);
    struct subscription both[3] = {
        {.userdata = 1, .tag = READ, .subject = left},
        {.userdata = 2, .tag = CLOCK, .subject = 1, .timeout_ns = 10000000},
        {.userdata = 3, .tag = READ, .subject = 0},
    };
    struct event events[3];
    EXPECT(SUCCESS, poll_oneoff(AT(both), AT(events), 2, AT(&result)));
    EXPECT(1, result == 1 && events[0].userdata == 2 && events[0].tag == CLOCK);
    both[1].timeout_ns = 3600000000000;
    EXPECT(SUCCESS, send_to(right, "now", 3, port_of(left)));
    EXPECT(SUCCESS, poll_oneoff(AT(both), AT(events), 2, AT(&result)));
    EXPECT(1, result == 1 && events[0].userdata == 1 && events[0].readable == 3);
    // Standard input is empty: its end can be read at once.
    EXPECT(SUCCESS, receive_from(left, 3));
    EXPECT(SUCCESS, poll_oneoff(AT(both), AT(events), 3, AT(&result)));
    EXPECT(1, result == 1 && events[0].userdata == 3);
}

static void many(void) {
    static uint32_t fds[1024];
    static struct subscription all[1024];
    static struct event events[1024];
    uint32_t count = 0, code = SUCCESS, fd;
    while ((code = sock_open(IP4, DATAGRAM, AT(&fd))) == SUCCESS) {
        EXPECT(SUCCESS, sock_bind(fd, AT(&home), 0));
        all[count] = (struct subscription){.userdata = fd, .tag = READ, .subject = fd};
        fds[count++] = fd;
    }
    EXPECT(MFILE, code);
    EXPECT(1024 - 5, count);
    for (uint32_t i = 0; i < count; i += 100)
        EXPECT(SUCCESS, send_to(left, "to you", 6, port_of(fds[i])));
    uint32_t ready = 0;
    while (ready < (count + 99) / 100) {
        EXPECT(SUCCESS, poll_oneoff(AT(all), AT(events), count, AT(&result)));
        ready = result;
    }
    for (uint32_t i = 0; i < ready; i++) EXPECT(fds[100 * i], events[i].userdata);
    for (uint32_t i = 0; i < count; i++) EXPECT(SUCCESS, fd_close(fds[i]));
    EXPECT(fds[0], open_socket(STREAM));
}

struct sockaddr { uint8_t family, gap[3]; uint32_t size, data; };
struct addrinfo {
    uint16_t flags;
    uint8_t family, kind, protocol, gap[3];
    uint32_t address_size, address, name, name_length, next;
};

static uint32_t look_up(const char *host, const char *service, struct addrinfo *hints,
                        struct addrinfo *list, uint32_t length) {
    uint32_t first = AT(list), host_size = 0, service_size = 0;
    while (host[host_size]) host_size++;
    while (service[service_size]) service_size++;
    // With the NUL that the crate wasmedge_wasi_socket adds.
    if (host_size) host_size++;
    return sock_getaddrinfo(AT(host), host_size, AT(service), service_size, AT(hints), AT(&first),
                            length, AT(&result));
}

static void names(void) {
    static uint8_t data[2][26];
    static struct sockaddr addresses[2] = {{.data = AT(data[0])}, {.data = AT(data[1])}};
    static struct addrinfo list[2] = {{.address = AT(&addresses[0]), .next = AT(&list[1])},
                                      {.address = AT(&addresses[1])}};
    struct addrinfo hints = {.kind = STREAM};
    EXPECT(SUCCESS, look_up("192.0.2.7", "8080", &hints, list, 2));
    EXPECT(1, result == 1 && list[0].family == IP4 && list[0].kind == STREAM);
    EXPECT(1, list[0].address_size == 16 && list[0].next == AT(&list[1]));
    EXPECT(1, addresses[0].family == IP4 && addresses[0].size == 14);
    EXPECT(1, same(data[0], "\x1f\x90\xc0\x00\x02\x07", 6));
    EXPECT(SUCCESS, look_up("2001:db8::1", "http", &hints, list, 2));
    EXPECT(1, result == 1 && list[0].family == IP6 && addresses[0].size == 26);
    EXPECT(1, same(data[0], "\0\x50\0\0\0\0\x20\x01\x0d\xb8", 10) && data[0][21] == 1);
    EXPECT(SUCCESS, look_up("", "53", &hints, list, 2));
    EXPECT(1, result == 2 && same(data[0], "\0\x35\x7f\0\0\1", 6) && data[1][21] == 1);
    hints.family = IP4;
    EXPECT(SUCCESS, look_up("", "53", &hints, list, 2));
    EXPECT(1, result);
    hints.flags = 4;
    EXPECT(AINONAME, look_up("no.address", "53", &hints, list, 2));
    EXPECT(AINONAME, look_up("", "", &hints, list, 2));
    EXPECT(AISERVICE, look_up("192.0.2.7", "gopher", &hints, list, 2));
    EXPECT(AIMEMORY, look_up("192.0.2.7", "1", &hints, list, 0));
    list[0].address = MEMORY_END - 11;
    EXPECT(FAULT, look_up("192.0.2.7", "1", &hints, list, 1));
}

void _start(void) {
    datagrams();
    options();
    waits();
    many();
    names();
    proc_exit(0);
}
