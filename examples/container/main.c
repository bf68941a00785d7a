// SPDX-License-Identifier: Apache-2.0
// What a container's program is given: arguments, variables, files, standard input; then the exit
// code that the variable CODE asks for.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_file(const char *path) {
  char line[256];
  FILE *file = fopen(path, "r");
  if (file == NULL) {
    perror(path);
    return;
  }
  while (fgets(line, sizeof line, file) != NULL) printf("%s: %s", path, line);
  fclose(file);
}

int main(int count, char **arguments) {
  for (int index = 1; index < count; index++) printf("argument: %s\n", arguments[index]);
  const char *name = getenv("GREETED");
  printf("Hello, %s!\n", name == NULL ? "container" : name);
  print_file("/etc/greeting.txt");
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) printf("input: %s", line);
  const char *code = getenv("CODE");
  fprintf(stderr, "ends with %s\n", code == NULL ? "0" : code);
  return code == NULL ? 0 : atoi(code);
}
