// SPDX-License-Identifier: Apache-2.0
// perf: size=1100
// Escape times of the Mandelbrot set; a loop with an exit that depends on the data.
#include "bench.h"

static uint32_t escape_time(double re, double im, uint32_t limit) {
    double x = 0, y = 0;
    for (uint32_t step = 0; step < limit; step++) {
        double xx = x * x, yy = y * y;
        if (xx + yy > 4.0) return step;
        y = 2.0 * x * y + im;
        x = xx - yy + re;
    }
    return limit;
}

int main(int argc, char **argv) {
    uint32_t size = work_size(argc, argv);
    uint64_t checksum = 0;
    for (uint32_t row = 0; row < size; row++) {
        uint32_t total = 0;
        for (uint32_t column = 0; column < size; column++)
            total += escape_time(-2.0 + 2.5 * column / size, -1.25 + 2.5 * row / size, 400);
        checksum = mix(checksum, total);
    }
    return report(checksum);
}
