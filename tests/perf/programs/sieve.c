// SPDX-License-Identifier: Apache-2.0
// perf: size=70
// Sieve of Eratosthenes on a byte array, and a bit sieve of the odd numbers.
#include "bench.h"

enum { LIMIT = 1000000 };

static uint8_t composite[LIMIT];
static uint32_t bits[LIMIT / 64 + 1];

static uint32_t byte_sieve(void) {
    memset(composite, 0, sizeof composite);
    uint32_t count = 0;
    for (uint32_t i = 2; i < LIMIT; i++) {
        if (composite[i]) continue;
        count++;
        for (uint64_t j = (uint64_t)i * i; j < LIMIT; j += i) composite[j] = 1;
    }
    return count;
}

// Bit i stands for 2 i + 1.
static uint32_t bit_sieve(void) {
    memset(bits, 0, sizeof bits);
    uint32_t count = 1;
    for (uint32_t i = 1; i < LIMIT / 2; i++) {
        if (bits[i >> 5] >> (i & 31) & 1) continue;
        count++;
        uint32_t prime = 2 * i + 1;
        if (prime >= 1000) continue;
        for (uint32_t j = prime * prime / 2; j < LIMIT / 2; j += prime)
            bits[j >> 5] |= 1u << (j & 31);
    }
    return count;
}

int main(int argc, char **argv) {
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--)
        checksum = mix(checksum, byte_sieve() + 3ull * bit_sieve());
    return report(checksum);
}
