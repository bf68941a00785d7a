# SPDX-License-Identifier: Apache-2.0
"""Container images: a module, its files and prelinked kernels, as layers of an OCI image."""
