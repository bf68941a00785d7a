# SPDX-License-Identifier: Apache-2.0
"""Where helpers are."""
from __future__ import annotations

import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2] / "support")]
