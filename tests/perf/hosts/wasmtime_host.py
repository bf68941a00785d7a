# SPDX-License-Identifier: Apache-2.0
"""Runs a module that wasmtime compiled earlier, and reports the CPU time of the call alone.

`wasmtime_host.py compile X.wasm X.cwasm`, then `wasmtime_host.py run X.cwasm ARGUMENT...`: the
program's output goes to standard output, its CPU seconds (user and system) to standard error.
"""
from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Sequence

import wasmtime


def _engine() -> wasmtime.Engine:
    config = wasmtime.Config()
    config.cranelift_opt_level = "speed"
    return wasmtime.Engine(config)


def _cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _run(path: str, arguments: Sequence[str]) -> None:
    engine = _engine()
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    store = wasmtime.Store(engine)
    wasi = wasmtime.WasiConfig()
    wasi.argv = (path, *arguments)
    wasi.inherit_stdout()
    store.set_wasi(wasi)
    instance = linker.instantiate(store, wasmtime.Module.deserialize_file(engine, path))
    start = instance.exports(store)["_start"]
    before = _cpu_s()
    try:
        start(store)
    except wasmtime.ExitTrap as end:
        if end.code != 0:
            raise
    sys.stderr.write(f"{_cpu_s() - before:.6f}\n")


def main(arguments: Sequence[str]) -> None:
    """Compile or run, as the first argument says."""
    if arguments[0] == "compile":
        module = wasmtime.Module(_engine(), Path(arguments[1]).read_bytes())
        Path(arguments[2]).write_bytes(module.serialize())
    else:
        _run(arguments[1], arguments[2:])


if __name__ == "__main__":
    main(sys.argv[1:])
