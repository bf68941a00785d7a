# SPDX-License-Identifier: Apache-2.0
"""Which words of `pants run target -- ...` are the VM's, and which the program's."""
from __future__ import annotations

import argparse

import pytest
from mew.errors import MewError
from mew.vm.options import parse_leading
from mew.vm.options import split_arguments


@pytest.mark.parametrize(
    "words, program",
    [
        (["a", "b c"], ["a", "b c"]),
        ([], []),
        (["--gdb"], []),
        (["--gdb", "7", "x"], ["7", "x"]),
        (["--gdb=7", "--log-level", "info", "--env=A=b", "x"], ["x"]),
        # After the program's first argument, all are the program's.
        (["x", "--gdb", "--", "y"], ["x", "--gdb", "--", "y"]),
        (["--verbose", "--gdb"], ["--verbose", "--gdb"]),
        (["--gdbserver"], ["--gdbserver"]),
        # `--` ends the VM's options, whether there are some or none.
        (["--", "--gdb"], ["--gdb"]),
        (["--gdb", "--", "--log-level", "loud"], ["--log-level", "loud"]),
        (["--", "--", "x"], ["--", "x"]),
        (["--env", "--", "x"], ["x"]),
    ],
)
def test_words_are_divided(words: list[str], program: list[str]) -> None:
    leading, rest = split_arguments(words)
    assert list(rest) == program
    removed = len(words) - len(program)
    assert list(leading) in (words[:removed], words[: removed - 1])


def test_options_go_over_those_of_the_target() -> None:
    options = argparse.Namespace(env=["A=1"], log_level="warn", gdb=None)
    words = ["--env", "B=2", "--log-level=debug", "--gdb", "x"]
    assert parse_leading(words, options) == ("x",)
    assert (options.env, options.log_level, options.gdb) == (["A=1", "B=2"], "debug", 1234)
    unchanged = argparse.Namespace(env=["A=1"], log_level="warn", gdb=None)
    assert parse_leading(["x"], unchanged) == ("x",)
    assert unchanged == argparse.Namespace(env=["A=1"], log_level="warn", gdb=None)


@pytest.mark.parametrize(
    "words, message",
    [
        (["--gdb=x"], "'x' is no TCP port"),
        (["--gdb=70000"], "'70000' is no TCP port"),
        (["--gdb="], "'' is no TCP port"),
        (["--log-level=loud"], "loud"),
        (["--log-level"], "expected one argument"),
    ],
)
def test_mistakes_are_named_with_the_way_out(words: list[str], message: str) -> None:
    with pytest.raises(MewError, match=message) as refused:
        parse_leading(words, argparse.Namespace())
    assert "-- --" in refused.value.hint
