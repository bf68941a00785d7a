// SPDX-License-Identifier: Apache-2.0
// Exact error codes, limits and times of the functions that need no file system.
#include "preview1.h"

#define EXPECT(wanted, call)                                  \
    do {                                                      \
        if ((call) != (wanted)) proc_exit(__LINE__);          \
    } while (0)

struct vector { uint32_t pointer, size; };
struct subscription {
    uint64_t userdata;
    uint8_t tag, gap[7];
    uint32_t subject, gap2;
    uint64_t timeout_ns, precision_ns;
    uint16_t flags, gap3[3];
};
struct event {
    uint64_t userdata;
    uint16_t error;
    uint8_t tag, gap[5];
    uint64_t readable;
    uint16_t flags, gap2[3];
};
_Static_assert(sizeof(struct subscription) == 48 && sizeof(struct event) == 32, "preview1 layout");

static struct vector vectors[1025];
static uint32_t result;
static uint64_t time_ns;
static char text[] = "ab";

static void pointers(void) {
    EXPECT(FAULT, args_sizes_get(MEMORY_END - 3, AT(&result)));
    EXPECT(FAULT, args_sizes_get(AT(&result), 0xFFFFFFFDu));
    EXPECT(FAULT, clock_time_get(1, 0, MEMORY_END - 7));
    EXPECT(SUCCESS, clock_time_get(1, 0, MEMORY_END - 8));
    // No alignment is asked for.
    EXPECT(SUCCESS, clock_time_get(1, 0, AT(text) + 1));
    EXPECT(SUCCESS, random_get(MEMORY_END, 0));
    EXPECT(FAULT, random_get(MEMORY_END, 1));
    EXPECT(FAULT, random_get(MEMORY_END + 1, 0));
    EXPECT(FAULT, random_get(1, 0xFFFFFFFFu));
}

static void gathered_writes(void) {
    vectors[0] = (struct vector){AT(text), 1};
    // A bad result pointer, or one bad buffer among good ones: nothing is written at all.
    EXPECT(FAULT, fd_write(1, AT(vectors), 1, MEMORY_END));
    vectors[1] = (struct vector){MEMORY_END - 1, 2};
    EXPECT(FAULT, fd_write(1, AT(vectors), 2, AT(&result)));
    EXPECT(FAULT, fd_write(1, MEMORY_END - 8, 2, AT(&result)));
    EXPECT(SUCCESS, fd_write(1, AT(vectors), 0, AT(&result)));
    EXPECT(0, result);
    EXPECT(INVAL, fd_write(1, AT(vectors), 1025, AT(&result)));
    // The whole memory often enough for the sum not to fit 32 bits.
    for (int i = 0; i < 1024; i++) vectors[i] = (struct vector){0, MEMORY_END};
    if ((uint64_t)MEMORY_END * 1024 >> 32 == 0) {
        uint32_t pages = 0x100000000u / 1024 / 65536 + 1;
        if (__builtin_wasm_memory_grow(0, pages) < 0) proc_exit(2);
        for (int i = 0; i < 1024; i++) vectors[i] = (struct vector){0, MEMORY_END};
    }
    EXPECT(INVAL, fd_write(1, AT(vectors), 1024, AT(&result)));
    for (int i = 0; i < 1024; i++) vectors[i] = (struct vector){AT(text), i % 2 + i % 3 % 2};
    EXPECT(SUCCESS, fd_write(2, AT(vectors), 0, AT(&result)));
}

static void descriptors(void) {
    EXPECT(BADF, fd_write(3, AT(vectors), 0, AT(&result)));
    EXPECT(BADF, fd_close(0xFFFFFFFFu));
    EXPECT(NOTCAPABLE, fd_read(1, AT(vectors), 0, AT(&result)));
    EXPECT(NOTCAPABLE, fd_write(0, AT(vectors), 0, AT(&result)));
    EXPECT(SPIPE, fd_seek(1, 0, 1, AT(&time_ns)));
    EXPECT(INVAL, fd_seek(1, 0, 3, AT(&time_ns)));
    EXPECT(SPIPE, fd_tell(1, AT(&time_ns)));
    EXPECT(BADF, fd_prestat_get(3, AT(&time_ns)));
    EXPECT(INVAL, fd_fdstat_set_flags(1, 1 << 5));
    EXPECT(SUCCESS, fd_fdstat_set_flags(1, 1 << 2));
    EXPECT(NOTCAPABLE, fd_fdstat_set_rights(1, ~0ull, 0));
    EXPECT(INVAL, clock_time_get(4, 0, AT(&time_ns)));
    EXPECT(INVAL, proc_raise(31));
    EXPECT(SUCCESS, proc_raise(16));
    EXPECT(NOTSUP, proc_raise(18));
    EXPECT(SUCCESS, sched_yield());
}

static struct subscription waits[3];
static struct event events[3];

static uint64_t now(uint32_t clock) {
    EXPECT(SUCCESS, clock_time_get(clock, 0, AT(&time_ns)));
    return time_ns;
}

static void waiting(void) {
    const uint64_t pause_ns = 3000000;
    EXPECT(INVAL, poll_oneoff(AT(waits), AT(events), 0, AT(&result)));
    EXPECT(FAULT, poll_oneoff(AT(waits), MEMORY_END - 31, 1, AT(&result)));
    // Relative: only the shorter of the two is over.
    uint64_t start_ns = now(1);
    waits[0] = (struct subscription){.userdata = 7, .subject = 1, .timeout_ns = 3600000000000ull};
    waits[1] = (struct subscription){.userdata = 8, .subject = 1, .timeout_ns = pause_ns};
    EXPECT(SUCCESS, poll_oneoff(AT(waits), AT(events), 2, AT(&result)));
    if (now(1) - start_ns < pause_ns) proc_exit(__LINE__);
    if (result != 1 || events[0].userdata != 8 || events[0].error != 0) proc_exit(__LINE__);
    // Absolute, on both clocks; a time that has passed is over at once, together with the other.
    waits[0] = (struct subscription){.userdata = 1, .subject = 1, .timeout_ns = 1, .flags = 1};
    waits[1] = (struct subscription){.userdata = 2, .subject = 0, .timeout_ns = 1, .flags = 1};
    EXPECT(SUCCESS, poll_oneoff(AT(waits), AT(events), 2, AT(&result)));
    if (result != 2 || events[1].userdata != 2) proc_exit(__LINE__);
    uint64_t until_ns = now(0) + pause_ns;
    waits[0] = (struct subscription){.subject = 0, .timeout_ns = until_ns, .flags = 1};
    EXPECT(SUCCESS, poll_oneoff(AT(waits), AT(events), 1, AT(&result)));
    // The two clocks tick at slightly different rates.
    if (now(0) + pause_ns / 10 < until_ns) proc_exit(__LINE__);
    // Output is ready at once; what is wrong with a subscription is in its event.
    waits[0] = (struct subscription){.userdata = 3, .tag = 2, .subject = 1};
    waits[1] = (struct subscription){.userdata = 4, .tag = 1, .subject = 99};
    waits[2] = (struct subscription){.userdata = 5, .tag = 9};
    EXPECT(SUCCESS, poll_oneoff(AT(waits), AT(events), 3, AT(&result)));
    if (result != 3) proc_exit(__LINE__);
    if (events[0].error != 0 || events[1].error != BADF || events[2].error != INVAL)
        proc_exit(__LINE__);
    if (now(1) < start_ns) proc_exit(__LINE__);
}

// Last: there is no way to print any more.
static void closing(void) {
    EXPECT(SUCCESS, fd_renumber(2, 1));
    EXPECT(BADF, fd_close(2));
    EXPECT(BADF, fd_renumber(1, 2));
    EXPECT(SUCCESS, fd_renumber(1, 1));
    EXPECT(SUCCESS, fd_close(1));
    EXPECT(BADF, fd_write(1, AT(vectors), 0, AT(&result)));
}

void _start(void) {
    pointers();
    gathered_writes();
    descriptors();
    waiting();
    closing();
}
