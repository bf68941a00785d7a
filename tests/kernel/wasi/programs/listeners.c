// SPDX-License-Identifier: Apache-2.0
// With wasi-libc: sockets that the program starts with, and the directories that come after them.
// Prints what it finds, then answers one connection on each listener, and datagrams.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <wasi/api.h>

static void describe(int fd) {
    __wasi_prestat_t stat;
    char name[256] = "";
    if (__wasi_fd_prestat_get(fd, &stat)) return;
    if (__wasi_fd_prestat_dir_name(fd, (uint8_t *)name, stat.u.dir.pr_name_len)) return;
    printf("%d: tag %d, %s\n", fd, stat.tag, name);
}

int main(void) {
    const char *count = getenv("LISTEN_FDS");
    printf("LISTEN_FDS %s\n", count ? count : "none");
    for (int fd = 3; fd < 8; fd++) describe(fd);
    FILE *file = fopen("/file", "r");
    char text[64] = "no file";
    if (file) printf("%s\n", fgets(text, sizeof text, file));
    printf("MEW_LISTEN %s\n", getenv("MEW_LISTEN") ? "seen" : "hidden");
    fflush(stdout);
    for (int fd = 3; count && fd < 3 + atoi(count); fd++) {
        int type = 0;
        socklen_t size = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size)) return 1;
        struct sockaddr peer;
        socklen_t peer_size = sizeof peer;
        int from = type == SOCK_STREAM ? accept(fd, &peer, &peer_size) : fd;
        if (from < 0) {
            printf("%s\n", strerror(errno));
            return errno == ECANCELED ? 3 : 1;
        }
        ssize_t length = recv(from, text, sizeof text, 0);
        printf("%.*s\n", (int)length, text);
        fflush(stdout);
        if (type == SOCK_STREAM && send(from, text, (size_t)length, 0) != length) return 1;
        if (type == SOCK_STREAM) close(from);
    }
    return 0;
}
