# SPDX-License-Identifier: Apache-2.0
"""The OCI runtime: containers whose program is a WebAssembly module, each in a VM of its own."""
