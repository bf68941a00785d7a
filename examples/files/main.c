// SPDX-License-Identifier: Apache-2.0
// Prints a file of the image, tries to change it, and writes and reads another in /tmp.
#include <errno.h>
#include <stdio.h>
#include <string.h>

static int print_file(const char *path) {
  char line[256];
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    fprintf(stderr, "%s: %s\n", path, strerror(errno));
    return 1;
  }
  while (fgets(line, sizeof line, file) != NULL) printf("%s: %s", path, line);
  return fclose(file);
}

static int write_file(const char *path, const char *text) {
  FILE *file = fopen(path, "w");
  if (file == NULL) {
    printf("%s cannot be changed: %s\n", path, strerror(errno));
    return 1;
  }
  fprintf(file, "%s\n", text);
  return fclose(file);
}

int main(void) {
  if (print_file("/greeting.txt") != 0) return 1;
  if (write_file("/greeting.txt", "changed") == 0) return 2;
  if (write_file("/tmp/notes.txt", "written at run time") != 0) return 3;
  return print_file("/tmp/notes.txt");
}
