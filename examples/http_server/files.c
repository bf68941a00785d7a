// SPDX-License-Identifier: Apache-2.0
#include "files.h"

#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { FILES_MAX = 2048, SLOTS = 2 * FILES_MAX, PATH_MAX_BYTES = 1024 };

static struct file files[FILES_MAX];
static int file_count;
// Open addressing: the file's index plus 1, 0 for none.
static uint16_t slots[SLOTS];

static const char *content_type(const char *path) {
  static const char *const types[][2] = {
      {".html", "text/html; charset=utf-8"}, {".css", "text/css; charset=utf-8"},
      {".js", "text/javascript; charset=utf-8"}, {".json", "application/json"},
      {".txt", "text/plain; charset=utf-8"}, {".svg", "image/svg+xml"}, {".png", "image/png"},
      {".jpg", "image/jpeg"}, {".ico", "image/x-icon"}, {".wasm", "application/wasm"},
  };
  const char *dot = strrchr(path, '.');
  for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
    if (strcmp(dot, types[i][0]) == 0) return types[i][1];
  return "application/octet-stream";
}

static uint32_t hash(const char *path, size_t length) {
  uint32_t value = 2166136261u;  // FNV-1a
  for (size_t i = 0; i < length; i++) value = (value ^ (uint8_t)path[i]) * 16777619u;
  return value;
}

static void insert(const char *path, int index) {
  uint32_t slot = hash(path, strlen(path)) % SLOTS;
  while (slots[slot] != 0) slot = (slot + 1) % SLOTS;
  slots[slot] = (uint16_t)(index + 1);
}

static int fail(const char *path) {
  fprintf(stderr, "http_server: %s: %s\n", path, strerror(errno));
  return -1;
}

// `name` is the path for requests: that of the file without the directory.
static int load_file(const char *path, const char *name, size_t size) {
  if (file_count == FILES_MAX) {
    fprintf(stderr, "http_server: more than %d files\n", FILES_MAX);
    return -1;
  }
  FILE *stream = fopen(path, "rb");
  if (!stream) return fail(path);
  char *content = malloc(size + 1), *head = malloc(256), *own_name = strdup(name);
  if (!content || !head || !own_name) return fail(path);
  size_t got = fread(content, 1, size, stream);
  fclose(stream);
  int head_bytes = snprintf(
      head, 256, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n",
      content_type(name), got);
  files[file_count] = (struct file){own_name, head, (size_t)head_bytes, content, got};
  insert(own_name, file_count++);
  return 0;
}

static int load_directory(char *path, size_t length, size_t root_length) {
  DIR *directory = opendir(length ? path : "/");
  if (!directory) return fail(path);
  int result = 0;
  struct dirent *entry;
  while (result == 0 && (entry = readdir(directory))) {
    size_t added = strlen(entry->d_name) + 1;
    if (entry->d_name[0] == '.' || length + added >= PATH_MAX_BYTES) continue;
    path[length] = '/';
    memcpy(path + length + 1, entry->d_name, added);
    struct stat status;
    if (stat(path, &status) != 0) result = fail(path);
    else if (S_ISDIR(status.st_mode)) result = load_directory(path, length + added, root_length);
    else if (S_ISREG(status.st_mode))
      result = load_file(path, path + root_length, (size_t)status.st_size);
    path[length] = 0;
  }
  closedir(directory);
  return result;
}

int load_files(const char *directory) {
  char path[PATH_MAX_BYTES] = "";
  size_t length = strlen(directory);
  while (length > 0 && directory[length - 1] == '/') length--;
  if (length >= sizeof path) return -1;
  memcpy(path, directory, length);
  return load_directory(path, length, length) == 0 ? file_count : -1;
}

const struct file *find_file(const char *path, size_t length) {
  char index[512];
  static const char index_name[] = "index.html";
  if (path[length - 1] == '/') {
    if (length + sizeof index_name > sizeof index) return NULL;
    memcpy(index, path, length);
    memcpy(index + length, index_name, sizeof index_name - 1);
    path = index;
    length += sizeof index_name - 1;
  }
  for (uint32_t slot = hash(path, length) % SLOTS; slots[slot] != 0; slot = (slot + 1) % SLOTS) {
    const struct file *file = &files[slots[slot] - 1];
    if (strncmp(file->path, path, length) == 0 && file->path[length] == 0) return file;
  }
  return NULL;
}
