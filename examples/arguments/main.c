// SPDX-License-Identifier: Apache-2.0
// Prints its arguments and environment, and exits with the number of arguments after its name.
#include <stdio.h>

extern char **environ;

int main(int argc, char **argv) {
  for (int i = 0; i < argc; i++) {
    printf("argument %d: %s\n", i, argv[i]);
  }
  for (char **entry = environ; *entry != NULL; entry++) {
    printf("environment: %s\n", *entry);
  }
  return argc - 1;
}
