// SPDX-License-Identifier: Apache-2.0
// perf: size=100
// LZ77: compress with a hash of the last positions, decompress, compare.
#include "bench.h"

enum { LENGTH = 1 << 19, HASHES = 1 << 14 };

static uint8_t plain[LENGTH], packed[LENGTH * 2], unpacked[LENGTH + 256];
static uint32_t last_seen[HASHES];

static uint32_t word_at(const uint8_t *at) {
    uint32_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

// Records: literal count, match length (0: end of input), distance (2 bytes), the literals.
static uint32_t pack(void) {
    uint8_t *to = packed;
    uint32_t at = 0, literal = 0;
    memset(last_seen, 0, sizeof last_seen);
    while (at + 4 < LENGTH) {
        uint32_t hash = word_at(plain + at) * 2654435761u >> 18;
        uint32_t candidate = last_seen[hash];
        last_seen[hash] = at;
        uint32_t length = 0;
        if (candidate < at && at - candidate < 65536)
            while (at + length < LENGTH && length < 255 &&
                   plain[candidate + length] == plain[at + length])
                length++;
        if (length < 6 && at - literal < 255) {
            at++;
            continue;
        }
        if (length < 6) length = 0;
        to[0] = (uint8_t)(at - literal), to[1] = (uint8_t)length;
        to[2] = (uint8_t)(at - candidate), to[3] = (uint8_t)((at - candidate) >> 8);
        to += 4;
        for (; literal < at; literal++) *to++ = plain[literal];
        literal = at += length;
    }
    return (uint32_t)(to - packed);
}

static uint32_t unpack(uint32_t packed_length) {
    const uint8_t *from = packed, *end = packed + packed_length;
    uint8_t *to = unpacked;
    while (from < end) {
        uint32_t literals = from[0], length = from[1], distance = from[2] | (uint32_t)from[3] << 8;
        from += 4;
        while (literals-- > 0) *to++ = *from++;
        for (const uint8_t *match = to - distance; length-- > 0;) *to++ = *match++;
    }
    return (uint32_t)(to - unpacked);
}

int main(int argc, char **argv) {
    static const char *const words[] = {"the ", "kernel ", "maps ", "a page ", "of memory ",
                                        "for ", "each ",   "call, ", "and "};
    Random random = {18};
    for (uint32_t at = 0; at < LENGTH;) {
        const char *word = words[random_u32(&random) % 9];
        while (*word && at < LENGTH) plain[at++] = (uint8_t)*word++;
        if (random_u32(&random) % 4 == 0 && at < LENGTH) plain[at++] = (uint8_t)random_u32(&random);
    }
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        uint32_t length = pack(), restored = unpack(length), wrong = 0;
        for (uint32_t i = 0; i < restored; i++) wrong += plain[i] != unpacked[i];
        checksum = mix(checksum, length + ((uint64_t)wrong << 32));
        plain[round * 997 % LENGTH] ^= (uint8_t)length;
    }
    return report(checksum);
}
