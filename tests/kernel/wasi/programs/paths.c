// SPDX-License-Identifier: Apache-2.0
// No path leads out of the directory that was given. The test makes what is in it:
// dir/file, in -> dir/file, out -> /etc, up -> ../.., loop -> loop, dir/back -> ../dir/file
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__);          \
    } while (0)

enum { ROOT = 3, FOLLOW = 1, KEEP = 0, CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4 };
static const uint64_t READ = 1 << 1, WRITE = 1 << 6, ALL = ~0ull;

static uint64_t stat[8];
static uint32_t opened;

static uint32_t size_of(const char *text) {
    uint32_t size = 0;
    while (text[size]) size++;
    return size;
}

#define PATH(text) AT(text), size_of(text)

static uint32_t look(uint32_t follow, const char *path) {
    return path_filestat_get(ROOT, follow, PATH(path), AT(stat));
}

static uint32_t open_file(const char *path, uint32_t how, uint64_t rights) {
    uint32_t error = path_open(ROOT, FOLLOW, PATH(path), how, rights, 0, 0, AT(&opened));
    if (error == SUCCESS) EXPECT(SUCCESS, fd_close(opened));
    return error;
}

static void outside(void) {
    EXPECT(NOTCAPABLE, look(FOLLOW, "/"));
    EXPECT(NOTCAPABLE, look(FOLLOW, "/etc/passwd"));
    EXPECT(NOTCAPABLE, look(FOLLOW, ".."));
    EXPECT(NOTCAPABLE, look(FOLLOW, "dir/../.."));
    EXPECT(NOTCAPABLE, look(FOLLOW, "dir/../../dir"));
    EXPECT(NOTCAPABLE, look(FOLLOW, "out"));
    EXPECT(NOTCAPABLE, look(KEEP, "out/passwd"));
    EXPECT(NOTCAPABLE, look(KEEP, "up/x"));
    EXPECT(NOTCAPABLE, open_file("up", DIRECTORY, READ));
    EXPECT(NOTCAPABLE, open_file("out/passwd", 0, READ));
    EXPECT(NOTCAPABLE, open_file("../new", CREATE, WRITE));
    EXPECT(NOTCAPABLE, path_create_directory(ROOT, PATH("../new")));
    EXPECT(NOTCAPABLE, path_unlink_file(ROOT, PATH("up/file")));
    EXPECT(NOTCAPABLE, path_rename(ROOT, PATH("dir/file"), ROOT, PATH("../file")));
    EXPECT(NOTCAPABLE, path_link(ROOT, KEEP, PATH("../file"), ROOT, PATH("mine")));
    EXPECT(NOTCAPABLE, path_symlink(PATH("/etc"), ROOT, PATH("mine")));
    // A link that leads out can be made, and read; following it is what is refused.
    EXPECT(SUCCESS, path_symlink(PATH("../.."), ROOT, PATH("dir/higher")));
    EXPECT(NOTCAPABLE, look(FOLLOW, "dir/higher"));
    EXPECT(SUCCESS, look(KEEP, "dir/higher"));
    EXPECT(SUCCESS, path_unlink_file(ROOT, PATH("dir/higher")));
}

static void inside(void) {
    EXPECT(SUCCESS, look(FOLLOW, "."));
    EXPECT(SUCCESS, look(FOLLOW, "dir/.."));
    EXPECT(SUCCESS, look(FOLLOW, "./dir//./back"));
    EXPECT(SUCCESS, open_file("in", 0, READ));
    EXPECT(SUCCESS, open_file("dir/back", 0, READ));
    EXPECT(LOOP, look(FOLLOW, "loop"));
    EXPECT(LOOP, look(KEEP, "loop/x"));
    EXPECT(NOENT, look(FOLLOW, ""));
    EXPECT(NOENT, look(FOLLOW, "none/x"));
    EXPECT(NOTDIR, look(FOLLOW, "dir/file/"));
    EXPECT(NOTDIR, look(FOLLOW, "dir/file/x"));
    EXPECT(ILSEQ, look(FOLLOW, "\xff"));
    EXPECT(ILSEQ, path_filestat_get(ROOT, FOLLOW, AT("a\0b"), 3, AT(stat)));
    EXPECT(EXIST, open_file("in", CREATE | EXCLUSIVE, WRITE));
    EXPECT(ISDIR, open_file("dir", 0, WRITE));
    EXPECT(ISDIR, open_file("new/", CREATE, WRITE));
    EXPECT(NOTEMPTY, path_remove_directory(ROOT, PATH("dir")));
    EXPECT(NOTDIR, path_open(0, 0, PATH("dir"), 0, 0, 0, 0, AT(&opened)));
}

static void limits(void) {
    static char path[4097];
    for (int i = 0; i < 4097; i++) path[i] = i % 2 ? '/' : '.';
    EXPECT(SUCCESS, path_filestat_get(ROOT, FOLLOW, AT(path), 4095, AT(stat)));
    EXPECT(NAMETOOLONG, path_filestat_get(ROOT, FOLLOW, AT(path), 4096, AT(stat)));
    for (int i = 0; i < 4097; i++) path[i] = 'n';
    EXPECT(NOENT, path_filestat_get(ROOT, FOLLOW, AT(path), 255, AT(stat)));
    EXPECT(NAMETOOLONG, path_filestat_get(ROOT, FOLLOW, AT(path), 256, AT(stat)));
    // 3 to 1023 are free but for the directory itself.
    uint32_t count = 0, error;
    while ((error = path_open(ROOT, FOLLOW, PATH("dir"), DIRECTORY, 0, 0, 0, AT(&opened))) == 0)
        count++;
    if (error != MFILE || count != 1024 - 4) proc_exit(__LINE__);
}

void _start(void) {
    EXPECT(NOTCAPABLE, path_open(ROOT, FOLLOW, PATH("in"), 0, ALL, 0, 0, AT(&opened)));
    outside();
    inside();
    limits();
}
