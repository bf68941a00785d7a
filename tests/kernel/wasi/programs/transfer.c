// SPDX-License-Identifier: Apache-2.0
// Writes and reads one file and says how long it took, in microseconds, for
// tests/kernel/disk/speed.py.
// The exit code is the line of the first expectation that failed.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__);          \
    } while (0)

enum { OUTPUT = 1, ROOT = 3, CREATE = 1, TRUNCATE = 8, MONOTONIC = 1, SIZE = 32 << 20 };
static const uint64_t READ = 1 << 1, SEEK = 1 << 2, SYNC = 1 << 4, WRITE = 1 << 6;

struct vector { uint32_t pointer, size; };

static uint8_t bytes[1 << 20];
static uint32_t done;

static uint64_t now_us(void) {
    uint64_t now_ns;
    EXPECT(SUCCESS, clock_time_get(MONOTONIC, 1, AT(&now_ns)));
    return now_ns / 1000;
}

static void say(uint64_t number, char end) {
    uint8_t text[24];
    uint32_t start = sizeof(text);
    text[--start] = (uint8_t)end;
    do {
        text[--start] = (uint8_t)('0' + number % 10);
        number /= 10;
    } while (number > 0);
    struct vector vector = {AT(text) + start, sizeof(text) - start};
    EXPECT(SUCCESS, fd_write(OUTPUT, AT(&vector), 1, AT(&done)));
}

static void measure(uint32_t piece) {
    uint32_t file;
    EXPECT(SUCCESS, path_open(ROOT, 0, AT("file"), 4, CREATE | TRUNCATE,
                              READ | WRITE | SEEK | SYNC, 0, 0, AT(&file)));
    struct vector vector = {AT(bytes), piece};
    uint64_t start_us = now_us();
    for (uint32_t offset = 0; offset < SIZE; offset += piece) {
        EXPECT(SUCCESS, fd_write(file, AT(&vector), 1, AT(&done)));
        EXPECT(piece, done);
    }
    EXPECT(SUCCESS, fd_sync(file));
    uint64_t written_us = now_us();
    for (uint32_t offset = 0; offset < SIZE; offset += piece) {
        EXPECT(SUCCESS, fd_pread(file, AT(&vector), 1, offset, AT(&done)));
        EXPECT(piece, done);
    }
    say(piece, ' ');
    say(written_us - start_us, ' ');
    say(now_us() - written_us, '\n');
    EXPECT(SUCCESS, fd_close(file));
}

void _start(void) {
    static const uint32_t pieces[] = {4 << 10, 64 << 10, 1 << 20};
    for (uint32_t i = 0; i < sizeof(pieces) / sizeof(*pieces); i++) measure(pieces[i]);
    proc_exit(0);
}
