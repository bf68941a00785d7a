// SPDX-License-Identifier: Apache-2.0
// perf: size=300
// Calls through function pointers: objects with method tables, and a comparison callback.
#include "bench.h"

typedef struct Shape Shape;

typedef struct {
    uint32_t (*area)(const Shape *);
    void (*scale)(Shape *, uint32_t);
} Methods;

struct Shape {
    const Methods *methods;
    uint32_t width, height;
};

static uint32_t square_area(const Shape *shape) { return shape->width * shape->width; }
static uint32_t oblong_area(const Shape *shape) { return shape->width * shape->height; }
static uint32_t triangle_area(const Shape *shape) { return shape->width * shape->height / 2; }
static uint32_t ring_area(const Shape *shape) {
    return 3 * (shape->width * shape->width - shape->height * shape->height);
}
static void scale_both(Shape *shape, uint32_t by) {
    shape->width = shape->width * by % 1021;
    shape->height = shape->height * by % 1019;
}
static void scale_width(Shape *shape, uint32_t by) { shape->width = (shape->width + by) % 2039; }

static const Methods kinds[] = {
    {square_area, scale_width},
    {oblong_area, scale_both},
    {triangle_area, scale_both},
    {ring_area, scale_width},
};

enum { SHAPES = 4096 };
static Shape shapes[SHAPES];

typedef int (*Compare)(const Shape *, const Shape *);
static int by_width(const Shape *a, const Shape *b) { return (int)a->width - (int)b->width; }
static int by_height(const Shape *a, const Shape *b) { return (int)a->height - (int)b->height; }
static Compare const orders[] = {by_width, by_height};

static uint32_t inversions(Compare compare) {
    uint32_t count = 0;
    for (int i = 0; i + 8 < SHAPES; i++)
        for (int j = 1; j <= 8; j++) count += compare(&shapes[i], &shapes[i + j]) > 0;
    return count;
}

int main(int argc, char **argv) {
    Random random = {7};
    for (int i = 0; i < SHAPES; i++) {
        shapes[i].methods = &kinds[random_u32(&random) % 4];
        shapes[i].width = random_u32(&random) % 1000;
        shapes[i].height = random_u32(&random) % 1000;
    }
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv) * 10; round > 0; round--) {
        uint64_t total = 0;
        for (int i = 0; i < SHAPES; i++) {
            Shape *shape = &shapes[i];
            total += shape->methods->area(shape);
            shape->methods->scale(shape, round);
        }
        checksum = mix(checksum, total + inversions(orders[random_u32(&random) & 1]));
    }
    return report(checksum);
}
