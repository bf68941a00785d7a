# SPDX-License-Identifier: Apache-2.0
"""Images, namespaces and VMs for tests against real peers; skipped where they cannot be made."""
from __future__ import annotations

import sys
from pathlib import Path
from typing import Iterator

import pytest

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parents[1] / "src/python"), str(HERE.parent / "support"), str(HERE)]

import namespace  # noqa: E402
from bench import Bench  # noqa: E402
from bench import Images  # noqa: E402
from relay import Impairment  # noqa: E402


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Images:
    reason = namespace.missing()
    if reason:
        pytest.skip(f"{reason}; README.md beside this says what these tests need")
    return Images.build(tmp_path_factory.mktemp("net"))


@pytest.fixture(scope="module", params=["offloads", "plain"])
def bench(request: pytest.FixtureRequest, images: Images) -> Iterator[Bench]:
    """The server on a tap: with all that virtio offers, and with frames as on a wire."""
    with Bench.start(images.server, offloads=request.param == "offloads") as started:
        yield started


@pytest.fixture
def impaired(request: pytest.FixtureRequest, images: Images) -> Iterator[Bench]:
    """The server behind a wire with the `Impairment` that is this fixture's parameter."""
    impairment: Impairment = request.param
    with Bench.start(images.server, offloads=False, impairment=impairment) as started:
        yield started
