// SPDX-License-Identifier: Apache-2.0
// Each limit of docs/reference/limits.md that a program can meet: what just fits works, one more
// gives the error code that is promised, and afterwards everything goes on.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__ % 256);    \
    } while (0)

enum { TOP = 3, FOLLOW = 1, KEEP = 0, CREATE = 1 };
enum { DESCRIPTORS = 1024, BUFFERS = 1024, SUBSCRIPTIONS = 4096, PATH = 4095, NAME = 255,
       DEPTH = 64, LINKS = 40 };
static const uint64_t READ = 1 << 1, WRITE = 1 << 6;

static struct { uint32_t pointer, size; } buffers[BUFFERS + 1];
// Zeros are clocks of no time: over at once.
static uint8_t waits[(SUBSCRIPTIONS + 1) * 48], events[(SUBSCRIPTIONS + 1) * 32];
static char path[PATH + 1];
static uint64_t stat[8];
static uint32_t result, opened[DESCRIPTORS];

static uint32_t open_new(const char *name, uint32_t size) {
    return path_open(TOP, KEEP, AT(name), size, CREATE, READ | WRITE, 0, 0, AT(&result));
}

static void calls(void) {
    EXPECT(SUCCESS, fd_write(1, AT(buffers), BUFFERS, AT(&result)));
    EXPECT(INVAL, fd_write(1, AT(buffers), BUFFERS + 1, AT(&result)));
    EXPECT(SUCCESS, fd_read(0, AT(buffers), BUFFERS, AT(&result)));
    EXPECT(INVAL, fd_read(0, AT(buffers), BUFFERS + 1, AT(&result)));
    EXPECT(SUCCESS, poll_oneoff(AT(waits), AT(events), SUBSCRIPTIONS, AT(&result)));
    EXPECT(SUBSCRIPTIONS, result);
    EXPECT(INVAL, poll_oneoff(AT(waits), AT(events), SUBSCRIPTIONS + 1, AT(&result)));
}

static void descriptors(void) {
    uint32_t first = TOP, count = 0;
    while (fd_fdstat_get(first, AT(stat)) == SUCCESS) first++;
    for (uint32_t number = first; number < DESCRIPTORS; number++, count++) {
        EXPECT(SUCCESS, open_new("f", 1));
        opened[count] = result;
        EXPECT(number, result);
    }
    EXPECT(MFILE, open_new("f", 1));
    EXPECT(BADF, fd_close(DESCRIPTORS));
    EXPECT(SUCCESS, fd_close(opened[count - 1]));
    EXPECT(SUCCESS, open_new("f", 1));
    while (count > 0) EXPECT(SUCCESS, fd_close(opened[--count]));
}

// ./././... up to the size, then f.
static void fill_path(uint32_t size) {
    for (uint32_t i = 0; i < size; i++) path[i] = "./"[i % 2];
    if (size % 2 == 0) path[0] = '.', path[size - 2] = '/';
    path[size - 1] = 'f';
}

static void paths(void) {
    fill_path(PATH);
    EXPECT(SUCCESS, path_filestat_get(TOP, KEEP, AT(path), PATH, AT(stat)));
    fill_path(PATH + 1);
    EXPECT(NAMETOOLONG, path_filestat_get(TOP, KEEP, AT(path), PATH + 1, AT(stat)));
    for (uint32_t i = 0; i <= NAME; i++) path[i] = 'n';
    EXPECT(SUCCESS, open_new(path, NAME));
    EXPECT(SUCCESS, fd_close(result));
    EXPECT(SUCCESS, path_unlink_file(TOP, AT(path), NAME));
    EXPECT(NAMETOOLONG, open_new(path, NAME + 1));
    for (uint32_t i = 0; i < PATH; i++) path[i] = "d/"[i % 2];
    // One directory in DEPTH others; then a path with one more to enter.
    for (uint32_t depth = 0; depth <= DEPTH; depth++)
        EXPECT(SUCCESS, path_create_directory(TOP, AT(path), 2 * depth + 1));
    EXPECT(NAMETOOLONG, path_create_directory(TOP, AT(path), 2 * (DEPTH + 1) + 1));
    for (uint32_t depth = DEPTH + 1; depth-- > 0;)
        EXPECT(SUCCESS, path_remove_directory(TOP, AT(path), 2 * depth + 1));
}

// Link n leads to link n - 1, and link 0 to the file.
static void links(void) {
    static char target[3] = "f", name[3] = "aa";
    for (uint32_t count = 1; count <= LINKS + 1; count++) {
        name[0] = (char)('A' + count / 16), name[1] = (char)('a' + count % 16);
        EXPECT(SUCCESS, path_symlink(AT(target), count == 1 ? 1 : 2, TOP, AT(name), 2));
        EXPECT(count <= LINKS ? SUCCESS : LOOP,
               path_filestat_get(TOP, FOLLOW, AT(name), 2, AT(stat)));
        target[0] = name[0], target[1] = name[1];
    }
}

void _start(void) {
    calls();
    descriptors();
    paths();
    links();
}
