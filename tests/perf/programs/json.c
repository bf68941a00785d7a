// SPDX-License-Identifier: Apache-2.0
// perf: size=250
// Text scanning: validates UTF-8, then tokenises JSON-like text by recursive descent.
#include "bench.h"

enum { CAPACITY = 1 << 20 };

static uint8_t text[CAPACITY];
static uint32_t length;

static void put(const char *piece) {
    while (*piece) text[length++] = (uint8_t)*piece++;
}

static void generate(Random *random, int depth) {
    static const char *const words[] = {
        "name", "\xC3\xA9t\xC3\xA9", "\xE6\x97\xA5\xE6\x9C\xAC",
        "caf\xC3\xA9 \\n", "x\xF0\x9F\x90\xB1", "long value",
    };
    char number[32];
    switch (depth == 0 ? 2 + random_u32(random) % 3 : random_u32(random) % 2) {
    case 0:
        put("{");
        for (int i = 0; i < 5; i++) {
            put(i ? ", \"" : "\"");
            put(words[random_u32(random) % 6]);
            put("\": ");
            generate(random, depth - 1);
        }
        put("}");
        break;
    case 1:
        put("[ ");
        for (int i = 0; i < 6; i++) {
            if (i) put(",\n  ");
            generate(random, depth - 1);
        }
        put("]");
        break;
    case 2:
        snprintf(number, sizeof number, "%d", (int)random_u32(random));
        put(number);
        break;
    case 3:
        put("\"");
        put(words[random_u32(random) % 6]);
        put("\"");
        break;
    default: put(random_u32(random) & 1 ? "true" : "null");
    }
}

static int valid_utf8(const uint8_t *at, const uint8_t *end) {
    while (at < end) {
        uint8_t lead = *at++;
        if (lead < 0x80) continue;
        int more = lead >= 0xF0 ? 3 : lead >= 0xE0 ? 2 : 1;
        if (lead < 0xC2 || lead > 0xF4 || end - at < more) return 0;
        while (more-- > 0)
            if ((*at++ & 0xC0) != 0x80) return 0;
    }
    return 1;
}

typedef struct {
    const uint8_t *at, *end;
    uint64_t checksum;
    uint32_t values;
} Parser;

static void skip_blanks(Parser *p) {
    while (p->at < p->end && (*p->at == ' ' || *p->at == '\n' || *p->at == '\t')) p->at++;
}

static void parse_string(Parser *p) {
    uint32_t hash = 2166136261u;
    for (p->at++; *p->at != '"'; p->at++) {
        if (*p->at == '\\') p->at++;
        hash = (hash ^ *p->at) * 16777619u;
    }
    p->at++;
    p->checksum += hash;
}

static int parse_value(Parser *p) {
    skip_blanks(p);
    p->values++;
    if (*p->at == '{' || *p->at == '[') {
        uint8_t close = *p->at++ == '{' ? '}' : ']';
        for (;;) {
            skip_blanks(p);
            if (*p->at == close) break;
            if (*p->at == ',') {
                p->at++;
                skip_blanks(p);
            }
            if (close == '}') {
                if (*p->at != '"') return 0;
                parse_string(p);
                skip_blanks(p);
                if (*p->at++ != ':') return 0;
            }
            if (!parse_value(p)) return 0;
        }
        p->at++;
    } else if (*p->at == '"') {
        parse_string(p);
    } else if (*p->at == '-' || (*p->at >= '0' && *p->at <= '9')) {
        int64_t sign = *p->at == '-' ? -1 : 1, number = 0;
        p->at += *p->at == '-';
        while (*p->at >= '0' && *p->at <= '9') number = number * 10 + (*p->at++ - '0');
        p->checksum = p->checksum * 31 + (uint64_t)(sign * number);
    } else {
        while (*p->at >= 'a' && *p->at <= 'z') p->checksum += *p->at++;
    }
    return 1;
}

int main(int argc, char **argv) {
    Random random = {10};
    while (length < CAPACITY / 2) {
        uint32_t before = length;
        generate(&random, 6);
        if (length > CAPACITY - (1 << 18)) {
            length = before;
            break;
        }
        put("\n");
    }
    uint64_t checksum = 0;
    for (uint32_t round = work_size(argc, argv); round > 0; round--) {
        Parser parser = {text, text + length, 0, 0};
        checksum += (uint64_t)valid_utf8(text, text + length);
        while (parser.at < parser.end && parse_value(&parser)) skip_blanks(&parser);
        checksum = mix(checksum, parser.checksum + parser.values);
    }
    return report(checksum);
}
