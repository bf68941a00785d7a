// SPDX-License-Identifier: Apache-2.0
// perf: size=70
// SHA-256 (FIPS 180-4) of a megabyte; its round constants are computed from cube roots.
#include "bench.h"

enum { LENGTH = 1 << 20 };

static uint32_t constants[64];
static uint8_t data[LENGTH];

// First 32 bits of the fraction of the cube root of `prime`, by bisection in integers.
static uint32_t cube_root_fraction(uint32_t prime) {
    uint64_t low = 0, high = 8ull << 32;
    while (high - low > 1) {
        uint64_t middle = low + (high - low) / 2;
        unsigned __int128 cube = (unsigned __int128)middle * middle * middle;
        if ((cube >> 96) >= prime) high = middle;
        else low = middle;
    }
    return (uint32_t)low;
}

static void make_constants(void) {
    uint32_t found = 0;
    for (uint32_t candidate = 2; found < 64; candidate++) {
        uint32_t divisor = 2;
        while (divisor * divisor <= candidate && candidate % divisor != 0) divisor++;
        if (divisor * divisor > candidate) constants[found++] = cube_root_fraction(candidate);
    }
}

static uint32_t rotate(uint32_t word, int by) { return word >> by | word << (32 - by); }

static void compress(uint32_t state[8], const uint8_t *block) {
    uint32_t w[64], s[8];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t first = s[7] + (rotate(s[4], 6) ^ rotate(s[4], 11) ^ rotate(s[4], 25)) +
                         ((s[4] & s[5]) ^ (~s[4] & s[6])) + constants[i] + w[i];
        uint32_t second = (rotate(s[0], 2) ^ rotate(s[0], 13) ^ rotate(s[0], 22)) +
                          ((s[0] & s[1]) ^ (s[0] & s[2]) ^ (s[1] & s[2]));
        s[7] = s[6], s[6] = s[5], s[5] = s[4], s[4] = s[3] + first;
        s[3] = s[2], s[2] = s[1], s[1] = s[0], s[0] = first + second;
    }
    for (int i = 0; i < 8; i++) state[i] += s[i];
}

int main(int argc, char **argv) {
    Random random = {14};
    make_constants();
    for (int i = 0; i < LENGTH; i++) data[i] = (uint8_t)random_u32(&random);
    uint32_t state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    for (uint32_t round = work_size(argc, argv); round > 0; round--)
        for (int i = 0; i < LENGTH; i += 64) compress(state, data + i);
    uint64_t checksum = 0;
    for (int i = 0; i < 8; i++) checksum = mix(checksum, state[i]);
    return report(checksum);
}
