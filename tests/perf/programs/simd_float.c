// SPDX-License-Identifier: Apache-2.0
// perf: size=2500 simd=yes
// 128-bit float vectors: 4x4 matrix times vector, normalisation, comparison masks and selection.
#include <math.h>

#include "bench.h"

typedef float Vector __attribute__((vector_size(16)));
typedef int32_t Mask __attribute__((vector_size(16)));

enum { POINTS = 8192 };

static Vector points[POINTS];

static Vector splat(float value) { return (Vector){value, value, value, value}; }

static Vector transform(const Vector matrix[4], Vector point) {
    return matrix[0] * splat(point[0]) + matrix[1] * splat(point[1]) +
           matrix[2] * splat(point[2]) + matrix[3] * splat(point[3]);
}

static Vector choose(Mask mask, Vector yes, Vector no) {
    return (Vector)(((Mask)yes & mask) | ((Mask)no & ~mask));
}

int main(int argc, char **argv) {
    Random random = {12};
    for (int i = 0; i < POINTS; i++)
        for (int lane = 0; lane < 4; lane++) points[i][lane] = (float)random_unit(&random);
    Vector matrix[4] = {
        {0.8f, 0.6f, 0.0f, 0.01f},
        {-0.6f, 0.8f, 0.1f, 0.0f},
        {0.02f, -0.1f, 0.9f, 0.3f},
        {0.1f, 0.0f, -0.3f, 0.9f},
    };
    Vector sum = splat(0);
    for (uint32_t round = work_size(argc, argv) * 10; round > 0; round--) {
        for (int i = 0; i < POINTS; i++) {
            Vector moved = transform(matrix, points[i]);
            Vector clipped = choose(moved > splat(1.5f), splat(1.5f), moved);
            clipped = choose(clipped < splat(-1.5f), splat(-1.5f), clipped);
            points[i] = clipped;
            sum += clipped * clipped;
        }
        matrix[0][3] = 0.001f * (float)(round % 17);
    }
    uint64_t checksum = 0;
    for (int lane = 0; lane < 4; lane++) checksum = mix_double(checksum, sum[lane]);
    for (int i = 0; i < POINTS; i++) checksum = mix_double(checksum, points[i][i & 3]);
    return report(checksum);
}
