# SPDX-License-Identifier: Apache-2.0
"""Control groups, version 1 and 2: a container's place in them, and its limits.

What is limited is QEMU with all its guest: memory, processor time and processors. The other
limits count or reach things inside of a container that a virtual machine does not have.
"""
from __future__ import annotations

import os
from typing import Any
from typing import NamedTuple
from typing import Optional

from mew.errors import MewError

_CONTROLLERS_V2 = ("cpu", "cpuset", "memory", "pids")
_CPU_PERIOD_US = 100_000
# Of CFS: runtime specification, "cpu".
_SHARES_MIN, _SHARES_MAX = 2, 262_144
_WEIGHTS = 9999


class Hierarchy(NamedTuple):
    """One mounted tree: version 2's, or one of version 1 with its controllers."""

    mount_point: str
    version: int
    controllers: tuple[str, ...]
    # Where of the tree that is mounted: not its root in a container.
    root: str = "/"


class Setting(NamedTuple):
    """One file of a control group, relative to it, and what is written there."""

    controller: str
    file: str
    value: str


def hierarchies(mountinfo: str) -> list[Hierarchy]:
    """Return the trees of /proc/self/mountinfo that count: all of version 1 if there is one with
    controllers, else version 2's."""
    first, second = [], []
    for line in mountinfo.splitlines():
        before, _, after = line.partition(" - ")
        kind, _, options = after.split(" ", 2)
        root, mount_point = before.split(" ")[3:5]
        if kind == "cgroup2":
            second.append(Hierarchy(mount_point, 2, _CONTROLLERS_V2, root))
        elif kind == "cgroup":
            names = tuple(name for name in options.split(",") if name not in ("rw", "ro"))
            first.append(Hierarchy(mount_point, 1, names, root))
    return first or second[:1]


def path_below(cgroups_path: str, *, is_systemd: bool) -> str:
    """Return the group that `cgroupsPath` names, relative to a tree's root, with `/` before it.

    systemd's form is `slice:prefix:name`; its group is made without asking systemd.
    """
    parts = cgroups_path.split(":")
    if len(parts) == 3 and (is_systemd or parts[0].endswith(".slice")):
        slice_name, prefix, name = parts
        unit = name if name.endswith(".slice") else f"{prefix}-{name}.scope" if prefix else name
        return f"{_slice_path(slice_name or 'system.slice')}/{unit}"
    path = os.path.normpath("/" + cgroups_path.lstrip("/"))
    if path == "/":
        raise MewError(f"linux.cgroupsPath is {cgroups_path!r}", hint="name a group below the root")
    return path


def _slice_path(name: str) -> str:
    """systemd.slice(5): `a-b.slice` lies in `a.slice`."""
    stem = name[: -len(".slice")] if name.endswith(".slice") else name
    if stem == "-":
        return ""
    words = stem.split("-")
    return "".join(f"/{'-'.join(words[: count + 1])}.slice" for count in range(len(words)))


def settings(resources: dict[str, Any], version: int) -> list[Setting]:
    """Return what the limits of config.json are in files of groups of that version."""
    memory, cpu = resources.get("memory") or {}, resources.get("cpu") or {}
    found = _settings_v1(memory, cpu) if version == 1 else _settings_v2(memory, cpu)
    for key in ("cpus", "mems"):
        if cpu.get(key):
            found.append(Setting("cpuset", f"cpuset.{key}", str(cpu[key])))
    return found


def _settings_v1(memory: dict[str, Any], cpu: dict[str, Any]) -> list[Setting]:
    files = (
        ("memory", memory, "limit", "memory.limit_in_bytes"),
        ("memory", memory, "reservation", "memory.soft_limit_in_bytes"),
        # Never below the limit itself, so after it.
        ("memory", memory, "swap", "memory.memsw.limit_in_bytes"),
        ("cpu", cpu, "shares", "cpu.shares"),
        ("cpu", cpu, "period", "cpu.cfs_period_us"),
        ("cpu", cpu, "quota", "cpu.cfs_quota_us"),
    )
    return [
        Setting(controller, file, str(section[key]))
        for controller, section, key, file in files
        if section.get(key)
    ]


def _settings_v2(memory: dict[str, Any], cpu: dict[str, Any]) -> list[Setting]:
    found = []
    limit, swap = memory.get("limit") or 0, memory.get("swap") or 0
    if limit:
        found.append(Setting("memory", "memory.max", "max" if limit < 0 else str(limit)))
    if memory.get("reservation"):
        found.append(Setting("memory", "memory.low", str(memory["reservation"])))
    if swap:
        # Version 1's number holds the memory too.
        value = "max" if swap < 0 else str(max(0, swap - limit))
        found.append(Setting("memory", "memory.swap.max", value))
    if cpu.get("shares"):
        shares = min(max(cpu["shares"], _SHARES_MIN), _SHARES_MAX)
        weight = 1 + (shares - _SHARES_MIN) * _WEIGHTS // (_SHARES_MAX - _SHARES_MIN)
        found.append(Setting("cpu", "cpu.weight", str(weight)))
    if cpu.get("quota") or cpu.get("period"):
        quota = cpu.get("quota") or 0
        period = cpu.get("period") or _CPU_PERIOD_US
        found.append(Setting("cpu", "cpu.max", f"{quota if quota > 0 else 'max'} {period}"))
    return found


def create(path: str, pid: int) -> list[str]:
    """Make the group `path` in each tree and put process `pid` there; returns the directories."""
    made = []
    for tree in _here():
        folder = _folder(tree, path)
        try:
            os.makedirs(folder, exist_ok=True)
            _prepare(tree, folder)
            _write(os.path.join(folder, "cgroup.procs"), str(pid))
        except OSError as error:
            for other in made:
                remove(other)
            raise MewError(f"control group {folder}: {error.strerror}") from None
        made.append(folder)
    return made


def apply(folders: list[str], resources: dict[str, Any]) -> None:
    """Set the limits. Raises MewError for one that the kernel refuses or does not have."""
    for tree in _here():
        for setting in settings(resources, tree.version):
            if setting.controller not in tree.controllers:
                continue
            for folder in folders:
                if folder.startswith(tree.mount_point + "/"):
                    _apply(folder, setting)


def _apply(folder: str, setting: Setting) -> None:
    path = os.path.join(folder, setting.file)
    try:
        _write(path, setting.value)
    except FileNotFoundError:
        # Kernels without accounting of swap have no limit of it either.
        if "swap" not in setting.file and "memsw" not in setting.file:
            raise MewError(f"{path}: this kernel has no such limit") from None
    except OSError as error:
        raise MewError(f"{path}: cannot set {setting.value}: {error.strerror}") from None


def remove(folder: str) -> bool:
    """Remove a group; False: processes are still in it."""
    try:
        os.rmdir(folder)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def processes(folder: str) -> list[int]:
    """Return the pids in a group."""
    try:
        with open(os.path.join(folder, "cgroup.procs"), encoding="ascii") as file:
            return [int(line) for line in file]
    except OSError:
        return []


def _here() -> list[Hierarchy]:
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return hierarchies(file.read())


def _folder(tree: Hierarchy, path: str) -> str:
    if tree.root != "/" and (path + "/").startswith(tree.root + "/"):
        path = path[len(tree.root) :]
    return tree.mount_point + path


def _prepare(tree: Hierarchy, folder: str) -> None:
    """Give a new group what it does not have by itself: processors, or controllers."""
    chain = []
    here = folder
    while here != tree.mount_point:
        chain.append(here)
        here = os.path.dirname(here)
    for group in reversed(chain):
        parent = os.path.dirname(group)
        if tree.version == 2:
            available = _read(os.path.join(parent, "cgroup.controllers")).split()
            for name in _CONTROLLERS_V2:
                if name in available:
                    _try_write(os.path.join(parent, "cgroup.subtree_control"), f"+{name}")
        elif "cpuset" in tree.controllers:
            for name in ("cpuset.cpus", "cpuset.mems"):
                if not _read(os.path.join(group, name)).strip():
                    _write(os.path.join(group, name), _read(os.path.join(parent, name)).strip())


def _read(path: str) -> str:
    with open(path, encoding="ascii") as file:
        return file.read()


def _write(path: str, text: str) -> None:
    # In one call, and without making a file where there is none.
    descriptor = os.open(path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


def _try_write(path: str, text: str) -> Optional[OSError]:
    """What a group that others manage may refuse; then the limits themselves tell."""
    try:
        _write(path, text)
    except OSError as error:
        return error
    return None
