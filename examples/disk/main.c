// SPDX-License-Identifier: Apache-2.0
// Counts its runs in a file on a disk.
#include <stdio.h>
#include <unistd.h>

int main(void) {
  char welcome[64] = "";
  unsigned visits = 0;
  FILE *file = fopen("/data/welcome.txt", "r");
  if (file == NULL || fscanf(file, "%63s", welcome) != 1) return 1;
  fclose(file);
  file = fopen("/data/visits.txt", "r");
  if (file != NULL) {
    if (fscanf(file, "%u", &visits) != 1) return 2;
    fclose(file);
  }
  file = fopen("/data/visits.txt", "w");
  if (file == NULL) return 3;
  fprintf(file, "%u\n", visits + 1);
  // Whatever happens to the machine now, the number is on the disk.
  if (fflush(file) != 0 || fsync(fileno(file)) != 0 || fclose(file) != 0) return 4;
  printf("%s: this is visit %u\n", welcome, visits + 1);
  return 0;
}
