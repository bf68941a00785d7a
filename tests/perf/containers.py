# SPDX-License-Identifier: Apache-2.0
"""How long a container takes: `ctr run` of a unikernel, of busybox by runc, and QEMU alone.

    python tests/perf/containers.py [RUNS]

needs root and what tests/oci needs. The contenders take turns, so that other work on the machine
meets all alike; medians and the best of RUNS runs, in milliseconds. Then the runtime's own
commands, one by one, and creation with an empty cache, which compiles.
"""
from __future__ import annotations

import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Callable

HERE = Path(__file__).resolve().parent
sys.path[:0] = [
    str(HERE.parents[1] / "src/python"), str(HERE.parent / "support"), str(HERE.parent / "oci"),
]

import bundles  # noqa: E402
import engines  # noqa: E402

from mew.vm.machine import MACHINES  # noqa: E402

RUNS = 15


def measure(contenders: "dict[str, Callable[[], None]]", runs: int) -> "dict[str, list[float]]":
    """Milliseconds of each run of each contender."""
    times: "dict[str, list[float]]" = {name: [] for name in contenders}
    for _ in range(runs):
        for name, run in contenders.items():
            start = time.perf_counter()
            run()
            times[name].append((time.perf_counter() - start) * 1000)
    return times


def show(times: "dict[str, list[float]]", base: str) -> None:
    """Print the table; ratios are of medians, to that of `base`."""
    reference = statistics.median(times[base])
    print(f"{'':<28} {'median':>8} {'best':>8} {'ratio':>6}")
    for name, values in times.items():
        median = statistics.median(values)
        print(f"{name:<28} {median:8.0f} {min(values):8.0f} {median / reference:6.2f}")


def bare_qemu(kernel: Path) -> None:
    """Boot the kernel with the least that it needs."""
    subprocess.run(
        [
            "qemu-system-x86_64", "-machine", MACHINES["microvm"], "-accel", "tcg", "-cpu", "max",
            "-m", "128M", "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none",
            "-chardev", "stdio,id=output,signal=off",
            "-global", "virtio-mmio.force-legacy=false",
            "-device", "virtio-serial-device,bus=virtio-mmio-bus.0,max_ports=2",
            "-device", "virtserialport,nr=1,chardev=output",
            "-device", "isa-debug-exit,iobase=0xf4,iosize=1",
            "-kernel", kernel, "-append", "guest streams",
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        check=False,
    )  # fmt: skip


def compare_engines(
    runtime: bundles.Runtime, guest: bundles.Program, runs: int
) -> None:
    """Whole `ctr run --rm`s beside QEMU alone."""
    engine = engines.Containerd(runtime)
    try:
        engine.load(engines.wasm_image(guest, "streams"))
        engine.load(engines.linux_image(engines.LINUX_IMAGE, "/bin/sh", "-c", "echo x"))

        def ctr(*words: str) -> None:
            done = engine.ctr("run", "--rm", *words)
            assert done.returncode == 0, done.stderr

        contenders: "dict[str, Callable[[], None]]" = {
            "ctr run, runc, busybox": lambda: ctr(engines.LINUX_IMAGE, "perf"),
            "ctr run, mew": lambda: ctr("--runtime", engines.RUNTIME, engines.WASM_IMAGE, "perf"),
            "QEMU alone": lambda: bare_qemu(guest.kernel),
        }
        show(measure(contenders, runs), "ctr run, runc, busybox")
    finally:
        engine.close()


def time_commands(runtime: bundles.Runtime, bundle: Path, runs: int) -> None:
    """The runtime's commands for one container's life."""
    state = {"running": 0}

    def command(*words: object) -> None:
        process = runtime.start(
            *words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        # Without a time limit: that would make Python look at intervals only.
        assert process.wait() == 0, words

    def start() -> None:
        command("start", "perf")
        state["running"] = int((bundle / "pid").read_text())

    def kill() -> None:
        command("kill", "perf", int(signal.SIGKILL))

    contenders: "dict[str, Callable[[], None]]" = {
        "create (warm)": lambda: command(
            "create", "--bundle", bundle, "--pid-file", bundle / "pid", "perf"
        ),
        "start": start,
        "state": lambda: command("state", "perf"),
        "kill": kill,
        "delete --force": lambda: command("delete", "--force", "perf"),
    }
    show(measure(contenders, runs), "create (warm)")


def time_cold(runtime: bundles.Runtime, work: Path, guest: bundles.Program) -> None:
    """A module without a kernel, on a host that has none: system, module and link."""
    bundle = bundles.write_bundle(work / "cold", guest, "streams")
    shutil.rmtree(bundle / "rootfs/.mew")
    for what in ("empty cache", "kernel in the cache"):
        start = time.perf_counter()
        done = runtime.run("run", "--bundle", bundle, "cold")
        assert done.returncode == 0, done.stderr
        print(f"run, {what}: {(time.perf_counter() - start) * 1000:.0f} ms")


def main() -> int:
    """Measure and print."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else RUNS
    reason = engines.missing("containerd", "ctr", "runc")
    if reason:
        print(reason, file=sys.stderr)
        return 1
    work = Path(tempfile.mkdtemp(prefix="mewperf", dir="/tmp"))
    try:
        guest = bundles.build("guest", work)
        runtime = bundles.Runtime.install(work)
        compare_engines(runtime, guest, runs)
        bundle = bundles.write_bundle(work / "bundle", guest, "wait")
        time_commands(runtime, bundle, runs)
        time_cold(runtime, work, guest)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
