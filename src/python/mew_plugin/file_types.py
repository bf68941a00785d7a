# SPDX-License-Identifier: Apache-2.0
"""Fields and targets about a program's files: what the image embeds, directories, disks."""
from __future__ import annotations

from typing import Dict
from typing import Optional

from pants.engine.addresses import Address
from pants.engine.target import Dependencies
from pants.engine.target import DictStringToStringField
from pants.engine.target import InvalidFieldException
from pants.util.frozendict import FrozenDict
from pants.util.strutil import help_text

from mew_abi import preopens

_KIND_LIST = "; ".join(f'"{kind}": {text}' for kind, text in preopens.KINDS.items())


class ProgramDependenciesField(Dependencies):
    """Where a generated module comes from, and the files of the image."""

    help = help_text(
        """
        Targets that make the module, if it is not in `sources`, and files that the program reads.
        Direct dependencies count.

        Together with `sources` they have to give exactly one `.wasm` or `.wat` file. All other
        files are embedded in the image of a `wasm_unikernel`: those of `files` targets, and of
        code generators, by their paths from the build root (`relocated_files` changes them), those
        of `resources` targets by their paths from their source root. `preopens` says where the
        program finds them.
        """
    )


class PreopensField(DictStringToStringField):
    """Directories that the program starts with, in the order of their descriptors."""

    alias = "preopens"
    default = FrozenDict(preopens.DEFAULT)
    help = help_text(
        f"""
        The directories that the program starts with: from the name that it sees to what is there.
        {_KIND_LIST}.

        The program needs the feature set "filesystem" in `wasi` to use them.
        """
    )

    @classmethod
    def compute_value(
        cls, raw_value: Optional[Dict[str, str]], address: Address
    ) -> Optional[FrozenDict[str, str]]:
        """Refuse kinds that do not exist and names that are none."""
        value = super().compute_value(raw_value, address)
        wrong = preopens.fault(value or {})
        if wrong:
            raise InvalidFieldException(f"The {cls.alias!r} field in target {address}: {wrong}.")
        return value
