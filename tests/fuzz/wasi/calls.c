// SPDX-License-Identifier: Apache-2.0
// Makes random calls of every function that there is. Arguments: seed, number of calls, number of
// calls between checks of the whole memory, and optionally the number of a call after which the
// program writes where it must not, to see that it is seen. Exit code 0 and a table on standard
// output, or 1 and a line that names the call.
#include "hostile.h"

enum { CALLS_PER_EPOCH = 4096, ERRNO_MAX = 87, PAGES_MAX = 24, NAME_MAX = 8 };

struct subscription {
    uint64_t userdata;
    uint8_t tag, gap[7];
    uint32_t subject, gap2;
    uint64_t timeout_ns, precision_ns;
    uint16_t flags, gap3[3];
};
_Static_assert(sizeof(struct subscription) == 48, "preview1 layout");

#define FUNCTIONS(X)                                                                             \
    X(args_get) X(args_sizes_get) X(environ_get) X(environ_sizes_get) X(clock_res_get)           \
    X(clock_time_get) X(fd_advise) X(fd_allocate) X(fd_close) X(fd_datasync) X(fd_fdstat_get)    \
    X(fd_fdstat_set_flags) X(fd_fdstat_set_rights) X(fd_filestat_get) X(fd_filestat_set_size)    \
    X(fd_filestat_set_times) X(fd_pread) X(fd_prestat_get) X(fd_prestat_dir_name) X(fd_pwrite)   \
    X(fd_read) X(fd_readdir) X(fd_renumber) X(fd_seek) X(fd_sync) X(fd_tell) X(fd_write)         \
    X(path_create_directory) X(path_filestat_get) X(path_filestat_set_times) X(path_link)        \
    X(path_open) X(path_readlink) X(path_remove_directory) X(path_rename) X(path_symlink)        \
    X(path_unlink_file) X(poll_oneoff) X(proc_raise) X(random_get) X(sched_yield) X(sock_accept) \
    X(sock_recv) X(sock_send) X(sock_shutdown) X(sock_accept_v1) X(sock_bind) X(sock_connect)    \
    X(sock_getaddrinfo) X(sock_getlocaladdr_v1) X(sock_getlocaladdr_v2) X(sock_getpeeraddr_v1)   \
    X(sock_getpeeraddr_v2) X(sock_getsockopt) X(sock_listen) X(sock_open) X(sock_recv_from_v1)   \
    X(sock_recv_from_v2) X(sock_send_to) X(sock_setsockopt)

#define NUMBER(name) N_##name,
#define NAME(name) #name,
enum { FUNCTIONS(NUMBER) FUNCTION_COUNT };
static const char *const names[] = {FUNCTIONS(NAME)};
static uint32_t tried[FUNCTION_COUNT], good[FUNCTION_COUNT], faults[FUNCTION_COUNT];

// What the host tells: needed where an argument must not be left to chance.
static uint32_t list_sizes[2], fdstat[6] __attribute__((aligned(8)));

#include "network.h"

static uint32_t on_strings(uint32_t which) {
    uint32_t *sizes = list_sizes, first, second;
    switch (which) {
    case N_args_get: args_sizes_get(AT(sizes), AT(sizes + 1)); break;
    case N_environ_get: environ_sizes_get(AT(sizes), AT(sizes + 1)); break;
    default: sizes = 0;
    }
    first = out(sizes ? sizes[0] * 4 : 4);
    second = out(sizes ? sizes[1] : 4);
    switch (which) {
    case N_args_get: return args_get(first, second);
    case N_args_sizes_get: return args_sizes_get(first, second);
    case N_environ_get: return environ_get(first, second);
    default: return environ_sizes_get(first, second);
    }
}

// Nothing that waits: times that are over soon, or undefined kinds.
static uint32_t on_poll(void) {
    static struct subscription waits[40];
    uint32_t count = one_in(8) ? number() : 1 + below(4), size, in;
    if (one_in(64)) count = 4095 + below(3);
    for (uint32_t i = 0; i < 40; i++) {
        waits[i] = (struct subscription){
            .userdata = next(), .tag = (uint8_t)flags(2), .subject = below(6),
            .timeout_ns = below(2000), .precision_ns = wide(), .flags = (uint16_t)below(2),
        };
        // One that is ready lets the others be far.
        if (i && waits[i - 1].tag == 9) waits[i].timeout_ns = wide();
        if (one_in(4)) waits[i].tag = 9;
    }
    // A socket may never be ready.
    waits[0] = (struct subscription){.subject = 1, .timeout_ns = below(2000)};
    size = count < 40 ? count * 48 : 40 * 48;
    in = one_in(8) ? pointer(size) : put(waits, size);
    uint32_t events = out(count <= 4096 ? count * 32 : 32);
    if (one_in(4)) {
        events = in + below(64);
        if (is_own(events, count * 32)) events = memory_end - 16;
        note(outputs, &output_count, events, count <= 4096 ? count * 32 : 0);
    }
    return poll_oneoff(in, events, count, out(4));
}

static uint32_t on_system(uint32_t which) {
    static const uint32_t harmless[] = {0, 16, 17, 18, 19, 20, 21, 22, 27, 31, 255, 0x80000010};
    uint32_t size;
    switch (which) {
    case N_clock_res_get: return clock_res_get(flags(3), out(8));
    case N_clock_time_get: return clock_time_get(flags(3), wide(), out(8));
    case N_poll_oneoff: return on_poll();
    case N_proc_raise: return proc_raise(harmless[below(12)]);
    case N_random_get: size = length(); return random_get(out(size), size);
    default: return sched_yield();
    }
}

// Mostly some of those that there are.
static uint32_t on_rights(uint32_t fd) {
    uint64_t base = ~next(), passed_on = ~next();
    if (fd_fdstat_get(fd, AT(fdstat)) == SUCCESS && !one_in(4)) {
        base &= *(uint64_t *)(fdstat + 2) | (uint64_t)one_in(8);
        passed_on &= *(uint64_t *)(fdstat + 4);
    }
    return fd_fdstat_set_rights(fd, base, passed_on);
}

static uint32_t on_descriptor(uint32_t which) {
    uint32_t fd = any_fd(), size, found;
    switch (which) {
    case N_fd_advise: return fd_advise(fd, wide(), wide(), flags(5));
    case N_fd_allocate: return fd_allocate(fd, wide(), wide());
    case N_fd_close: return fd_close(loose_fd());
    case N_fd_datasync: return fd_datasync(fd);
    case N_fd_fdstat_get: return fd_fdstat_get(fd, out(24));
    case N_fd_fdstat_set_flags: return fd_fdstat_set_flags(loose_fd(), flags(31));
    case N_fd_fdstat_set_rights: return on_rights(loose_fd());
    case N_fd_filestat_get: return fd_filestat_get(fd, out(64));
    case N_fd_filestat_set_size: return fd_filestat_set_size(fd, wide());
    case N_fd_filestat_set_times: return fd_filestat_set_times(fd, wide(), wide(), flags(15));
    case N_fd_prestat_get: return fd_prestat_get(directory_fd(), out(8));
    case N_fd_prestat_dir_name:
        size = one_in(2) ? below(4) : length();
        // It may be told of more room than exists: what it writes is the name.
        do found = pointer(size);
        while (is_own(found, size < NAME_MAX ? size : NAME_MAX));
        for (uint32_t used = 1; used <= NAME_MAX && used <= size; used++)
            note(outputs, &output_count, found, used);
        return fd_prestat_dir_name(directory_fd(), found, size);
    case N_fd_readdir:
        size = length();
        return fd_readdir(directory_fd(), out(size), size, one_in(2) ? 0 : wide(), out(4));
    case N_fd_renumber: return fd_renumber(loose_fd(), loose_fd());
    case N_fd_seek: return fd_seek(fd, (int64_t)wide() - (one_in(4) ? 70000 : 0), flags(2), out(8));
    case N_fd_sync: return fd_sync(fd);
    default: return fd_tell(fd, out(8));
    }
}

static int is_stream(uint32_t fd) {
    return fd_fdstat_get(fd, AT(fdstat)) == SUCCESS && *(uint8_t *)fdstat == 2;
}

static uint32_t on_content(uint32_t which) {
    uint32_t fd = not_waiting(any_fd());
    struct span list;
    // What reached the stream of the report, or of the console, would be noise, and slow.
    if (which == N_fd_write && is_stream(fd)) {
        list.size = one_in(2) ? 0 : 1 + below(2000);
        list.start = pointer(list.size * 8);
        return fd_write(fd, list.start, list.size, out(4));
    }
    list = buffers(which == N_fd_read || which == N_fd_pread);
    switch (which) {
    case N_fd_pread: return fd_pread(fd, list.start, list.size, wide(), out(4));
    case N_fd_pwrite: return fd_pwrite(fd, list.start, list.size, wide(), out(4));
    case N_fd_read: return fd_read(fd, list.start, list.size, out(4));
    default: return fd_write(fd, list.start, list.size, out(4));
    }
}

static uint32_t on_open(uint32_t fd, struct span name) {
    // Rights that files and directories have, as often as not all of them.
    uint64_t all = (1ull << 28) - 1, base = one_in(2) ? all & ~(1ull << 22) : next() & all;
    uint64_t passed_on = one_in(2) ? base : next() & all;
    if (fd_fdstat_get(fd, AT(fdstat)) == SUCCESS && !one_in(8)) {
        uint64_t allowed = *(uint64_t *)(fdstat + 4);
        base &= allowed, passed_on &= allowed;
    }
    if (one_in(16)) base = wide();
    uint32_t how = one_in(4) ? flags(15) : below(2);
    return path_open(fd, flags(1), name.start, name.size, how, base, passed_on,
                     one_in(4) ? flags(31) : 0, out(4));
}

static uint32_t on_path(uint32_t which) {
    uint32_t fd = directory_fd(), to = one_in(2) ? fd : directory_fd(), size;
    struct span name = path(), other;
    switch (which) {
    case N_path_create_directory: return path_create_directory(fd, name.start, name.size);
    case N_path_filestat_get:
        return path_filestat_get(fd, flags(1), name.start, name.size, out(64));
    case N_path_filestat_set_times:
        return path_filestat_set_times(fd, flags(1), name.start, name.size, wide(), wide(),
                                       flags(15));
    case N_path_link:
        other = path();
        return path_link(fd, flags(1), name.start, name.size, to, other.start, other.size);
    case N_path_open: return on_open(fd, name);
    case N_path_readlink:
        size = length();
        return path_readlink(fd, name.start, name.size, out(size), size, out(4));
    case N_path_remove_directory: return path_remove_directory(fd, name.start, name.size);
    case N_path_rename:
        other = path();
        return path_rename(fd, name.start, name.size, to, other.start, other.size);
    case N_path_symlink:
        other = path();
        return path_symlink(other.start, other.size, fd, name.start, name.size);
    default: return path_unlink_file(fd, name.start, name.size);
    }
}

static uint32_t make_call(uint32_t which) {
    if (which <= N_environ_sizes_get) return on_strings(which);
    switch (which) {
    case N_fd_pread: case N_fd_pwrite: case N_fd_read: case N_fd_write: return on_content(which);
    case N_clock_res_get: case N_clock_time_get: return on_system(which);
    }
    if (which >= N_sock_accept) return on_socket(which);
    if (which < N_path_create_directory) return on_descriptor(which);
    return which <= N_path_unlink_file ? on_path(which) : on_system(which);
}

#include "after.h"

static void fail(const char *what, uint32_t call, uint32_t which, uint32_t value) {
    say(what), say_number(call), say(" "), say(names[which]), say(": "), say_number(value);
    say("\n");
    proc_exit(1);
}

void _start(void) {
    read_arguments();
    begin_arena(8);
    count_directories();
    uint32_t start_capacity = capacity();
    for (uint32_t call = 0; call < call_count; call++) {
        if (call % CALLS_PER_EPOCH == 0) begin_epoch();
        if (call % CALLS_PER_EPOCH == 0 && memory_end < PAGES_MAX * 65536u) grow_arena(1);
        if (call % CALLS_PER_SOCKETS == 0) begin_sockets();
        // Without open files most others only answer that there are none.
        uint32_t which = one_in(8) ? N_path_open : below(FUNCTION_COUNT);
        uint32_t error = make_call(which), found;
        if (call == planted_call) *(volatile uint8_t *)(uintptr_t)(memory_end - 70000) ^= 1;
        tried[which]++;
        if (error == SUCCESS) good[which]++;
        if (error == FAULT) faults[which]++;
        if (error > ERRNO_MAX) fail("undefined error code in call ", call, which, error);
        found = find_wild_write(error == SUCCESS);
        if (found == NOWHERE && call % calls_per_check == 0) found = find_change_anywhere();
        if (found != NOWHERE) fail("memory changed by or before call ", call, which, found);
    }
    if (find_change_anywhere() != NOWHERE) fail("memory changed before the end ", call_count, 0, 0);
    check_files(start_capacity);
    say("directories "), say_number(top_count), say("\n");
    for (uint32_t i = 0; i < FUNCTION_COUNT; i++) {
        say(names[i]), say(" "), say_number(tried[i]), say(" "), say_number(good[i]);
        say(" "), say_number(faults[i]), say("\n");
    }
    proc_exit(0);
}
