// SPDX-License-Identifier: Apache-2.0
// What every benchmark program shares: its work size, its input, and its one line of output.
#ifndef MEW_PERF_BENCH_H
#define MEW_PERF_BENCH_H

#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Work size: the first argument. Without one the program does a small, quick piece of work.
static inline uint32_t work_size(int argc, char **argv) {
    return argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1;
}

// Pseudo-random input that is the same everywhere (a 64-bit linear congruential generator).
typedef struct {
    uint64_t state;
} Random;

static inline uint32_t random_u32(Random *random) {
    random->state = random->state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(random->state >> 32);
}

static inline double random_unit(Random *random) { return random_u32(random) / 4294967296.0; }

// Mixes one word into a checksum; the order of the words counts.
static inline uint64_t mix(uint64_t checksum, uint64_t word) {
    checksum = (checksum ^ word) * 0x9E3779B97F4A7C15u;
    return checksum ^ (checksum >> 29);
}

static inline uint64_t mix_double(uint64_t checksum, double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return mix(checksum, bits);
}

// Prints the checksum; equal output is what makes two runs comparable.
static inline int report(uint64_t checksum) {
    printf("%016" PRIx64 "\n", checksum);
    return 0;
}

#endif
