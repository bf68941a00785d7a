# SPDX-License-Identifier: Apache-2.0
"""What the command line and the tests share: a suite's features and its set-up."""
from __future__ import annotations

from pathlib import Path

from execute import Setup
from execute import prepare
from systems import System

from wasker.options import DEFAULT_CPU
from wasker.options import DEFAULT_OPTIMISATION
from wasker.wasm import features

# suite -> (proposals that its modules may use, whether these are all that it tests)
FEATURES = {
    "2.0": (features.WASM_2_0, True),
    "3.0": (features.SUPPORTED, features.SUPPORTED >= features.WASM_3_0),
    "proposals": (features.SUPPORTED, False),
}


def make_setup(
    suite: str, system: str, work: Path, *, cpu: str = DEFAULT_CPU,
    optimisation: int = DEFAULT_OPTIMISATION, split: bool = False,
) -> Setup:  # fmt: skip
    """Build, in the folder `work`, what all scripts need; takes a few seconds."""
    built = System.build(system, work / f"{system}-objects")
    allowed, complete = FEATURES[suite]
    setup = Setup(built, work, allowed, complete, cpu, optimisation, split)
    prepare(setup)
    return setup
