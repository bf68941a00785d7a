// SPDX-License-Identifier: Apache-2.0
// Works in a directory of the host. The test makes what is in it at first, and looks at what is
// there in the end. The exit code is the line of the first expectation that failed.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__);          \
    } while (0)
#define PATH(text) AT(text), sizeof(text) - 1

enum { ROOT = 3, FOLLOW = 1, KEEP = 0, CREATE = 1, DIRECTORY = 2, EXCLUSIVE = 4, TRUNCATE = 8 };
enum { MODIFIED = 1 << 2, APPEND = 1, FILE_REGULAR = 4, FILE_DIRECTORY = 3, FILE_LINK = 7 };
// More than one message of the protocol holds.
enum { LONG = 200000 };
static const uint64_t READ = 1 << 1, WRITE = 1 << 6, SEEK = 1 << 2, SYNC = 1 << 4, STAT = 1 << 21,
                      SET = 1 << 22 | 1 << 23, LIST = 1 << 14;

struct vector { uint32_t pointer, size; };
struct stat {
    uint64_t device, inode;
    uint8_t filetype, gap[7];
    uint64_t links, size, accessed_ns, modified_ns, changed_ns;
};
struct entry { uint64_t next, inode; uint32_t size; uint8_t filetype, gap[3]; };

static uint8_t bytes[LONG], copy[LONG];
static struct stat stat;
static uint32_t done;

static uint32_t open_file(const char *path, uint32_t size, uint32_t how, uint64_t rights) {
    uint32_t file;
    EXPECT(SUCCESS, path_open(ROOT, FOLLOW, AT(path), size, how, rights, 0, 0, AT(&file)));
    return file;
}
#define OPEN(text, how, rights) open_file(text, sizeof(text) - 1, how, rights)

static void write_all(uint32_t file, const uint8_t *from, uint32_t size) {
    for (uint32_t offset = 0; offset < size; offset += done) {
        struct vector vector = {AT(from) + offset, size - offset};
        EXPECT(SUCCESS, fd_write(file, AT(&vector), 1, AT(&done)));
    }
}

static uint32_t read_all(uint32_t file, uint8_t *to, uint32_t size) {
    uint32_t offset = 0;
    do {
        struct vector vector = {AT(to) + offset, size - offset};
        EXPECT(SUCCESS, fd_read(file, AT(&vector), 1, AT(&done)));
        offset += done;
    } while (done > 0 && offset < size);
    return offset;
}

static void files(void) {
    uint32_t file = OPEN("given.txt", 0, READ | STAT);
    EXPECT(13, read_all(file, copy, LONG));
    EXPECT('h', copy[0]);
    EXPECT(SUCCESS, fd_filestat_get(file, AT(&stat)));
    EXPECT(13, stat.size);
    EXPECT(FILE_REGULAR, stat.filetype);
    EXPECT(1000000000, stat.modified_ns);
    EXPECT(SUCCESS, fd_close(file));

    for (uint32_t i = 0; i < LONG; i++) bytes[i] = (uint8_t)(i * 7 + i / 256);
    file = OPEN("long", CREATE | EXCLUSIVE, READ | WRITE | SEEK | SYNC | STAT | SET);
    EXPECT(EXIST, path_open(ROOT, 0, PATH("long"), CREATE | EXCLUSIVE, WRITE, 0, 0, AT(&done)));
    write_all(file, bytes, LONG);
    EXPECT(SUCCESS, fd_sync(file));
    struct vector vector = {AT(copy), LONG};
    EXPECT(SUCCESS, fd_seek(file, 0, 0, AT(&stat)));
    EXPECT(LONG, read_all(file, copy, LONG));
    for (uint32_t i = 0; i < LONG; i++) EXPECT(bytes[i], copy[i]);
    EXPECT(SUCCESS, fd_pread(file, AT(&vector), 1, LONG, AT(&done)));
    EXPECT(0, done);
    EXPECT(SUCCESS, fd_filestat_set_size(file, LONG - 1));
    EXPECT(SUCCESS, fd_filestat_set_times(file, 0, 5000000007, MODIFIED));
    EXPECT(SUCCESS, fd_filestat_get(file, AT(&stat)));
    EXPECT(LONG - 1, stat.size);
    EXPECT(5000000007, stat.modified_ns);
    EXPECT(SUCCESS, fd_close(file));

    file = OPEN("cut", TRUNCATE, WRITE);
    write_all(file, (const uint8_t *)"short", 5);
    EXPECT(SUCCESS, fd_close(file));
    EXPECT(NOENT, path_open(ROOT, 0, PATH("none"), 0, READ, 0, 0, AT(&done)));
    EXPECT(ISDIR, path_open(ROOT, 0, PATH("given"), 0, WRITE, 0, 0, AT(&done)));
}

static void names(void) {
    EXPECT(SUCCESS, path_create_directory(ROOT, PATH("made")));
    EXPECT(EXIST, path_create_directory(ROOT, PATH("made")));
    EXPECT(SUCCESS, path_create_directory(ROOT, PATH("made/below")));
    EXPECT(SUCCESS, path_rename(ROOT, PATH("moves"), ROOT, PATH("made/below/moved")));
    EXPECT(SUCCESS, path_rename(ROOT, PATH("replaces"), ROOT, PATH("replaced")));
    EXPECT(NOENT, path_rename(ROOT, PATH("none"), ROOT, PATH("there")));
    EXPECT(INVAL, path_rename(ROOT, PATH("made"), ROOT, PATH("made/below/itself")));
    EXPECT(SUCCESS, path_unlink_file(ROOT, PATH("removed")));
    EXPECT(NOENT, path_unlink_file(ROOT, PATH("removed")));
    EXPECT(ISDIR, path_unlink_file(ROOT, PATH("given")));
    EXPECT(NOTEMPTY, path_remove_directory(ROOT, PATH("made")));
    EXPECT(NOTDIR, path_remove_directory(ROOT, PATH("given.txt")));
    EXPECT(SUCCESS, path_remove_directory(ROOT, PATH("empty")));
    EXPECT(SUCCESS, path_link(ROOT, KEEP, PATH("given.txt"), ROOT, PATH("made/twin")));
    EXPECT(SUCCESS, path_symlink(PATH("../given.txt"), ROOT, PATH("made/link")));
    EXPECT(SUCCESS, path_filestat_get(ROOT, KEEP, PATH("made/link"), AT(&stat)));
    EXPECT(FILE_LINK, stat.filetype);
    EXPECT(SUCCESS, path_filestat_get(ROOT, FOLLOW, PATH("made/link"), AT(&stat)));
    EXPECT(FILE_REGULAR, stat.filetype);
    EXPECT(2, stat.links);
    EXPECT(SUCCESS, path_readlink(ROOT, PATH("made/link"), AT(copy), LONG, AT(&done)));
    EXPECT(12, done);
    EXPECT(INVAL, path_readlink(ROOT, PATH("given.txt"), AT(copy), LONG, AT(&done)));
    EXPECT(SUCCESS, path_filestat_set_times(ROOT, FOLLOW, PATH("made"), 0, 7000000000, MODIFIED));
}

// Entries of `directory` in pieces of `size` bytes. A piece that is full may have cut one.
static uint32_t list(uint32_t directory, uint32_t size, uint32_t *directories) {
    uint64_t cookie = 0;
    uint32_t count = 0;
    *directories = 0;
    do {
        EXPECT(SUCCESS, fd_readdir(directory, AT(copy), size, cookie, AT(&done)));
        uint32_t at = 0;
        while (at + sizeof(struct entry) <= done) {
            const struct entry *entry = (const struct entry *)(copy + at);
            if (at + sizeof *entry + entry->size > done) break;
            at += sizeof *entry + entry->size;
            cookie = entry->next;
            count++;
            *directories += entry->filetype == FILE_DIRECTORY;
        }
    } while (done == size);
    return count;
}

static void listing(void) {
    uint32_t directories;
    uint32_t many = OPEN("many", DIRECTORY, LIST);
    uint32_t again = OPEN("many", DIRECTORY, LIST);
    // 200 files, ".", "..", "sub".
    EXPECT(203, list(many, LONG, &directories));
    EXPECT(3, directories);
    EXPECT(203, list(again, 100, &directories));
    EXPECT(203, list(many, 300, &directories));
    EXPECT(SUCCESS, fd_close(many));
    EXPECT(203, list(again, 5000, &directories));
    EXPECT(SUCCESS, fd_close(again));
}

void _start(void) {
    files();
    names();
    listing();
}
