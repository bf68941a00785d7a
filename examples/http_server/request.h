// SPDX-License-Identifier: Apache-2.0
// One HTTP/1.1 request's head (RFC 9112), read from the bytes of a connection.
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PATH_BYTES_MAX = 255, INCOMPLETE = 0 };

struct request {
  // Bytes of the head, and of the body that follows it.
  size_t head_bytes;
  uint64_t body_bytes;
  bool is_head;
  bool keep_alive;
  // The target's path without its query, percent-decoded, not terminated.
  size_t path_length;
  char path[PATH_BYTES_MAX];
};

// Reads the request at the start of `bytes`. INCOMPLETE: more bytes are needed. 200: it is in
// `request`. Anything else is the status of the response; what follows cannot be told apart then.
int parse_request(const char *bytes, size_t count, struct request *request);
