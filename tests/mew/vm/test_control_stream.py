# SPDX-License-Identifier: Apache-2.0
"""The control stream and the meaning of endings, without a VM."""
from __future__ import annotations

import pytest
from mew.vm.report import ControlStream
from mew.vm.report import Ending
from mew.vm.report import Outcome
from mew.vm.report import Report
from mew.vm.report import interpret
from mew_abi import protocol

LINE = b"\x1eMEW1 nonce=ab kind=trap code=5 out of bounds in f\n"
REPORT = Report("trap", 5, "out of bounds in f")


@pytest.mark.parametrize("cut", range(len(LINE) + 1))
def test_a_report_in_two_pieces(cut: int) -> None:
    stream = ControlStream("ab")
    text = stream.feed(b"before" + LINE[:cut]) + stream.feed(LINE[cut:] + b"after")
    assert (text + stream.finish(), stream.report) == (b"beforeafter", REPORT)


def test_text_is_passed_on_at_once() -> None:
    stream = ControlStream("ab")
    assert stream.feed(b"half a line") == b"half a line"
    assert stream.feed(b"x\x1eM") == b"x"
    assert stream.feed(b"oon") == b"\x1eMoon"


@pytest.mark.parametrize(
    "line",
    [
        LINE.replace(b"ab", b"ac"),
        LINE.replace(b"nonce=ab", b"nonce="),
        LINE.replace(b"trap", b"nap"),
        LINE.replace(b"code=5", b"code=-5"),
        LINE.replace(b"code=5", b"code=12345678901"),
        b"\x1eMEW1 nonce=ac want=stdin\n",
        b"\x1eMEW1 " + b"x" * 5000,
        b"\x1eMEW1 \x1eMEW1 \n",
    ],
)
def test_what_only_looks_like_a_report_is_text(line: bytes) -> None:
    stream = ControlStream("ab")
    assert stream.feed(line) + stream.finish() == line
    assert (stream.report, stream.input_requests) == (None, 0)


def test_a_true_report_after_false_ones_counts() -> None:
    stream = ControlStream("ab")
    assert stream.feed(b"\x1eMEW1 " + LINE + LINE) == b"\x1eMEW1 " + LINE
    assert stream.report == REPORT


def test_requests_for_input_are_counted_and_not_shown() -> None:
    stream = ControlStream("ab")
    assert stream.feed(b"a\x1eMEW1 nonce=ab want=stdin\nb") == b"ab"
    assert stream.input_requests == 1


def exit_report(code: int) -> Report:
    return Report("exit", code, "")


@pytest.mark.parametrize("code", [0, 1, 134, 255])
def test_a_programs_code_is_ours(code: int) -> None:
    ending = Ending(protocol.QEMU_STATUS_EXIT, exit_report(code))
    assert interpret(ending) == Outcome(code, program_code=code)


def test_no_large_code_looks_like_success() -> None:
    outcome = interpret(Ending(protocol.QEMU_STATUS_EXIT, exit_report(256)))
    assert (outcome.exit_code, outcome.program_code) == (255, 256)
    assert "256 (0x100)" in outcome.message


def test_traps_and_panics_have_told_all_themselves() -> None:
    trap = interpret(Ending(protocol.QEMU_STATUS_TRAP, REPORT))
    assert trap == Outcome(protocol.RUNNER_EXIT_TRAP)
    panic = interpret(Ending(protocol.QEMU_STATUS_PANIC, Report("panic", 0, "")))
    assert panic == Outcome(protocol.RUNNER_EXIT_PANIC)


@pytest.mark.parametrize(
    ("ending", "exit_code", "word"),
    [
        (Ending(0, None), protocol.RUNNER_EXIT_PANIC, "triple fault"),
        (Ending(33, None), protocol.RUNNER_EXIT_PANIC, "no report"),
        (Ending(35, exit_report(0)), protocol.RUNNER_EXIT_PANIC, "status 35"),
        (Ending(0, exit_report(0)), protocol.RUNNER_EXIT_PANIC, "status 0"),
        (Ending(1, None, "bad option"), protocol.RUNNER_EXIT_VMM_FAILURE, "bad option"),
        (Ending(-9, None), protocol.RUNNER_EXIT_VMM_FAILURE, "signal 9"),
        (Ending(-9, None, timeout_s=2.5), protocol.RUNNER_EXIT_TIMEOUT, "2.5 s"),
    ],
)
def test_other_endings_are_failures_with_a_message(
    ending: Ending, exit_code: int, word: str
) -> None:
    outcome = interpret(ending)
    assert (outcome.exit_code, outcome.program_code) == (exit_code, None)
    assert word in outcome.message


def test_notices_are_told_apart_from_text() -> None:
    stream = ControlStream("0f")
    lines = b"\x1eMEW1 nonce=0f listening=tcp:8080\n\x1eMEW1 nonce=0f listening=udp:53\n"
    forged = b"\x1eMEW1 nonce=0e listening=tcp:1\n"
    assert stream.feed(b"a" + lines + b"b" + forged) == b"ab" + forged
    assert stream.listening == [("tcp", 8080), ("udp", 53)]
