// SPDX-License-Identifier: Apache-2.0
// perf: size=10
// Pancake flips over all permutations of the work size: short loops over small arrays.
#include "bench.h"

int main(int argc, char **argv) {
    int n = (int)work_size(argc, argv);
    if (n > 12) n = 12;
    int8_t order[16], flipped[16], turns[16];
    int64_t checksum = 0;
    int flips_max = 0, parity = 0;
    for (int i = 0; i < n; i++) order[i] = (int8_t)i, turns[i] = 0;
    for (;;) {
        memcpy(flipped, order, sizeof flipped);
        int flips = 0;
        while (flipped[0] != 0) {
            int last = flipped[0];
            for (int low = 0, high = last; low < high; low++, high--) {
                int8_t swap = flipped[low];
                flipped[low] = flipped[high];
                flipped[high] = swap;
            }
            flips++;
        }
        if (flips > flips_max) flips_max = flips;
        checksum += parity ? -flips : flips;
        parity = !parity;
        // Next permutation: rotate the shortest prefix that has turns left.
        int prefix = 1;
        for (; prefix < n; prefix++) {
            int8_t first = order[0];
            for (int i = 0; i < prefix; i++) order[i] = order[i + 1];
            order[prefix] = first;
            if (++turns[prefix] <= prefix) break;
            turns[prefix] = 0;
        }
        if (prefix >= n) break;
    }
    return report(mix((uint64_t)checksum, (uint64_t)flips_max));
}
