// SPDX-License-Identifier: Apache-2.0
// Takes all memory there is, by files and by memory.grow, and sees that each way to ask for more
// is refused as promised, and that what asks for none still works.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__ % 256);    \
    } while (0)

enum { TOP = 3, KEEP = 0, CREATE = 1, NOSPC = 51, CHUNK = 4096, FILES_MAX = 4000 };
// Most of 16 MiB.
enum { PAGES_MIN = 160 };
static const uint64_t READ = 1 << 1, WRITE = 1 << 6, SEEK = 1 << 2, ALLOCATE = 1 << 8;

static uint8_t chunk[CHUNK];
static struct { uint32_t pointer, size; } vector = {0, 0};
static uint32_t result, written[FILES_MAX];
static uint64_t stat[8];
static uint8_t entries[512], wait[48], event[32];
static char name[4];

static void set_name(uint32_t number) {
    for (int i = 0; i < 4; i++, number /= 10) name[3 - i] = (char)('0' + number % 10);
}

static uint32_t open_file(uint32_t number, uint32_t how) {
    set_name(number);
    return path_open(TOP, KEEP, AT(name), 4, how, READ | WRITE | SEEK | ALLOCATE, 0, 0,
                     AT(&result));
}

static void use_chunk(void) { vector.pointer = AT(chunk), vector.size = CHUNK; }

// Files of sizes that grow, until not even an empty one fits. Returns how many there are.
static uint32_t fill_files(uint32_t first) {
    uint32_t number = first;
    for (; number < FILES_MAX; number++) {
        uint32_t error = open_file(number, CREATE);
        if (error == NOSPC) break;
        EXPECT(SUCCESS, error);
        uint32_t fd = result;
        use_chunk();
        for (uint32_t i = 0; i < CHUNK; i++) chunk[i] = (uint8_t)(number + i);
        for (written[number] = 0; written[number] <= number * 8; written[number]++) {
            error = fd_write(fd, AT(&vector), 1, AT(&result));
            if (error == NOSPC) break;
            EXPECT(SUCCESS, error);
            EXPECT(CHUNK, result);
        }
        EXPECT(SUCCESS, fd_close(fd));
    }
    return number;
}

static void check_files(uint32_t count) {
    for (uint32_t number = 0; number < count; number++) {
        EXPECT(SUCCESS, open_file(number, 0));
        uint32_t fd = result, read = 0;
        for (use_chunk(); read < written[number]; read++) {
            EXPECT(SUCCESS, fd_read(fd, AT(&vector), 1, AT(&result)));
            EXPECT(CHUNK, result);
            for (uint32_t i = 0; i < CHUNK; i++) EXPECT((uint8_t)(number + i), chunk[i]);
        }
        EXPECT(SUCCESS, fd_read(fd, AT(&vector), 1, AT(&result)));
        EXPECT(0, result);
        EXPECT(SUCCESS, fd_close(fd));
    }
}

static void nothing_more_fits(void) {
    EXPECT(NOSPC, path_create_directory(TOP, AT("new"), 3));
    EXPECT(NOSPC, path_symlink(AT("0000"), 4, TOP, AT("new"), 3));
    EXPECT(SUCCESS, open_file(0, 0));
    EXPECT(NOSPC, fd_allocate(result, 0, 1ull << 40));
    EXPECT(SUCCESS, fd_close(result));
    if (__builtin_wasm_memory_grow(0, 256) != (size_t)-1) proc_exit(__LINE__ % 256);
}

static void the_rest_works(void) {
    EXPECT(SUCCESS, clock_time_get(0, 0, AT(stat)));
    EXPECT(SUCCESS, clock_time_get(1, 0, AT(stat)));
    EXPECT(SUCCESS, random_get(AT(chunk), CHUNK));
    EXPECT(SUCCESS, poll_oneoff(AT(wait), AT(event), 1, AT(&result)));
    EXPECT(SUCCESS, fd_readdir(TOP, AT(entries), sizeof entries, 0, AT(&result)));
    EXPECT(SUCCESS, fd_filestat_get(TOP, AT(stat)));
    EXPECT(SUCCESS, path_filestat_get(TOP, KEEP, AT("0000"), 4, AT(stat)));
    EXPECT(SUCCESS, args_sizes_get(AT(stat), AT(&result)));
}

static void say(const char *text, uint32_t size) {
    vector.pointer = AT(text), vector.size = size;
    EXPECT(SUCCESS, fd_write(1, AT(&vector), 1, AT(&result)));
    EXPECT(size, result);
}

static void remove_files(uint32_t first, uint32_t end) {
    for (uint32_t number = first; number < end; number++) {
        set_name(number);
        EXPECT(SUCCESS, path_unlink_file(TOP, AT(name), 4));
    }
}

void _start(void) {
    uint32_t count = fill_files(0);
    nothing_more_fits();
    check_files(count);
    // Nothing was written before: the console, too, must do without more memory.
    the_rest_works();
    say("full\n", 5);
    // What is given back can be had again, by whoever wants it.
    uint32_t again = 0, pages = 0;
    for (int round = 0; round < 3; round++) {
        remove_files(0, count);
        again = fill_files(0);
        if (again + 1 < count || again > count + 1) proc_exit(__LINE__ % 256);
        check_files(count = again);
    }
    remove_files(1, count);
    while (__builtin_wasm_memory_grow(0, 1) != (size_t)-1) pages++;
    if (pages < PAGES_MIN) proc_exit(__LINE__ % 256);
    the_rest_works();
    say("empty\n", 6);
    proc_exit(0);
}
