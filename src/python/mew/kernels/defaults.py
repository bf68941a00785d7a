# SPDX-License-Identifier: Apache-2.0
"""What a host does unless it is configured otherwise."""

CACHE = "/var/lib/mew/cache"
CACHE_MIB_MAX = 4096
CPU = "x86-64-v2"
CPU_LEVELS = ("x86-64-v1", "x86-64-v2", "x86-64-v3")
# About as long as clients of container engines wait; what takes longer belongs into the image.
COMPILE_TIMEOUT_S = 100.0
