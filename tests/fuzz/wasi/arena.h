// SPDX-License-Identifier: Apache-2.0
// Linear memory under watch: every byte outside the program's own holds a known pattern, except
// where a call's inputs lie, so that a byte written where no argument allowed it is found.
#include "wasmedge.h"

// The linker puts the program's data here (--global-base): below lies memory for hostile pointers.
enum { OWN_START = 0x20000 };
extern char __heap_base;
#define OWN_END AT(&__heap_base)

enum { RANGES_MAX = 2200, MARGIN = 64 };
struct range { uint32_t start, size; };
// Of the call that is being made.
static struct range inputs[RANGES_MAX], outputs[RANGES_MAX];
static uint32_t input_count, output_count;
static uint32_t memory_end;
static const uint32_t NOWHERE = 0xFFFFFFFFu;

// The high bit of each byte is set: as a pointer it is far outside, as an enumeration undefined.
static uint64_t pattern_word(uint32_t index) {
    uint64_t word = index * 0x9E3779B97F4A7C15u;
    return (word ^ word >> 29) | 0x8080808080808080u;
}

static uint8_t pattern_byte(uint32_t address) {
    return (uint8_t)(pattern_word(address >> 3) >> (address & 7) * 8);
}

static void restore(uint32_t start, uint32_t end) {
    while (start < end && start & 7) {
        *(uint8_t *)(uintptr_t)start = pattern_byte(start);
        start++;
    }
    for (; end - start >= 8; start += 8) *(uint64_t *)(uintptr_t)start = pattern_word(start >> 3);
    for (; start < end; start++) *(uint8_t *)(uintptr_t)start = pattern_byte(start);
}

// The first address that does not hold the pattern, or NOWHERE.
static uint32_t find_change(uint32_t start, uint32_t end) {
    for (; start < end && start & 7; start++)
        if (*(uint8_t *)(uintptr_t)start != pattern_byte(start)) return start;
    while (end - start >= 8 && *(uint64_t *)(uintptr_t)start == pattern_word(start >> 3))
        start += 8;
    for (; start < end; start++)
        if (*(uint8_t *)(uintptr_t)start != pattern_byte(start)) return start;
    return NOWHERE;
}

static uint32_t find_change_anywhere(void) {
    uint32_t found = find_change(0, OWN_START);
    return found != NOWHERE ? found : find_change(OWN_END, memory_end);
}

static int is_inside(uint32_t start, uint32_t size) {
    return start <= memory_end && size <= memory_end - start;
}

// True when the bytes exist and some are the program's own: such an argument would be a wish.
static int is_own(uint32_t start, uint32_t size) {
    return size && is_inside(start, size) && start < OWN_END && start + size > OWN_START;
}

static void note(struct range *list, uint32_t *count, uint32_t start, uint32_t size) {
    if (size == 0 || !is_inside(start, size)) return;
    if (*count == RANGES_MAX) proc_exit(90);
    list[(*count)++] = (struct range){start, size};
}

static void restore_all(const struct range *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) restore(list[i].start, list[i].start + list[i].size);
}

static uint32_t find_change_around(const struct range *list, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        uint32_t start = list[i].start, end = start + list[i].size, found;
        uint32_t floor = start >= OWN_END ? OWN_END : 0;
        uint32_t ceiling = start >= OWN_END ? memory_end : OWN_START;
        uint32_t before = start - floor < MARGIN ? floor : start - MARGIN;
        uint32_t after = ceiling - end < MARGIN ? ceiling : end + MARGIN;
        found = find_change(before, after);
        if (found != NOWHERE) return found;
    }
    return NOWHERE;
}

// To be called after a call: what it was allowed to write is put back, and what lies around it
// must be as it was. A call that fails may write nothing.
static uint32_t find_wild_write(int succeeded) {
    restore_all(inputs, input_count);
    if (succeeded) restore_all(outputs, output_count);
    uint32_t found = find_change_around(outputs, output_count);
    if (found == NOWHERE) found = find_change_around(inputs, input_count);
    input_count = output_count = 0;
    return found;
}

static void grow_arena(uint32_t pages) {
    uint32_t old = memory_end;
    if (__builtin_wasm_memory_grow(0, pages) == (size_t)-1) return;
    memory_end = MEMORY_END;
    restore(old, memory_end);
}

static void begin_arena(uint32_t pages) {
    memory_end = MEMORY_END;
    grow_arena(pages);
    restore(0, OWN_START);
    restore(OWN_END, memory_end);
}
