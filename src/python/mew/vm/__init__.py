# SPDX-License-Identifier: Apache-2.0
"""One virtual machine: its QEMU command line, its run, its end report."""
