// SPDX-License-Identifier: Apache-2.0
// perf: size=20
// Pointer chasing: a shuffled linked list, and look-ups in an unbalanced binary search tree.
#include "bench.h"

enum { NODES = 30000, KEYS = 20000 };

typedef struct Node {
    struct Node *next;
    uint32_t value;
} Node;

typedef struct Tree {
    struct Tree *left, *right;
    uint32_t key, hits;
} Tree;

static Node nodes[NODES];
static Tree leaves[KEYS];
static uint32_t order[NODES];

static Node *shuffled_list(Random *random) {
    for (uint32_t i = 0; i < NODES; i++) order[i] = i;
    for (uint32_t i = NODES - 1; i > 0; i--) {
        uint32_t j = random_u32(random) % (i + 1), swap = order[i];
        order[i] = order[j];
        order[j] = swap;
    }
    for (uint32_t i = 0; i < NODES; i++) {
        nodes[order[i]].next = &nodes[order[(i + 1) % NODES]];
        nodes[order[i]].value = random_u32(random);
    }
    return &nodes[order[0]];
}

static Tree *find(Tree **link, uint32_t key) {
    while (*link && (*link)->key != key)
        link = key < (*link)->key ? &(*link)->left : &(*link)->right;
    return *link;
}

static void insert(Tree **root, Tree *leaf, uint32_t key) {
    Tree **link = root;
    while (*link) link = key < (*link)->key ? &(*link)->left : &(*link)->right;
    leaf->key = key;
    *link = leaf;
}

int main(int argc, char **argv) {
    Random random = {8};
    Node *node = shuffled_list(&random);
    Tree *root = NULL;
    for (int i = 0; i < KEYS; i++) insert(&root, &leaves[i], random_u32(&random) >> 12);
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        uint32_t sum = 0;
        for (int i = 0; i < 40 * NODES; i++, node = node->next) sum = sum * 3 + node->value;
        for (int i = 0; i < 5 * KEYS; i++) {
            uint32_t pick = random_u32(&random);
            uint32_t key = i & 1 ? leaves[pick % KEYS].key : pick >> 12;
            Tree *found = find(&root, key);
            if (found) sum += found->hits++;
        }
        checksum = mix(checksum, sum);
    }
    return report(checksum);
}
