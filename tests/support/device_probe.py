# SPDX-License-Identifier: Apache-2.0
"""The kernel with a program of its own that uses devices, and a QEMU that is told other ones."""
from __future__ import annotations

import shutil
import stat
import subprocess
import sys
from pathlib import Path

from pipeline import ROOT
from pipeline import ZIG
from pipeline import System
from pipeline import expect_success
from pipeline import run_module
from probe import PROGRAMS
from probe import Probe

# What is linked with the kernel leads back into it.
_PROGRAM = """\
__asm__(".globl mew.cpu_level\\n.set mew.cpu_level, 1\\n");
void device_probe(void);
void mew_start(void) { device_probe(); }
"""


def build_system_with_probe(work: Path, source: str = "device_probe.zig") -> System:
    """Build the kernel from a copy of its sources that has the probe."""
    sources = work / "sources"
    shutil.copytree(ROOT / "kernel", sources)
    shutil.copy(PROGRAMS / source, sources / "src")
    with open(sources / "src/main.zig", "a", encoding="utf-8") as main:
        main.write(f'\ncomptime {{\n    _ = @import("{source}");\n}}\n')
    objects = work / "objects"
    expect_success(
        run_module("mew", "build-system", "--system", "kernel", "--zig", ZIG, "-o", objects,
                   "--sources", sources)
    )
    return System("kernel", objects, work)


def link_probe(system: System) -> Probe:
    """Link the image whose program is the probe."""
    source, program = system.work / "probe.c", system.work / "probe.o"
    source.write_text(_PROGRAM)
    cache = system.work / "zig-cache"
    subprocess.run(
        [ZIG, "build-obj", "-target", "x86_64-freestanding-none", "-fstrip", source,
         f"-femit-bin={program}", "--cache-dir", cache, "--global-cache-dir", cache],
        check=True,
    )
    image = system.work / "probe.elf"
    expect_success(
        run_module("mew", "link", program, "-o", image, "--system", "kernel", "--zig", ZIG,
                   "--objects", system.objects)
    )
    return Probe(image)


def changed_qemu(directory: Path, pattern: str, replacement: str, *more: str) -> str:
    """Return a program that starts QEMU with each argument changed as by `re.sub`, and `more`."""
    script = directory / "qemu"
    script.write_text(
        f"""#!{sys.executable}
import os, re, sys
given = sys.argv[1:]
changed = [re.sub({pattern!r}, {replacement!r}, word) for word in given]
if changed == given:
    sys.exit("no argument matches")
os.execvp("qemu-system-x86_64", ["qemu-system-x86_64", *changed, *{list(more)!r}])
"""
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    return str(script)
