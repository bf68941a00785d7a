# SPDX-License-Identifier: Apache-2.0
"""System calls that Python's standard library does not have (before 3.12)."""
from __future__ import annotations

import ctypes
import os

# Types of namespaces (include/uapi/linux/sched.h), by their names in config.json.
NAMESPACES = {
    "mount": 0x0002_0000,
    "cgroup": 0x0200_0000,
    "uts": 0x0400_0000,
    "ipc": 0x0800_0000,
    "user": 0x1000_0000,
    "pid": 0x2000_0000,
    "network": 0x4000_0000,
}
# include/uapi/linux/mount.h
MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC, MS_REMOUNT, MS_BIND, MS_REC, MS_SLAVE = (
    0x1, 0x2, 0x4, 0x8, 0x20, 0x1000, 0x4000, 0x8_0000,
)  # fmt: skip
MNT_DETACH = 2
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

# include/uapi/linux/prctl.h
_PR_SET_PDEATHSIG = 1
_PR_SET_KEEPCAPS = 8
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
# include/uapi/linux/capability.h
CAP_CHOWN, CAP_DAC_OVERRIDE, CAP_FOWNER = 0, 1, 3
_CAPABILITY_VERSION_3 = 0x2008_0522

_libc = ctypes.CDLL(None, use_errno=True)


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Move this process (with "pid": its future children) to new namespaces."""
    _check(_libc.unshare(flags), f"unshare 0x{flags:x}")


def setns(descriptor: int, kind: int) -> None:
    """Move this process (with "pid": its future children) to the namespace of `descriptor`."""
    _check(_libc.setns(descriptor, kind), "setns")


def sethostname(name: str) -> None:
    """Set the host name of this process's UTS namespace."""
    encoded = name.encode()
    _check(_libc.sethostname(encoded, len(encoded)), f"sethostname {name!r}")


def mount(source: str, target: str, kind: str = "", flags: int = 0, data: str = "") -> None:
    """mount(2); raises OSError that names the target."""
    result = _libc.mount(
        os.fsencode(source), os.fsencode(target), os.fsencode(kind) or None,
        ctypes.c_ulong(flags), os.fsencode(data) or None,
    )  # fmt: skip
    _check(result, f"mount {source} on {target}")


def change_root(root: str) -> None:
    """Make the mount point `root` this process's root, and let go of what else was mounted."""
    os.chdir(root)
    number = _SYS_PIVOT_ROOT[os.uname().machine]
    # The old root lies on top of the new one; then it goes.
    _check(_libc.syscall(number, b".", b"."), f"pivot_root {root}")
    _check(_libc.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def die_with_parent(signal_number: int) -> None:
    """Get this signal when the thread that forked us ends. After all changes of identity."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0), "prctl PDEATHSIG")


def become_subreaper() -> None:
    """Become the parent of orphans among our descendants."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "prctl CHILD_SUBREAPER")


def change_identity(
    uid: int, gid: int, groups: tuple[int, ...], capabilities: tuple[int, ...]
) -> None:
    """Become this user for good, with these capabilities, and what is executed from here too."""
    _check(_libc.prctl(_PR_SET_KEEPCAPS, 1, 0, 0, 0), "prctl KEEPCAPS")
    os.setgroups(groups)
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)
    mask = sum(1 << number for number in capabilities)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION_3, 0)
    # Effective, permitted, inheritable; the second half is of capabilities from 32 on.
    sets = (ctypes.c_uint32 * 6)(mask, mask, mask, 0, 0, 0)
    _check(_libc.capset(header, sets), "capset")
    for number in capabilities:
        _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, number, 0, 0), "prctl AMBIENT")
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl NO_NEW_PRIVS")
