# SPDX-License-Identifier: Apache-2.0
"""Writes the programs that engines start, and says what to write into engines' configurations.

The programs are scripts of a few lines that name this Python and these sources by absolute paths:
engines start them with an environment of their own, and several times for each container, so
nothing is searched for.
"""
from __future__ import annotations

import os
import sys
from typing import Sequence

from mew.errors import MewError
from mew.files import write_output

SHIM = "containerd-shim-mew-v1"
RUNTIME_TYPE = "io.containerd.mew.v1"
_STOCK_SHIM = "containerd-shim-runc-v2"
# Relative to the prefix: what the shim finds as `runc`.
_SHIM_PATH = "libexec/mew"
_USAGE = "mew-oci install --prefix DIR [--shim PATH]"
_PLACES = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"

_ENTRY = """\
#!{python} -IS
import sys
sys.path[:0] = [{sources!r}]
from mew.oci.cli import main
sys.exit(main(sys.argv[1:]))
"""
_SHIM_ENTRY = """\
#!/bin/sh
# containerd's own shim for runc, which finds mew-oci under that name.
PATH={path}:$PATH exec {shim} "$@"
"""
_SNIPPETS = """\
containerd, 1.6 and later (/etc/containerd/config.toml), for Kubernetes; `{shim_name}` has to be
on containerd's PATH ({bin}):

  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.mew]
    runtime_type = "{runtime_type}"

  and a RuntimeClass whose handler is "mew". Without Kubernetes:

  ctr run --rm --runtime {runtime_type} IMAGE NAME

podman (/etc/containers/containers.conf):

  [engine.runtimes]
  mew = ["{bin}/mew-oci"]

  podman --runtime mew run IMAGE

docker (/etc/docker/daemon.json):

  {{"runtimes": {{"mew": {{"path": "{bin}/mew-oci"}}}}}}

  docker run --runtime mew IMAGE
"""


def entry_script(python: str, sources: str) -> str:
    """Return the text of `mew-oci`."""
    if any(character in python for character in " \t\n"):
        raise MewError(
            f"the path of Python, {python!r}, cannot be in a script's first line",
            hint="use a Python whose path has no spaces",
        )
    return _ENTRY.format(python=python, sources=sources)


def shim_script(runc_folder: str, shim: str) -> str:
    """Return the text of containerd's shim for us."""
    import shlex

    return _SHIM_ENTRY.format(path=shlex.quote(runc_folder), shim=shlex.quote(shim))


def snippets(prefix: str) -> str:
    """Return what the administrator adds to engines' configurations."""
    return _SNIPPETS.format(
        bin=os.path.join(prefix, "bin"), shim_name=SHIM, runtime_type=RUNTIME_TYPE
    )


def install(prefix: str, shim: str) -> None:
    """Write the programs below `prefix`. Raises MewError when that cannot be."""
    import compileall
    from pathlib import Path

    sources = Path(__file__).resolve().parents[2]
    runtime = Path(prefix) / "bin/mew-oci"
    runc = Path(prefix) / _SHIM_PATH / "runc"
    try:
        runtime.parent.mkdir(parents=True, exist_ok=True)
        runc.parent.mkdir(parents=True, exist_ok=True)
        write_output(runtime, entry_script(sys.executable, str(sources)).encode(), executable=True)
        shim_text = shim_script(str(runc.parent), shim)
        write_output(runtime.with_name(SHIM), shim_text.encode(), executable=True)
        runc.unlink(missing_ok=True)
        runc.symlink_to(runtime)
    except OSError as error:
        raise MewError(f"{error.filename}: {error.strerror}") from None
    # Else the first container of each user compiles them, and whoever cannot write here always.
    compileall.compile_dir(sources / "mew", quiet=2)
    compileall.compile_dir(sources / "mew_abi", quiet=2)


def main(words: Sequence[str]) -> int:
    """`install`; its options are not those of an engine."""
    import shutil

    options = dict(zip(words[::2], words[1::2]))
    if len(words) % 2 or not options.get("--prefix") or set(options) - {"--prefix", "--shim"}:
        raise MewError("install: which prefix?", hint=f"usage: {_USAGE}")
    prefix = os.path.abspath(options["--prefix"])
    shim = options.get("--shim") or shutil.which(_STOCK_SHIM, path=_PLACES)
    install(prefix, os.path.abspath(shim) if shim else f"/usr/bin/{_STOCK_SHIM}")
    sys.stdout.write(snippets(prefix))
    return 0
