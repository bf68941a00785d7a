// SPDX-License-Identifier: Apache-2.0
// A program that makes its own sockets, by WasmEdge's functions. It writes `ready`, then does what
// its arguments say and tells about it on standard output:
//
//   upload HOST PORT N       sends N bytes of the pattern, ends sending; "answer <what came back>"
//   download HOST PORT       reads to the end; "<bytes> <CRC-32>"
//   repeat HOST PORT N       N connections in a row: sends their number, reads it back; "<N>"
//   connect HOST PORT        "connected" or "errno <number>"
//   resolve NAME             one address by line, or "errno <number>"
//   udp PORT                 sends datagrams back until one is "end"; "<datagrams> <bytes>"
#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

#define WASMEDGE(name)                                                               \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))     \
    uint32_t name

enum { IP4 = 1, IP6 = 2, DATAGRAM = 1, STREAM = 2, ADDRESSES_MAX = 8, AI_ADDRESS_BYTES = 26 };

struct bytes { void *data; uint32_t size; };
struct storage { uint16_t family; uint8_t bytes[126]; };
struct ai_address { uint8_t family; uint32_t size; uint8_t *data; };
struct addrinfo {
    uint16_t flags;
    uint8_t family, kind, protocol;
    uint32_t address_size;
    struct ai_address *address;
    char *name;
    uint32_t name_length;
    struct addrinfo *next;
};

WASMEDGE(sock_open)(uint32_t family, uint32_t kind, uint32_t *fd);
WASMEDGE(sock_bind)(uint32_t fd, const struct bytes *address, uint32_t port);
WASMEDGE(sock_connect)(uint32_t fd, const struct bytes *address, uint32_t port);
WASMEDGE(sock_recv_from)(uint32_t fd, const struct bytes *buffers, uint32_t count,
                         const struct bytes *address, uint32_t flags, uint32_t *port,
                         uint32_t *size, uint16_t *flags_out);
WASMEDGE(sock_send_to)(uint32_t fd, const struct bytes *buffers, uint32_t count,
                       const struct bytes *address, uint32_t port, uint32_t flags, uint32_t *size);
WASMEDGE(sock_getaddrinfo)(const char *name, uint32_t name_size, const char *service,
                           uint32_t service_size, const struct addrinfo *hints,
                           struct addrinfo **list, uint32_t length, uint32_t *count);

static uint8_t buffer[64 * 1024];

// Addresses of a host, 4 or 16 bytes each. Returns the error code.
static uint32_t look_up(const char *name, struct bytes *found, uint32_t *count) {
    static uint8_t data[ADDRESSES_MAX][AI_ADDRESS_BYTES];
    static struct ai_address addresses[ADDRESSES_MAX];
    static struct addrinfo list[ADDRESSES_MAX];
    for (int index = 0; index < ADDRESSES_MAX; index++) {
        addresses[index].data = data[index];
        list[index].address = &addresses[index];
        list[index].next = index + 1 < ADDRESSES_MAX ? &list[index + 1] : NULL;
    }
    struct addrinfo hints = {.kind = STREAM}, *first = list;
    uint32_t code = sock_getaddrinfo(name, (uint32_t)strlen(name), "80", 2, &hints, &first,
                                     ADDRESSES_MAX, count);
    for (uint32_t index = 0; !code && index < *count; index++)
        // After the port.
        found[index] = (struct bytes){data[index] + 2, list[index].family == IP4 ? 4 : 16};
    return code;
}

static uint32_t connect_to(const char *host, const char *port, int *fd) {
    struct bytes addresses[ADDRESSES_MAX];
    uint32_t count, opened, code = look_up(host, addresses, &count);
    if (code) return code;
    code = sock_open(addresses[0].size == 4 ? IP4 : IP6, STREAM, &opened);
    if (code) return code;
    *fd = (int)opened;
    return sock_connect(opened, &addresses[0], (uint32_t)atoi(port));
}

static int must_connect(const char *host, const char *port) {
    int fd = -1;
    uint32_t code = connect_to(host, port, &fd);
    if (!code) return fd;
    fprintf(stderr, "client: no connection to %s, port %s: errno %u\n", host, port, (unsigned)code);
    exit(1);
}

static bool send_all(int fd, const void *data, size_t size) {
    for (const uint8_t *next = data; size;) {
        ssize_t sent = send(fd, next, size, 0);
        if (sent < 0) return false;
        next += sent, size -= (size_t)sent;
    }
    return true;
}

static int upload(int fd, uint64_t count) {
    for (uint64_t sent = 0; sent < count;) {
        size_t size = count - sent < PATTERN_PERIOD ? (size_t)(count - sent) : PATTERN_PERIOD;
        if (!send_all(fd, pattern_at(sent), size)) return perror("client: send"), 1;
        sent += size;
    }
    if (shutdown(fd, SHUT_WR)) return perror("client: shutdown"), 1;
    ssize_t size;
    printf("answer ");
    while ((size = recv(fd, buffer, sizeof buffer, 0)) > 0) fwrite(buffer, 1, (size_t)size, stdout);
    return size < 0 ? perror("client: recv"), 1 : 0;
}

static int download(int fd) {
    uint64_t count = 0;
    uint32_t crc = 0;
    ssize_t size;
    while ((size = recv(fd, buffer, sizeof buffer, 0)) > 0) {
        crc = crc_update(crc, buffer, (size_t)size);
        count += (uint64_t)size;
    }
    if (size < 0) return perror("client: recv"), 1;
    printf("%llu %08x\n", (unsigned long long)count, (unsigned)crc);
    return 0;
}

static int repeat(const char *host, const char *port, unsigned count) {
    for (unsigned number = 0; number < count; number++) {
        char text[16], back[16];
        int fd = must_connect(host, port);
        size_t size = (size_t)snprintf(text, sizeof text, "%u\n", number), got = 0;
        if (!send_all(fd, text, size)) return perror("client: send"), 1;
        while (got < size) {
            ssize_t more = recv(fd, back + got, size - got, 0);
            if (more <= 0) return perror("client: recv"), 1;
            got += (size_t)more;
        }
        if (memcmp(text, back, size)) return fprintf(stderr, "client: another answer\n"), 1;
        close(fd);
    }
    printf("%u\n", count);
    return 0;
}

static int resolve(const char *name) {
    struct bytes addresses[ADDRESSES_MAX];
    uint32_t count, code = look_up(name, addresses, &count);
    if (code) return printf("errno %u\n", (unsigned)code), 0;
    for (uint32_t index = 0; index < count; index++) {
        char text[64];
        int family = addresses[index].size == 4 ? AF_INET : AF_INET6;
        puts(inet_ntop(family, addresses[index].data, text, sizeof text));
    }
    return 0;
}

static int echo_datagrams(uint32_t port) {
    uint8_t zero[4] = {0};
    uint32_t fd, datagrams = 0;
    uint64_t total = 0;
    struct bytes any = {zero, 4};
    if (sock_open(IP4, DATAGRAM, &fd) || sock_bind(fd, &any, port)) return 1;
    printf("bound\n");
    fflush(stdout);
    for (;;) {
        struct storage from;
        struct bytes data = {buffer, sizeof buffer}, sender = {&from, sizeof from};
        uint32_t size, sender_port;
        uint16_t flags;
        if (sock_recv_from(fd, &data, 1, &sender, 0, &sender_port, &size, &flags)) return 2;
        if (size == 3 && !memcmp(buffer, "end", 3)) break;
        struct bytes back = {buffer, size}, to = {from.bytes, 4};
        if (sock_send_to(fd, &back, 1, &to, sender_port, 0, &size)) return 3;
        datagrams++;
        total += size;
    }
    printf("%u %llu\n", (unsigned)datagrams, (unsigned long long)total);
    return 0;
}

int main(int count, char **words) {
    crc_init();
    pattern_init();
    printf("ready\n");
    fflush(stdout);
    const char *command = count > 1 ? words[1] : "";
    if (count == 5 && !strcmp(command, "upload"))
        return upload(must_connect(words[2], words[3]), strtoull(words[4], NULL, 10));
    if (count == 4 && !strcmp(command, "download"))
        return download(must_connect(words[2], words[3]));
    if (count == 5 && !strcmp(command, "repeat"))
        return repeat(words[2], words[3], (unsigned)atoi(words[4]));
    if (count == 4 && !strcmp(command, "connect")) {
        int fd;
        uint32_t code = connect_to(words[2], words[3], &fd);
        if (code) printf("errno %u\n", (unsigned)code);
        else puts("connected");
        return 0;
    }
    if (count == 3 && !strcmp(command, "resolve")) return resolve(words[2]);
    if (count == 3 && !strcmp(command, "udp")) return echo_datagrams((uint32_t)atoi(words[2]));
    fprintf(stderr, "client: unknown command\n");
    return 2;
}
