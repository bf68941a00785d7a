# SPDX-License-Identifier: Apache-2.0
"""One cached step per module: each turns a frozen request into a frozen result."""
