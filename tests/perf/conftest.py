# SPDX-License-Identifier: Apache-2.0
"""Makes `tests/support` and the commands beside this file importable."""
from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "support"), str(Path(__file__).parent)]
