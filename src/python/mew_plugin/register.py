# SPDX-License-Identifier: Apache-2.0
"""What Pants loads: the target types and rules of this backend."""
from __future__ import annotations

from mew_plugin.container_types import WasmUnikernelImageTarget
from mew_plugin.file_types import Fat32ImageTarget
from mew_plugin.goals import check
from mew_plugin.goals import package
from mew_plugin.goals import run
from mew_plugin.goals import tailor
from mew_plugin.goals import test
from mew_plugin.target_types import WasiModuleTarget
from mew_plugin.target_types import WasmExecutableTarget
from mew_plugin.target_types import WasmUnikernelTarget
from mew_plugin.unikernel_test_types import WasmUnikernelTestTarget
from mew_plugin.util_rules import bytecode
from mew_plugin.util_rules import compile as compile_rules
from mew_plugin.util_rules import container
from mew_plugin.util_rules import disk
from mew_plugin.util_rules import files
from mew_plugin.util_rules import image
from mew_plugin.util_rules import interpreter
from mew_plugin.util_rules import module
from mew_plugin.util_rules import qemu
from mew_plugin.util_rules import runner
from mew_plugin.util_rules import sources
from mew_plugin.util_rules import tested_run
from mew_plugin.util_rules import toolchain
from mew_plugin.util_rules import units
from mew_plugin.util_rules import wasi_module

_MODULES = (
    check, package, run, tailor, test,
    bytecode, compile_rules, container, disk, files, image, interpreter, module, qemu, runner,
    sources, tested_run, toolchain, units, wasi_module,
)  # fmt: skip


def target_types():
    """Return the target types that BUILD files may use."""
    return [
        WasmUnikernelTarget,
        WasmExecutableTarget,
        WasmUnikernelTestTarget,
        WasiModuleTarget,
        Fat32ImageTarget,
        WasmUnikernelImageTarget,
    ]


def rules():
    """Return the rules of every module."""
    return [rule for module in _MODULES for rule in module.rules()]
