# SPDX-License-Identifier: Apache-2.0
"""Cuts a module into codegen units that compile apart from each other and are cached one by one."""
