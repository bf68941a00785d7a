// SPDX-License-Identifier: Apache-2.0
// perf: size=200
// LU decomposition with partial pivoting, then forward and backward substitution.
#include "bench.h"

enum { N = 240 };

static double a[N][N], rhs[N], solution[N];
static int pivots[N];

static void decompose(void) {
    for (int k = 0; k < N; k++) {
        int pivot = k;
        for (int i = k + 1; i < N; i++) {
            double candidate = a[i][k] < 0 ? -a[i][k] : a[i][k];
            double best = a[pivot][k] < 0 ? -a[pivot][k] : a[pivot][k];
            if (candidate > best) pivot = i;
        }
        pivots[k] = pivot;
        if (pivot != k) {
            for (int j = 0; j < N; j++) {
                double swap = a[k][j];
                a[k][j] = a[pivot][j];
                a[pivot][j] = swap;
            }
        }
        for (int i = k + 1; i < N; i++) {
            double factor = a[i][k] /= a[k][k];
            for (int j = k + 1; j < N; j++) a[i][j] -= factor * a[k][j];
        }
    }
}

static void solve(void) {
    for (int k = 0; k < N; k++) {
        double swap = rhs[k];
        rhs[k] = rhs[pivots[k]];
        rhs[pivots[k]] = swap;
    }
    for (int i = 0; i < N; i++) {
        double sum = rhs[i];
        for (int j = 0; j < i; j++) sum -= a[i][j] * solution[j];
        solution[i] = sum;
    }
    for (int i = N - 1; i >= 0; i--) {
        double sum = solution[i];
        for (int j = i + 1; j < N; j++) sum -= a[i][j] * solution[j];
        solution[i] = sum / a[i][i];
    }
}

int main(int argc, char **argv) {
    Random random = {3};
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        for (int i = 0; i < N; i++) {
            rhs[i] = random_unit(&random);
            for (int j = 0; j < N; j++) a[i][j] = random_unit(&random);
        }
        decompose();
        solve();
        for (int i = 0; i < N; i++) checksum = mix_double(checksum, solution[i]);
    }
    return report(checksum);
}
