// SPDX-License-Identifier: Apache-2.0
// Asks for the addresses of each of its arguments: a line for each, `name address...` or
// `name error NUMBER`. Says `ready` before the network is needed for the first time.
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define AT(object) ((uint32_t)(uintptr_t)(object))
#define FOUND_MAX 16

struct sockaddr { uint8_t family, gap[3]; uint32_t size, data; };
struct addrinfo {
    uint16_t flags;
    uint8_t family, kind, protocol, gap[3];
    uint32_t address_size, address, name, name_length, next;
};

__attribute__((import_module("wasi_snapshot_preview1"), import_name("sock_getaddrinfo")))
uint32_t sock_getaddrinfo(uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t, uint32_t,
                          uint32_t);

static uint8_t data[FOUND_MAX][26];
static struct sockaddr addresses[FOUND_MAX];
static struct addrinfo found[FOUND_MAX];

static void look_up(const char *name) {
    struct addrinfo hints = {.family = 1, .kind = 2};
    uint32_t first = AT(found), count = 0;
    for (int i = 0; i < FOUND_MAX; i++) {
        addresses[i].data = AT(data[i]);
        found[i].address = AT(&addresses[i]);
        found[i].next = i + 1 < FOUND_MAX ? AT(&found[i + 1]) : 0;
    }
    uint32_t error = sock_getaddrinfo(AT(name), strlen(name), AT("80"), 2, AT(&hints), AT(&first),
                                      FOUND_MAX, AT(&count));
    printf("%s", name);
    if (error) {
        printf(" error %u\n", error);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        printf(" %u.%u.%u.%u", data[i][2], data[i][3], data[i][4], data[i][5]);
    printf("\n");
}

int main(int count, char **arguments) {
    printf("ready\n");
    fflush(stdout);
    for (int i = 1; i < count; i++) look_up(arguments[i]);
    return 0;
}
