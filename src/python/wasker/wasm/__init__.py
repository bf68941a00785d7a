# SPDX-License-Identifier: Apache-2.0
"""From bytes to a validated, immutable module. Standard library only."""
