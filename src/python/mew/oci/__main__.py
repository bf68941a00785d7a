# SPDX-License-Identifier: Apache-2.0
"""`python -m mew.oci`: the runtime before it is installed; `install` does that."""
import sys

from mew.oci.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
