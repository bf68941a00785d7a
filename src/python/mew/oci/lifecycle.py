# SPDX-License-Identifier: Apache-2.0
"""The runtime's commands on existing containers: all but `create` (runtime.md, "Operations")."""
from __future__ import annotations

import json
import os
import sys
import time

from mew.errors import MewError
from mew.oci import state as states

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any
    from typing import Callable

_SIGKILL = 9
_KILL_WAIT_S = 10.0
_RELEASE_TRIES = 50
_RELEASE_PAUSE_S = 0.02
_CGROUP_TRIES = 100
_CGROUP_PAUSE_S = 0.02


def start(folder: str) -> None:
    """Let the program run. Raises MewError unless the container is created."""
    state = states.read(folder)
    states.require(state, "start")
    ask(folder, "start")
    state["status"] = states.RUNNING
    states.write(folder, state)
    if state["hooks"].get("poststart"):
        from mew.oci import hooks

        hooks.run(state["hooks"], "poststart", states.public(state))


def pause(folder: str) -> None:
    """Hold the machine."""
    _change(folder, "pause", states.PAUSED)


def resume(folder: str) -> None:
    """Let it go on."""
    _change(folder, "resume", states.RUNNING)


def _change(folder: str, command: str, status: str) -> None:
    state = states.read(folder)
    states.require(state, command)
    ask(folder, command)
    state["status"] = status
    states.write(folder, state)


def ask(folder: str, request: str) -> None:
    """Have the monitor do something. Raises MewError with its words when it does not."""
    import socket

    # A socket's path has 108 bytes at most; ids and roots may be longer together.
    os.chdir(folder)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        try:
            connection.connect(states.CONTROL_NAME)
            connection.sendall(request.encode())
            answer = connection.makefile("rb").read().decode("utf-8", "replace")
        except OSError as error:
            raise MewError(f"the container's monitor does not answer: {error.strerror}") from None
    if answer != "ok":
        raise MewError(answer.partition(" ")[2] or "the container's monitor has ended")


def signal_number(text: str) -> int:
    """Return the signal that `text` names: a number, or a name with or without SIG."""
    import signal

    name = text.upper()
    if name.isdecimal():
        number = int(name)
        if 0 < number < signal.NSIG:
            return number
    else:
        found = getattr(signal, name if name.startswith("SIG") else f"SIG{name}", None)
        if isinstance(found, signal.Signals):
            return int(found)
    raise MewError(f"{text!r} is no signal")


def kill(folder: str, number: int, *, and_others: bool = False) -> None:
    """Send a signal to the container: those that end processes ask its program to end.

    `and_others` is for what the container's process may have left behind, which is nothing.
    """
    state = states.read(folder)
    if and_others and state["status"] == states.STOPPED:
        return
    states.require(state, "kill")
    try:
        os.kill(state["pid"], number)
    except ProcessLookupError:
        raise MewError("container not running") from None


def delete(folder: str, *, force: bool) -> None:
    """Remove what is left of the container; with `force`, end it first."""
    state = states.read(folder)
    if not force:
        states.require(state, "delete")
    if state["status"] != states.STOPPED:
        end_process(state["pid"])
        state["status"] = states.STOPPED
    _end_vm(folder)
    if state["netns"]:
        _release_interface(folder, state)
    if state["hooks"].get("poststop"):
        from mew.oci import hooks

        for message in hooks.run_all(state["hooks"], "poststop", states.public(state)):
            sys.stderr.write(f"mew-oci: {message}\n")
    discard(folder, state["cgroups"])


def discard(folder: str, cgroups: list[str]) -> None:
    """Remove the container's groups, once they are empty, and its directory."""
    for group in reversed(cgroups):
        _remove_cgroup(group)
    for name in os.listdir(folder):
        path = os.path.join(folder, name)
        if os.path.isdir(path) and not os.path.islink(path):
            os.rmdir(path)
        else:
            os.unlink(path)
    os.rmdir(folder)


def end_process(pid: int) -> None:
    """Kill a process and wait until it is gone; its parent may be somebody else."""
    import select

    try:
        descriptor = os.pidfd_open(pid)
        os.kill(pid, _SIGKILL)
    except ProcessLookupError:
        return
    try:
        # Readable as soon as it is a zombie.
        if not select.select([descriptor], [], [], _KILL_WAIT_S)[0]:
            raise MewError(f"process {pid} does not die of SIGKILL: it hangs in the host's kernel")
    finally:
        os.close(descriptor)


def _end_vm(folder: str) -> None:
    """QEMU dies of its monitor's death, which takes the kernel a moment: until then it has the
    network device and is in the control groups."""
    try:
        with open(os.path.join(folder, states.VM_NAME), encoding="ascii") as file:
            pid, _, started = file.read().partition(" ")
    except FileNotFoundError:
        return
    if states.is_alive(int(pid or 0), started):
        end_process(int(pid))


def _remove_cgroup(group: str) -> None:
    from mew.oci import cgroups

    for _ in range(_CGROUP_TRIES):
        # The kernel takes a moment to let go of processes that have ended.
        if cgroups.remove(group):
            return
        for pid in cgroups.processes(group):
            try:
                os.kill(pid, _SIGKILL)
            except ProcessLookupError:
                pass
        time.sleep(_CGROUP_PAUSE_S)


def _release_interface(folder: str, state: dict[str, Any]) -> None:
    """Undo what a monitor that was killed could not: the namespace may have other users."""
    try:
        with open(os.path.join(folder, states.INTERFACE_NAME), encoding="utf-8") as file:
            interface = file.read()
        descriptor = os.open(state["netns"], os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        os.close(descriptor)
        return
    try:
        from mew.oci import linux
        from mew.oci import network

        callers = os.readlink("/proc/self/ns/net")
        linux.setns(descriptor, linux.NAMESPACES["network"])
        if network.is_foreign(callers=callers) and _is_given_back(network.is_attached):
            network.detach(interface, state["tc"])
    finally:
        os._exit(0)


def _is_given_back(is_attached: Callable[[], bool]) -> bool:
    """Whether no machine has the interface. The kernel takes a moment to end the device of one
    that has been killed; a device that stays is another container's."""
    for _ in range(_RELEASE_TRIES):
        if not is_attached():
            return True
        time.sleep(_RELEASE_PAUSE_S)
    return False


def processes(folder: str) -> list[int]:
    """Return the container's processes on this host: the monitor and QEMU."""
    state = states.read(folder)
    if state["status"] == states.STOPPED:
        return []
    pid = state["pid"]
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
            return [pid, *map(int, file.read().split())]
    except OSError:
        return [pid]


def containers(root: str) -> list[dict[str, Any]]:
    """Return the states of all our containers, by name."""
    try:
        names = sorted(os.listdir(root))
    except FileNotFoundError:
        return []
    folders = [os.path.join(root, name) for name in names]
    return [states.public(states.read(folder)) for folder in folders if states.is_ours(folder)]


def update(folder: str, resources: dict[str, Any]) -> None:
    """Set new limits of a container. Its machine's RAM stays: less of it than that is refused."""
    from mew.oci import cgroups

    state = states.read(folder)
    states.require(state, "update")
    limit = (resources.get("memory") or {}).get("limit") or 0
    least = (state["memory_mib"] + state["memory_overhead_mib"]) << 20
    if 0 < limit < least:
        raise MewError(
            f"a memory limit of {limit} bytes is less than the running machine has",
            hint=f"give at least {least}, or create the container again",
        )
    cgroups.apply(state["cgroups"], resources)


def dump(value: object) -> str:
    """Return what commands print for programs."""
    return json.dumps(value) + "\n"
