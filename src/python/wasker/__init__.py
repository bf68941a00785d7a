# SPDX-License-Identifier: Apache-2.0
"""wasker: compiles a WebAssembly module to a native object file, through LLVM."""
