// SPDX-License-Identifier: Apache-2.0
// perf: size=200 simd=both
// Heat equation on a cube: seven points, three dimensions, two buffers.
#include "bench.h"

enum { N = 90 };

static double a[N][N][N], b[N][N][N];

static void step(double out[N][N][N], double in[N][N][N]) {
    for (int i = 1; i < N - 1; i++)
        for (int j = 1; j < N - 1; j++)
            for (int k = 1; k < N - 1; k++)
                out[i][j][k] =
                    0.125 * (in[i + 1][j][k] - 2.0 * in[i][j][k] + in[i - 1][j][k]) +
                    0.125 * (in[i][j + 1][k] - 2.0 * in[i][j][k] + in[i][j - 1][k]) +
                    0.125 * (in[i][j][k + 1] - 2.0 * in[i][j][k] + in[i][j][k - 1]) + in[i][j][k];
}

int main(int argc, char **argv) {
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) a[i][j][k] = b[i][j][k] = (i + j + (N - k)) * 10.0 / N;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        step(b, a);
        step(a, b);
    }
    uint64_t checksum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
            for (int k = 0; k < N; k++) checksum = mix_double(checksum, a[i][j][k]);
    return report(checksum);
}
