// SPDX-License-Identifier: Apache-2.0
// perf: size=300
// Two matrix products through pointers to rows (D = A B, E = D C), as code that allocates does.
#include "bench.h"

// Rows lie one after the other whatever the C library's malloc does with sizes.
static double **matrix(int rows, int columns, Random *random) {
    double **result = malloc(rows * sizeof *result);
    double *elements = malloc(rows * columns * sizeof *elements);
    for (int i = 0; i < rows; i++) {
        result[i] = elements + i * columns;
        for (int j = 0; j < columns; j++) result[i][j] = random_unit(random);
    }
    return result;
}

static void product(double **out, double **left, double **right, int n) {
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
            double sum = 0;
            for (int k = 0; k < n; k++) sum += left[i][k] * right[k][j];
            out[i][j] = sum;
        }
    }
}

int main(int argc, char **argv) {
    int n = 96;
    Random random = {2};
    double **a = matrix(n, n, &random), **b = matrix(n, n, &random), **c = matrix(n, n, &random);
    double **d = matrix(n, n, &random), **e = matrix(n, n, &random);
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        product(d, a, b, n);
        product(e, d, c, n);
        a[round % n][(round * 7) % n] = e[(round * 3) % n][round % n] / (n * n);
        checksum = mix_double(checksum, e[round % n][(round * 5) % n]);
    }
    return report(checksum);
}
