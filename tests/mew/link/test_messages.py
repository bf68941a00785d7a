# SPDX-License-Identifier: Apache-2.0
"""The linker's words become the user's: imports, modules and feature sets."""
from mew.link.messages import explain_link_failure

UNDEFINED = """\
ld.lld: error: undefined symbol: {symbol}
>>> referenced by app
>>>               app.o:({referrer})
"""


def _explain(symbol: str, referrer: str = "wasm:copy") -> str:
    return explain_link_failure(UNDEFINED.format(symbol=symbol, referrer=referrer)).render()


def test_function_outside_the_built_features() -> None:
    text = _explain("wasi_snapshot_preview1.path_open", "wasm:copy file")
    assert "wasi_snapshot_preview1.path_open" in text
    assert "wasm function 'copy file'" in text
    assert '"filesystem"' in text and "wasi=" in text


def test_function_that_preview1_lacks() -> None:
    text = _explain("wasi_snapshot_preview1.fd_dup")
    assert "preview1 does not have" in text and "wasm32-wasip1" in text


def test_import_from_another_module() -> None:
    text = _explain("math.sin", ".text.wasm:main+0x1f")
    assert "'math' 'sin'" in text and "--module-name math" in text
    assert "wasm function 'main')" in text


def test_library_instead_of_a_program() -> None:
    text = explain_link_failure(
        "ld.lld: error: undefined symbol: mew_start\n>>> referenced by root\n"
    ).render()
    assert "_start" in text and "undefined symbol" not in text


def test_all_missing_imports_are_told_at_once_in_order() -> None:
    stderr = "".join(
        UNDEFINED.format(symbol=f"env.{name}", referrer="f") for name in ("zeta", "alpha")
    )
    text = explain_link_failure(stderr).render()
    assert text.index("'alpha'") < text.index("'zeta'")
    assert text == explain_link_failure(stderr).render()


def test_two_modules_of_one_name() -> None:
    text = explain_link_failure(
        "ld.lld: error: duplicate symbol: mew.instantiate.app\n>>> defined at app\n"
    ).render()
    assert "more than one object" in text and "--module-name" in text


def test_anything_else_is_shown_whole() -> None:
    text = explain_link_failure("ld.lld: error: out of disk\n").render()
    assert "out of disk" in text and "fix: " in text
