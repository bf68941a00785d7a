// SPDX-License-Identifier: Apache-2.0
// perf: size=18
// Many short-lived binary trees from a free list of our own, so that no libc's malloc is measured.
#include "bench.h"

typedef struct Node {
    struct Node *left, *right;
} Node;

static Node *free_nodes;

static Node *new_node(void) {
    if (!free_nodes) {
        enum { BATCH = 1024 };
        Node *batch = malloc(BATCH * sizeof *batch);
        for (int i = 0; i < BATCH; i++) {
            batch[i].left = free_nodes;
            free_nodes = &batch[i];
        }
    }
    Node *node = free_nodes;
    free_nodes = node->left;
    return node;
}

static Node *build(uint32_t depth) {
    Node *node = new_node();
    node->left = depth ? build(depth - 1) : NULL;
    node->right = depth ? build(depth - 1) : NULL;
    return node;
}

static uint32_t count(const Node *node) {
    return node->left ? 1 + count(node->left) + count(node->right) : 1;
}

static void release(Node *node) {
    if (node->left) {
        release(node->left);
        release(node->right);
    }
    node->left = free_nodes;
    free_nodes = node;
}

int main(int argc, char **argv) {
    uint32_t deepest = work_size(argc, argv);
    uint64_t checksum = 0;
    Node *kept = build(deepest);
    for (uint32_t depth = 4; depth <= deepest; depth += 3) {
        uint32_t rounds = 1u << (deepest - depth + 4), total = 0;
        for (uint32_t i = 0; i < rounds; i++) {
            Node *tree = build(depth);
            total += count(tree);
            release(tree);
        }
        checksum = mix(checksum, total);
    }
    return report(mix(checksum, count(kept)));
}
