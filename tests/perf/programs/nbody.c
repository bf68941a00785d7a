// SPDX-License-Identifier: Apache-2.0
// perf: size=4000000
// Gravity between five bodies, leapfrog steps; scalar double arithmetic with a square root.
#include <math.h>

#include "bench.h"

enum { BODIES = 5 };

typedef struct {
    double position[3], velocity[3], mass;
} Body;

static Body bodies[BODIES];

static void advance(double step) {
    for (int i = 0; i < BODIES; i++) {
        for (int j = i + 1; j < BODIES; j++) {
            double distance[3], square = 0;
            for (int axis = 0; axis < 3; axis++) {
                distance[axis] = bodies[i].position[axis] - bodies[j].position[axis];
                square += distance[axis] * distance[axis];
            }
            double pull = step / (square * sqrt(square));
            for (int axis = 0; axis < 3; axis++) {
                bodies[i].velocity[axis] -= distance[axis] * bodies[j].mass * pull;
                bodies[j].velocity[axis] += distance[axis] * bodies[i].mass * pull;
            }
        }
    }
    for (int i = 0; i < BODIES; i++)
        for (int axis = 0; axis < 3; axis++)
            bodies[i].position[axis] += step * bodies[i].velocity[axis];
}

int main(int argc, char **argv) {
    Random random = {6};
    for (int i = 0; i < BODIES; i++) {
        for (int axis = 0; axis < 3; axis++) {
            bodies[i].position[axis] = 10.0 * i + 4.0 * random_unit(&random);
            bodies[i].velocity[axis] = random_unit(&random) - 0.5;
        }
        bodies[i].mass = i == 0 ? 40.0 : random_unit(&random);
    }
    for (uint32_t step = work_size(argc, argv); step > 0; step--) advance(0.001);
    uint64_t checksum = 0;
    for (int i = 0; i < BODIES; i++)
        for (int axis = 0; axis < 3; axis++)
            checksum = mix_double(checksum, bodies[i].position[axis]);
    return report(checksum);
}
