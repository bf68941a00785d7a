# SPDX-License-Identifier: Apache-2.0
"""The subcommand `image`: `build`, `inspect` and `precompile`."""
import argparse
import sys
from pathlib import Path
from typing import Any
from typing import Dict
from typing import List
from typing import Optional
from typing import Tuple

from mew.errors import MewError
from mew.files import read_input
from mew.files import write_output
from mew.image import contents
from mew.image import record
from mew.image.layout import image_archive
from mew.image.options import DEFAULT_STOP_SIGNAL
from mew.image.options import LINUX
from mew.image.options import PLATFORMS
from mew.image.options import ImageOptions
from mew.image.options import prelinks
from mew.image.reader import read_images
from mew.image.report import module_of
from mew.image.report import report_of
from mew.kernels import keys
from mew.kernels import linkfacts
from mew.kernels.options import add_cache_options
from mew.kernels.options import add_link_options
from mew.kernels.options import link_of
from mew.link.archive import Entry
from mew.link.archive import read_directory


def add_subcommands(subparsers: Any) -> None:
    """Add `image`; each of its subcommands sets `handler`."""
    image = subparsers.add_parser("image", help="container images of WebAssembly programs")
    commands = image.add_subparsers(dest="image_command", required=True)
    build = commands.add_parser("build", help="write an image as one tar file")
    build.add_argument("module", type=Path, help="a .wasm file; /app.wasm in the image")
    build.add_argument("-o", "--output", type=Path, required=True, metavar="FILE")
    _add_image_options(build)
    _add_kernel_options(build)
    add_link_options(build)
    add_cache_options(build)
    build.set_defaults(handler=_build)
    inspect = commands.add_parser("inspect", help="what is in an image, and whether it fits")
    inspect.add_argument("image", type=Path, help="a tar file: ours, or any OCI or Docker archive")
    inspect.set_defaults(handler=_inspect)
    precompile = commands.add_parser(
        "precompile", help="compile an image's module into the cache of this host"
    )
    precompile.add_argument("image", type=Path)
    add_cache_options(precompile)
    precompile.set_defaults(handler=_precompile)


def _add_image_options(build: argparse.ArgumentParser) -> None:
    build.add_argument("--tag", action="append", required=True, metavar="REPOSITORY:TAG",
                       help="the image's name where it is loaded; repeatable")
    build.add_argument("--platform", choices=sorted(PLATFORMS), default=LINUX,
                       help="default: %(default)s")
    build.add_argument("--files", type=Path, metavar="DIR", help="further files of the image")
    build.add_argument("--arg", action="append", default=[], metavar="TEXT",
                       help="an argument of the program; repeatable")
    build.add_argument("--env", action="append", default=[], metavar="NAME=VALUE")
    build.add_argument("--label", action="append", default=[], metavar="NAME=VALUE")
    build.add_argument("--port", action="append", default=[], metavar="PORT[/PROTOCOL]")
    build.add_argument("--stop-signal", default=DEFAULT_STOP_SIGNAL, metavar="SIGNAL",
                       help="default: %(default)s")
    build.add_argument("--gzip", action="store_true", help="compress the layers")


def _add_kernel_options(build: argparse.ArgumentParser) -> None:
    build.add_argument("--kernel", type=Path, metavar="ELF",
                       help="linked from the module by `mew link`; default: made now, by way of "
                       "the cache")
    build.add_argument("--no-kernel", action="store_true",
                       help="each host compiles the module at first use; the default for wasi/wasm")
    build.add_argument("--features", metavar="A,B", help="of --kernel: its WASI feature sets")
    build.add_argument("--key", default="", help="of --kernel: what it was made from")
    build.add_argument("--toolchain", action="append", default=[], metavar="NAME=VERSION",
                       help="of --kernel: what made it; repeatable")


def _build(options: argparse.Namespace) -> int:
    module = read_input(options.module)
    described = ImageOptions(
        references=tuple(options.tag),
        platform=options.platform,
        args=tuple(options.arg),
        env=_pairs(options.env, "--env"),
        labels=dict(_pairs(options.label, "--label")),
        ports=tuple(options.port),
        stop_signal=options.stop_signal,
        is_compressed=options.gzip,
    )
    files: Dict[str, Entry] = read_directory(options.files) if options.files else {}
    program = contents.Program(module, link_of(options))
    layers = contents.layers(program, files, _kernel(options, module))
    write_output(options.output, image_archive(layers, record.MODULE_PATH, described))
    return 0


def _kernel(options: argparse.Namespace, module: bytes) -> Optional[contents.Kernel]:
    """The kernel that the options name, or one made for them, or none."""
    if options.kernel is None and not options.no_kernel and prelinks(options.platform, None):
        return _made_kernel(options, module)
    if options.kernel is None:
        return None
    if options.no_kernel:
        raise MewError("--kernel and --no-kernel", hint="Give one of them.")
    if options.features is None:
        raise MewError(
            "--kernel without --features", hint="Name the feature sets that it was linked with."
        )
    return contents.Kernel(
        content=read_input(options.kernel),
        key=options.key,
        features=tuple(name for name in options.features.split(",") if name),
        toolchain=dict(_pairs(options.toolchain, "--toolchain")),
    )


def _made_kernel(options: argparse.Namespace, module: bytes) -> contents.Kernel:
    """Compile and link now. Imported here: a build that brings its kernel has no compiler."""
    from mew.kernels import compile as compiling

    made = compiling.ensure(options, module, str(options.module), link_of(options))
    return contents.Kernel(made.path.read_bytes(), made.key, made.features, keys.toolchain())


def _pairs(texts: List[str], option: str) -> Tuple[Tuple[str, str], ...]:
    pairs = []
    for text in texts:
        name, equals, value = text.partition("=")
        if not name or not equals:
            raise MewError(f"{option} {text!r} has no name", hint=f"Write {option} NAME=VALUE.")
        pairs.append((name, value))
    return tuple(pairs)


def _inspect(options: argparse.Namespace) -> int:
    reports = [report_of(image) for image in read_images(options.image)]
    for report in reports:
        print("\n".join(report.lines))
    if all(report.is_good for report in reports):
        return 0
    print(f"error: {options.image}: damaged, or not made by one build", file=sys.stderr)
    print("  fix: Build the image, or copy the file, again.", file=sys.stderr)
    return 1


def _link_in(files: Dict[str, bytes], module: bytes) -> dict:
    """How an image wants the kernels for its module linked, as a runtime sees it."""
    content = files.get(record.PATH[1:])
    if content is None:
        return linkfacts.DEFAULT
    return record.link_for(record.decode(content, record.PATH), keys.sha256(module))


def _precompile(options: argparse.Namespace) -> int:
    from mew.kernels import compile as compiling

    for image in read_images(options.image):
        files = image.files()
        path = module_of(image, files)
        if not path:
            raise MewError(
                f"{options.image}: its command is not a WebAssembly file",
                hint="Give an image whose entry point is one.",
            )
        where = f"{options.image}: /{path}"
        made = compiling.ensure(options, files[path], where, _link_in(files, files[path]))
        print(f"/{path}: {made.path}")
    return 0
