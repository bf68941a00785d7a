# SPDX-License-Identifier: Apache-2.0
"""The house rules as data: numbers, names and the import table that `test_tidy.py` enforces."""
from __future__ import annotations

LINE_LENGTH_MAX = 100
FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 500

SOURCE_SUFFIXES = (".py", ".zig", ".S", ".ld", ".c", ".h", ".wat")
LICENCE_LINE = "SPDX-License-Identifier: Apache-2.0"

# Files that are one table from end to end, or are written by a program: length does not count.
TABLES = (
    "src/python/wasker/wasm/opcodes.py",
    "src/python/wasker/catalogue.py",
    "kernel/src/generated/abi.zig",
)

# package -> packages of this repository that it may import (itself always). Longest match wins.
IMPORTS = {
    # The wheel's recipe.
    "setup": (),
    "mew_abi": (),
    "wasker.errors": (),
    "wasker.catalogue": (),
    "wasker.options": ("mew_abi", "wasker.errors"),
    "wasker.wasm": ("mew_abi", "wasker.errors", "wasker.catalogue"),
    "wasker.translate": (
        "mew_abi",
        "wasker.errors",
        "wasker.catalogue",
        "wasker.options",
        "wasker.wasm",
    ),
    "wasker.units": (
        "mew_abi",
        "wasker.errors",
        "wasker.options",
        "wasker.wasm",
        "wasker.translate",
    ),
    "wasker.codegen": ("mew_abi", "wasker.errors", "wasker.catalogue", "wasker.options"),
    "wasker": ("mew_abi", "wasker"),
    "mew.link": ("mew_abi", "mew.errors", "mew.files"),
    "mew.debug": ("mew_abi", "mew.errors", "mew.files", "mew.link.elf"),
    "mew.vm": ("mew_abi", "mew.errors", "mew.files", "mew.debug"),
    "mew.kernels": ("mew_abi", "mew.errors", "mew.files", "mew.link"),
    "mew.image": ("mew_abi", "mew.errors", "mew.files", "mew.link.archive", "mew.kernels"),
    "mew.oci": (
        "mew_abi", "mew.errors", "mew.files", "mew.image", "mew.kernels", "mew.disk", "mew.vm",
    ),
    "mew.testing": ("mew_abi",),
    "mew": ("mew_abi", "mew"),
    "mew_plugin": ("mew_abi", "mew.link", "mew.vm", "mew.image.options", "mew.errors"),
}

# outside package -> the only packages that may import it.
RESERVED_IMPORTS = {
    "llvmlite": ("wasker.codegen",),
    "elftools": ("wasker.wasm.debuglines", "mew.debug.lines"),
    "wasmtime": ("wasker.wasm.text",),
    "pants": ("mew_plugin",),
    "pytest": ("mew.testing.plugin",),
    "ziglang": (),
    "requests": (),
}

# What hermetic code may not touch; each reads something that is not an input.
HERMETIC_PACKAGES = ("wasker", "mew.link", "mew_abi")
HERMETIC_FORBIDDEN = (
    "os.environ",
    "os.getenv",
    "os.getcwd",
    "os.cpu_count",
    "platform.",
    "socket.",
    "datetime.",
    "random.",
    "time.time(",
    "getpass.",
)

# Only these modules of src/python talk to a person; all others return values or raise.
PRINTING_MODULES = ("cli.py", "__main__.py")

# In any text file of the repository.
FORBIDDEN_TEXT = {
    "registry host": r"pypi\.org|pythonhosted\.org|registry\.npmjs|npmjs\.org|deb\.debian",
    "unfinished note": r"\b(TODO|FIXME|XXX)\b",
    "merge marker": r"^(<<<<<<<|>>>>>>>) ",
    "absolute scratch path": r"/work/|/tmp/(venv|corpora)",
}
FORBIDDEN_TEXT_EXEMPT = ("tests/tidy/rules.py",)

# Waiting for time to pass instead of for an event makes tests slow and flaky.
TEST_SLEEP = r"\btime\.sleep\(|^\s*sleep\s+\d"

# One file turns a guest's address into one of the kernel's; the other two map the pages there.
GUEST_ADDRESS_FILES = (
    "kernel/src/guest.zig",
    "kernel/src/mem/linear.zig",
    "kernel/src/linux/vm.zig",
)
GUEST_ADDRESS_TOKENS = (
    r"linear_memory_base|linear\.window_start|@extern\([^)]*mew\.linear_memory"
)
# Who asks how large linear memory is wants to form an address in it: that file, by way of these.
GUEST_SIZE_FILES = (
    "kernel/src/guest.zig",
    "kernel/src/platform.zig",
    "kernel/src/unikernel.zig",
    "kernel/src/linux/platform.zig",
)
GUEST_SIZE_TOKENS = r"linearMemorySizeBytes"

# Numbers become pointers in these files and nowhere else: what serves WASI, file systems above
# all, has no way to reach memory but guest.zig. Each has numbers from the machine, not the guest.
POINTER_FILES = (
    "kernel/src/guest.zig",
    "kernel/src/arch/",
    "kernel/src/backtrace.zig",
    "kernel/src/drivers/virtio/mmio.zig",
    "kernel/src/drivers/virtio/pci.zig",
    "kernel/src/faults.zig",
    "kernel/src/linux/vm.zig",
    "kernel/src/mem/",
    "kernel/src/trap.zig",
)
POINTER_TOKENS = r"@ptrFromInt"
