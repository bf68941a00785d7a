// SPDX-License-Identifier: Apache-2.0
// The preview1 functions as a program sees them, for tests that must pass what no libc would.
#include <stddef.h>
#include <stdint.h>

#define WASI(name, ...)                                                                \
    __attribute__((import_module("wasi_snapshot_preview1"), import_name(#name)))       \
    uint32_t name(__VA_ARGS__)

WASI(args_get, uint32_t, uint32_t);
WASI(args_sizes_get, uint32_t, uint32_t);
WASI(environ_get, uint32_t, uint32_t);
WASI(environ_sizes_get, uint32_t, uint32_t);
WASI(clock_res_get, uint32_t, uint32_t);
WASI(clock_time_get, uint32_t, uint64_t, uint32_t);
WASI(fd_advise, uint32_t, uint64_t, uint64_t, uint32_t);
WASI(fd_allocate, uint32_t, uint64_t, uint64_t);
WASI(fd_close, uint32_t);
WASI(fd_datasync, uint32_t);
WASI(fd_fdstat_get, uint32_t, uint32_t);
WASI(fd_fdstat_set_flags, uint32_t, uint32_t);
WASI(fd_fdstat_set_rights, uint32_t, uint64_t, uint64_t);
WASI(fd_filestat_get, uint32_t, uint32_t);
WASI(fd_filestat_set_size, uint32_t, uint64_t);
WASI(fd_filestat_set_times, uint32_t, uint64_t, uint64_t, uint32_t);
WASI(fd_pread, uint32_t, uint32_t, uint32_t, uint64_t, uint32_t);
WASI(fd_prestat_get, uint32_t, uint32_t);
WASI(fd_prestat_dir_name, uint32_t, uint32_t, uint32_t);
WASI(fd_pwrite, uint32_t, uint32_t, uint32_t, uint64_t, uint32_t);
WASI(fd_read, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(fd_readdir, uint32_t, uint32_t, uint32_t, uint64_t, uint32_t);
WASI(fd_renumber, uint32_t, uint32_t);
WASI(fd_seek, uint32_t, int64_t, uint32_t, uint32_t);
WASI(fd_sync, uint32_t);
WASI(fd_tell, uint32_t, uint32_t);
WASI(fd_write, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(path_create_directory, uint32_t, uint32_t, uint32_t);
WASI(path_filestat_get, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(path_filestat_set_times, uint32_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t);
WASI(path_link, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(path_open, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint64_t, uint64_t, uint32_t,
     uint32_t);
WASI(path_readlink, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(path_remove_directory, uint32_t, uint32_t, uint32_t);
WASI(path_rename, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(path_symlink, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(path_unlink_file, uint32_t, uint32_t, uint32_t);
WASI(poll_oneoff, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(proc_raise, uint32_t);
WASI(random_get, uint32_t, uint32_t);
WASI(sched_yield, void);
WASI(sock_accept, uint32_t, uint32_t, uint32_t);
WASI(sock_recv, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(sock_send, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t);
WASI(sock_shutdown, uint32_t, uint32_t);
__attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_exit"), noreturn))
void proc_exit(uint32_t);

#define AT(object) ((uint32_t)(uintptr_t)(object))
#define MEMORY_END ((uint32_t)(__builtin_wasm_memory_size(0) * 65536))

enum {
    SUCCESS = 0, BADF = 8, EXIST = 20, FAULT = 21, ILSEQ = 25, INVAL = 28, ISDIR = 31, LOOP = 32,
    MFILE = 33, NAMETOOLONG = 37, NOENT = 44, NOTDIR = 54, NOTEMPTY = 55, NOTSUP = 58, SPIPE = 70,
    NOTCAPABLE = 76,
};
