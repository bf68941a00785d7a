# SPDX-License-Identifier: Apache-2.0
"""The command line of an OCI runtime, as engines write it (runc's, which is the model)."""
from __future__ import annotations


from mew.errors import MewError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Sequence

# Option -> whether a value follows. What is accepted without effect is so because engines pass it.
GLOBAL_OPTIONS = {
    "root": True,
    "log": True,
    "log-format": True,
    "log-level": True,
    "debug": False,
    "systemd-cgroup": False,
    "rootless": True,
    "criu": True,
    "version": False,
    "help": False,
}
_CREATE = {
    "bundle": True,
    "console-socket": True,
    "pid-file": True,
    "preserve-fds": True,
    "no-pivot": False,
    "no-new-keyring": False,
    "help": False,
}
_RESOURCES = (
    "resources", "blkio-weight", "cpu-period", "cpu-quota", "cpu-share", "cpu-rt-period",
    "cpu-rt-runtime", "cpuset-cpus", "cpuset-mems", "memory", "memory-reservation",
    "memory-swap", "pids-limit", "kernel-memory", "kernel-memory-tcp",
)  # fmt: skip
COMMAND_OPTIONS = {
    "create": _CREATE,
    "run": {**_CREATE, "detach": False, "keep": False},
    "start": {},
    "state": {},
    "kill": {"all": False},
    "delete": {"force": False},
    "ps": {"format": True},
    "pause": {},
    "resume": {},
    "update": {name: True for name in _RESOURCES},
    "features": {},
    "list": {"format": True, "quiet": False},
    "events": {"stats": False, "interval": True},
}
# How many words follow: at least, at most.
_OPERANDS = {"features": (0, 0), "list": (0, 0), "kill": (1, 2), "ps": (1, 99)}
_SHORT = {
    "b": "bundle", "f": "force", "a": "all", "v": "version", "h": "help", "d": "detach",
    "q": "quiet", "r": "resources",
}  # fmt: skip
# -f is --force for delete, and the format elsewhere.
_SHORT_FORMAT = ("ps", "list")


class Invocation:
    """One call: options by name, "" as the value of those that have none."""

    def __init__(
        self,
        command: str,
        global_options: dict[str, str],
        options: dict[str, str],
        operands: tuple[str, ...],
    ) -> None:
        self.command = command
        self.global_options = global_options
        self.options = options
        self.operands = operands


def parse(arguments: Sequence[str]) -> Invocation:
    """Take a command line apart. Its command may be one that we do not know, with its arguments
    as operands: they may be for another runtime. Raises MewError for options that are wrong.
    """
    global_options, rest = _take_options(arguments, GLOBAL_OPTIONS, "")
    if not rest:
        return Invocation("", global_options, {}, ())
    command, rest = rest[0], rest[1:]
    known = COMMAND_OPTIONS.get(command)
    if known is None:
        return Invocation(command, global_options, {}, tuple(rest))
    options: dict[str, str] = {}
    operands: list[str] = []
    while rest:
        more, rest = _take_options(rest, known, command)
        options.update(more)
        # Options may follow operands: `kill ID KILL --all`.
        operands, rest = operands + rest[:1], rest[1:]
    least, most = _OPERANDS.get(command, (1, 1))
    if not least <= len(operands) <= most:
        raise MewError(
            f"{command}: {len(operands)} arguments {operands!r}",
            hint=f"usage: mew-oci {command} [options]{' CONTAINER' if most else ''}",
        )
    return Invocation(command, global_options, options, tuple(operands))


def _take_options(
    words: Sequence[str], known: dict[str, bool], command: str
) -> tuple[dict[str, str], list[str]]:
    """(options at the start of `words`, what follows them)."""
    options = {}
    position = 0
    while position < len(words) and words[position].startswith("-") and words[position] != "-":
        word = words[position]
        position += 1
        if word == "--":
            break
        name, equals, value = word.lstrip("-").partition("=")
        if not word.startswith("--"):
            name = "format" if name == "f" and command in _SHORT_FORMAT else _SHORT.get(name, name)
        if name not in known:
            raise MewError(
                f"unknown option {word!r}{' of ' + command if command else ''}",
                hint=f"known are {', '.join('--' + name for name in known) or 'none'}",
            )
        if known[name] and not equals:
            if position == len(words):
                raise MewError(f"option {word} lacks its value")
            value = words[position]
            position += 1
        options[name] = value
    return options, list(words[position:])
