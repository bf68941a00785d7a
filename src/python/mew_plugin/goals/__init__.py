# SPDX-License-Identifier: Apache-2.0
"""One Pants goal per module."""
