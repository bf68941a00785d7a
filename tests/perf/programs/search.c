// SPDX-License-Identifier: Apache-2.0
// perf: size=220
// Substring search three ways over generated text: naive, skip table, and a shift-and automaton.
#include "bench.h"

enum { LENGTH = 400000 };

static char text[LENGTH + 1];

static uint32_t count_naive(const char *needle, uint32_t length) {
    uint32_t count = 0;
    for (uint32_t i = 0; i + length <= LENGTH; i++) {
        uint32_t j = 0;
        while (j < length && text[i + j] == needle[j]) j++;
        count += j == length;
    }
    return count;
}

static uint32_t count_skipping(const char *needle, uint32_t length) {
    uint32_t skip[256], count = 0;
    for (int i = 0; i < 256; i++) skip[i] = length;
    for (uint32_t i = 0; i + 1 < length; i++) skip[(uint8_t)needle[i]] = length - 1 - i;
    for (uint32_t i = 0; i + length <= LENGTH; i += skip[(uint8_t)text[i + length - 1]]) {
        uint32_t j = length;
        while (j > 0 && text[i + j - 1] == needle[j - 1]) j--;
        count += j == 0;
    }
    return count;
}

static uint32_t count_automaton(const char *needle, uint32_t length) {
    uint32_t accepts[256] = {0}, state = 0, count = 0;
    for (uint32_t i = 0; i < length; i++) accepts[(uint8_t)needle[i]] |= 1u << i;
    for (uint32_t i = 0; i < LENGTH; i++) {
        state = ((state << 1) | 1) & accepts[(uint8_t)text[i]];
        count += state >> (length - 1);
    }
    return count;
}

int main(int argc, char **argv) {
    Random random = {9};
    for (int i = 0; i < LENGTH; i++) text[i] = "eeeeaattoinsrhl "[random_u32(&random) % 16];
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        const char *needle = text + random_u32(&random) % (LENGTH - 16);
        uint32_t length = 3 + round % 6;
        checksum = mix(checksum, count_naive(needle, length));
        checksum = mix(checksum, count_skipping(needle, length));
        checksum = mix(checksum, count_automaton(needle, length));
    }
    return report(checksum);
}
