// SPDX-License-Identifier: Apache-2.0
// The files of a directory, read once when the server starts, by the paths of requests.
#include <stddef.h>

struct file {
  const char *path;
  // Status line and headers up to the date, as they are sent.
  const char *head;
  size_t head_bytes;
  const char *content;
  size_t content_bytes;
};

// Reads everything below `directory`. Returns how many files, or -1 after a message.
int load_files(const char *directory);

// Null: there is none. A path that ends in a slash means the index.html there.
const struct file *find_file(const char *path, size_t length);
