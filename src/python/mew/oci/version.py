# SPDX-License-Identifier: Apache-2.0
"""Versions that the runtime tells; alone here, since every start of it reads them."""

VERSION = "0.1.0"
# Of the OCI runtime specification.
SPEC_VERSION = "1.1.0"
