// SPDX-License-Identifier: Apache-2.0
// Divides by zero in a line that the report of the trap has to name.
static volatile int numbers[2];

static int divide(int dividend, int divisor) {
  return dividend / divisor;
}

void _start(void) { numbers[0] = divide(numbers[0], numbers[1]); }
