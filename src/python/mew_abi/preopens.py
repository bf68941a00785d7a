# SPDX-License-Identifier: Apache-2.0
"""The directories that a unikernel's program starts with: names, and what is behind each.

The image holds a list of records `preopen=NAME=KIND`, each ended by a NUL, between the symbols
PREOPENS_START and PREOPENS_END; the link step puts it there. The configuration of a boot
(`protocol.py`) may hold more of them, which come after those: a later record replaces one with
the same name, or takes it off the list if its kind is PREOPEN_NONE.
"""
from typing import Dict
from typing import Iterable
from typing import Mapping

PREOPENS_MAX = 16
PREOPEN_NAME_BYTES_MAX = 255

KINDS = {
    "image": "the files of the image, which cannot be changed",
    "overlay": "the files of the image; changes are kept in memory and end with the VM",
    "memory": "nothing at first; what the program writes is kept in memory and ends with the VM",
    "disk": "the FAT32 file system on the machine's first disk",
    "host": "a directory of the host, for development; `mew run --share NAME=DIR` says which",
}
# In the configuration of a boot only.
PREOPEN_NONE = "none"

# What the image holds stays as it was built unless a target says otherwise.
DEFAULT = {"/": "image", "/tmp": "memory"}


def parse(texts: Iterable[str]) -> Dict[str, str]:
    """Return the table that `NAME=KIND` texts give, unchecked; a name may hold `=` too."""
    table = {}
    for text in texts:
        name, _, kind = text.rpartition("=")
        table[name] = kind
    return table


def fault(preopens: Mapping[str, str], kinds: Iterable[str] = tuple(KINDS)) -> str:
    """Return what is wrong with a table from name to kind, and the fix; "" if nothing is."""
    if len(preopens) > PREOPENS_MAX:
        return f"{len(preopens)} preopens, of which {PREOPENS_MAX} are possible; leave some out"
    for name, kind in preopens.items():
        if not name or "\0" in name:
            return f"a preopen has the name {name!r}; write a path such as '/data'"
        if len(_encoded(name)) > PREOPEN_NAME_BYTES_MAX:
            return f"the name of preopen {name!r} is too long; {PREOPEN_NAME_BYTES_MAX} bytes fit"
        if kind not in kinds:
            return f"preopen {name!r} is {kind!r}; use one of {', '.join(map(repr, kinds))}"
    return ""


def records(preopens: Mapping[str, str]) -> bytes:
    """Return the records of a table from name to kind, in its order."""
    return b"".join(
        b"preopen=%s=%s\0" % (_encoded(name), kind.encode()) for name, kind in preopens.items()
    )


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
