// SPDX-License-Identifier: Apache-2.0
// perf: size=900 simd=yes
// 128-bit vector extensions: alpha blending of bytes and a 3-tap blur, the way image code does.
#include "bench.h"

typedef uint8_t Bytes __attribute__((vector_size(16)));
typedef uint16_t Words __attribute__((vector_size(16)));
typedef uint8_t HalfBytes __attribute__((vector_size(8)));

enum { WIDTH = 512, HEIGHT = 256 };

static uint8_t front[HEIGHT][WIDTH], back[HEIGHT][WIDTH], out[HEIGHT][WIDTH + 16];

static Bytes load(const uint8_t *from) {
    Bytes result;
    memcpy(&result, from, sizeof result);
    return result;
}

static void store(uint8_t *to, Bytes value) { memcpy(to, &value, sizeof value); }

static Words low(Bytes value) {
    HalfBytes half = __builtin_shufflevector(value, value, 0, 1, 2, 3, 4, 5, 6, 7);
    return __builtin_convertvector(half, Words);
}

static Words high(Bytes value) {
    HalfBytes half = __builtin_shufflevector(value, value, 8, 9, 10, 11, 12, 13, 14, 15);
    return __builtin_convertvector(half, Words);
}

static Bytes narrow(Words a, Words b) {
    HalfBytes low_half = __builtin_convertvector(a, HalfBytes);
    HalfBytes high_half = __builtin_convertvector(b, HalfBytes);
    return __builtin_shufflevector(low_half, high_half, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                                   13, 14, 15);
}

static void blend(uint16_t alpha) {
    Words weight = (Words){} + alpha, rest = (Words){} + (uint16_t)(256 - alpha);
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x += 16) {
            Bytes a = load(&front[y][x]), b = load(&back[y][x]);
            Words left = (low(a) * weight + low(b) * rest) >> 8;
            Words right = (high(a) * weight + high(b) * rest) >> 8;
            store(&out[y][x], narrow(left, right));
        }
    }
}

static void blur(void) {
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x += 16) {
            Bytes a = load(&out[y][x]), b = load(&out[y][x + 1]), c = load(&out[y][x + 2]);
            Words left = (low(a) + 2 * low(b) + low(c)) >> 2;
            Words right = (high(a) + 2 * high(b) + high(c)) >> 2;
            store(&back[y][x], narrow(left, right));
        }
    }
}

int main(int argc, char **argv) {
    Random random = {11};
    for (int y = 0; y < HEIGHT; y++) {
        for (int x = 0; x < WIDTH; x++) {
            front[y][x] = (uint8_t)random_u32(&random);
            back[y][x] = (uint8_t)random_u32(&random);
        }
    }
    for (uint32_t round = work_size(argc, argv) * 20; round > 0; round--) {
        blend((uint16_t)(round % 257));
        blur();
    }
    uint64_t checksum = 0;
    for (int y = 0; y < HEIGHT; y++)
        for (int x = 0; x < WIDTH; x++) checksum = mix(checksum, back[y][x]);
    return report(checksum);
}
