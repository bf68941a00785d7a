// SPDX-License-Identifier: Apache-2.0
// perf: size=14
// Recursion: queens on a board, and Ackermann's function.
#include "bench.h"

static uint32_t place(uint32_t columns, uint32_t left, uint32_t right, uint32_t all) {
    if (columns == all) return 1;
    uint32_t solutions = 0;
    for (uint32_t open = all & ~(columns | left | right); open; open &= open - 1) {
        uint32_t queen = open & -open;
        solutions += place(columns | queen, (left | queen) << 1, (right | queen) >> 1, all);
    }
    return solutions;
}

static uint32_t ackermann(uint32_t m, uint32_t n) {
    if (m == 0) return n + 1;
    if (n == 0) return ackermann(m - 1, 1);
    return ackermann(m - 1, ackermann(m, n - 1));
}

int main(int argc, char **argv) {
    uint32_t size = work_size(argc, argv);
    uint64_t checksum = 0;
    for (uint32_t board = 4; board <= size; board++)
        checksum = mix(checksum, place(0, 0, 0, (1u << board) - 1));
    for (uint32_t n = 1; n <= size / 2 + 2; n++) checksum = mix(checksum, ackermann(3, n));
    return report(checksum);
}
