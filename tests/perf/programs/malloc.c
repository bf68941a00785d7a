// SPDX-License-Identifier: Apache-2.0
// perf: size=120
// The C library's malloc, free and realloc under a random mix of sizes. Natively that is another
// library, so compare the Wasm contenders with each other.
#include "bench.h"

enum { LIVE = 4096 };

static uint8_t *blocks[LIVE];
static uint32_t sizes[LIVE];

int main(int argc, char **argv) {
    Random random = {16};
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv) * 100000; round > 0; round--) {
        uint32_t index = random_u32(&random) % LIVE, size = 8 + random_u32(&random) % 248;
        if (!blocks[index]) {
            blocks[index] = malloc(size);
        } else if (random_u32(&random) % 4 == 0) {
            checksum += blocks[index][0];
            blocks[index] = realloc(blocks[index], size);
        } else {
            checksum += blocks[index][sizes[index] - 1];
            free(blocks[index]);
            blocks[index] = NULL;
            continue;
        }
        sizes[index] = size;
        blocks[index][0] = (uint8_t)round;
        blocks[index][size - 1] = (uint8_t)(round >> 8);
    }
    return report(checksum);
}
