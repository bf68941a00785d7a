# SPDX-License-Identifier: Apache-2.0
"""The official test suites' archives, which are not part of this repository."""
from __future__ import annotations

import os
from pathlib import Path
from typing import Optional

_BESIDE_THE_REPOSITORY = Path(__file__).resolve().parents[3] / "shared/corpora"


def find(name: str) -> Optional[Path]:
    """Where the archive `name` is (`MEW_CORPORA`, else `../shared/corpora`); None if nowhere."""
    path = Path(os.environ.get("MEW_CORPORA", _BESIDE_THE_REPOSITORY)) / name
    return path if path.is_file() else None
