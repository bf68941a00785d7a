// SPDX-License-Identifier: Apache-2.0
// perf: size=50
// Dynamic programming: edit distance with one row, and a knapsack table.
#include "bench.h"

enum { LENGTH = 2000, CAPACITY = 10000, ITEMS = 200 };

static char left[LENGTH], right[LENGTH];
static uint32_t row[LENGTH + 1], best[CAPACITY + 1];

static uint32_t minimum(uint32_t a, uint32_t b) { return a < b ? a : b; }

static uint32_t edit_distance(void) {
    for (uint32_t j = 0; j <= LENGTH; j++) row[j] = j;
    for (uint32_t i = 1; i <= LENGTH; i++) {
        uint32_t diagonal = row[0];
        row[0] = i;
        for (uint32_t j = 1; j <= LENGTH; j++) {
            uint32_t replace = diagonal + (left[i - 1] != right[j - 1]);
            diagonal = row[j];
            row[j] = minimum(replace, 1 + minimum(row[j], row[j - 1]));
        }
    }
    return row[LENGTH];
}

static uint32_t knapsack(Random *random) {
    memset(best, 0, sizeof best);
    for (int item = 0; item < ITEMS; item++) {
        uint32_t weight = 10 + random_u32(random) % 300, value = random_u32(random) % 1000;
        for (uint32_t room = CAPACITY; room >= weight; room--) {
            uint32_t with = best[room - weight] + value;
            if (with > best[room]) best[room] = with;
        }
    }
    return best[CAPACITY];
}

int main(int argc, char **argv) {
    Random random = {17};
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        for (int i = 0; i < LENGTH; i++) {
            left[i] = (char)('a' + random_u32(&random) % 6);
            right[i] = (char)('a' + random_u32(&random) % 6);
        }
        checksum = mix(checksum, edit_distance());
        checksum = mix(checksum, knapsack(&random));
    }
    return report(checksum);
}
