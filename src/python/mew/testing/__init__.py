# SPDX-License-Identifier: Apache-2.0
"""Tests against a running unikernel: the machine as an object, and a pytest fixture for it."""
