// SPDX-License-Identifier: Apache-2.0
// Each right by what it allows: without it a call is `notcapable`, with all rights it succeeds.
// The exit code is 0, or that of the first row that fails: 2 * row + 1 without the right,
// 2 * row + 2 with all, CLOSED + row for a descriptor that is not open, WRONG_KIND + row for a file
// where a directory belongs, UNCHECKED + row for the functions that no right belongs to.
// The directory 3 holds `file`, `dir/file`, and `dir/link` to it.
#include "../../kernel/wasi/programs/preview1.h"

enum { NOTSOCK = 57 };
#define TEXT(string) AT(string), sizeof(string) - 1

struct vector { uint32_t pointer, size; };
struct fdstat { uint8_t filetype, gap; uint16_t flags; uint32_t gap2; uint64_t base, inheriting; };

static uint8_t scratch[512];
static struct vector vector = {AT(scratch), 1};
static uint32_t result, opened;
static uint64_t result64;
static struct { uint64_t userdata; uint8_t tag, gap[7]; uint32_t fd, rest[7]; } wait = {.tag = 1};
static struct { uint64_t userdata; uint16_t error; uint8_t rest[22]; } event;

static uint32_t opens(uint32_t fd, uint32_t oflags, uint64_t base) {
    uint32_t code = path_open(fd, 0, TEXT("file"), oflags, base, 0, 0, AT(&opened));
    if (code == SUCCESS) fd_close(opened);
    return code;
}

static uint32_t polls(uint32_t fd) {
    wait.fd = fd;
    uint32_t code = poll_oneoff(AT(&wait), AT(&event), 1, AT(&result));
    return code ? code : event.error;
}

#define DO(name, call) static uint32_t do_##name(uint32_t fd) { return call; }
DO(datasync, fd_datasync(fd))
DO(sync, fd_sync(fd))
DO(read, fd_read(fd, AT(&vector), 1, AT(&result)))
DO(pread, fd_pread(fd, AT(&vector), 1, 0, AT(&result)))
DO(write, fd_write(fd, AT(&vector), 1, AT(&result)))
DO(pwrite, fd_pwrite(fd, AT(&vector), 1, 0, AT(&result)))
DO(seek, fd_seek(fd, 1, 0, AT(&result64)))
DO(tell, fd_tell(fd, AT(&result64)))
DO(set_flags, fd_fdstat_set_flags(fd, 1))
DO(advise, fd_advise(fd, 0, 1, 0))
DO(allocate, fd_allocate(fd, 0, 1))
DO(filestat, fd_filestat_get(fd, AT(scratch)))
DO(set_size, fd_filestat_set_size(fd, 4))
DO(set_times, fd_filestat_set_times(fd, 1, 1, 1 | 4))
DO(poll, polls(fd))
DO(mkdir, path_create_directory(fd, TEXT("new")))
DO(rmdir, path_remove_directory(fd, TEXT("new")))
DO(open, opens(fd, 0, 0))
DO(create, opens(fd, 1, 0))
DO(truncate, opens(fd, 8, 0))
DO(readdir, fd_readdir(fd, AT(scratch), sizeof scratch, 0, AT(&result)))
DO(link_from, path_link(fd, 0, TEXT("file"), 3, TEXT("linked")))
DO(link_to, path_link(3, 0, TEXT("file"), fd, TEXT("linked")))
DO(readlink, path_readlink(fd, TEXT("link"), AT(scratch), sizeof scratch, AT(&result)))
DO(symlink, path_symlink(TEXT("file"), fd, TEXT("made")))
DO(rename_from, path_rename(fd, TEXT("made"), 3, TEXT("renamed")))
DO(rename_to, path_rename(3, TEXT("renamed"), fd, TEXT("made")))
DO(path_filestat, path_filestat_get(fd, 0, TEXT("file"), AT(scratch)))
DO(path_times, path_filestat_set_times(fd, 0, TEXT("file"), 1, 1, 1 | 4))
DO(unlink, path_unlink_file(fd, TEXT("made")))

// In order: some need what those before them made.
static const struct { uint8_t right, on_directory; uint32_t (*call)(uint32_t); } rows[] = {
    {0, 0, do_datasync}, {4, 0, do_sync}, {1, 0, do_read}, {1, 0, do_pread}, {2, 0, do_pread},
    {6, 0, do_write}, {6, 0, do_pwrite}, {2, 0, do_pwrite}, {2, 0, do_seek}, {5, 0, do_tell},
    {3, 0, do_set_flags}, {7, 0, do_advise}, {8, 0, do_allocate}, {21, 0, do_filestat},
    {22, 0, do_set_size}, {23, 0, do_set_times}, {27, 0, do_poll},
    {9, 1, do_mkdir}, {25, 1, do_rmdir}, {13, 1, do_open}, {10, 1, do_create},
    {19, 1, do_truncate}, {14, 1, do_readdir}, {11, 1, do_link_from}, {12, 1, do_link_to},
    {15, 1, do_readlink}, {24, 1, do_symlink}, {16, 1, do_rename_from}, {17, 1, do_rename_to},
    {18, 1, do_path_filestat}, {20, 1, do_path_times}, {26, 1, do_unlink},
};

// Functions on descriptors that ask for no right.
DO(close, fd_close(fd))
DO(fdstat, fd_fdstat_get(fd, AT(scratch)))
DO(set_rights, fd_fdstat_set_rights(fd, 0, 0))
DO(prestat, fd_prestat_get(fd, AT(scratch)))
DO(prestat_name, fd_prestat_dir_name(fd, AT(scratch), sizeof scratch))
DO(renumber_from, fd_renumber(fd, 1))
DO(renumber_to, fd_renumber(1, fd))
DO(accept, sock_accept(fd, 0, AT(&result)))
DO(receive, sock_recv(fd, AT(&vector), 1, 0, AT(&result), AT(&result)))
DO(send, sock_send(fd, AT(&vector), 1, 0, AT(&result)))
DO(shutdown, sock_shutdown(fd, 1))
// What they say about a file that is open.
static const struct { uint8_t on_file; uint32_t (*call)(uint32_t); } unchecked[] = {
    {SUCCESS, do_fdstat}, {SUCCESS, do_set_rights}, {BADF, do_prestat}, {BADF, do_prestat_name},
    {NOTSOCK, do_accept}, {NOTSOCK, do_receive}, {NOTSOCK, do_send}, {NOTSOCK, do_shutdown},
    {SUCCESS, do_close}, {BADF, do_renumber_from}, {BADF, do_renumber_to},
};

enum { CLOSED = 80, WRONG_KIND = 120, UNCHECKED = 160, NEVER_OPENED = 99 };
enum { FAILED_OPEN = 201, FAILED_RIGHTS, FAILED_WIDER };

// A descriptor with all rights that the system gives, but for `without`.
static uint32_t open_without(int directory, uint64_t without) {
    struct fdstat root, own;
    uint32_t fd;
    if (fd_fdstat_get(3, AT(&root))) proc_exit(FAILED_OPEN);
    uint32_t code = directory
        ? path_open(3, 0, TEXT("dir"), 2, root.base, root.inheriting, 0, AT(&fd))
        : path_open(3, 0, TEXT("file"), 0, root.inheriting, 0, 0, AT(&fd));
    if (code || fd_fdstat_get(fd, AT(&own))) proc_exit(FAILED_OPEN);
    if (fd_fdstat_set_rights(fd, own.base & ~without, own.inheriting)) proc_exit(FAILED_RIGHTS);
    // What was given up is gone.
    if (without & own.base && fd_fdstat_set_rights(fd, own.base, own.inheriting) != NOTCAPABLE)
        proc_exit(FAILED_WIDER);
    return fd;
}

void _start(void) {
    for (uint32_t row = 0; row < sizeof rows / sizeof rows[0]; row++) {
        uint32_t fd = open_without(rows[row].on_directory, 1ull << rows[row].right);
        if (rows[row].call(fd) != NOTCAPABLE) proc_exit(2 * row + 1);
        fd_close(fd);
        fd = open_without(rows[row].on_directory, 0);
        if (rows[row].call(fd) != SUCCESS) proc_exit(2 * row + 2);
        fd_close(fd);
        // Both links of one name: the second of the two rows makes its own.
        if (rows[row].call == do_link_from) path_unlink_file(3, TEXT("linked"));
        if (rows[row].call(NEVER_OPENED) != BADF) proc_exit(CLOSED + row);
        fd = open_without(0, 0);
        if (rows[row].on_directory && rows[row].call(fd) != NOTDIR) proc_exit(WRONG_KIND + row);
        fd_close(fd);
    }
    uint32_t fd = open_without(0, 0);
    for (uint32_t row = 0; row < sizeof unchecked / sizeof unchecked[0]; row++) {
        if (unchecked[row].call(NEVER_OPENED) != BADF) proc_exit(UNCHECKED + row);
        // Those in the last line come when it is closed.
        if (unchecked[row].call(fd) != unchecked[row].on_file) proc_exit(UNCHECKED + row);
    }
}
