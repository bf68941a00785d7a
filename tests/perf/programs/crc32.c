// SPDX-License-Identifier: Apache-2.0
// perf: size=200
// CRC-32 with one table and with eight (slicing by 8), and Adler-32, of a megabyte.
#include "bench.h"

enum { LENGTH = 1 << 20 };

static uint32_t table[8][256];
static uint8_t data[LENGTH];

static void make_tables(void) {
    for (uint32_t i = 0; i < 256; i++) {
        uint32_t crc = i;
        for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
        table[0][i] = crc;
    }
    for (int slice = 1; slice < 8; slice++)
        for (int i = 0; i < 256; i++) {
            uint32_t crc = table[slice - 1][i];
            table[slice][i] = crc >> 8 ^ table[0][crc & 255];
        }
}

static uint32_t crc_by_byte(uint32_t crc, const uint8_t *at, uint32_t length) {
    while (length-- > 0) crc = crc >> 8 ^ table[0][(crc ^ *at++) & 255];
    return crc;
}

static uint32_t crc_by_eight(uint32_t crc, const uint8_t *at, uint32_t length) {
    for (; length >= 8; length -= 8, at += 8) {
        uint32_t low, high;
        memcpy(&low, at, 4);
        memcpy(&high, at + 4, 4);
        low ^= crc;
        crc = table[7][low & 255] ^ table[6][low >> 8 & 255] ^ table[5][low >> 16 & 255] ^
              table[4][low >> 24] ^ table[3][high & 255] ^ table[2][high >> 8 & 255] ^
              table[1][high >> 16 & 255] ^ table[0][high >> 24];
    }
    return crc;
}

static uint32_t adler(const uint8_t *at, uint32_t length) {
    uint32_t a = 1, b = 0;
    while (length > 0) {
        uint32_t run = length < 5552 ? length : 5552;
        length -= run;
        while (run-- > 0) {
            a += *at++;
            b += a;
        }
        a %= 65521;
        b %= 65521;
    }
    return b << 16 | a;
}

int main(int argc, char **argv) {
    Random random = {15};
    make_tables();
    for (int i = 0; i < LENGTH; i++) data[i] = (uint8_t)random_u32(&random);
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        checksum = mix(checksum, crc_by_byte(round, data, LENGTH / 4));
        checksum = mix(checksum, crc_by_eight(round, data, LENGTH));
        checksum = mix(checksum, adler(data, LENGTH - round));
    }
    return report(checksum);
}
