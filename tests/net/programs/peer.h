// SPDX-License-Identifier: Apache-2.0
// What server.c and client.c share: the pattern of generated data and its checksum.
#ifndef PEER_H
#define PEER_H

#include <stddef.h>
#include <stdint.h>

// CRC-32 of IEEE 802.3, as zlib's.
static uint32_t crc_table[8][256];

static void crc_init(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = value & 1 ? value >> 1 ^ 0xEDB88320u : value >> 1;
        crc_table[0][byte] = value;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int slice = 1; slice < 8; slice++) {
            uint32_t before = crc_table[slice - 1][byte];
            crc_table[slice][byte] = before >> 8 ^ crc_table[0][before & 255];
        }
}

// Eight bytes at a time: a byte at a time would be what the tests measure.
static uint32_t crc_update(uint32_t crc, const uint8_t *data, size_t size) {
    crc = ~crc;
    for (; size >= 8; data += 8, size -= 8) {
        uint32_t low, high;
        __builtin_memcpy(&low, data, 4);
        __builtin_memcpy(&high, data + 4, 4);
        low ^= crc;
        crc = crc_table[7][low & 255] ^ crc_table[6][low >> 8 & 255] ^
              crc_table[5][low >> 16 & 255] ^ crc_table[4][low >> 24] ^
              crc_table[3][high & 255] ^ crc_table[2][high >> 8 & 255] ^
              crc_table[1][high >> 16 & 255] ^ crc_table[0][high >> 24];
    }
    while (size--) crc = crc_table[0][(crc ^ *data++) & 255] ^ crc >> 8;
    return ~crc;
}

// Its period is a prime, so that a lost or repeated segment never fits.
#define PATTERN_PERIOD 65521

// PATTERN_PERIOD bytes twice: from any position, up to PATTERN_PERIOD bytes lie in a row.
static uint8_t pattern[2 * PATTERN_PERIOD];

static void pattern_init(void) {
    uint32_t state = 1;
    for (size_t index = 0; index < PATTERN_PERIOD; index++) {
        state = state * 1664525u + 1013904223u;
        pattern[index] = pattern[index + PATTERN_PERIOD] = (uint8_t)(state >> 24);
    }
}

static const uint8_t *pattern_at(uint64_t position) { return pattern + position % PATTERN_PERIOD; }

#endif
