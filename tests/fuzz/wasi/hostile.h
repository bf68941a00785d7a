// SPDX-License-Identifier: Apache-2.0
// Arguments that no good program passes, and some that it does: each choice is the seed's.
#include "arena.h"

static uint64_t state;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state * 0x2545F4914F6CDD1Du >> 8;
}

static uint32_t below(uint32_t limit) { return (uint32_t)(next() % limit); }
static int one_in(uint32_t count) { return below(count) == 0; }

// Values at the borders of something.
static uint32_t number(void) {
    switch (below(8)) {
    case 0: return 0xFFFFFFFFu - below(72);
    case 1: return memory_end - below(72);
    case 2: return memory_end + below(72);
    case 3: return 0x80000000u - 36 + below(72);
    case 4: return (uint32_t)next();
    case 5: return 1u << below(32);
    default: return below(128);
    }
}

static uint64_t wide(void) {
    switch (below(8)) {
    case 0: return ~0ull - below(72);
    case 1: return (1ull << 63) - 36 + below(72);
    case 2: return 1ull << (16 + below(48));
    case 3: return next() << 8;
    default: return below(1 << 16);
    }
}

// What flags and the like are: nearly always defined ones.
static uint32_t flags(uint32_t defined) { return one_in(16) ? number() : below(defined + 1); }

// Sizes of buffers; few are large, since filling them takes time.
static uint32_t length(void) {
    switch (below(32)) {
    case 0: return number();
    case 1: return below(memory_end);
    case 2: case 3: return below(5000);
    case 4: return 0;
    default: return below(200);
    }
}

static uint32_t recent;

static uint32_t any_pointer(uint32_t size) {
    switch (below(16)) {
    case 0: return below(16);
    case 1: return memory_end - size;
    case 2: return memory_end - size + 1 + below(8);
    case 3: return memory_end - below(72);
    case 4: return one_in(2) ? 0u - size : number();
    case 5: return recent + below(32) - 16;
    case 6: return OWN_START - size;
    case 7: return OWN_END;
    default: return below(memory_end);
    }
}

// Where `size` bytes may be, or not; never among the program's own.
static uint32_t pointer(uint32_t size) {
    uint32_t found = any_pointer(size);
    while (is_own(found, size)) found = one_in(8) ? number() : any_pointer(size);
    recent = found;
    return found;
}

static uint32_t out(uint32_t size) {
    uint32_t found = pointer(size);
    note(outputs, &output_count, found, size);
    return found;
}

// Puts what a call shall read where it exists.
static uint32_t put_at(uint32_t place, const void *bytes, uint32_t size) {
    while (!is_inside(place, size) || is_own(place, size)) place = any_pointer(size);
    note(inputs, &input_count, place, size);
    for (uint32_t i = 0; i < size; i++) ((uint8_t *)(uintptr_t)place)[i] = ((uint8_t *)bytes)[i];
    recent = place;
    return place;
}

static uint32_t put(const void *bytes, uint32_t size) {
    return put_at(any_pointer(size), bytes, size);
}

struct span { uint32_t start, size; };
static char text[8192];

static uint32_t component(char *to) {
    static const char *const names[] = {
        "a", "b", "c", "d", "f", "..", ".", "", "\xff", "\xc3", "\xed\xa0\x80", "\xc3\xa9", "...",
    };
    uint32_t size = 0;
    if (one_in(64)) {
        uint32_t wanted = one_in(2) ? 255 : 256;
        for (; size < wanted; size++) to[size] = 'n';
    } else if (one_in(64)) {
        for (uint32_t wanted = below(6); size < wanted; size++) to[size] = (char)next();
    } else {
        const char *name = names[one_in(6) ? below(13) : below(5)];
        for (; name[size]; size++) to[size] = name[size];
    }
    return size;
}

static uint32_t write_path(void) {
    uint32_t size = 0, count = one_in(2) ? 1 : 1 + below(3);
    if (one_in(100)) {
        // Around the longest path that there is.
        uint32_t wanted = 4090 + below(12);
        for (; size < wanted; size++) text[size] = size % 2 ? '/' : '.';
        return size;
    }
    if (one_in(100)) count = 60 + below(10);
    if (one_in(40)) text[size++] = '/';
    for (uint32_t i = 0; i < count && size < 4096; i++) {
        if (i) text[size++] = '/';
        size += component(text + size);
    }
    if (one_in(8)) text[size++] = '/';
    return size;
}

static struct span path(void) {
    uint32_t size;
    if (one_in(12)) {
        size = length();
        return (struct span){pointer(size), size};
    }
    size = write_path();
    return (struct span){put(text, size), size};
}

struct vector { uint32_t pointer, size; };
static struct vector vectors[1025];

static uint32_t vector_count(void) {
    switch (below(64)) {
    case 0: return 1024;
    case 1: return 1025;
    default: return below(4);
    }
}

// Buffers to read into (`writes` memory) or to write from.
static struct span buffers(int writes) {
    uint32_t count = vector_count(), place;
    if (one_in(10)) {
        count = one_in(2) ? number() : count;
        return (struct span){pointer(count * 8), count};
    }
    for (uint32_t i = 0; i < count; i++) {
        uint32_t size = count > 8 ? below(64) : length();
        vectors[i] = (struct vector){pointer(size), size};
        // A bad one makes the call fail; most shall not.
        for (int tries = 0; tries < 8 && !is_inside(vectors[i].pointer, size); tries++)
            vectors[i].pointer = pointer(size);
        if (writes) note(outputs, &output_count, vectors[i].pointer, size);
    }
    // Sometimes the list lies in what the call is going to write.
    place = count && one_in(4) ? vectors[0].pointer - below(9) : any_pointer(count * 8);
    return (struct span){put_at(place, vectors, count * 8), count};
}

// Descriptors. 1 is for the report, and from TOP on are the directories: none may be lost.
enum { TOP = 3 };
static uint32_t top_count;

static uint32_t any_fd(void) {
    switch (below(16)) {
    case 0: return number();
    case 1: return below(3);
    case 2: return 1020 + below(8);
    case 3: return below(1030);
    default: return TOP + below(8 + top_count);
    }
}

static uint32_t loose_fd(void) {
    uint32_t fd = any_fd();
    return fd == 1 || fd - TOP < top_count ? TOP + top_count + below(4) : fd;
}

static uint32_t directory_fd(void) {
    if (one_in(3)) return any_fd();
    return TOP + (one_in(2) ? 0 : below(top_count + 1));
}
