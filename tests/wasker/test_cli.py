# SPDX-License-Identifier: Apache-2.0
"""The compiler's command line: diagnostics of the back half, outputs, exit codes, determinism."""
from __future__ import annotations

import json
from pathlib import Path

import pytest

from wasker import api
from wasker import cli

WASI = '(import "wasi_snapshot_preview1" "{name}" (func {type}))'
COMMAND = '(module {} (func (export "_start")))'


def _unary_type(bits: str) -> str:
    params = " ".join("i64" if bit == "1" else "i32" for bit in bits)
    return f"(type (func (param {params})))"


# Two types that differ but have one hash; found by search.
COLLIDING = (
    "(module " + _unary_type("1101100100000") + _unary_type("1101101011011010") + """
  (table 1 funcref)
  (func (export "_start") (local $i i32)
    {first} (call_indirect (type 0) (i32.const 0))
    {second} (call_indirect (type 1) (i32.const 0))))"""
).format(
    first=" ".join(f"(i{64 if b == '1' else 32}.const 0)" for b in "1101100100000"),
    second=" ".join(f"(i{64 if b == '1' else 32}.const 0)" for b in "1101101011011010"),
)

# code -> (text of the module, more arguments, words that the message must hold)
FAULTS = {
    "E060": ('(module (func (export "run")) (func (export "walk")))', [], ["_start", "'walk'"]),
    "E061": ('(module (import "mew" "x" (func)))', [], ["'mew.x'", "reserved"]),
    "E062": (
        COMMAND.format('(import "env" "f" (func))'), ["--wasi", "process"], ["'env.f'"],
    ),
    "E063": (COMMAND.format(WASI.format(name="fd_paint", type="")), [], ["fd_paint"]),
    "E064": (
        COMMAND.format(WASI.format(name="fd_close", type="(param i64)")), [],
        ["(i64) -> ()", "(i32) -> (i32)"],
    ),
    "E065": (
        COMMAND.format(WASI.format(name="fd_sync", type="(param i32) (result i32)")),
        ["--wasi", "stdio,process"],
        ['"filesystem"', 'wasi=["process", "stdio", "filesystem"]'],
    ),
    "E066": (COLLIDING, [], ["0x86f4a3b6"]),
}  # fmt: skip


def compile_text(folder: Path, text: str, *arguments: str) -> tuple[int, Path]:
    """Exit code, and where the object should be."""
    source = folder / "program.wat"
    source.write_text(text)
    output = folder / "program.o"
    return cli.main(["compile", str(source), "-o", str(output), *arguments]), output


@pytest.mark.parametrize("code", sorted(FAULTS))
def test_diagnostic(tmp_path: Path, capsys: pytest.CaptureFixture, code: str) -> None:
    text, arguments, words = FAULTS[code]
    exit_code, output = compile_text(tmp_path, text, *arguments)
    message = capsys.readouterr().err
    assert exit_code == cli.EXIT_INPUT
    assert message.startswith(f"error[{code}]: ") and "\n  fix: " in message
    for word in words:
        assert word in message
    assert not output.exists()


@pytest.mark.parametrize(
    ("name", "count", "symbol"),
    [
        ("sock_accept", 3, "sock_accept"),
        ("sock_accept", 2, "sock_accept_v1"),
        ("sock_accept_v2", 3, "sock_accept"),
        ("sock_recv_from", 7, "sock_recv_from_v1"),
        ("sock_recv_from", 8, "sock_recv_from_v2"),
        ("sock_recv_v2", 6, "sock_recv"),
        ("sock_getpeeraddr", 4, "sock_getpeeraddr_v1"),
        ("sock_getpeeraddr", 3, "sock_getpeeraddr_v2"),
        ("sock_open_v2", 3, "sock_open"),
    ],
)
def test_a_socket_function_is_chosen_by_its_type(
    tmp_path: Path, name: str, count: int, symbol: str
) -> None:
    function = WASI.format(name=name, type=f"(param{' i32' * count}) (result i32)")
    call = f"(call 0{' (i32.const 0)' * count})"
    text = f'(module {function} (func (export "_start") (drop {call})))'
    code, output = compile_text(tmp_path, text, "--wasi", "process,sockets")
    assert code == 0
    assert f"wasi_snapshot_preview1.{symbol}\0".encode() in output.read_bytes()


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("sock_addr_resolve", "E063", ["sock_addr_resolve", "WasmEdge"]),
        ("sock_accept_v1", "E063", ["sock_accept_v1"]),
        ("sock_open", "E064", ["(i32, i32, i32) -> (i32)", "WasmEdge"]),
        ("sock_accept", "E064", ["(i32, i32) -> (i32)", "(i32, i32, i32) -> (i32)"]),
    ],
)
def test_other_sockets_are_refused_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture, name: str, code: str, words: list[str]
) -> None:
    text = COMMAND.format(WASI.format(name=name, type="(param i32) (result i32)"))
    assert compile_text(tmp_path, text)[0] == cli.EXIT_INPUT
    message = capsys.readouterr().err
    assert message.startswith(f"error[{code}]: ")
    for word in words:
        assert word in message


def test_own_module_name_cannot_be_imported(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    text = COMMAND.format('(import "env" "f" (func))')
    assert compile_text(tmp_path, text, "--module-name", "env")[0] == cli.EXIT_INPUT
    assert "error[E061]" in capsys.readouterr().err
    assert compile_text(tmp_path, text, "--module-name", "env", "--import", "env=host")[0] == 0


def test_unreadable_and_unwritable_files(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    missing = str(tmp_path / "none.wasm")
    assert cli.main(["compile", missing, "-o", str(tmp_path / "x.o")]) == cli.EXIT_INPUT
    message = capsys.readouterr().err
    assert all(word in message for word in ("E067", "none.wasm"))
    source = tmp_path / "program.wat"
    source.write_text(COMMAND.format(""))
    below_a_file = str(source / "x.o")
    assert cli.main(["compile", str(source), "-o", below_a_file]) == cli.EXIT_INPUT
    message = capsys.readouterr().err
    assert all(word in message for word in ("E068", "program.wat"))


def test_wrong_usage_exits_with_2(tmp_path: Path) -> None:
    for arguments in (["compile"], ["compile", "x.wasm", "-o", "y.o", "--wasi", "telepathy"]):
        with pytest.raises(SystemExit) as stopped:
            cli.main(arguments)
        assert stopped.value.code == 2


def test_a_bug_is_one_line_with_the_way_to_report_it(
    tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError("first line\nsecond line")

    monkeypatch.setattr(api, "compile_module", fail)
    assert compile_text(tmp_path, COMMAND.format(""))[0] == cli.EXIT_BUG
    message = capsys.readouterr().err
    assert message.count("\n") == 1 and "bug in wasker" in message and "--debug" in message


def test_same_input_same_bytes_wherever_it_lies(tmp_path: Path) -> None:
    text = (
        '(module (memory 1) (data (i32.const 0) "x") (table funcref (elem $f $g))'
        ' (func $f) (func $g (param i32)) (func (export "_start") (call $f)))'
    )
    objects = []
    for name in ("one", "another place"):
        folder = tmp_path / name
        folder.mkdir()
        exit_code, output = compile_text(folder, text)
        assert exit_code == 0
        objects.append(output.read_bytes())
    assert objects[0] == objects[1]
    assert str(tmp_path).encode() not in objects[0]


def test_dumps_and_timings(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    dump = f"--dump=ir,opt-ir,asm:{tmp_path / 'dump'}"
    exit_code, output = compile_text(tmp_path, COMMAND.format(""), dump, "--time-passes")
    assert exit_code == 0 and output.exists()
    names = sorted(path.name for path in (tmp_path / "dump").iterdir())
    assert names == ["program.ll", "program.opt.ll", "program.s"]
    assert "mew_start:" in (tmp_path / "dump/program.s").read_text()
    assert "llvm" in capsys.readouterr().err


def test_dumps_for_people(tmp_path: Path) -> None:
    text = """(module (type (func)) (memory 1 2) (data (i32.const 0) "xyz")
      (table (export "t") 3 funcref) (elem (i32.const 0) $used)
      (func $inlined) (func $used (param i32) unreachable) (func $unused)
      (func (export "_start") (call $inlined)) (func $"a\\nb" (export "b"))
      (@custom "people" "12345"))"""
    exit_code, output = compile_text(tmp_path, text, f"--dump=module,functions:{tmp_path / 'out'}")
    assert exit_code == 0 and output.exists()
    module = (tmp_path / "out/program.module.txt").read_text().splitlines()
    rows = {line[:30].strip(): line[30:].split() for line in module if " 0x" in line}
    assert rows["custom people"][1] == str(len("people") + 1 + 5)
    assert "memory 0: 1 to 2 pages" in module
    assert "table 0: 3 to any number of elements" in module
    assert "data: 1 segments, 3 bytes" in module
    assert "functions: 0 imported, 5 defined" in module
    functions = (tmp_path / "out/program.functions.txt").read_text().splitlines()[2:]
    sizes = {line.split(None, 4)[4]: line.split()[3] for line in functions}
    assert list(sizes) == ["inlined", "used", "unused", "func[3]", "a\\0ab"]
    assert sizes["inlined"] == sizes["unused"] == "-"
    assert int(sizes["used"]) > 0 and int(sizes["func[3]"]) > 0
    # `unreachable` and `end`, where the row says.
    binary = api.binary_of(text.encode(), is_text=True)
    _, offset, size, *_ = functions[1].split()
    assert binary[int(offset, 16) :][: int(size)] == b"\x00\x0b"


def test_inspect(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    source = tmp_path / "program.wat"
    source.write_text(
        '(module (import "env" "g" (global $g (mut i64))) (memory 2 3)'
        ' (export "counter" (global $g)) (export "memory" (memory 0)))'
    )
    assert cli.main(["inspect", str(source)]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["imports"][0]["type"] == {"value_type": "i64", "mutable": True}
    counter, memory = found["exports"]
    assert counter["import"] == ["env", "g"] and memory["import"] is None
    assert memory["type"]["limits"] == {"minimum": 2, "maximum": 3}
