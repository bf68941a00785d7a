# SPDX-License-Identifier: Apache-2.0
"""A large module under Pants: compiled in units, of which an edit costs one."""
from __future__ import annotations

import re
from typing import Optional

from workspace import Workspace

from wasker.wasm.text import text_to_binary

TARGET = "examples/large:kernel"
FUNCTIONS = 260
STEPS = 40


def _function(number: int, constant: int) -> str:
    """Some 350 bytes of code that LLVM cannot make short."""
    steps = "\n".join(
        f"(local.set 0 (i32.add (i32.rotl (local.get 0) (i32.const {(step + number) % 31 + 1})) "
        f"(i32.const {constant + step})))"
        for step in range(STEPS)
    )
    return f"(func $step{number} (param i32) (result i32) {steps} (local.get 0))"


def _module(constants: dict[int, int], broken: Optional[int] = None) -> bytes:
    """A program of many functions; `constants` are edits of some, `broken` does not validate."""
    functions = [_function(n, constants.get(n, 1000 * n)) for n in range(FUNCTIONS)]
    if broken is not None:
        functions[broken] = f"(func $step{broken} (param i32) (result i32) (i64.const 0))"
    calls = " ".join(f"(call $step{n})" for n in range(FUNCTIONS))
    return text_to_binary(f"""(module
      (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
      (memory 1) (export "memory" (memory 0))
      (func (export "_start") (i32.const 1) {calls} (call $exit (i32.and (i32.const 127))))
      {" ".join(functions)})""".encode())


def _compiled(log: str) -> list[str]:
    return re.findall(r"Starting: (Compile unit .*)", log)


def test_an_edit_compiles_one_unit(workspace: Workspace, cold_build: bytes) -> None:
    folder = workspace.root / "examples/large"
    folder.mkdir()
    (folder / "BUILD").write_text('wasm_unikernel(name="kernel", sources=["large.wasm"])\n')
    program = folder / "large.wasm"
    program.write_bytes(_module({}))
    first, log = workspace.package(TARGET, daemon=True)
    units = _compiled(log)
    assert len(units) >= 4
    numbers = sorted(int(re.search(r"unit (\d+)/", line)[1]) for line in units)
    assert numbers == list(range(1, len(units) + 1))
    pattern = rf"Compile unit \d+/{len(units)} of {TARGET} \((\d+ functions|data, .*)\)"
    assert all(re.fullmatch(pattern, line) for line in units), units

    program.write_bytes(_module({100: 7}))
    edited, log = workspace.package(TARGET, daemon=True)
    assert len(_compiled(log)) == 1 and edited != first

    program.write_bytes(_module({}))
    again, log = workspace.package(TARGET, daemon=False)
    assert not _compiled(log) and again == first


def test_finished_units_outlive_an_interrupted_build(
    workspace: Workspace, cold_build: bytes
) -> None:
    folder = workspace.root / "examples/interrupted"
    folder.mkdir()
    (folder / "BUILD").write_text('wasm_unikernel(name="kernel", sources=["large.wasm"])\n')
    # No function of it has been compiled before.
    (folder / "large.wasm").write_bytes(_module({n: 1000 * n + 500 for n in range(FUNCTIONS)}))
    target = "examples/interrupted:kernel"
    log = workspace.interrupt(target, after="Completed: Compile unit", times=2)
    finished = set(re.findall(r"Completed: (Compile unit .*)", log))
    assert len(finished) >= 2
    _, log = workspace.package(target, daemon=True)
    left = _compiled(log)
    assert left and not finished & set(left)


def test_a_refused_function_is_named_with_its_place_every_time(
    workspace: Workspace, cold_build: bytes
) -> None:
    folder = workspace.root / "examples/broken"
    folder.mkdir()
    (folder / "BUILD").write_text('wasm_unikernel(name="kernel", sources=["large.wasm"])\n')
    (folder / "large.wasm").write_bytes(_module({}, broken=50))
    for _ in range(2):
        done = workspace.pants("package", "examples/broken:kernel", daemon=True)
        assert done.returncode == 1
        place = r"examples/broken:kernel: error\[E030\].*function 'step50' at byte 0x[0-9a-f]+"
        assert re.search(place, done.stderr), done.stderr
        assert "Traceback" not in done.stderr
