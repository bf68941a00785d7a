# SPDX-License-Identifier: Apache-2.0
"""What this host has to run a VM with. Apart from `run`, since container starts ask it too."""
from pathlib import Path
from typing import Tuple

from mew.vm.machine import choose_accelerator


def accelerator_here(requested: str) -> str:
    """Decide `auto` for this host."""
    return choose_accelerator(
        requested,
        kvm_usable=_opens("/dev/kvm"),
        cpu_flags=_cpu_flags(),
        kvm_is_pvm=Path("/sys/module/kvm_pvm").exists(),
    )


def _opens(path: str) -> bool:
    try:
        with open(path, "r+b", buffering=0):
            return True
    except OSError:
        return False


def _cpu_flags() -> Tuple[str, ...]:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ()
    for line in text.splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "flags":
            return tuple(value.split())
    return ()
