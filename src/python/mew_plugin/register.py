# SPDX-License-Identifier: Apache-2.0
"""What Pants loads: this backend's targets and rules."""


def target_types():
    """Return the target types."""
    return []


def rules():
    """Return rules."""
    return []
