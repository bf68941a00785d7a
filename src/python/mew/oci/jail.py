# SPDX-License-Identifier: Apache-2.0
"""Where QEMU runs: a root of its own with /usr, the container's files, and no privileges.

QEMU is what a guest that breaks out would be in. It runs as a user that nobody else is, in its own
PID and mount namespace, where of the host there is only /usr (read-only), and of other containers
nothing. With files of the container shared, it keeps what it takes to serve them as their root:
the capabilities of `ROOT_CAPABILITIES`, which reach no further than that root.
"""
from __future__ import annotations

import os
import signal
from typing import NamedTuple
from typing import Optional

from mew.errors import MewError
from mew.oci import linux
from mew.oci.rootfs import resolve
from mew.oci.spec import Mount
from mew.oci.spec import Spec
from mew.oci.spec import User

# Where QEMU finds the container's files.
SHARED = "/rootfs"
ROOT_CAPABILITIES = (linux.CAP_CHOWN, linux.CAP_DAC_OVERRIDE, linux.CAP_FOWNER)
_SYSTEM = ("bin", "lib", "lib32", "lib64", "libx32", "sbin", "usr")
_HARMLESS = linux.MS_NOSUID | linux.MS_NODEV
_OPTION_FLAGS = {"ro": linux.MS_RDONLY, "noexec": linux.MS_NOEXEC}
_KVM = "/dev/kvm"
# QEMU tries locks on it.
_NULL = "/dev/null"


class Identity(NamedTuple):
    """Whom QEMU runs as."""

    uid: int
    gid: int
    groups: tuple[int, ...]
    capabilities: tuple[int, ...]


def identity(user: User, *, unused_uid: int, shares_files: bool) -> Identity:
    """Return whom QEMU runs as for a container whose process would be `user`."""
    if not shares_files:
        return Identity(unused_uid, unused_uid, (), ())
    if user.uid != 0:
        return Identity(user.uid, user.gid, user.groups, ())
    return Identity(unused_uid, unused_uid, (), ROOT_CAPABILITIES)


def leave_host_mounts() -> None:
    """Give this process mounts of its own, from which what the host unmounts goes too."""
    linux.unshare(linux.NAMESPACES["mount"])
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_SLAVE)


def build(root: str, spec: Spec, qemu: str, *, shares_files: bool, uses_kvm: bool) -> None:
    """Make the jail at the empty directory `root`, in this process's own mounts."""
    linux.mount("tmpfs", root, "tmpfs", _HARMLESS, "mode=755,size=1m")
    names = set(_SYSTEM)
    # A QEMU that is not the distribution's.
    names.add(os.path.realpath(qemu).split("/")[1])
    for name in sorted(names):
        _show_system(root, name)
    for name in ("proc", "dev"):
        os.mkdir(os.path.join(root, name))
    for device in (_NULL, _KVM) if uses_kvm else (_NULL,):
        os.close(os.open(root + device, os.O_CREAT | os.O_WRONLY))
        linux.mount(device, root + device, flags=linux.MS_BIND)
    if shares_files:
        os.mkdir(root + SHARED)
        linux.mount(spec.rootfs, root + SHARED, flags=linux.MS_BIND | linux.MS_REC)
        for mount in spec.mounts:
            _mount(root + SHARED, mount)
        if spec.rootfs_read_only:
            _remount(root + SHARED, linux.MS_RDONLY)


def enter(root: Optional[str], who: Optional[Identity]) -> None:
    """Go into the jail at `root`, if any, as `who`, if anyone. QEMU's process, before QEMU."""
    if root is not None:
        linux.unshare(linux.NAMESPACES["mount"])
        # Of this PID namespace, of which we are the first process.
        linux.mount("proc", root + "/proc", "proc", _HARMLESS | linux.MS_NOEXEC)
        linux.change_root(root)
    if who is not None:
        linux.change_identity(who.uid, who.gid, who.groups, who.capabilities)
    linux.die_with_parent(signal.SIGKILL)


def _show_system(root: str, name: str) -> None:
    source, target = f"/{name}", f"{root}/{name}"
    if os.path.islink(source):
        os.symlink(os.readlink(source), target)
    elif os.path.isdir(source):
        os.mkdir(target)
        linux.mount(source, target, flags=linux.MS_BIND)
        _remount(target, linux.MS_RDONLY | _HARMLESS)


def _mount(shared: str, mount: Mount) -> None:
    """Do one mount of config.json. What the program could not use anyway is left out: file
    systems of the kernel's own, of which a guest has others."""
    if not mount.is_bind() and mount.kind != "tmpfs":
        return
    target = resolve(shared, mount.destination)
    if target == shared:
        raise MewError(f"mounts: {mount.destination!r} would hide the whole root")
    flags = _HARMLESS
    for option, flag in _OPTION_FLAGS.items():
        flags |= flag if option in mount.options else 0
    try:
        if mount.is_bind():
            _make_target(target, is_directory=os.path.isdir(mount.source))
            recursive = linux.MS_REC if "rbind" in mount.options else 0
            linux.mount(mount.source, target, flags=linux.MS_BIND | recursive)
            _remount(target, flags)
        else:
            _make_target(target, is_directory=True)
            data = ",".join(text for text in mount.options if text.startswith(("size=", "mode=")))
            linux.mount("tmpfs", target, "tmpfs", flags, data)
    except OSError as error:
        raise MewError(f"mounts: {mount.destination}: {error.strerror}") from None


def _make_target(target: str, *, is_directory: bool) -> None:
    if os.path.exists(target):
        return
    os.makedirs(target if is_directory else os.path.dirname(target), exist_ok=True)
    if not is_directory:
        os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o644))


def _remount(target: str, flags: int) -> None:
    linux.mount("none", target, flags=linux.MS_BIND | linux.MS_REMOUNT | flags)
