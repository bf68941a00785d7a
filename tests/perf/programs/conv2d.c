// SPDX-License-Identifier: Apache-2.0
// perf: size=3000 simd=both
// Single-precision convolution layer: 8 input planes, 8 output planes, 3x3 kernels, ReLU.
#include "bench.h"

enum { PLANES = 8, SIDE = 66, OUT = 64 };

static float input[PLANES][SIDE][SIDE], output[PLANES][OUT][OUT];
static float kernels[PLANES][PLANES][3][3], bias[PLANES];

static void convolve(void) {
    for (int o = 0; o < PLANES; o++) {
        for (int y = 0; y < OUT; y++)
            for (int x = 0; x < OUT; x++) output[o][y][x] = bias[o];
        for (int i = 0; i < PLANES; i++)
            for (int y = 0; y < OUT; y++)
                for (int ky = 0; ky < 3; ky++)
                    for (int x = 0; x < OUT; x++)
                        output[o][y][x] += kernels[o][i][ky][0] * input[i][y + ky][x] +
                                           kernels[o][i][ky][1] * input[i][y + ky][x + 1] +
                                           kernels[o][i][ky][2] * input[i][y + ky][x + 2];
    }
}

static void feed_back(void) {
    for (int o = 0; o < PLANES; o++)
        for (int y = 0; y < OUT; y++)
            for (int x = 0; x < OUT; x++) {
                float value = output[o][y][x];
                input[o][y + 1][x + 1] = value > 0 ? value : 0.01f * value;
            }
}

int main(int argc, char **argv) {
    Random random = {19};
    for (int o = 0; o < PLANES; o++) {
        bias[o] = (float)random_unit(&random);
        for (int i = 0; i < PLANES * 9; i++)
            kernels[o][i / 9][i / 3 % 3][i % 3] = (float)(random_unit(&random) - 0.5) / 20;
        for (int i = 0; i < SIDE * SIDE; i++)
            input[o][i / SIDE][i % SIDE] = (float)random_unit(&random);
    }
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        convolve();
        feed_back();
    }
    uint64_t checksum = 0;
    for (int o = 0; o < PLANES; o++)
        for (int y = 0; y < OUT; y++) checksum = mix_double(checksum, output[o][y][y]);
    return report(checksum);
}
