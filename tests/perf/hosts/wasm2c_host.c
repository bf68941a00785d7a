// SPDX-License-Identifier: Apache-2.0
// The WASI functions that the benchmark programs call, for the C that wasm2c makes of them.
// PROGRAM_HEADER names the header that wasm2c wrote for a module called `program`.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include PROGRAM_HEADER

enum { SUCCESS = 0, BAD_DESCRIPTOR = 8, NOT_SEEKABLE = 70, CHARACTER_DEVICE = 2 };

struct Z_wasi_snapshot_preview1_instance_t {
    wasm_rt_memory_t *memory;
    int count;
    char **arguments;
};

typedef struct Z_wasi_snapshot_preview1_instance_t Host;

static void put_u32(Host *host, u32 at, u32 value) {
    memcpy(host->memory->data + at, &value, sizeof value);
}

static u32 get_u32(Host *host, u32 at) {
    u32 value;
    memcpy(&value, host->memory->data + at, sizeof value);
    return value;
}

u32 Z_wasi_snapshot_preview1Z_args_sizes_get(Host *host, u32 count, u32 bytes) {
    u32 total = 0;
    for (int i = 0; i < host->count; i++) total += (u32)strlen(host->arguments[i]) + 1;
    put_u32(host, count, (u32)host->count);
    put_u32(host, bytes, total);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_args_get(Host *host, u32 pointers, u32 bytes) {
    for (int i = 0; i < host->count; i++) {
        u32 length = (u32)strlen(host->arguments[i]) + 1;
        put_u32(host, pointers + 4 * (u32)i, bytes);
        memcpy(host->memory->data + bytes, host->arguments[i], length);
        bytes += length;
    }
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_write(Host *host, u32 fd, u32 vectors, u32 count, u32 written) {
    u32 total = 0;
    for (u32 i = 0; i < count; i++) {
        u32 from = get_u32(host, vectors + 8 * i), length = get_u32(host, vectors + 8 * i + 4);
        if (write((int)fd, host->memory->data + from, length) != (ssize_t)length)
            return BAD_DESCRIPTOR;
        total += length;
    }
    put_u32(host, written, total);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_fdstat_get(Host *host, u32 fd, u32 result) {
    if (fd > 2) return BAD_DESCRIPTOR;
    memset(host->memory->data + result, 0, 24);
    host->memory->data[result] = CHARACTER_DEVICE;
    memset(host->memory->data + result + 8, 0xFF, 8);
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_close(Host *host, u32 fd) {
    (void)host, (void)fd;
    return SUCCESS;
}

u32 Z_wasi_snapshot_preview1Z_fd_seek(Host *host, u32 fd, u64 offset, u32 whence, u32 result) {
    (void)host, (void)fd, (void)offset, (void)whence, (void)result;
    return NOT_SEEKABLE;
}

void Z_wasi_snapshot_preview1Z_proc_exit(Host *host, u32 code) {
    (void)host;
    exit((int)code);
}

int main(int argc, char **argv) {
    static Z_program_instance_t program;
    static Host host;
    wasm_rt_init();
    Z_program_init_module();
    Z_program_instantiate(&program, &host);
    host = (Host){Z_programZ_memory(&program), argc, argv};
    Z_programZ__start(&program);
    return 0;
}
