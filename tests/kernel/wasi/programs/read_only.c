// SPDX-License-Identifier: Apache-2.0
// Tries to change a directory that can only be read. The exit code is the line of the first
// expectation that failed.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__);          \
    } while (0)
#define PATH(text) AT(text), sizeof(text) - 1

enum { ROOT = 3, CREATE = 1, READ = 1 << 1, WRITE = 1 << 6, READ_ONLY = 69 };

void _start(void) {
    static struct { uint32_t pointer, size; } vector;
    static uint8_t byte;
    static uint32_t file, done;
    EXPECT(SUCCESS, path_open(ROOT, 0, PATH("given.txt"), 0, READ, 0, 0, AT(&file)));
    vector.pointer = AT(&byte);
    vector.size = 1;
    EXPECT(SUCCESS, fd_read(file, AT(&vector), 1, AT(&done)));
    EXPECT('h', byte);
    EXPECT(READ_ONLY, path_open(ROOT, 0, PATH("given.txt"), 0, WRITE, 0, 0, AT(&file)));
    EXPECT(READ_ONLY, path_open(ROOT, 0, PATH("new"), CREATE, WRITE, 0, 0, AT(&file)));
    EXPECT(READ_ONLY, path_create_directory(ROOT, PATH("new")));
    EXPECT(READ_ONLY, path_rename(ROOT, PATH("given.txt"), ROOT, PATH("new")));
    EXPECT(READ_ONLY, path_unlink_file(ROOT, PATH("given.txt")));
    EXPECT(READ_ONLY, path_symlink(PATH("given.txt"), ROOT, PATH("new")));
}
