# SPDX-License-Identifier: Apache-2.0
"""`python -m wasker`."""
import sys

from wasker.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
