# SPDX-License-Identifier: Apache-2.0
"""Names of the symbols that an object file defines, needs, or may assume.

`docs/reference/abi.md` gives each one's purpose, signature, units and errors.
"""

# Defined by a program's object.
ENTRY = "mew_start"
# Absolute: 1, 2 or 3 for x86-64-v1, -v2, -v3; of the object that defines ENTRY.
CPU_LEVEL = "mew.cpu_level"

# Defined by every object that uses exceptions (weak): the exception in flight, or null.
EXCEPTION = "mew.exception"

# Needed by a program's object, given by the kernel, the Linux host or a test harness.
LINEAR_MEMORY = "mew.linear_memory"
MEMORY_CREATE = "mew.memory_create"
MEMORY_GROW = "mew.memory_grow"
TABLE_CREATE = "mew.table_create"
TABLE_GROW = "mew.table_grow"

# Optional; defined by a test driver that is linked in the place of a program.
TRAP_HOOK = "mew.trap_hook"

# Wasm modules may not use this name: it would collide with the symbols above.
RESERVED_MODULE_NAME = "mew"
DEFAULT_MODULE_NAME = "app"

# Local symbols of compiled functions: prefix + name-section name, or `func[N]`.
FUNCTION_PREFIX = "wasm:"

# Section with the address -> function name table, made by the link step.
NAMES_START = "mew_names_start"
NAMES_END = "mew_names_end"

# Section with the records of the directories that the program starts with (preopens.py).
PREOPENS_START = "mew_preopens_start"
PREOPENS_END = "mew_preopens_end"

# Absolute, optional: bytes of the program's stack, if the system's own choice will not do.
STACK_SIZE = "mew.stack_size"


def export_symbol(module_name: str, export_name: str) -> str:
    """Symbol of an export, and of the import in another object that it satisfies."""
    return f"{module_name}.{export_name}"


def instantiate_symbol(module_name: str) -> str:
    """Symbol of `void instantiate(void)`: memories, tables, globals, segments, start function."""
    return f"mew.instantiate.{module_name}"
