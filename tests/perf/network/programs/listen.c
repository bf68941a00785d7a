// SPDX-License-Identifier: Apache-2.0
// Starts a program with a TCP listener at descriptor 3, as systemd and `mew run --listen` do.
//
//   listen PORT PROGRAM [ARGUMENT...]
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LISTENER = 3, BACKLOG = 4096 };

int main(int count, char **words) {
    if (count < 3) return fprintf(stderr, "usage: listen PORT PROGRAM [ARGUMENT...]\n"), 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(words[1]))};
    int on = 1, listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) ||
        bind(listener, (struct sockaddr *)&address, sizeof address) || listen(listener, BACKLOG))
        return perror("listen"), 1;
    if (listener != LISTENER && (dup2(listener, LISTENER) < 0 || close(listener)))
        return perror("listen"), 1;
    setenv("LISTEN_FDS", "1", 1);
    execv(words[2], words + 2);
    return perror(words[2]), 1;
}
