// SPDX-License-Identifier: Apache-2.0
// Calls every function with numbers that no good program passes: pointers around the end of
// memory, sizes that wrap, descriptors that are not open. Nothing may happen but error codes.
#include "preview1.h"

enum { ROUNDS = 20000 };

static uint64_t state = 0x9E3779B97F4A7C15u;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

// Mostly values at the borders of something.
static uint32_t number(void) {
    uint64_t random = next();
    uint32_t small = (uint32_t)(random >> 8) % 128;
    switch (random % 8) {
    case 0: return 0xFFFFFFFFu - small;
    case 1: return MEMORY_END - small;
    case 2: return MEMORY_END + small;
    case 3: return 0x80000000u - 64 + small;
    case 4: return (uint32_t)(random >> 16);
    default: return small;
    }
}

static uint64_t wide(void) {
    return next() % 3 ? number() : next();
}

// Not 0 to 2: what is written there would be output, and closing them would hide it.
static uint32_t descriptor(void) {
    uint32_t value = next() % 4 ? number() % 7 : number();
    return value < 3 ? 3 : value;
}

// Far from our own variables, which good pointers would let the system overwrite.
static uint32_t pointer(void) {
    uint32_t value = number();
    if (value < 128) return MEMORY_END - 4096 + value;
    return value < MEMORY_END - 4096 ? 0xFFFFFF00u : value;
}

static void simple(uint32_t which) {
    switch (which) {
    case 0: args_get(pointer(), pointer()); break;
    case 1: args_sizes_get(pointer(), pointer()); break;
    case 2: environ_get(pointer(), pointer()); break;
    case 3: environ_sizes_get(pointer(), pointer()); break;
    case 4: clock_res_get(number(), pointer()); break;
    case 5: clock_time_get(number(), wide(), pointer()); break;
    case 6: random_get(pointer(), number()); break;
    case 7: sched_yield(); break;
    case 8: sock_accept(descriptor(), number(), pointer()); break;
    case 9: sock_recv(descriptor(), pointer(), number(), number(), pointer(), pointer()); break;
    case 10: sock_send(descriptor(), pointer(), number(), number(), pointer()); break;
    case 11: sock_shutdown(descriptor(), number()); break;
    case 12: proc_raise(31 + number() % 100); break;
    }
}

static void on_descriptor(uint32_t which) {
    uint32_t fd = descriptor();
    switch (which) {
    case 0: fd_advise(fd, wide(), wide(), number()); break;
    case 1: fd_datasync(fd); break;
    case 2: fd_fdstat_get(fd, pointer()); break;
    case 3: fd_fdstat_set_flags(fd, number()); break;
    // The directory must keep its rights, and its number, or nothing else is tried.
    case 4: if (fd > 3) fd_fdstat_set_rights(fd, ~wide(), ~wide()); break;
    case 5: fd_filestat_get(fd, pointer()); break;
    case 6: fd_filestat_set_times(fd, wide(), wide(), number()); break;
    case 7: fd_pread(fd, pointer(), number(), wide(), pointer()); break;
    case 8: fd_prestat_get(fd, pointer()); break;
    case 9: fd_prestat_dir_name(fd, pointer(), number()); break;
    case 10: fd_pwrite(fd, pointer(), number(), wide(), pointer()); break;
    case 11: fd_read(fd, pointer(), number(), pointer()); break;
    case 12: fd_readdir(fd, pointer(), number(), wide(), pointer()); break;
    case 13: if (fd > 3) fd_renumber(fd, 4 + number() % 3); break;
    case 14: fd_seek(fd, (int64_t)wide(), number(), pointer()); break;
    case 15: fd_sync(fd); break;
    case 16: fd_tell(fd, pointer()); break;
    case 17: fd_write(fd, pointer(), number(), pointer()); break;
    }
}

static void on_path(uint32_t which) {
    uint32_t fd = descriptor();
    switch (which) {
    case 0: path_create_directory(fd, pointer(), number()); break;
    case 1: path_filestat_get(fd, number(), pointer(), number(), pointer()); break;
    case 2: path_filestat_set_times(fd, number(), pointer(), number(), wide(), wide(), number());
            break;
    case 3: path_link(fd, number(), pointer(), number(), descriptor(), pointer(), number()); break;
    case 4: path_open(fd, number(), pointer(), number(), number(), wide(), wide(), number(),
                      pointer());
            break;
    case 5: path_readlink(fd, pointer(), number(), pointer(), number(), pointer()); break;
    case 6: path_remove_directory(fd, pointer(), number()); break;
    case 7: path_rename(fd, pointer(), number(), descriptor(), pointer(), number()); break;
    case 8: path_symlink(pointer(), number(), fd, pointer(), number()); break;
    case 9: path_unlink_file(fd, pointer(), number()); break;
    // One subscription at most, and none that waits: the memory there holds zeros or noise.
    case 10: poll_oneoff(number() | 0x80000000u, pointer(), number(), pointer()); break;
    }
}

// So that some of the pointers are those of paths.
static void write_paths(void) {
    static const char pattern[] = "a/b/../c/./d/";
    char *page = (char *)(uintptr_t)(MEMORY_END - 4096);
    for (uint32_t i = 0; i < 256; i++) page[i] = pattern[i % (sizeof pattern - 1)];
}

void _start(void) {
    if (__builtin_wasm_memory_grow(0, 1) < 0) proc_exit(2);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        if (round % 64 == 0) write_paths();
        simple(round % 13);
        on_descriptor(round % 18);
        on_path(round % 11);
    }
    // Still in working order.
    static const char text[] = "survived\n";
    static struct { uint32_t pointer, size; } vector;
    static uint32_t written;
    vector.pointer = AT(text);
    vector.size = sizeof text - 1;
    if (fd_write(1, AT(&vector), 1, AT(&written)) != SUCCESS) proc_exit(3);
    proc_exit(0x12345678);
}
