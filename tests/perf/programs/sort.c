// SPDX-License-Identifier: Apache-2.0
// perf: size=10
// Quicksort (median of three, insertion sort below 16) and heapsort of 32-bit keys.
#include "bench.h"

enum { COUNT = 400000 };

static uint32_t keys[COUNT], copy[COUNT];

static void insertion_sort(uint32_t *first, uint32_t *end) {
    for (uint32_t *next = first + 1; next < end; next++) {
        uint32_t key = *next, *hole = next;
        for (; hole > first && hole[-1] > key; hole--) *hole = hole[-1];
        *hole = key;
    }
}

static uint32_t median(uint32_t a, uint32_t b, uint32_t c) {
    if (a > b) {
        uint32_t swap = a;
        a = b;
        b = swap;
    }
    return c < a ? a : c > b ? b : c;
}

static void quick_sort(uint32_t *first, uint32_t *end) {
    while (end - first > 16) {
        uint32_t pivot = median(first[0], first[(end - first) / 2], end[-1]);
        uint32_t *low = first, *high = end - 1;
        while (low <= high) {
            while (*low < pivot) low++;
            while (*high > pivot) high--;
            if (low <= high) {
                uint32_t swap = *low;
                *low++ = *high;
                *high-- = swap;
            }
        }
        if (high + 1 - first < end - low) {
            quick_sort(first, high + 1);
            first = low;
        } else {
            quick_sort(low, end);
            end = high + 1;
        }
    }
    insertion_sort(first, end);
}

static void sift_down(uint32_t *heap, uint32_t root, uint32_t count) {
    uint32_t key = heap[root];
    for (uint32_t child; (child = 2 * root + 1) < count; root = child) {
        if (child + 1 < count && heap[child + 1] > heap[child]) child++;
        if (heap[child] <= key) break;
        heap[root] = heap[child];
    }
    heap[root] = key;
}

static void heap_sort(uint32_t *heap, uint32_t count) {
    for (uint32_t root = count / 2; root-- > 0;) sift_down(heap, root, count);
    while (count-- > 1) {
        uint32_t swap = heap[0];
        heap[0] = heap[count];
        heap[count] = swap;
        sift_down(heap, 0, count);
    }
}

int main(int argc, char **argv) {
    Random random = {4};
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        for (int i = 0; i < COUNT; i++) keys[i] = copy[i] = random_u32(&random);
        quick_sort(keys, keys + COUNT);
        heap_sort(copy, COUNT / 4);
        for (int i = 0; i < COUNT; i += 97) checksum = mix(checksum, keys[i] ^ copy[i / 4]);
    }
    return report(checksum);
}
