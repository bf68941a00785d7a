# SPDX-License-Identifier: Apache-2.0
"""Command lines of the sandboxed processes, as values. Nothing here knows Pants.

Every path is relative to the sandbox. Trees are mounted at fixed names, so that the same command
has the same cache key in every target.
"""
from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import Dict
from typing import Mapping
from typing import Optional
from typing import Sequence
from typing import Tuple

# Where trees appear in a sandbox.
MEW = "__mew"
LLVM = "__llvm"
WASMTIME = "__wasmtime"
PYELFTOOLS = "__pyelftools"
PYTEST = "__pytest"
ZIG = "__zig"
ZIG_BINARY = f"{ZIG}/ziglang/zig"
ZIG_CACHE = "__zig_cache"

OBJECT = "app.o"
UNITS = "__units"
UNITS_MANIFEST = "manifest.json"
# One unit has the same names in every sandbox.
UNIT = "unit.unit"
UNIT_OBJECT = "unit.o"
SYSTEM_OBJECTS = "__system"
FILES = "__files"
# What the text parser makes.
MODULE = "app.wasm"

# Compiled one by one; everything else among the sources is included by them.
NATIVE_SUFFIXES = (".c", ".cc", ".cpp", ".cxx")

# -s and -B: no packages of the user, no .pyc files. The environment is fixed and has no PATH.
PYTHON_OPTIONS = ("-s", "-B")


@dataclass(frozen=True)
class CompileOptions:
    """What decides an object's bytes besides the module."""

    cpu: str
    optimization_level: int
    features: Tuple[str, ...]
    debug_lines: bool = False


@dataclass(frozen=True)
class LinkOptions:
    """What decides an image's bytes besides object, system and embedded files."""

    system: str
    image: str
    stack_size: Optional[int] = None
    preopens: Tuple[Tuple[str, str], ...] = ()
    listeners: Tuple[str, ...] = ()


@dataclass(frozen=True)
class DiskOptions:
    """What decides a disk's bytes besides its files."""

    image: str
    size_mib: int
    label: str


@dataclass(frozen=True)
class ContainerImageOptions:
    """What decides a container image's bytes besides its module, files and kernel.

    `features` are the kernel's, `link` is how it was linked, `key` says what it was made from.
    """

    image: str
    references: Tuple[str, ...]
    platform: str
    arguments: Tuple[str, ...]
    env: Tuple[Tuple[str, str], ...]
    labels: Tuple[Tuple[str, str], ...]
    ports: Tuple[str, ...]
    stop_signal: str
    is_compressed: bool
    features: Tuple[str, ...]
    link: LinkOptions
    toolchain: Tuple[Tuple[str, str], ...]
    key: str


@dataclass(frozen=True)
class BootOptions:
    """One boot of an image. `timeout_s` None means: as long as it takes.

    `disk` is an image of which the machine gets a copy. `publish` are ports of this host that lead
    to the program, as `mew run --publish` takes them; `has_network`: it needs one without, too.
    """

    machine: str
    memory_mib: int
    accelerator: str
    qemu: str
    timeout_s: Optional[int] = None
    env: Tuple[Tuple[str, str], ...] = ()
    disk: Optional[str] = None
    publish: Tuple[str, ...] = ()
    has_network: bool = False


def python_environment(fingerprint: str, trees: Sequence[str], prefix: str = "") -> Dict[str, str]:
    """Return the whole environment of a Python process.

    `fingerprint` names the interpreter's version: an upgrade must miss the cache, although the
    path of the interpreter stays the same. `trees` are import roots, below `prefix`.
    """
    return {
        "LC_ALL": "C.UTF-8",
        "MEW_PYTHON": fingerprint,
        "PYTHONPATH": ":".join(prefix + tree for tree in trees),
    }


def zig_environment() -> Dict[str, str]:
    """Return where Zig may keep what it has compiled; it wants a home directory otherwise."""
    return {"ZIG_GLOBAL_CACHE_DIR": ZIG_CACHE, "ZIG_LOCAL_CACHE_DIR": ZIG_CACHE}


def pip_download_argv(
    python: str,
    *,
    requirements: str,
    output: str,
    find_links: Sequence[str],
    offline: bool,
    extra: Sequence[str],
) -> Tuple[str, ...]:
    """Return the command that fetches the wheels of a hash-pinned requirements file."""
    return (
        python, "-I", "-m", "pip", "download", "--disable-pip-version-check", "--no-input",
        "--no-cache-dir", "--progress-bar=off", "--quiet", "--require-hashes",
        "--only-binary=:all:", "--no-deps", "--dest", output,
        *(("--no-index",) if offline else ()),
        *(f"--find-links={place}" for place in find_links),
        *extra,
        "--requirement", requirements,
    )  # fmt: skip


def script_argv(python: str, script: str, *arguments: str) -> Tuple[str, ...]:
    """Return the command that runs one of `mew_plugin.scripts`."""
    return (python, *PYTHON_OPTIONS, "-m", f"mew_plugin.scripts.{script}", *arguments)


def compile_argv(python: str, module: str, options: CompileOptions) -> Tuple[str, ...]:
    """Return the command that compiles a module to OBJECT."""
    return (
        python, *PYTHON_OPTIONS, "-m", "wasker", "compile", module, "-o", OBJECT,
        "--module-name", "app", *_compile_flags(options),
        *(("--debug-lines",) if options.debug_lines else ()),
    )  # fmt: skip


def split_argv(python: str, module: str, features: Sequence[str]) -> Tuple[str, ...]:
    """Return the command that cuts a module into codegen units below UNITS."""
    return (
        python, *PYTHON_OPTIONS, "-m", "wasker", "split", module, "-o", UNITS,
        "--module-name", "app", "--wasi", ",".join(features),
    )  # fmt: skip


def codegen_argv(python: str, cpu: str, optimization_level: int) -> Tuple[str, ...]:
    """Return the command that compiles UNIT to UNIT_OBJECT."""
    return (
        python, *PYTHON_OPTIONS, "-m", "wasker", "codegen", UNIT, "-o", ".",
        "--cpu", cpu, "--opt", str(optimization_level),
    )  # fmt: skip


def check_argv(python: str, module: str, options: CompileOptions) -> Tuple[str, ...]:
    """Return the command that only validates a module and its imports."""
    return (
        python, *PYTHON_OPTIONS, "-m", "wasker", "check", module,
        "--wasi", ",".join(options.features),
    )  # fmt: skip


def _compile_flags(options: CompileOptions) -> Tuple[str, ...]:
    return (
        "--cpu", options.cpu,
        "--opt", str(options.optimization_level),
        "--wasi", ",".join(options.features),
    )  # fmt: skip


def build_system_argv(
    python: str, system: str, sources: str, features: Sequence[str]
) -> Tuple[str, ...]:
    """Return the command that compiles a system's own sources into SYSTEM_OBJECTS."""
    return (
        python, *PYTHON_OPTIONS, "-m", "mew", "build-system", "--system", system,
        "--zig", ZIG_BINARY, "--sources", sources, "-o", SYSTEM_OBJECTS,
        "--features", ",".join(features),
    )  # fmt: skip


def link_argv(
    python: str, options: LinkOptions, *, has_files: bool, objects: Sequence[str] = (OBJECT,)
) -> Tuple[str, ...]:
    """Return the command that links a program with a system, and with the files below FILES."""
    stack = () if options.stack_size is None else ("--stack-size", str(options.stack_size))
    return (
        python, *PYTHON_OPTIONS, "-m", "mew", "link", *objects, "-o", options.image,
        "--system", options.system, "--zig", ZIG_BINARY, "--objects", SYSTEM_OBJECTS, *stack,
        *(("--files", FILES) if has_files else ()),
        *(_preopen_flags(options.preopens) if options.system == "kernel" else ()),
        *(f"--listen={listener}" for listener in options.listeners),
    )  # fmt: skip


def _preopen_flags(preopens: Tuple[Tuple[str, str], ...]) -> Tuple[str, ...]:
    if not preopens:
        return ("--no-preopens",)
    return tuple(f"--preopen={name}={kind}" for name, kind in preopens)


def disk_argv(python: str, options: DiskOptions, *, has_files: bool) -> Tuple[str, ...]:
    """Return the command that makes a disk with the files below FILES."""
    return (
        python, *PYTHON_OPTIONS, "-m", "mew", "disk", "-o", options.image,
        "--size-mib", str(options.size_mib), "--label", options.label,
        *(("--files", FILES) if has_files else ()),
    )  # fmt: skip


def binary_argv(python: str, module: str) -> Tuple[str, ...]:
    """Return the command that turns a module in the text format into MODULE."""
    return (python, *PYTHON_OPTIONS, "-m", "wasker", "binary", module, "-o", MODULE)


def container_image_argv(
    python: str,
    module: str,
    options: ContainerImageOptions,
    *,
    kernel: Optional[str],
    has_files: bool,
) -> Tuple[str, ...]:
    """Return the command that makes a container image of a module and the files below FILES."""
    return (
        python, *PYTHON_OPTIONS, "-m", "mew", "image", "build", module, "-o", options.image,
        *(f"--tag={reference}" for reference in options.references),
        "--platform", options.platform,
        *(f"--arg={text}" for text in options.arguments),
        *(f"--env={name}={value}" for name, value in options.env),
        *(f"--label={name}={value}" for name, value in options.labels),
        *(f"--port={port}" for port in options.ports),
        "--stop-signal", options.stop_signal,
        *(("--gzip",) if options.is_compressed else ()),
        *(("--files", FILES) if has_files else ()),
        *_image_link_flags(options),
        *(("--no-kernel",) if kernel is None else _kernel_flags(kernel, options)),
    )  # fmt: skip


def _image_link_flags(options: ContainerImageOptions) -> Tuple[str, ...]:
    """How hosts that cannot take the kernel of the image link their own."""
    link = options.link
    has_files = "filesystem" in options.features
    return (
        *(() if link.stack_size is None else ("--stack-size", str(link.stack_size))),
        *(_preopen_flags(link.preopens) if has_files else ()),
        *(f"--listen={text}" for text in link.listeners),
    )


def _kernel_flags(kernel: str, options: ContainerImageOptions) -> Tuple[str, ...]:
    return (
        "--kernel", kernel, "--features", ",".join(options.features), "--key", options.key,
        *(f"--toolchain={name}={version}" for name, version in options.toolchain),
    )  # fmt: skip


def wasi_module_argv(
    sources: Sequence[str],
    output: str,
    compiler: Sequence[str],
    linker: Sequence[str],
    *,
    debug: bool = False,
) -> Tuple[str, ...]:
    """Return the command that compiles native sources to a module at `output`.

    With `debug` it has debug information, Zig's always; `scripts/native.py` fills in `{sandbox}`.

    Raises ValueError when the sources are not of one kind, or have no root.
    """
    zig = [path for path in sources if path.endswith(".zig")]
    native = [path for path in sources if path.endswith(NATIVE_SUFFIXES)]
    target = ("-target", "wasm32-wasi")
    if zig and native:
        raise ValueError(
            "C and Zig sources in one target.\n"
            "  fix: give each language a `wasi_module` of its own."
        )
    if zig:
        roots = [path for path in zig if len(zig) == 1 or PurePath(path).name == "main.zig"]
        if len(roots) != 1:
            raise ValueError(
                f"no root among the Zig sources {', '.join(zig)}.\n"
                "  fix: call the root main.zig."
            )
        emit = f"-femit-bin={output}"
        return (ZIG_BINARY, "build-exe", *target, "-O", "safe", *compiler, roots[0], emit, *linker)
    if not native:
        raise ValueError(
            "no source to compile, only headers.\n"
            f"  fix: add a file with one of the suffixes {', '.join(NATIVE_SUFFIXES)}, .zig."
        )
    driver = "cc" if all(path.endswith(".c") for path in native) else "c++"
    lines = ("-g", "-ffile-prefix-map={sandbox}=.") if debug else ()
    return (ZIG_BINARY, driver, *target, "-O2", *lines, *compiler, *native, "-o", output, *linker)


def boot_argv(
    python: str, image: str, options: BootOptions, arguments: Sequence[str] = ()
) -> Tuple[str, ...]:
    """Return the command that boots `image` and gives the program `arguments`, all of them."""
    return (*_boot_argv(python, image, options), "--", *arguments)


def tested_boot(
    python: str, image: str, options: BootOptions, arguments: Sequence[str]
) -> Mapping[str, object]:
    """Return what `mew.testing.plugin` boots `image` with."""
    return {"command": list(_boot_argv(python, image, options)), "arguments": list(arguments)}


def interactive_boot_argv(python: str, image: str, options: BootOptions) -> Tuple[str, ...]:
    """Return the command that boots `image` with what a person appends to it.

    Those words may begin with options of the VM (`mew.vm.options`).
    """
    return (*_boot_argv(python, image, options), "--vm-options-first", "--")


def _boot_argv(python: str, image: str, options: BootOptions) -> Tuple[str, ...]:
    timeout = () if options.timeout_s is None else ("--timeout-s", str(options.timeout_s))
    environment = (f"--env={name}={value}" for name, value in options.env)
    return (
        python, *PYTHON_OPTIONS, "-m", "mew", "run", image,
        "--machine", options.machine,
        "--memory-mib", str(options.memory_mib),
        "--accel", options.accelerator,
        "--qemu", options.qemu,
        *timeout, *environment,
        *(() if options.disk is None else ("--default-disk", options.disk)),
        *(f"--default-publish={ports}" for ports in options.publish),
        *(("--default-net=user",) if options.has_network else ()),
    )  # fmt: skip


def pytest_argv(
    python: str, tests: Sequence[str], *, boot: str, report: str, name: str, extra: Sequence[str]
) -> Tuple[str, ...]:
    """Return the command that runs pytest on `tests`, whose fixture boots what is in `boot`.

    No configuration but this is read; nothing is kept for a next run. -S: what else is installed
    for that Python must not matter.
    """
    return (
        python, *PYTHON_OPTIONS, "-S", "-m", "pytest", "-p", "mew.testing.plugin",
        "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir=.", "--basetemp=__tmp",
        f"--unikernel={boot}", f"--junitxml={report}", "-o", f"junit_suite_name={name}",
        *extra, *tests,
    )  # fmt: skip


def expectations(
    *,
    stdout: Optional[str],
    stderr_contains: Sequence[str],
    exit_code: int,
) -> Mapping[str, object]:
    """Return what `scripts/expect.py` reads: how a run has to end."""
    return {
        "stdout": stdout,
        "stderr_contains": list(stderr_contains),
        "exit_code": exit_code,
    }
