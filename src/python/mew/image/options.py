# SPDX-License-Identifier: Apache-2.0
"""What whoever makes an image decides, and what is wrong with it. Pure; the backend's fields too
are checked here."""
from __future__ import annotations

import re
from dataclasses import dataclass
from dataclasses import field
from typing import Mapping
from typing import Optional
from typing import Sequence
from typing import Tuple

from mew.errors import MewError

# Name -> architecture and operating system of an image's configuration. Engines take images for
# their own platform without being told to; only some run "wasi/wasm".
PLATFORMS = {
    "linux/amd64": ("amd64", "linux"),
    "wasi/wasm": ("wasm", "wasi"),
}
LINUX = "linux/amd64"
WASI = "wasi/wasm"
DEFAULT_TAG = "latest"
DEFAULT_STOP_SIGNAL = "SIGTERM"

# The grammar of distribution/reference.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::[0-9]+)?/)?"
_REPOSITORY = re.compile(f"{_HOST}{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_PORT = re.compile(r"([0-9]{1,5})(?:/(?:tcp|udp|sctp))?")
_SIGNAL = re.compile(r"SIG[A-Z0-9+-]+|[1-9][0-9]?")
_REPOSITORY_LENGTH_MAX = 255
_PORT_MAX = 65535


@dataclass(frozen=True)
class ImageOptions:
    """Everything in an image but its files. Raises MewError for a value that engines refuse.

    `references` are the names that the image gets where it is loaded, `repository:tag`. `args`
    follow the module in the container's command line and can be replaced when it is started.
    """

    references: Tuple[str, ...]
    platform: str = LINUX
    args: Tuple[str, ...] = ()
    env: Tuple[Tuple[str, str], ...] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    ports: Tuple[str, ...] = ()
    stop_signal: str = DEFAULT_STOP_SIGNAL
    is_compressed: bool = False

    def __post_init__(self) -> None:
        wrong = "" if self.references else "no name; give one such as localhost/app:latest"
        for reference in self.references:
            wrong = wrong or reference_fault(reference)
        wrong = wrong or platform_fault(self.platform)
        wrong = wrong or env_fault(self.env)
        wrong = wrong or ports_fault(self.ports)
        wrong = wrong or stop_signal_fault(self.stop_signal)
        if wrong:
            what, _, fix = wrong.partition("; ")
            raise MewError(f"the image has {what}", hint=fix)


def split_reference(reference: str) -> Tuple[str, str]:
    """Return repository and tag of a name."""
    # A port of the registry has a colon too.
    repository, colon, tag = reference.rpartition(":")
    if not colon or "/" in tag:
        return reference, DEFAULT_TAG
    return repository, tag


def reference_fault(reference: str) -> str:
    """Return what is wrong with a name, and the fix; "" if nothing is."""
    repository, tag = split_reference(reference)
    return repository_fault(repository) or tag_fault(tag)


def repository_fault(repository: str) -> str:
    """Return what is wrong with a repository, and the fix; "" if nothing is."""
    if _REPOSITORY.fullmatch(repository) and len(repository) <= _REPOSITORY_LENGTH_MAX:
        return ""
    return (
        f"the repository {repository!r}; use small letters, digits, single . _ - between them, "
        "and / between parts, as in registry.example/team/app"
    )


def tag_fault(tag: str) -> str:
    """Return what is wrong with a tag, and the fix; "" if nothing is."""
    if _TAG.fullmatch(tag):
        return ""
    return f"the tag {tag!r}; use up to 128 letters, digits and . _ -, not . or - at first"


def platform_fault(platform: str) -> str:
    """Return what is wrong with a platform, and the fix; "" if nothing is."""
    if platform in PLATFORMS:
        return ""
    return f"the platform {platform!r}; use one of {', '.join(PLATFORMS)}"


def env_fault(env: Sequence[Tuple[str, str]]) -> str:
    """Return what is wrong with environment variables, and the fix; "" if nothing is."""
    for name, value in env:
        if not name or "=" in name or "\0" in name + value:
            return f"the environment variable {name!r}; write NAME=VALUE, without NUL bytes"
    return ""


def ports_fault(ports: Sequence[str]) -> str:
    """Return what is wrong with exposed ports, and the fix; "" if nothing is."""
    for port in ports:
        found = _PORT.fullmatch(port)
        if not found or not 1 <= int(found.group(1)) <= _PORT_MAX:
            return f"the port {port!r}; write one such as 8080, 8080/tcp or 53/udp"
    return ""


def stop_signal_fault(stop_signal: str) -> str:
    """Return what is wrong with a signal, and the fix; "" if nothing is."""
    if _SIGNAL.fullmatch(stop_signal):
        return ""
    return f"the stop signal {stop_signal!r}; write one such as SIGTERM or 15"


def full_port(port: str) -> str:
    """Return a port with its protocol, which is TCP where none is given."""
    return port if "/" in port else f"{port}/tcp"


def prelinks(platform: str, wanted: Optional[bool]) -> bool:
    """Whether an image gets a kernel: on Linux unless refused, else only where asked for.

    An image for wasi/wasm says that any runtime may run it.
    """
    return platform == LINUX if wanted is None else wanted
