# SPDX-License-Identifier: Apache-2.0
"""A container's description as a machine and its guest's configuration; values only."""
from __future__ import annotations

import os
from typing import NamedTuple
from typing import Optional

from mew.errors import MewError
from mew.oci import jail
from mew.oci import network
from mew.oci.config import OciConfig
from mew.oci.spec import Spec
from mew.vm.devices import Disk
from mew.vm.devices import Share
from mew.vm.machine import MEMORY_MIB_MIN
from mew.vm.machine import GuestConfig
from mew.vm.machine import Machine
from mew.vm.network import Network
from mew_abi.network import Addressing
from mew_abi.network import Listener
from mew_abi.network import parse_listeners

_FILESYSTEM = "filesystem"
_SOCKETS = "sockets"
_ROOT = "/"
_TEMPORARY = "/tmp"
_NONCE_BYTES = 16
# What QEMU takes besides RAM and translated code, measured; and the least for code.
_QEMU_MIB = 24
_CODE_MIB_MIN = 8
# Sockets that listen from the start, for kernels that were linked without: as Linux executables
# have it (docs/reference/wasi.md).
_LISTEN = "MEW_LISTEN="


class Kernel(NamedTuple):
    """What boots: a kernel, the WASI feature sets that it has, and a disk with the container's
    files where these are not shared."""

    path: str
    features: tuple[str, ...]
    disk: Optional[str] = None

    def shares_files(self) -> bool:
        """Whether the machine gets the container's files by 9P."""
        return _FILESYSTEM in self.features and self.disk is None

    def has_network(self) -> bool:
        """Whether its program could use a network."""
        return _SOCKETS in self.features


def memory_mib(spec: Spec, config: OciConfig) -> int:
    """Return the guest's RAM. Raises MewError when the limit leaves too little."""
    limit_bytes = spec.memory_limit_bytes()
    if limit_bytes is None:
        return config.memory_mib
    left = (limit_bytes >> 20) - config.memory_overhead_mib
    if left < MEMORY_MIB_MIN:
        raise MewError(
            f"the memory limit of {limit_bytes >> 20} MiB is too low for a virtual machine",
            hint=f"give at least {MEMORY_MIB_MIN + config.memory_overhead_mib} MiB: "
            f"{config.memory_overhead_mib} for QEMU (memory_overhead_mib), the rest is RAM",
        )
    return left


def code_mib(spec: Spec, config: OciConfig) -> Optional[int]:
    """Return how much of the memory limit tcg may fill with translated code, which is all of the
    host's if nobody says; None where there is no limit."""
    if spec.memory_limit_bytes() is None:
        return None
    return max(_CODE_MIB_MIN, config.memory_overhead_mib - _QEMU_MIB)


def machine(
    spec: Spec, config: OciConfig, kernel: Kernel, *, accelerator: str, is_jailed: bool
) -> Machine:
    """Return the machine that runs the container."""
    shares: tuple[Share, ...] = ()
    if kernel.shares_files():
        path = jail.SHARED if is_jailed else spec.rootfs
        # In a jail, mounting has made it read-only, but for volumes that are not.
        read_only = spec.rootfs_read_only and not is_jailed
        shares = (Share(_ROOT, path, read_only),)
    return Machine(
        machine=config.machine,
        memory_mib=memory_mib(spec, config),
        accelerator=accelerator,
        disks=() if kernel.disk is None else (Disk(kernel.disk, spec.rootfs_read_only),),
        shares=shares,
    )


def attached(spec: Spec, attachment: network.Attachment, resolv_conf: str) -> Network:
    """Return the machine's network: the tap device, and the interface's own addresses."""
    interface = attachment.interface
    return Network(
        tap_fd=attachment.tap,
        mac=interface.mac,
        addressing=Addressing(
            addresses=interface.addresses,
            gateways=interface.gateways,
            name_servers=tuple(network.nameservers(resolv_conf)),
            # Containers may have names that hosts may not.
            hostname="" if Addressing(hostname=spec.hostname).fault() else spec.hostname,
        ),
    )


def configuration(
    spec: Spec, config: OciConfig, kernel: Kernel, *, has_stdin: bool, addressing: Addressing
) -> GuestConfig:
    """Return what the guest is told. A program finds its working directory in PWD: WASI has
    none."""
    preopens = {}
    if _FILESYSTEM in kernel.features:
        preopens[_ROOT] = "host" if kernel.shares_files() else "disk"
        if os.path.isdir(spec.rootfs + _TEMPORARY):
            # The container's own, instead of the one that every image has.
            preopens[_TEMPORARY] = "none"
    environment = tuple(text for text in spec.env if not text.startswith(_LISTEN))
    if not any(text.startswith("PWD=") for text in environment):
        environment += (f"PWD={spec.cwd}",)
    return GuestConfig(
        arguments=spec.args,
        environment=environment,
        listeners=_listeners(spec.env),
        nonce=os.urandom(_NONCE_BYTES).hex(),
        log_level=config.guest_log_level,
        has_stdin=has_stdin,
        preopens=preopens,
        addressing=addressing,
    )


def _listeners(environment: tuple[str, ...]) -> tuple[Listener, ...]:
    texts = [text[len(_LISTEN) :] for text in environment if text.startswith(_LISTEN)]
    try:
        return parse_listeners(texts[-1].split(",")) if texts else ()
    except ValueError as error:
        raise MewError(f"the container's environment, {_LISTEN[:-1]}: {error}") from None
