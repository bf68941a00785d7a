// SPDX-License-Identifier: Apache-2.0
// A TCP server on the listener at descriptor 3: the first line of a connection says what it does.
//
//   echo       sends back what comes
//   sink       reads to the end, then answers "<bytes> <CRC-32>\n"
//   discard    the same without a checksum: "<bytes> 00000000\n"
//   source N   sends N bytes of the pattern, then closes
//   small N    the same, one byte by call
//   hold       reads nothing until a connection says `release`, then is a sink
//   release    lets the holders go, answers "<number>\n"
//   half       answers "over\n" and ends its sending at once, then reads to the end
//   unread     sends "x" and closes without reading what came after the line
//   last       answers "<bytes> <CRC-32>\n" of the last `half` that ended
//   stats      answers "<accepted> <open> <bytes read> <bytes sent>\n"
//   exit N     ends the program with the exit code N
//
// One loop over poll; nothing here waits for one connection.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

enum {
    LISTENER = 3,
    CONNECTIONS_MAX = 1100,
    LINE_MAX_BYTES = 64,
    CHUNK = 64 * 1024,
    HELD = 8 * 1024,
};

enum mode { COMMAND, ECHO, SINK, DISCARD, SOURCE, HOLD, HALF, ANSWER };

struct connection {
    int fd;
    enum mode mode;
    bool small, ended;
    uint32_t crc, line_size;
    uint64_t count, left;
    char line[LINE_MAX_BYTES];
    // Echo only: what has been read and not yet sent.
    uint8_t *held;
    size_t held_start, held_size;
};

static struct connection connections[CONNECTIONS_MAX];
static struct pollfd polled[CONNECTIONS_MAX + 1];
static size_t connection_count;
static uint64_t accepted, bytes_read, bytes_sent, last_count;
static uint32_t last_crc;
static uint8_t chunk[CHUNK];

static void die(const char *where) {
    fprintf(stderr, "server: %s: %s\n", where, strerror(errno));
    exit(1);
}

static void drop(struct connection *connection) {
    close(connection->fd);
    free(connection->held);
    *connection = connections[--connection_count];
}

// Bytes sent, 0 when there is no room now, -1 after an error.
static ssize_t send_some(struct connection *connection, const void *data, size_t size) {
    ssize_t sent = send(connection->fd, data, size, 0);
    if (sent < 0) return errno == EAGAIN || errno == EINTR ? 0 : -1;
    // What asks for these numbers does not change them.
    if (connection->mode != ANSWER) bytes_sent += (uint64_t)sent;
    return sent;
}

static void set_answer(struct connection *connection, uint64_t count, uint32_t crc) {
    connection->line_size =
        (uint32_t)snprintf(connection->line, LINE_MAX_BYTES, "%llu %08x\n",
                           (unsigned long long)count, (unsigned)crc);
    connection->mode = ANSWER;
}

static uint64_t release_all(void) {
    uint64_t released = 0;
    for (size_t index = 0; index < connection_count; index++)
        if (connections[index].mode == HOLD) {
            connections[index].mode = SINK;
            released++;
        }
    return released;
}

// The line is complete. False: the connection is over.
static bool begin(struct connection *connection) {
    char *line = connection->line;
    unsigned long long number = 0;
    if (!strcmp(line, "echo")) {
        connection->mode = ECHO;
        connection->held = malloc(HELD);
        return connection->held != NULL;
    }
    if (!strcmp(line, "sink")) return connection->mode = SINK, true;
    if (!strcmp(line, "discard")) return connection->mode = DISCARD, true;
    if (!strcmp(line, "hold")) return connection->mode = HOLD, true;
    if (!strcmp(line, "half")) {
        connection->mode = HALF;
        return send_some(connection, "over\n", 5) == 5 && !shutdown(connection->fd, SHUT_WR);
    }
    if (!strcmp(line, "unread")) {
        send_some(connection, "x", 1);
        return false;
    }
    if (sscanf(line, "source %llu", &number) == 1 || sscanf(line, "small %llu", &number) == 1) {
        connection->mode = SOURCE;
        connection->left = number;
        connection->small = line[1] == 'm';
        return true;
    }
    if (!strcmp(line, "last")) return set_answer(connection, last_count, last_crc), true;
    if (!strcmp(line, "release")) {
        connection->mode = ANSWER;
        uint64_t released = release_all();
        connection->line_size = (uint32_t)snprintf(line, LINE_MAX_BYTES, "%llu\n",
                                                   (unsigned long long)released);
        return true;
    }
    if (!strcmp(line, "stats")) {
        connection->mode = ANSWER;
        connection->line_size = (uint32_t)snprintf(
            line, LINE_MAX_BYTES, "%llu %zu %llu %llu\n", (unsigned long long)accepted,
            connection_count, (unsigned long long)bytes_read, (unsigned long long)bytes_sent);
        return true;
    }
    if (sscanf(line, "exit %llu", &number) == 1) exit((int)number);
    fprintf(stderr, "server: unknown command '%s'\n", line);
    return false;
}

// Reads a byte at a time up to the newline: what follows stays where it is.
static bool read_command(struct connection *connection) {
    for (;;) {
        char byte;
        ssize_t size = recv(connection->fd, &byte, 1, 0);
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        if (size == 0) return false;
        if (byte == '\n') {
            connection->line[connection->line_size] = 0;
            return begin(connection);
        }
        if (connection->line_size == LINE_MAX_BYTES - 1) return false;
        connection->line[connection->line_size++] = byte;
    }
}

static bool serve_sink(struct connection *connection) {
    ssize_t size = recv(connection->fd, chunk, CHUNK, 0);
    if (size < 0) return errno == EAGAIN || errno == EINTR;
    if (size == 0) {
        if (connection->mode == HALF) {
            last_count = connection->count;
            last_crc = connection->crc;
            return false;
        }
        set_answer(connection, connection->count, connection->crc);
        return true;
    }
    if (connection->mode != DISCARD)
        connection->crc = crc_update(connection->crc, chunk, (size_t)size);
    connection->count += (uint64_t)size;
    bytes_read += (uint64_t)size;
    return true;
}

static bool serve_source(struct connection *connection) {
    while (connection->left) {
        size_t most = connection->small ? 1 : PATTERN_PERIOD;
        size_t size = connection->left < most ? (size_t)connection->left : most;
        ssize_t sent = send_some(connection, pattern_at(connection->count), size);
        if (sent <= 0) return sent == 0;
        connection->count += (uint64_t)sent;
        connection->left -= (uint64_t)sent;
    }
    return false;
}

static bool serve_echo(struct connection *connection) {
    if (!connection->held_size) {
        ssize_t size = recv(connection->fd, connection->held, HELD, 0);
        if (size < 0) return errno == EAGAIN || errno == EINTR;
        if (size == 0) return false;
        bytes_read += (uint64_t)size;
        connection->held_start = 0;
        connection->held_size = (size_t)size;
    }
    ssize_t sent = send_some(connection, connection->held + connection->held_start,
                             connection->held_size);
    if (sent < 0) return false;
    connection->held_start += (size_t)sent;
    connection->held_size -= (size_t)sent;
    return true;
}

// An answer is smaller than any buffer: it goes at once or the peer is gone. Then the peer ends.
static bool serve_answer(struct connection *connection) {
    if (!connection->line_size) return recv(connection->fd, chunk, CHUNK, 0) < 0 && errno == EAGAIN;
    ssize_t sent = send_some(connection, connection->line, connection->line_size);
    if (sent < 0) return false;
    connection->line_size -= (uint32_t)sent;
    return !connection->line_size ? !shutdown(connection->fd, SHUT_WR) : true;
}

static bool serve(struct connection *connection) {
    switch (connection->mode) {
        case COMMAND: return read_command(connection);
        case SINK:
        case DISCARD:
        case HALF: return serve_sink(connection);
        case SOURCE: return serve_source(connection);
        case ECHO: return serve_echo(connection);
        case ANSWER: return serve_answer(connection);
        case HOLD: return true;
    }
    return false;
}

static short interest(const struct connection *connection) {
    switch (connection->mode) {
        case HOLD: return 0;
        case SOURCE: return POLLOUT;
        case ANSWER: return connection->line_size ? POLLOUT : POLLIN;
        case ECHO: return connection->held_size ? POLLOUT : POLLIN;
        default: return POLLIN;
    }
}

static void accept_all(void) {
    while (connection_count < CONNECTIONS_MAX) {
        int fd = accept(LISTENER, NULL, NULL);
        if (fd < 0) {
            if (errno == EAGAIN || errno == EINTR || errno == ECONNABORTED) return;
            die("accept");
        }
        if (fcntl(fd, F_SETFL, O_NONBLOCK)) die("fcntl");
        connections[connection_count++] = (struct connection){.fd = fd};
        accepted++;
    }
}

int main(void) {
    crc_init();
    pattern_init();
    if (fcntl(LISTENER, F_SETFL, O_NONBLOCK)) die("no listener at descriptor 3");
    printf("ready\n");
    fflush(stdout);
    for (;;) {
        // A holder is not polled at all: POLLIN is always set for one with unread data.
        size_t count = 0;
        static size_t owner[CONNECTIONS_MAX + 1];
        for (size_t index = 0; index < connection_count; index++) {
            short events = interest(&connections[index]);
            if (!events) continue;
            owner[count] = index;
            polled[count++] = (struct pollfd){.fd = connections[index].fd, .events = events};
        }
        polled[count] = (struct pollfd){.fd = LISTENER, .events = POLLIN};
        if (poll(polled, (nfds_t)count + 1, -1) < 0 && errno != EINTR) die("poll");
        bool wants_accept = polled[count].revents != 0;
        // From the end: `drop` moves the last connection into the gap.
        while (count--)
            if (polled[count].revents && !serve(&connections[owner[count]]))
                drop(&connections[owner[count]]);
        if (wants_accept) accept_all();
    }
}
