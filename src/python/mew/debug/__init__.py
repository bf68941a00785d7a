# SPDX-License-Identifier: Apache-2.0
"""From addresses back to functions and source lines: for reports, and inside gdb.

`gdb_commands` is loaded by gdb and nothing else; `functions` runs on any Python since 3.9, as gdb
brings its own. Only `lines` needs a library, and reports without it lack source lines.
"""
from pathlib import Path

GDB_COMMANDS = Path(__file__).with_name("gdb_commands.py")
