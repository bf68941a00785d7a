// SPDX-License-Identifier: Apache-2.0
// perf: size=3500 simd=both
// Integer matrix times vector (8-bit weights, 32-bit sums) with a clamped activation, as in
// quantised inference; then a 16-bit convolution.
#include "bench.h"

enum { ROWS = 256, COLUMNS = 512, TAPS = 16 };

static int8_t weights[ROWS][COLUMNS], input[COLUMNS];
static int32_t sums[ROWS];
static int16_t signal[COLUMNS + TAPS], filter[TAPS], filtered[COLUMNS];

static void layer(void) {
    for (int i = 0; i < ROWS; i++) {
        int32_t sum = 0;
        for (int j = 0; j < COLUMNS; j++) sum += weights[i][j] * input[j];
        sums[i] = sum;
    }
    for (int j = 0; j < COLUMNS; j++) {
        int32_t next = sums[j % ROWS] >> 9;
        input[j] = (int8_t)(next > 127 ? 127 : next < -128 ? -128 : next + (j & 7));
    }
}

static void convolve(void) {
    for (int j = 0; j < COLUMNS; j++) signal[j] = (int16_t)(input[j] * 64);
    for (int j = 0; j < COLUMNS; j++) {
        int32_t sum = 0;
        for (int tap = 0; tap < TAPS; tap++) sum += signal[j + tap] * filter[tap];
        filtered[j] = (int16_t)(sum >> 8);
    }
}

int main(int argc, char **argv) {
    Random random = {13};
    for (int i = 0; i < ROWS; i++)
        for (int j = 0; j < COLUMNS; j++) weights[i][j] = (int8_t)random_u32(&random);
    for (int j = 0; j < COLUMNS; j++) input[j] = (int8_t)random_u32(&random);
    for (int tap = 0; tap < TAPS; tap++) filter[tap] = (int16_t)(random_u32(&random) % 512 - 256);
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv) * 8; round > 0; round--) {
        layer();
        convolve();
        checksum = mix(checksum, (uint64_t)(sums[round % ROWS] + filtered[round % COLUMNS]));
        input[round % COLUMNS] = (int8_t)checksum;
    }
    return report(checksum);
}
