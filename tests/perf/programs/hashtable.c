// SPDX-License-Identifier: Apache-2.0
// perf: size=18
// Open-addressing hash table: insert, look up, erase with backward shift, grow.
#include "bench.h"

typedef struct {
    uint64_t key;  // 0: free
    uint64_t value;
} Slot;

typedef struct {
    Slot *slots;
    uint32_t capacity, used;  // capacity is a power of two
} Table;

static uint32_t slot_of(const Table *table, uint64_t key) {
    return (uint32_t)((key * 0x9E3779B97F4A7C15u) >> 32) & (table->capacity - 1);
}

static Slot *find(const Table *table, uint64_t key) {
    uint32_t index = slot_of(table, key);
    while (table->slots[index].key != 0 && table->slots[index].key != key)
        index = (index + 1) & (table->capacity - 1);
    return &table->slots[index];
}

static void grow(Table *table) {
    Table bigger = {calloc(table->capacity * 2, sizeof(Slot)), table->capacity * 2, table->used};
    for (uint32_t i = 0; i < table->capacity; i++)
        if (table->slots[i].key != 0) *find(&bigger, table->slots[i].key) = table->slots[i];
    free(table->slots);
    *table = bigger;
}

static uint64_t *at(Table *table, uint64_t key) {
    Slot *slot = find(table, key);
    if (slot->key == 0) {
        if (table->used * 4 >= table->capacity * 3) {
            grow(table);
            slot = find(table, key);
        }
        table->used++;
        slot->key = key;
        slot->value = 0;
    }
    return &slot->value;
}

static void erase(Table *table, uint64_t key) {
    Slot *hole = find(table, key);
    if (hole->key == 0) return;
    uint32_t mask = table->capacity - 1, free_index = (uint32_t)(hole - table->slots);
    for (uint32_t i = (free_index + 1) & mask; table->slots[i].key != 0; i = (i + 1) & mask) {
        uint32_t home = slot_of(table, table->slots[i].key);
        if (((i - home) & mask) >= ((i - free_index) & mask)) {
            table->slots[free_index] = table->slots[i];
            free_index = i;
        }
    }
    table->slots[free_index].key = 0;
    table->used--;
}

int main(int argc, char **argv) {
    Random random = {5};
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        Table table = {calloc(16, sizeof(Slot)), 16, 0};
        for (int i = 0; i < 600000; i++) *at(&table, random_u32(&random) % 50000 + 1) += i;
        for (int i = 0; i < 300000; i++) {
            uint64_t key = random_u32(&random) % 50000 + 1;
            if (i & 1) erase(&table, key);
            else checksum += find(&table, key)->value;
        }
        checksum = mix(checksum, table.used);
        free(table.slots);
    }
    return report(checksum);
}
