# SPDX-License-Identifier: Apache-2.0
"""What is known of a container between calls: one directory with one JSON file.

The directory is where runc would have its own, so that no name is taken twice; the file's name is
ours, so that each runtime knows its containers. A process is known by its pid and its start time:
pids are used again.
"""
from __future__ import annotations

import json
import os

from mew.errors import MewError
from mew.oci.version import SPEC_VERSION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from typing import Optional

STATE_NAME = "mew.json"
CONTROL_NAME = "control"
LOG_NAME = "log"
# Holds pid and start time of QEMU.
VM_NAME = "vm"
# Holds the name of the interface that the machine has taken over.
INTERFACE_NAME = "interface"
CREATING, CREATED, RUNNING, PAUSED, STOPPED = (
    "creating", "created", "running", "paused", "stopped",
)  # fmt: skip
_ID_PUNCTUATION = "_+.-"
# Which of them a command may find; what it says of others is what containerd looks for.
_ALLOWED = {
    "start": (CREATED,),
    "pause": (RUNNING,),
    "resume": (PAUSED,),
    "kill": (CREATED, RUNNING, PAUSED),
    "delete": (CREATED, STOPPED),
    "update": (CREATED, RUNNING, PAUSED),
}


def default_root(uid: int, runtime_dir: str) -> str:
    """Return where containers are kept unless --root says so."""
    return "/run/mew" if uid == 0 or not runtime_dir else os.path.join(runtime_dir, "mew")


def directory(root: str, container: str) -> str:
    """Return the directory of `container`. Raises MewError when that is no name for one."""
    rest = container.translate({ord(character): None for character in _ID_PUNCTUATION})
    is_id = container.isascii() and (rest.isalnum() or not rest)
    if not container or not is_id or container in (".", ".."):
        raise MewError(
            f"{container!r} is no container id", hint="letters, digits and _ + . - may be in it"
        )
    return os.path.join(root, container)


def is_ours(folder: str) -> bool:
    """Whether the container in `folder` is one of ours; it may be runc's, or none."""
    return os.path.exists(os.path.join(folder, STATE_NAME))


def write(folder: str, state: dict[str, Any]) -> None:
    """Write the state of the container in `folder`, at once for those who read it."""
    path = os.path.join(folder, STATE_NAME)
    with open(path + ".tmp", "w", encoding="utf-8") as file:
        json.dump(state, file)
    os.rename(path + ".tmp", path)


def read(folder: str) -> dict[str, Any]:
    """Return the state as of now: a container whose process has gone is stopped."""
    try:
        with open(os.path.join(folder, STATE_NAME), encoding="utf-8") as file:
            state: dict[str, Any] = json.load(file)
    except FileNotFoundError:
        raise MewError("container does not exist") from None
    if state["status"] != CREATING and not is_alive(state["pid"], state["start_time"]):
        state["status"] = STOPPED
    return state


def require(state: dict[str, Any], command: str) -> None:
    """Raises MewError unless a container in this state may get `command`."""
    status = state["status"]
    if status in _ALLOWED[command]:
        return
    if status == STOPPED and command == "kill":
        # containerd looks for these words: the task has ended by itself.
        raise MewError("container not running")
    raise MewError(
        f"cannot {command} a container that is {status}",
        hint=f"it has to be {' or '.join(_ALLOWED[command])}",
    )


def public(state: dict[str, Any]) -> dict[str, Any]:
    """Return what `state` and hooks show (runtime.md, "State")."""
    shown = {
        "ociVersion": SPEC_VERSION,
        "id": state["id"],
        "status": state["status"],
        "pid": 0 if state["status"] == STOPPED else state["pid"],
        "bundle": state["bundle"],
        "rootfs": state["rootfs"],
        "created": state["created"],
        "owner": "",
    }
    if state["annotations"]:
        shown["annotations"] = state["annotations"]
    return shown


def start_time(pid: int) -> Optional[str]:
    """Return when process `pid` started, in the kernel's ticks; None: it is dead, or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            # The name, in parentheses, may hold anything.
            fields = file.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def is_alive(pid: int, started: Optional[str]) -> bool:
    """Whether process `pid` still is the one that started at `started`; None never did."""
    return pid > 0 and started is not None and start_time(pid) == started
