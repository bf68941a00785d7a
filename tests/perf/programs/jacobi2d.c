// SPDX-License-Identifier: Apache-2.0
// perf: size=2000 simd=both
// Five-point stencil on a square grid, two buffers.
#include "bench.h"

enum { N = 500 };

static double a[N][N], b[N][N];

static void step(double out[N][N], double in[N][N]) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            out[i][j] =
                0.2 * (in[i][j] + in[i][j - 1] + in[i][j + 1] + in[i - 1][j] + in[i + 1][j]);
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i][j] = b[i][j] = (double)i * (j + 2) / N;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        step(b, a);
        step(a, b);
    }
    uint64_t checksum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) checksum = mix_double(checksum, a[i][j]);
    return report(checksum);
}
