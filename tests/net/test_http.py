# SPDX-License-Identifier: Apache-2.0
"""examples/http_server in a VM, with other people's clients."""
from __future__ import annotations

import hashlib
import shutil
import subprocess
from typing import Iterator

import pytest
import soak
from bench import HTTP_SERVER
from bench import LARGE_BYTES
from bench import PORT
from bench import TIMEOUT_S
from bench import Bench
from bench import Images
from bench import pattern
from netvm import GUEST_ADDRESS

URL = f"http://{GUEST_ADDRESS}:{PORT}"
INDEX = (HTTP_SERVER / "site/index.html").read_bytes()

needs_curl = pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl on PATH")
needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk on PATH")


@pytest.fixture(scope="module")
def server(images: Images) -> Iterator[Bench]:
    with Bench.start(images.http, waits=False) as started:
        yield started


def run(server: Bench, *argv: object) -> bytes:
    """What a client writes that must succeed."""
    with server.namespace.popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        output, errors = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, f"{errors.decode()}\n{server.vm.last_words()}"
    return output


def curl(server: Bench, *arguments: object) -> bytes:
    return run(server, "curl", "--silent", "--show-error", "--max-time", "15", *arguments)


@needs_curl
def test_one_connection_for_several_requests(server: Bench) -> None:
    urls = (f"{URL}/", f"{URL}/style.css", f"{URL}/")
    output = curl(server, *urls, "--write-out", "<%{num_connects}>")
    style = (HTTP_SERVER / "site/style.css").read_bytes()
    assert output == INDEX + b"<1>" + style + b"<0>" + INDEX + b"<0>"


@needs_curl
def test_a_large_file(server: Bench) -> None:
    for options in ((), ("--http1.0",), ("--limit-rate", "8M")):
        content = curl(server, *options, f"{URL}/large")
        assert hashlib.sha256(content).digest() == hashlib.sha256(pattern(LARGE_BYTES)).digest()


@needs_curl
def test_head_and_a_range_that_is_not_supported(server: Bench) -> None:
    head = curl(server, "--head", f"{URL}/large").decode().lower()
    assert head.startswith("http/1.1 200") and f"content-length: {LARGE_BYTES}" in head
    # RFC 9110, section 14.2: a server may ignore Range.
    status = curl(server, "--range", "0-9", "--output", "/dev/null", "--write-out",
                  "%{http_code} %{size_download}", f"{URL}/large")
    assert status == b"200 %d" % LARGE_BYTES


@needs_curl
def test_requests_that_fail(server: Bench) -> None:
    for arguments, status in (
        ((f"{URL}/none",), 404),
        (("--request", "DELETE", f"{URL}/"), 405),
        (("--header", f"Long: {'x' * 9000}", f"{URL}/"), 431),
    ):
        shown = curl(server, "--output", "/dev/null", "--write-out", "%{http_code}", *arguments)
        assert int(shown) == status, arguments


@needs_curl
def test_many_at_once(server: Bench) -> None:
    urls = [f"{URL}/large"] * 8
    output = curl(server, "--parallel", "--parallel-immediate", *urls)
    assert len(output) == 8 * LARGE_BYTES


@needs_wrk
@pytest.mark.parametrize("header", ["Connection: keep-alive", "Connection: close"])
def test_load(server: Bench, header: str) -> None:
    """Each of some thousand requests is answered, and memory stays: soak.py for longer."""
    result = soak.load(server, 5_000, header, slice_s=1)
    assert result.is_flat(), result


@needs_curl
def test_it_ends_when_asked(images: Images) -> None:
    with Bench.start(images.http, waits=False) as server:
        assert curl(server, f"{URL}/") == INDEX
        assert server.vm.stop() == 0, server.vm.last_words()
