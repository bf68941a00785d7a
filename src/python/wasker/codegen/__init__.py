# SPDX-License-Identifier: Apache-2.0
"""LLVM IR text to object bytes. The only package that sees llvmlite; it knows no Wasm."""
