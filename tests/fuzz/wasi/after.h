// SPDX-License-Identifier: Apache-2.0
// What is done between the random calls: starting over with an empty directory, and seeing that
// the system is in working order.

enum { DIRECTORY = 2, CREATE = 1, EXCLUSIVE = 4 };
static const uint64_t ALL_RIGHTS = (1ull << 28) - 1 & ~(1ull << 22);
static uint32_t call_count, calls_per_check, planted_call;

static uint32_t said;
static void say(const char *words) {
    static struct vector vector;
    vector.pointer = AT(words);
    for (vector.size = 0; words[vector.size]; vector.size++) {}
    if (fd_write(1, AT(&vector), 1, AT(&said)) != SUCCESS) proc_exit(91);
}

static void say_number(uint32_t value) {
    static char digits[11];
    char *first = digits + 10;
    do *--first = (char)('0' + value % 10);
    while (value /= 10);
    say(first);
}

static uint32_t number_in(uint32_t address) {
    uint32_t value = 0;
    for (const char *digit = (const char *)(uintptr_t)address; *digit; digit++)
        value = value * 10 + (uint32_t)(*digit - '0');
    return value;
}

static void read_arguments(void) {
    static uint32_t pointers[8];
    static char strings[4096];
    if (args_sizes_get(AT(list_sizes), AT(list_sizes + 1)) != SUCCESS) proc_exit(92);
    if (list_sizes[0] < 4 || list_sizes[0] > 5 || list_sizes[1] > 4096) proc_exit(93);
    if (args_get(AT(pointers), AT(strings)) != SUCCESS) proc_exit(94);
    state = number_in(pointers[1]) * 0x9E3779B97F4A7C15u + 1;
    call_count = number_in(pointers[2]);
    calls_per_check = number_in(pointers[3]);
    planted_call = list_sizes[0] == 5 ? number_in(pointers[4]) : NOWHERE;
}

static uint32_t opened;
static uint32_t open_at(uint32_t directory, const char *name, uint32_t size, uint32_t how) {
    // Directories cannot do what files can, and the other way round: each drops the rest.
    if (path_open(directory, 0, AT(name), size, how, ALL_RIGHTS, ALL_RIGHTS, 0, AT(&opened)))
        return NOWHERE;
    return opened;
}

// Removes what is in the directory, which stays open.
static void empty(uint32_t directory) {
    static uint32_t used, kept;
    char entries[1024];
    for (;;) {
        uint32_t removed = 0;
        uint64_t cookie = 0;
        while (fd_readdir(directory, AT(entries), sizeof entries, cookie, AT(&used)) == SUCCESS) {
            uint32_t at = 0, end = used, size;
            for (; at + 24 <= end; at += 24 + size) {
                __builtin_memcpy(&size, entries + at + 16, 4);
                if (at + 24 + size > end) break;
                __builtin_memcpy(&cookie, entries + at, 8);
                const char *name = entries + at + 24;
                if (name[0] == '.' && (size == 1 || (size == 2 && name[1] == '.'))) continue;
                if (path_unlink_file(directory, AT(name), size) == SUCCESS) removed++;
                else if ((kept = open_at(directory, name, size, DIRECTORY)) != NOWHERE) {
                    uint32_t inner = kept;
                    empty(inner);
                    fd_close(inner);
                    if (path_remove_directory(directory, AT(name), size) == SUCCESS) removed++;
                }
            }
            if (end < sizeof entries || at == 0) break;
        }
        if (!removed) break;
    }
}

static void count_directories(void) {
    while (fd_prestat_get(TOP + top_count, AT(fdstat)) == SUCCESS) top_count++;
}

static void begin_epoch(void) {
    for (uint32_t fd = TOP + top_count; fd < 1024; fd++) fd_close(fd);
    for (uint32_t i = 0; i < top_count; i++) empty(TOP + i);
}

// The first directory that a file can be made in, or NOWHERE.
static uint32_t find_writable(void) {
    for (uint32_t i = 0; i < top_count; i++) {
        uint32_t fd = open_at(TOP + i, "file", 4, CREATE | EXCLUSIVE);
        if (fd == NOWHERE) continue;
        if (fd_close(fd) != SUCCESS) proc_exit(95);
        if (path_unlink_file(TOP + i, AT("file"), 4) != SUCCESS) proc_exit(96);
        return TOP + i;
    }
    return NOWHERE;
}

// How much one file can hold, up to a limit, in KiB.
static uint32_t capacity(void) {
    enum { CHUNK = 16384, CHUNKS_MAX = 128 };
    static struct vector vector;
    uint32_t chunks = 0, top = find_writable(), fd;
    if (top == NOWHERE || (fd = open_at(top, "capacity", 8, CREATE)) == NOWHERE) return 0;
    vector = (struct vector){0, CHUNK};
    while (chunks < CHUNKS_MAX && fd_write(fd, AT(&vector), 1, AT(&said)) == SUCCESS) chunks++;
    fd_close(fd);
    path_unlink_file(top, AT("capacity"), 8);
    return chunks * (CHUNK / 1024);
}

// After everything: the directories can be emptied, and a file holds what is written to it.
static void check_files(uint32_t start_capacity) {
    static char back[6];
    static struct vector vector;
    begin_epoch();
    uint32_t top = find_writable();
    if (top == NOWHERE) {
        // As it was before.
        if (start_capacity) proc_exit(97);
        return;
    }
    say("capacity "), say_number(start_capacity), say(" "), say_number(capacity()), say("\n");
    uint32_t fd = open_at(top, "file", 4, CREATE | EXCLUSIVE);
    if (fd == NOWHERE) proc_exit(98);
    vector = (struct vector){AT("hello"), 5};
    if (fd_write(fd, AT(&vector), 1, AT(&said)) != SUCCESS || said != 5) proc_exit(99);
    vector = (struct vector){AT(back), 6};
    if (fd_pread(fd, AT(&vector), 1, 0, AT(&said)) != SUCCESS || said != 5) proc_exit(100);
    for (int i = 0; i < 5; i++) if (back[i] != "hello"[i]) proc_exit(101);
    if (fd_close(fd) != SUCCESS || path_remove_directory(top, AT("file"), 4) != NOTDIR)
        proc_exit(102);
    if (path_unlink_file(top, AT("file"), 4) != SUCCESS) proc_exit(103);
}
