# SPDX-License-Identifier: Apache-2.0
"""Who serves: our image on a tap with and without offloads, and the same C in a Linux guest."""
from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import linux_guest
from mew.vm.run import DEFAULT_QEMU
from mew_abi import wasi
from namespace import Namespace
from netvm import GUEST_ADDRESS
from netvm import HOST_ADDRESS
from netvm import Vm
from netvm import run_argv
from netvm import static_options
from pipeline import ROOT
from pipeline import ZIG
from pipeline import System

HERE = Path(__file__).resolve().parent
PORT = 8080
# The guests have the same, since an initrd with wasmtime needs it.
MEMORY_MIB = 1024
SERVER = ROOT / "examples/http_server"
NAMES = ("mew", "mew-plain", "linux-native", "linux-wasmtime", "linux-mew")
# What is measured: requests for small files, and streams.
PROGRAMS = {
    "http": (
        SERVER / "main.c", SERVER / "request.c", HERE / "programs/pages.c",
    ),
    "bulk": (ROOT / "tests/net/programs/server.c",),
}
# What QEMU gives a first network device.
GUEST_HARDWARE_ADDRESS = "52:54:00:12:34:56"


@dataclass(frozen=True)
class Prepared:
    """Everything built: images by program, the Linux guest with all its contenders, and a QEMU
    that notes when it was started."""

    images: dict[str, Path]
    guest: linux_guest.LinuxGuest | None
    initrd: Path
    qemu: Path

    def started_s(self) -> float:
        """When the last VM's QEMU was started (time.time())."""
        return float(self.qemu.with_suffix(".started").read_text())

    def start(self, name: str, program: str, namespace: Namespace, *options: object) -> Vm:
        """Boot the contender on a new tap of `namespace`."""
        offloads = name != "mew-plain"
        tap = namespace.open_tap("tap0", f"{HOST_ADDRESS}/24", offloads=offloads)
        # The first request waits in the tap until the guest takes it; no second for another try.
        namespace.run(
            "ip", "neigh", "replace", GUEST_ADDRESS, "lladdr", GUEST_HARDWARE_ADDRESS,
            "dev", "tap0",
        )
        if not name.startswith("linux-"):
            machine = (
                "--memory-mib", MEMORY_MIB, "--mac", GUEST_HARDWARE_ADDRESS, "--qemu", self.qemu,
            )
            argv = run_argv(self.images[program], tap, *static_options(), *machine, *options)
            return Vm(argv, tap)
        assert self.guest is not None
        contender = f"{program}-{name.partition('-')[2]}"
        return Vm(
            linux_guest.argv(str(self.qemu), self.guest, self.initrd, contender, tap, MEMORY_MIB),
            tap,
        )


def prepare(work: Path, names: tuple[str, ...]) -> Prepared:
    """Build what the contenders `names` need."""
    work.mkdir(parents=True, exist_ok=True)
    modules = {program: _wasm(work, program) for program in PROGRAMS}
    images = {}
    system = System.build("kernel", work, "--features", ",".join(wasi.FEATURES))
    for program, module in modules.items():
        images[program] = system.link(module, program, options=("--listen", f"tcp:{PORT}"))
    guest = None
    if any(name.startswith("linux-") for name in names):
        guest = linux_guest.fetch(work)
        (work / "initrd").write_bytes(_initrd(work, guest, modules))
    return Prepared(images, guest, work / "initrd", _qemu(work))


def _qemu(work: Path) -> Path:
    """A script in QEMU's place that writes the time down first, by bash itself."""
    script = work / "qemu"
    started = script.with_suffix(".started")
    script.write_text(
        f'#!/bin/bash\necho "$EPOCHREALTIME" >{started}\nexec {DEFAULT_QEMU} "$@"\n'
    )
    script.chmod(0o755)
    return script


def _zig(work: Path, *arguments: object) -> None:
    cache = str(work / "zig-cache")
    subprocess.run(
        [str(ZIG), *map(str, arguments)], check=True,
        env={**os.environ, "ZIG_LOCAL_CACHE_DIR": cache, "ZIG_GLOBAL_CACHE_DIR": cache},
    )


def _wasm(work: Path, program: str) -> Path:
    output = work / f"{program}.wasm"
    _zig(
        work, "cc", "-target", "wasm32-wasi", "-O2", "-s", f"-I{SERVER}", *PROGRAMS[program],
        "-o", output,
    )
    return output


def _native(work: Path, name: str, *sources: Path) -> bytes:
    output = work / f"{name}.native"
    _zig(
        work, "cc", "-target", "x86_64-linux-musl", "-O2", "-s", f"-I{HERE / 'programs'}",
        f"-I{SERVER}", *sources, "-o", output,
    )
    return output.read_bytes()


def _initrd(
    work: Path, guest: linux_guest.LinuxGuest, modules: dict[str, Path]
) -> bytes:
    """Each program three ways: native, by wasmtime, and our object linked for Linux."""
    linux = System.build("linux", work, "--features", ",".join(wasi.FEATURES))
    files = {"bin/listen": _native(work, "listen", HERE / "programs/listen.c")}
    commands = {}
    flags = linux_guest.WASMTIME_FLAGS.format(port=PORT)
    for program, module in modules.items():
        files[f"bin/{program}-native"] = _native(work, program, *PROGRAMS[program])
        files[f"bin/{program}-mew"] = linux.link(module, program).read_bytes()
        ahead = module.with_suffix(".cwasm")
        linux_guest.compile_ahead(guest, module, ahead)
        files[ahead.name] = ahead.read_bytes()
        commands[f"{program}-native"] = f"/bin/listen {PORT} /bin/{program}-native"
        commands[f"{program}-mew"] = f"MEW_LISTEN=tcp:0.0.0.0:{PORT} /bin/{program}-mew"
        commands[f"{program}-wasmtime"] = (
            f"/bin/wasmtime run --allow-precompiled {flags} --env LISTEN_FDS=1 /{ahead.name}"
        )
    return linux_guest.initrd(guest, GUEST_ADDRESS, commands, files)
