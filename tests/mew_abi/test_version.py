# SPDX-License-Identifier: Apache-2.0
"""The number of the contract grows whenever its tables change."""
from __future__ import annotations

import hashlib

from mew_abi import version
from mew_abi import zig

# Number -> digest of the tables, as Zig source. A line whose number was released stays as it is.
TABLES = {
    1: "e0285ca52297495ef0ad806d33d3f6ce310bed2e516f500a1de7f744e1361de9",
}


def test_number_grows_with_the_tables() -> None:
    digest = hashlib.sha256(zig.zig_source().encode()).hexdigest()
    latest = max(TABLES)
    fix = (
        "the contract's tables changed, so images that others linked no longer fit: set "
        f"{version.__name__}.ABI_VERSION to {latest + 1} and add the line "
        f"`{latest + 1}: \"{digest}\",` here (or change the last line, if no image of that number "
        "has left this repository)"
    )
    assert TABLES[latest] == digest, fix
    assert version.ABI_VERSION == latest
