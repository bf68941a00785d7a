# SPDX-License-Identifier: Apache-2.0
"""The Python that the compiler, the linker and the runner run on: one of this machine's."""
from __future__ import annotations

from dataclasses import dataclass

from pants.core.subsystems.python_bootstrap import PythonBootstrap
from pants.core.util_rules.system_binaries import BinaryPathRequest
from pants.core.util_rules.system_binaries import BinaryPathTest
from pants.engine.rules import collect_rules
from pants.engine.rules import rule
from pants.util.logging import LogLevel

from mew_plugin import engine
from mew_plugin.errors import MissingToolError

# In order of preference. The order is fixed so that machines with the same Pythons have the same
# cache keys.
VERSIONS = ("3.11", "3.12", "3.13", "3.10")

# Exits with 0 on a CPython that has pip and prints what an upgrade changes. Shims of version
# managers that only say "not selected" fail here and are passed over.
_PROBE = """
import importlib.util, platform, sys
usable = sys.implementation.name == "cpython" and importlib.util.find_spec("pip") is not None
print(sys.version, platform.platform())
sys.exit(0 if usable else 1)
"""


@dataclass(frozen=True)
class CompilerPython:
    """Path of the interpreter, and what identifies its version in cache keys."""

    path: str
    fingerprint: str


@rule(desc="Find a Python for the compiler", level=LogLevel.DEBUG)
async def find_compiler_python(bootstrap: PythonBootstrap) -> CompilerPython:
    found = await engine.concurrently(
        engine.find_binaries(
            BinaryPathRequest(
                binary_name=f"python{version}",
                search_path=bootstrap.interpreter_search_paths,
                check_file_entries=True,
                test=BinaryPathTest(["-I", "-c", _PROBE]),
            )
        )
        for version in VERSIONS
    )
    for binaries in found:
        if binaries.first_path:
            return CompilerPython(binaries.first_path.path, binaries.first_path.fingerprint)
    raise MissingToolError(
        f"no CPython with pip found among the versions {', '.join(VERSIONS)}.\n"
        "  fix: install one (for example `apt-get install python3 python3-pip`), or name its "
        "directory in `[python-bootstrap].search_path`.\n"
        f"  Looked in: {', '.join(bootstrap.interpreter_search_paths) or 'nowhere'}"
    )


def rules():
    """Return this module's rules."""
    return collect_rules()
