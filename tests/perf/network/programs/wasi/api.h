// SPDX-License-Identifier: Apache-2.0
// What examples/http_server takes of preview1, over Linux: so that its source can be compiled to a
// native program, without a runtime and without a copy more than it has to make.
#ifndef NATIVE_WASI_API_H
#define NATIVE_WASI_API_H
#define _GNU_SOURCE

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

typedef int __wasi_fd_t;
typedef size_t __wasi_size_t;
typedef uint16_t __wasi_errno_t, __wasi_roflags_t;
typedef struct { const uint8_t *buf; size_t buf_len; } __wasi_ciovec_t;
typedef struct { uint8_t *buf; size_t buf_len; } __wasi_iovec_t;

typedef struct {
  uint64_t userdata;
  struct {
    uint8_t tag;
    union { struct { __wasi_fd_t file_descriptor; } fd_read, fd_write; } u;
  } u;
} __wasi_subscription_t;

typedef struct {
  uint64_t userdata;
  uint8_t type;
  struct { uint16_t flags; } fd_readwrite;
} __wasi_event_t;

enum {
  __WASI_ERRNO_SUCCESS = 0,
  __WASI_ERRNO_AGAIN = EAGAIN,
  __WASI_ERRNO_CANCELED = ECANCELED,
  __WASI_ERRNO_CONNABORTED = ECONNABORTED,
  __WASI_EVENTTYPE_FD_READ = 1,
  __WASI_EVENTTYPE_FD_WRITE = 2,
  __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP = 1,
  __WASI_FDFLAGS_NONBLOCK = 4,
};

static inline __wasi_errno_t counted(ssize_t result, __wasi_size_t *count) {
  if (result < 0) return (__wasi_errno_t)errno;
  *count = (size_t)result;
  return 0;
}

static inline __wasi_errno_t __wasi_sock_send(
    __wasi_fd_t fd, const __wasi_ciovec_t *parts, size_t part_count, uint16_t flags,
    __wasi_size_t *count) {
  (void)flags;
  struct msghdr message = {.msg_iov = (struct iovec *)parts, .msg_iovlen = part_count};
  return counted(sendmsg(fd, &message, MSG_NOSIGNAL), count);
}

static inline __wasi_errno_t __wasi_sock_recv(
    __wasi_fd_t fd, const __wasi_iovec_t *parts, size_t part_count, uint16_t flags,
    __wasi_size_t *count, __wasi_roflags_t *out_flags) {
  (void)part_count, (void)flags;
  *out_flags = 0;
  return counted(recv(fd, parts[0].buf, parts[0].buf_len, 0), count);
}

static inline __wasi_errno_t __wasi_sock_accept(
    __wasi_fd_t listener, uint16_t flags, __wasi_fd_t *fd) {
  *fd = accept4(listener, NULL, NULL, flags & __WASI_FDFLAGS_NONBLOCK ? SOCK_NONBLOCK : 0);
  return *fd < 0 ? (__wasi_errno_t)errno : 0;
}

static inline __wasi_errno_t __wasi_fd_close(__wasi_fd_t fd) {
  return close(fd) ? (__wasi_errno_t)errno : 0;
}

static inline __wasi_errno_t __wasi_fd_fdstat_set_flags(__wasi_fd_t fd, uint16_t flags) {
  return fcntl(fd, F_SETFL, flags & __WASI_FDFLAGS_NONBLOCK ? O_NONBLOCK : 0)
             ? (__wasi_errno_t)errno : 0;
}

static inline __wasi_errno_t __wasi_poll_oneoff(
    const __wasi_subscription_t *in, __wasi_event_t *out, size_t in_count, __wasi_size_t *count) {
  static struct pollfd polled[4096];
  for (size_t i = 0; i < in_count; i++)
    polled[i] = (struct pollfd){
        .fd = in[i].u.u.fd_read.file_descriptor,
        .events = in[i].u.tag == __WASI_EVENTTYPE_FD_READ ? POLLIN : POLLOUT,
    };
  if (poll(polled, (nfds_t)in_count, -1) < 0 && errno != EINTR) return (__wasi_errno_t)errno;
  *count = 0;
  for (size_t i = 0; i < in_count; i++)
    if (polled[i].revents)
      out[(*count)++] = (__wasi_event_t){.userdata = in[i].userdata, .type = in[i].u.tag};
  return 0;
}

#endif
