// SPDX-License-Identifier: Apache-2.0
// Accepts one connection, waits for a word, and then does what its first argument says:
//   send BYTES   sends so many bytes and ends
//   input        waits for standard input and ends
// Exit codes: 7 when all went well, else where it did not.
#include <stdlib.h>
#include <string.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

static char text[1 << 16];

static int send_bytes(int peer, long left) {
    while (left > 0) {
        long wanted = left < (long)sizeof text ? left : (long)sizeof text;
        ssize_t sent = write(peer, text, wanted);
        if (sent <= 0) return 3;
        left -= sent;
    }
    return 7;
}

int main(int argc, char **argv) {
    const int listener = 3;
    memset(text, 'x', sizeof text);
    printf("started with %d arguments\n", argc - 1);
    fflush(stdout);
    if (argc > 1 && strcmp(argv[1], "input") == 0) {
        return read(0, text, sizeof text) < 0 ? 4 : 7;
    }
    int peer = accept(listener, NULL, NULL);
    if (peer < 0 || read(peer, text, 1) != 1) return 2;
    memset(text, 'x', sizeof text);
    return send_bytes(peer, argc > 2 ? atol(argv[2]) : 5);
}
