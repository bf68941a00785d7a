# SPDX-License-Identifier: Apache-2.0
"""Makes the helpers in this directory and in `tests/support` importable."""
from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "support")]
