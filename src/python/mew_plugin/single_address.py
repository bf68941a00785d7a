# SPDX-License-Identifier: Apache-2.0
"""A field that names one other target, as a plain string."""
from __future__ import annotations

from typing import Optional
from typing import Tuple

from pants.engine.addresses import Address
from pants.engine.target import InvalidFieldException
from pants.engine.target import SpecialCasedDependencies


class SingleAddressField(SpecialCasedDependencies):
    """The base of such fields; its value is a list of at most one address."""

    @classmethod
    def compute_value(
        cls, raw_value: Optional[str], address: Address
    ) -> Optional[Tuple[str, ...]]:
        """Take the one address as a string, not a list of one."""
        if raw_value is not None and not isinstance(raw_value, str):
            raise InvalidFieldException(
                f"The {cls.alias!r} field in target {address} is {raw_value!r}. "
                f'Write one address as a string, for example {cls.alias}=":{cls.alias}".'
            )
        return super().compute_value(None if raw_value is None else (raw_value,), address)
