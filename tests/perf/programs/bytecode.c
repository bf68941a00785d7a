// SPDX-License-Identifier: Apache-2.0
// perf: size=40
// A register machine interpreted by one big switch; its program counts primes by trial division.
#include "bench.h"

enum {
    SET,
    MOVE,
    ADD,
    ADD_IMMEDIATE,
    MULTIPLY,
    REMAINDER,
    LOAD,
    STORE,
    JUMP_LESS,
    JUMP_EQUAL,
    JUMP,
    HALT,
};

typedef struct {
    uint8_t operation, a, b, c;
    int32_t immediate;
} Instruction;

static int32_t heap[4096];

// r0 candidate, r1 divisor, r2 limit, r3 count, r4 scratch, r5 zero, r6 square, r7 heap index
static const Instruction program[] = {
    {SET, 0, 0, 0, 2},            // 0
    {SET, 3, 0, 0, 0},            // 1
    {SET, 5, 0, 0, 0},            // 2
    {SET, 2, 0, 0, 30000},        // 3
    {SET, 1, 0, 0, 2},            // 4: next candidate
    {MULTIPLY, 6, 1, 1, 0},       // 5: next divisor
    {JUMP_LESS, 0, 6, 0, 11},     // 6: square above the candidate: prime
    {REMAINDER, 4, 0, 1, 0},      // 7
    {JUMP_EQUAL, 4, 5, 0, 13},    // 8
    {ADD_IMMEDIATE, 1, 1, 0, 1},  // 9
    {JUMP, 0, 0, 0, 5},           // 10
    {ADD_IMMEDIATE, 3, 3, 0, 1},  // 11: count it and remember the count
    {STORE, 0, 3, 0, 0},          // 12
    {ADD_IMMEDIATE, 0, 0, 0, 1},  // 13: end of this candidate
    {LOAD, 7, 0, 0, 0},           // 14
    {ADD, 7, 7, 3, 0},            // 15
    {MOVE, 4, 7, 0, 0},           // 16
    {JUMP_LESS, 0, 2, 0, 4},      // 17
    {HALT, 3, 0, 0, 0},           // 18
};

static int32_t interpret(const Instruction *code, uint64_t *steps) {
    int32_t registers[16] = {0};
    uint64_t executed = 0;
    for (const Instruction *next = code;;) {
        const Instruction now = *next++;
        executed++;
        switch (now.operation) {
        case SET: registers[now.a] = now.immediate; break;
        case MOVE: registers[now.a] = registers[now.b]; break;
        case ADD: registers[now.a] = registers[now.b] + registers[now.c]; break;
        case ADD_IMMEDIATE: registers[now.a] = registers[now.b] + now.immediate; break;
        case MULTIPLY: registers[now.a] = registers[now.b] * registers[now.c]; break;
        case REMAINDER: registers[now.a] = registers[now.b] % registers[now.c]; break;
        case LOAD: registers[now.a] = heap[registers[now.b] & 4095]; break;
        case STORE: heap[registers[now.a] & 4095] = registers[now.b]; break;
        case JUMP_LESS:
            if (registers[now.a] < registers[now.b]) next = code + now.immediate;
            break;
        case JUMP_EQUAL:
            if (registers[now.a] == registers[now.b]) next = code + now.immediate;
            break;
        case JUMP: next = code + now.immediate; break;
        case HALT: *steps += executed; return registers[now.a];
        }
    }
}

int main(int argc, char **argv) {
    uint64_t checksum = 0, steps = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--)
        checksum = mix(checksum, (uint64_t)interpret(program, &steps));
    return report(mix(checksum, steps));
}
