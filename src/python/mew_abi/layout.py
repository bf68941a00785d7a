# SPDX-License-Identifier: Apache-2.0
"""Virtual address map shared by the linker, the kernel and the Linux host.

All values are bytes. The map, low to high:

    0x0000_0000_0000  never mapped: a null pointer faults
    0x0000_0010_0000  the image, kernel and program, at its physical address; below 1 GiB, since
                      compiled code uses 32-bit absolute addresses
    0x0000_4000_0000  linear memory 0: WINDOW bytes, pages mapped up to memory.size, rest guard
    0x1000_0000_0000  further linear memories (multi-memory, several modules), one per STRIDE
    0x2000_0000_0000  the program's native stack (guard below), randomly placed by the kernel
    0x3000_0000_0000  tables that can grow, one per stride, so that they never move
    0x4000_0000_0000  the kernel's heap: what its file system holds
    0x5000_0000_0000  registers of devices
    0xffff_8000_0000_0000  kernel direct map of physical memory, not executable
    last 4 KiB        never mapped: calling through a null funcref faults here
"""

WASM_PAGE_SIZE = 0x1_0000

# Low, so that base + offset folds into the 32-bit displacement of one x86 instruction.
LINEAR_MEMORY_BASE = 0x4000_0000
# 4 GiB of index plus 4 GiB of static offset: no 32-bit access can leave the window.
LINEAR_MEMORY_WINDOW = 0x2_0000_0000
MAX_MEMORY_PAGES = 0x1_0000

EXTRA_MEMORY_BASE = 0x1000_0000_0000
EXTRA_MEMORY_STRIDE = 0x4_0000_0000

STACK_REGION_BASE = 0x2000_0000_0000
# The kernel's choice; the Linux host takes what Linux gives a main thread.
DEFAULT_STACK_SIZE = 0x10_0000
# What a link may ask for (symbols.STACK_SIZE), a multiple of STACK_SIZE_UNIT.
STACK_SIZE_MIN = 0x1_0000
STACK_SIZE_MAX = 0x4000_0000
STACK_SIZE_UNIT = 0x1000

TABLE_REGION_BASE = 0x3000_0000_0000
# 2^32 elements of 8 bytes, twice.
TABLE_REGION_STRIDE = 0x10_0000_0000

HEAP_REGION_BASE = 0x4000_0000_0000
HEAP_REGION_SIZE = 0x1000_0000_0000

DEVICE_REGION_BASE = 0x5000_0000_0000
# What one page table reaches.
DEVICE_REGION_SIZE = 0x20_0000

DIRECT_MAP_BASE = 0xFFFF_8000_0000_0000
IMAGE_BASE = 0x10_0000

# A null funcref is address 0 and its type hash would be read at -4.
NULL_FUNCREF_FAULT_START = 0xFFFF_FFFF_FFFF_F000


def stack_size_fault(size: int) -> str:
    """Return what is wrong with a stack of `size` bytes, and what is possible; "" if nothing."""
    if STACK_SIZE_MIN <= size <= STACK_SIZE_MAX and size % STACK_SIZE_UNIT == 0:
        return ""
    return (
        f"a stack of {size} bytes; use a multiple of {STACK_SIZE_UNIT} "
        f"from {STACK_SIZE_MIN} to {STACK_SIZE_MAX}"
    )
