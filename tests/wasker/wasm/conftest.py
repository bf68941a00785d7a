# SPDX-License-Identifier: Apache-2.0
"""Makes the helpers in `tests/support` and the suite's reader in `tests/spec` importable."""
from __future__ import annotations

import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(TESTS / "support"), str(TESTS / "spec")]
