// SPDX-License-Identifier: Apache-2.0
// Writes to a disk and says what is certainly on it, until it is killed or has done all. When it
// starts again it first looks for all that it ever said. The exit code is the line of the first
// expectation that failed.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__);          \
    } while (0)

enum { OUTPUT = 1, ROOT = 3, CREATE = 1, TRUNCATE = 8 };
enum { RECORD = 32, RECORDS = 48, MOVE_EACH = 4, KEPT = 5000 };
static const uint64_t READ = 1 << 1, SEEK = 1 << 2, SYNC = 1 << 4, WRITE = 1 << 6,
                      STAT = 1 << 21;

struct vector { uint32_t pointer, size; };
struct stat { uint64_t device, inode, filetype, links, size, times[3]; };

static uint8_t record[RECORD], content[KEPT], found[KEPT];
static char kept_name[] = "A file that was kept 00";
static uint32_t done;

static uint32_t open_file(const char *name, uint32_t how, uint64_t rights) {
    uint32_t file, size = 0;
    while (name[size]) size++;
    EXPECT(SUCCESS, path_open(ROOT, 0, AT(name), size, how, rights, 0, 0, AT(&file)));
    return file;
}

static void set_number(char *end, uint32_t number) {
    end[-2] = (char)('0' + number / 10);
    end[-1] = (char)('0' + number % 10);
}

static void make_record(uint32_t number) {
    for (uint32_t i = 0; i < RECORD; i++) record[i] = (uint8_t)('a' + (number + i) % 26);
    record[RECORD - 1] = '\n';
}

static void make_content(uint32_t number) {
    for (uint32_t i = 0; i < KEPT; i++) content[i] = (uint8_t)(number + i / 7);
}

static uint32_t same(const uint8_t *one, const uint8_t *other, uint32_t size) {
    for (uint32_t i = 0; i < size; i++) {
        if (one[i] != other[i]) return 0;
    }
    return 1;
}

static void write_all(uint32_t file, const uint8_t *from, uint32_t size) {
    struct vector vector = {AT(from), size};
    EXPECT(SUCCESS, fd_write(file, AT(&vector), 1, AT(&done)));
    EXPECT(size, done);
}

// How many records there are, all of them whole.
static uint32_t count_records(uint32_t file) {
    struct stat stat;
    EXPECT(SUCCESS, fd_filestat_get(file, AT(&stat)));
    EXPECT(0, stat.size % RECORD);
    uint32_t count = (uint32_t)(stat.size / RECORD);
    for (uint32_t number = 0; number < count; number++) {
        struct vector vector = {AT(found), RECORD};
        EXPECT(SUCCESS, fd_read(file, AT(&vector), 1, AT(&done)));
        EXPECT(RECORD, done);
        make_record(number);
        EXPECT(1, same(found, record, RECORD));
    }
    return count;
}

static void check_kept(uint32_t number) {
    set_number(kept_name + sizeof(kept_name) - 1, number);
    uint32_t file = open_file(kept_name, 0, READ);
    struct vector vector = {AT(found), KEPT};
    EXPECT(SUCCESS, fd_read(file, AT(&vector), 1, AT(&done)));
    EXPECT(KEPT, done);
    make_content(number);
    EXPECT(1, same(found, content, KEPT));
    EXPECT(SUCCESS, fd_close(file));
}

static void keep(uint32_t number) {
    static const char temporary[] = "temporary";
    uint32_t file = open_file(temporary, CREATE | TRUNCATE, WRITE | SYNC);
    make_content(number);
    write_all(file, content, KEPT);
    EXPECT(SUCCESS, fd_sync(file));
    EXPECT(SUCCESS, fd_close(file));
    set_number(kept_name + sizeof(kept_name) - 1, number);
    EXPECT(SUCCESS, path_rename(ROOT, AT(temporary), sizeof(temporary) - 1, ROOT, AT(kept_name),
                                sizeof(kept_name) - 1));
}

static void say(uint32_t number) {
    char text[] = "00\n";
    set_number(text + 2, number);
    write_all(OUTPUT, (uint8_t *)text, 3);
}

void _start(void) {
    uint32_t log = open_file("The log of all.txt", CREATE, READ | WRITE | SEEK | SYNC | STAT);
    uint32_t count = count_records(log);
    for (uint32_t number = 0; number < count / MOVE_EACH; number++) check_kept(number);
    say(count);
    for (; count < RECORDS; count++) {
        if (count % MOVE_EACH == MOVE_EACH - 1) keep(count / MOVE_EACH);
        make_record(count);
        write_all(log, record, RECORD);
        EXPECT(SUCCESS, fd_sync(log));
        say(count + 1);
    }
    proc_exit(0);
}
