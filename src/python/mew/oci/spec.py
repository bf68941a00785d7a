# SPDX-License-Identifier: Apache-2.0
"""What a bundle's config.json asks for (OCI runtime specification 1.0 to 1.2), checked."""
from __future__ import annotations

import json
import os
from typing import Any
from typing import NamedTuple
from typing import Optional

from mew.errors import MewError

_MAJOR = "1"
CONFIG_NAME = "config.json"
_HIGHEST_ID = 0xFFFF_FFFE


class Mount(NamedTuple):
    """One entry of `mounts`."""

    destination: str
    kind: str
    source: str
    options: tuple[str, ...]

    def is_bind(self) -> bool:
        """Whether it shows a file or directory of the host."""
        return self.kind == "bind" or "bind" in self.options or "rbind" in self.options


class User(NamedTuple):
    """Whom the container's process runs as."""

    uid: int = 0
    gid: int = 0
    groups: tuple[int, ...] = ()


class Spec(NamedTuple):
    """The parts of config.json that mean something for a virtual machine.

    `namespaces` is from type to path, "" for a new one. `resources` and `hooks` are as in the
    file. `cgroups_path` is None where no control group is asked for.
    """

    version: str
    bundle: str
    rootfs: str
    rootfs_read_only: bool
    args: tuple[str, ...]
    env: tuple[str, ...]
    cwd: str
    terminal: bool
    user: User
    hostname: str
    mounts: tuple[Mount, ...]
    namespaces: dict[str, str]
    cgroups_path: Optional[str]
    resources: dict[str, Any]
    hooks: dict[str, Any]
    annotations: dict[str, str]

    def memory_limit_bytes(self) -> Optional[int]:
        """The limit of all memory, QEMU's own included; None where there is none."""
        limit = _section(self.resources, "memory", dict).get("limit")
        return limit if isinstance(limit, int) and limit > 0 else None


def load(bundle: str) -> Spec:
    """Read `bundle`/config.json. Raises MewError for what is missing or cannot be done."""
    path = os.path.join(bundle, CONFIG_NAME)
    try:
        with open(path, "rb") as file:
            content = json.loads(file.read())
    except OSError as error:
        raise MewError(f"{path}: cannot read the bundle: {error.strerror}") from None
    except ValueError as error:
        raise MewError(f"{path}: no JSON: {error}") from None
    try:
        return _interpret(content, bundle)
    except (TypeError, KeyError, AttributeError, ValueError) as error:
        raise MewError(
            f"{path}: not as the OCI runtime specification has it: {error!r}"
        ) from None


def _interpret(content: dict[str, Any], bundle: str) -> Spec:
    version = str(content.get("ociVersion", ""))
    if version.split(".")[0] != _MAJOR:
        raise MewError(f"ociVersion is {version!r}", hint=f"versions {_MAJOR}.x are understood")
    process = _section(content, "process", dict)
    linux = _section(content, "linux", dict)
    root = _section(content, "root", dict)
    if not process or not root:
        raise MewError("config.json lacks `process` or `root`", hint="it describes no container")
    namespaces = {
        str(entry["type"]): str(entry.get("path") or "")
        for entry in _section(linux, "namespaces", list)
    }
    spec = Spec(
        version=version,
        bundle=bundle,
        rootfs=os.path.normpath(os.path.join(bundle, root["path"])),
        rootfs_read_only=bool(root.get("readonly")),
        args=_texts(process, "args"),
        env=_texts(process, "env"),
        cwd=str(process.get("cwd") or "/"),
        terminal=bool(process.get("terminal")),
        user=_user(_section(process, "user", dict)),
        hostname=str(content.get("hostname") or ""),
        mounts=tuple(_mount(entry) for entry in _section(content, "mounts", list)),
        namespaces=namespaces,
        cgroups_path=linux.get("cgroupsPath"),
        resources=_section(linux, "resources", dict),
        hooks=_section(content, "hooks", dict),
        annotations=_section(content, "annotations", dict),
    )
    _check(spec)
    return spec


def _check(spec: Spec) -> None:
    if not spec.args:
        raise MewError("process.args is empty", hint="name the module to run")
    if not os.path.isdir(spec.rootfs):
        raise MewError(f"root.path: no directory {spec.rootfs}")


def refuse_unsupported(spec: Spec) -> None:
    """Raises MewError for what a unikernel's container cannot have; others may."""
    if "user" in spec.namespaces:
        raise MewError(
            "a user namespace is asked for, which unikernels have none of",
            hint="run the container without --userns; QEMU runs without privileges anyway",
        )


def _user(section: dict[str, Any]) -> User:
    user = User(
        int(section.get("uid", 0)),
        int(section.get("gid", 0)),
        tuple(int(group) for group in section.get("additionalGids") or ()),
    )
    for number in (user.uid, user.gid, *user.groups):
        if not 0 <= number <= _HIGHEST_ID:
            raise MewError(f"process.user: {number} is no user or group id")
    return user


def _mount(entry: dict[str, Any]) -> Mount:
    return Mount(
        str(entry["destination"]),
        str(entry.get("type") or ""),
        str(entry.get("source") or ""),
        _texts(entry, "options"),
    )


def _section(content: dict[str, Any], name: str, kind: type) -> Any:
    """`content[name]`, of type `kind`, empty where it is missing or null."""
    value = content.get(name)
    if value is None:
        return kind()
    if not isinstance(value, kind):
        raise TypeError(f"{name} is {value!r}")
    return value


def _texts(content: dict[str, Any], name: str) -> tuple[str, ...]:
    values = _section(content, name, list)
    if not all(isinstance(value, str) for value in values):
        raise TypeError(f"{name} holds something else than texts")
    return tuple(values)
