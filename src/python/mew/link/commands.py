# SPDX-License-Identifier: Apache-2.0
"""Command lines that turn the system's sources into objects and objects into an image. Pure.

A system is either `kernel`, the unikernel, or `linux`, a static Linux executable. Both take the
same program objects. Paths are used as given, so a sandboxed build passes relative ones.
"""
from typing import NamedTuple
from typing import Optional
from typing import Sequence
from typing import Tuple

from mew_abi import symbols
from mew_abi import wasi

SYSTEMS = ("kernel", "linux")

# Position matters for the bytes of the image: the system first, then the program.
_ASSEMBLED = {
    "kernel": ("src/arch/x86_64/boot.S", "src/arch/x86_64/interrupts.S"),
    "linux": (),
}
_ROOT_SOURCE = {"kernel": "src/main.zig", "linux": "src/linux.zig"}
_RUNTIME_SOURCE = "src/runtime.zig"
_LINKER_SCRIPT = {"kernel": "link/kernel.ld", "linux": "link/linux.ld"}

SCRIPT_NAME = "link.ld"
FEATURES_NAME = "features.zig"
STRIP_SCRIPT_NAME = "strip.ld"
# Linker script that copies an object without its debug information.
STRIP_SCRIPT = "SECTIONS { /DISCARD/ : { *(.debug_* .rela.debug_* .comment) } }\n"
_RUNTIME_OBJECT = "rt.o"

# A fixed baseline: the host's CPU must not show in the output.
_TARGET = {
    # Without vector registers an interrupt has none to save.
    "kernel": (
        "-target", "x86_64-freestanding-none",
        "-mcpu", "x86_64-mmx-sse-sse2-x87+soft_float",
    ),
    "linux": ("-target", "x86_64-linux-none", "-mcpu", "x86_64"),
}
# Copying and filling memory is most of its work, and vector registers make it fast. It runs only
# where the program called it, so it may use them in the kernel too.
_RUNTIME_TARGET = ("-target", "x86_64-freestanding-none", "-mcpu", "x86_64", "-fPIC")

_COMMON_FLAGS = (
    # With several threads, the order in which they meet data numbers its local symbols.
    "-j1",
    # Lets the linker drop what an image does not use.
    "-ffunction-sections",
    "-fdata-sections",
    # The runtime object replaces it: building it takes seconds, and it is 30 times the size.
    "-fno-compiler-rt",
    "-mno-red-zone",
    # Backtraces follow frame pointers.
    "-fno-omit-frame-pointer",
    "-fno-unwind-tables",
    "-fno-stack-check",
    "-fno-stack-protector",
    "-fsingle-threaded",
)


class Step(NamedTuple):
    """One process: its argument vector and the file that it writes."""

    output: str
    argv: Tuple[str, ...]


def features_source(features: Sequence[str]) -> str:
    """Return the Zig module `features`: which WASI feature sets the system has.

    Raises ValueError for a name that is not in `mew_abi.wasi.FEATURES`.
    """
    unknown = sorted(set(features) - set(wasi.FEATURES))
    if unknown:
        known = ", ".join(wasi.FEATURES)
        raise ValueError(f"unknown WASI feature set {unknown[0]!r}; there are: {known}")
    lines = ["// SPDX-License-Identifier: Apache-2.0"]
    for name in wasi.FEATURES:
        lines.append(f"pub const {name} = {'true' if name in features else 'false'};")
    return "\n".join(lines) + "\n"


def object_names(system: str) -> Tuple[str, ...]:
    """File names of the system's objects, in link order."""
    assembled = tuple(_stem(source) + ".o" for source in _ASSEMBLED[system])
    return (*assembled, f"{system}.o", _RUNTIME_OBJECT)


def linker_script(system: str) -> str:
    """Path of the system's linker script inside the kernel's source directory."""
    return _LINKER_SCRIPT[system]


def build_steps(
    system: str, *, zig: str, sources: str, output: str, cache: str
) -> Tuple[Step, ...]:
    """Return the processes that build all objects of `system` into the directory `output`.

    `sources` is the directory `kernel` of this repository. `output` must already hold
    FEATURES_NAME, written with `features_source`. `cache` is any directory that may be thrown
    away afterwards and holds STRIP_SCRIPT under STRIP_SCRIPT_NAME. They run in this order.

    Zig's -fstrip would take the names of all functions that are not exported, and backtraces
    with them. So the system is compiled with debug information, which holds absolute paths, and
    a copy without it is the result.
    """
    caches = ("--cache-dir", cache, "--global-cache-dir", cache)
    steps = [
        _step(
            f"{output}/{_stem(source)}.o",
            (zig, "build-obj", "-fstrip", *_TARGET[system], *caches),
            (f"{sources}/{source}",),
        )
        for source in _ASSEMBLED[system]
    ]
    unstripped = f"{cache}/{system}.o"
    steps.append(
        _step(
            unstripped,
            # Error traces would be kept with the debug information, and nobody prints them.
            (zig, "build-obj", "-O", "safe", "-fno-strip", "-fno-error-tracing", *_COMMON_FLAGS,
             *_TARGET[system], *caches),
            (
                "--dep", "features",
                f"-Mroot={sources}/{_ROOT_SOURCE[system]}",
                f"-Mfeatures={output}/{FEATURES_NAME}",
            ),
        )
    )
    stripped = f"{output}/{system}.o"
    strip = (zig, "ld.lld", "-r", "-T", f"{cache}/{STRIP_SCRIPT_NAME}", "-o", stripped, unstripped)
    steps.append(Step(stripped, strip))
    steps.append(
        _step(
            f"{output}/{_RUNTIME_OBJECT}",
            # Without -fno-builtin the body of memcpy becomes a call of memcpy.
            (zig, "build-obj", "-O", "fast", "-fstrip", "-fno-builtin", *_COMMON_FLAGS,
             *_RUNTIME_TARGET, *caches),
            (f"{sources}/{_RUNTIME_SOURCE}",),
        )
    )
    return tuple(steps)


def link_step(
    system: str,
    *,
    zig: str,
    objects: str,
    programs: Sequence[str],
    data: Sequence[str],
    output: str,
    stack_bytes: Optional[int] = None,
) -> Step:
    """Return the process that links `programs` with the built system in directory `objects`.

    `data` are objects with the names table (`mew.link.names`), the image's files
    (`mew.link.archive`) and its directories to start with (`mew_abi.preopens`). Undefined
    symbols are errors, all of them reported at once.
    """
    argv = (
        zig, "ld.lld",
        "-T", f"{objects}/{SCRIPT_NAME}",
        "-o", output,
        *(f"{objects}/{name}" for name in object_names(system)),
        *programs,
        *data,
        *(() if stack_bytes is None else (f"--defsym={symbols.STACK_SIZE}={stack_bytes:#x}",)),
        "--gc-sections",
        "--build-id=none",
        "--error-limit=0",
        "-static",
        "-z", "max-page-size=4096",
        # The image has no loader that could apply relocations.
        "-z", "text",
    )
    return Step(output, argv)


def _step(output: str, head: Sequence[str], tail: Sequence[str]) -> Step:
    return Step(output, (*head, *tail, f"-femit-bin={output}"))


def _stem(source: str) -> str:
    return source.rsplit("/", 1)[-1].rsplit(".", 1)[0]
