// SPDX-License-Identifier: Apache-2.0
// Says of each directory that it starts with: its name, its device number, the first line of
// `file` in it, and the error code of making `made` in it and putting a line there. Then the code
// of moving that from each directory to the one before.
#include "preview1.h"

enum { FIRST = 3, RIGHT_READ = 1 << 1, RIGHT_WRITE = 1 << 6, CREATE = 1 };

static char line[256];
static uint32_t used;

static void put_text(const char *text, uint32_t size) {
    for (uint32_t index = 0; index < size && used < sizeof line; index++) {
        line[used++] = text[index];
    }
}

static void put_number(uint64_t number) {
    if (number >= 10) put_number(number / 10);
    char digit = (char)('0' + number % 10);
    put_text(&digit, 1);
}

static void end_line(void) {
    put_text("\n", 1);
    uint32_t buffer[2] = {AT(line), used}, done;
    fd_write(1, AT(buffer), 1, AT(&done));
    used = 0;
}

static uint32_t open_in(uint32_t directory, const char *name, uint32_t flags, uint64_t rights,
                        uint32_t *file) {
    return path_open(directory, 0, AT(name), 4, flags, rights, 0, 0, AT(file));
}

static void describe(uint32_t directory, uint32_t name_size) {
    static char name[256];
    uint64_t status[8];
    uint32_t file, done;
    fd_prestat_dir_name(directory, AT(name), name_size);
    put_text(name, name_size);
    fd_filestat_get(directory, AT(status));
    put_text(" device ", 8);
    put_number(status[0]);
    uint32_t code = open_in(directory, "file", 0, RIGHT_READ, &file);
    put_text(" file ", 6);
    if (code == SUCCESS) {
        uint32_t buffer[2] = {AT(line) + used, sizeof line - used};
        fd_read(file, AT(buffer), 1, AT(&done));
        used += done;
    } else {
        put_number(code);
    }
    put_text(" made ", 6);
    code = open_in(directory, "made", CREATE, RIGHT_WRITE, &file);
    uint32_t buffer[2] = {AT("content"), 7};
    if (code == SUCCESS) code = fd_write(file, AT(buffer), 1, AT(&done));
    put_number(code);
    end_line();
}

void _start(void) {
    uint32_t prestat[2];
    uint32_t directory = FIRST;
    for (; fd_prestat_get(directory, AT(prestat)) == SUCCESS; directory++) {
        describe(directory, prestat[1]);
    }
    while (--directory > FIRST) {
        put_text("move ", 5);
        put_number(path_rename(directory, AT("made"), 4, directory - 1, AT("moved"), 5));
        end_line();
    }
}
