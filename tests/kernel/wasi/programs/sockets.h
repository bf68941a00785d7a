// SPDX-License-Identifier: Apache-2.0
// What tests of sockets share.
#include "wasmedge.h"

enum { PEEK = 1, WAITALL = 2, TRUNCATED = 1, SHUT_READ = 1, SHUT_WRITE = 2, HANGUP = 1 };
enum { CLOCK = 0, READ = 1, WRITE = 2 };

struct vector { uint32_t pointer, size; };
struct storage { uint16_t family; uint8_t bytes[126]; };
struct timeval { int64_t seconds, microseconds; };
struct subscription {
    uint64_t userdata;
    uint8_t tag, gap[7];
    uint32_t subject, gap2;
    uint64_t timeout_ns, precision_ns;
    uint16_t flags, gap3[3];
};
struct event {
    uint64_t userdata;
    uint16_t error;
    uint8_t tag, gap[5];
    uint64_t readable;
    uint16_t flags, gap2[3];
};

static void fail(uint32_t line) {
    static char text[16];
    static struct vector vector;
    static uint32_t written;
    char *digit = text + sizeof text;
    for (*--digit = '\n'; line; line /= 10) *--digit = (char)('0' + line % 10);
    vector = (struct vector){AT(digit), (uint32_t)(text + sizeof text - digit)};
    fd_write(2, AT(&vector), 1, AT(&written));
    proc_exit(1);
}

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) fail(__LINE__);               \
    } while (0)

static uint32_t result;
static uint16_t result_flags;

// The addresses 127.0.0.1 and 0.0.0.0.
static uint8_t home_bytes[4] = {127, 0, 0, 1}, any_bytes[4];
static struct vector home = {AT(home_bytes), 4}, any = {AT(any_bytes), 4};

static uint32_t send(uint32_t fd, const void *bytes, uint32_t size) {
    struct vector vector = {AT(bytes), size};
    return sock_send(fd, AT(&vector), 1, 0, AT(&result));
}

static uint32_t receive(uint32_t fd, void *bytes, uint32_t size, uint32_t flags) {
    struct vector vector = {AT(bytes), size};
    return sock_recv(fd, AT(&vector), 1, flags, AT(&result), AT(&result_flags));
}

static uint32_t open_socket(uint32_t kind) {
    uint32_t fd;
    EXPECT(SUCCESS, sock_open(IP4, kind, AT(&fd)));
    return fd;
}

static uint32_t port_of(uint32_t fd) {
    uint8_t bytes[16];
    struct vector address = {AT(bytes), 16};
    uint32_t family, port;
    EXPECT(SUCCESS, sock_getlocaladdr_v1(fd, AT(&address), AT(&family), AT(&port)));
    EXPECT(4, family);
    return port;
}

static int same(const void *left, const void *right, uint32_t size) {
    for (uint32_t i = 0; i < size; i++)
        if (((const char *)left)[i] != ((const char *)right)[i]) return 0;
    return 1;
}

// Waits for one event; its record is the result.
static const struct event *poll(uint32_t fd, uint8_t tag) {
    static struct subscription wait;
    static struct event event;
    wait = (struct subscription){.userdata = 7, .tag = tag, .subject = fd};
    EXPECT(SUCCESS, poll_oneoff(AT(&wait), AT(&event), 1, AT(&result)));
    EXPECT(1, result);
    EXPECT(1, event.userdata == 7 && event.tag == tag);
    return &event;
}
