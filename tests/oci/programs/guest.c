// SPDX-License-Identifier: Apache-2.0
// Does what its first argument says: what a container's program does, by one call each.
// With WHOLE it serves the listener that is its descriptor 3, and reads and writes files in the
// directory after that.
#include "preview1.h"

struct vector { uint32_t pointer, size; };
struct subscription {
    uint64_t userdata;
    uint8_t tag, gap[7];
    uint32_t clock, gap2;
    uint64_t timeout_ns, precision_ns;
    uint16_t flags, gap3[3];
};

enum { STDIN, STDOUT, STDERR, LISTENER, ROOT };
enum { MONOTONIC = 1, OPEN_CREATE = 1, OPEN_TRUNCATE = 8, BYTES = 1 << 15 };
enum { READ = 1 << 1, WRITE = 1 << 6 };
static const uint64_t AN_HOUR_NS = 3600ull * 1000 * 1000 * 1000;

static char buffer[BYTES];
static uint32_t pointers[1024];
static char environment[BYTES];
static uint32_t environment_pointers[1024];

static uint32_t length(const char *text) {
    uint32_t count = 0;
    while (text[count]) count++;
    return count;
}

static int equal(const char *one, const char *other) {
    while (*one && *one == *other) one++, other++;
    return *one == *other;
}

static uint32_t number(const char *text) {
    uint32_t value = 0;
    while (*text) value = value * 10 + (uint32_t)(*text++ - '0');
    return value;
}

static void put(uint32_t descriptor, const char *bytes, uint32_t size) {
    while (size) {
        struct vector piece = {AT(bytes), size};
        uint32_t written;
        if (fd_write(descriptor, AT(&piece), 1, AT(&written))) proc_exit(90);
        bytes += written;
        size -= written;
    }
}

static void say(uint32_t descriptor, const char *text) { put(descriptor, text, length(text)); }

static void copy(uint32_t from, uint32_t to) {
    for (;;) {
        static char chunk[4096];
        struct vector piece = {AT(chunk), sizeof chunk};
        uint32_t size;
        if (fd_read(from, AT(&piece), 1, AT(&size))) proc_exit(91);
        if (size == 0) return;
        put(to, chunk, size);
    }
}

static void show(uint32_t count) {
    uint32_t entries, size;
    environ_sizes_get(AT(&entries), AT(&size));
    environ_get(AT(environment_pointers), AT(environment));
    for (uint32_t index = 0; index < count + entries; index++) {
        int is_argument = index < count;
        uint32_t text = is_argument ? pointers[index] : environment_pointers[index - count];
        say(STDOUT, is_argument ? "argument: " : "environment: ");
        say(STDOUT, (const char *)text);
        say(STDOUT, "\n");
    }
}

static void wait(void) {
    struct subscription one = {.clock = MONOTONIC, .timeout_ns = AN_HOUR_NS};
    static uint64_t event[4];
    uint32_t count;
    say(STDOUT, "waiting\n");
    poll_oneoff(AT(&one), AT(event), 1, AT(&count));
}

// All memory that the machine has to give.
static void fill(void) {
    for (;;) {
        char *end = (char *)(__builtin_wasm_memory_size(0) * 65536);
        if (__builtin_wasm_memory_grow(0, 16) == (size_t)-1) return;
        for (int page = 0; page < 256; page++) ((volatile char *)end)[page * 4096] = 1;
    }
}

#ifdef WHOLE
static uint32_t file(const char *path, uint32_t flags, uint64_t rights) {
    uint32_t descriptor;
    uint32_t error =
        path_open(ROOT, 1, AT(path), length(path), flags, rights, 0, 0, AT(&descriptor));
    if (error) proc_exit(100 + error);
    return descriptor;
}

static void files(const char *command, const char *path, const char *text) {
    if (equal(command, "read")) copy(file(path, 0, READ), STDOUT);
    if (equal(command, "write")) say(file(path, OPEN_CREATE | OPEN_TRUNCATE, WRITE), text);
}

static void serve(void) {
    uint32_t connection;
    say(STDOUT, "serving\n");
    // An error: whoever runs us wants no more connections.
    if (sock_accept(LISTENER, 0, AT(&connection))) return;
    copy(connection, connection);
}
#else
static void files(const char *command, const char *path, const char *text) {}
static void serve(void) {}
#endif

void _start(void) {
    uint32_t count, size;
    args_sizes_get(AT(&count), AT(&size));
    args_get(AT(pointers), AT(buffer));
    for (uint32_t index = count; index < 4; index++) pointers[index] = AT("");
    const char *command = (const char *)pointers[1];
    const char *value = (const char *)pointers[2];
    if (equal(command, "show")) show(count);
    if (equal(command, "exit")) proc_exit(number(value));
    if (equal(command, "cat")) copy(STDIN, STDOUT);
    if (equal(command, "wait")) wait();
    if (equal(command, "trap")) __builtin_trap();
    if (equal(command, "fill")) fill();
    if (equal(command, "serve")) serve();
    if (equal(command, "streams")) {
        say(STDOUT, "to output\n");
        say(STDERR, "to errors\n");
    }
    files(command, value, (const char *)pointers[3]);
}
