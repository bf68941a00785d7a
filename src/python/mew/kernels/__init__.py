# SPDX-License-Identifier: Apache-2.0
"""Modules to kernels on this host: a cache by content, and a compiler process that fills it."""
