// SPDX-License-Identifier: Apache-2.0
// perf: size=150 simd=both
// Dense matrix product of doubles, row by row: the inner loop is one a vectoriser should take.
#include "bench.h"

enum { N = 256 };

static double a[N][N], b[N][N], c[N][N];

static void multiply(double scale) {
    for (int i = 0; i < N; i++) {
        for (int k = 0; k < N; k++) {
            double factor = scale * a[i][k];
            for (int j = 0; j < N; j++) c[i][j] += factor * b[k][j];
        }
    }
}

int main(int argc, char **argv) {
    Random random = {1};
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            a[i][j] = random_unit(&random) - 0.5;
            b[i][j] = random_unit(&random) - 0.5;
        }
    }
    for (uint32_t round = work_size(argc, argv); round > 0; round--) multiply(1.0 / round);
    uint64_t checksum = 0;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) checksum = mix_double(checksum, c[i][j]);
    return report(checksum);
}
