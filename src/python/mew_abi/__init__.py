# SPDX-License-Identifier: Apache-2.0
"""The contract between compiler, kernel, linker and build rules, as data.

Every number and symbol name that two of those parts must agree on lives here and only here.
`mew_abi.zig` writes the same facts as Zig source for the kernel; `tests/mew_abi` fails when that
file is stale. The prose that explains the contract is `docs/reference/abi.md`.

This package is read by CPython 3.9 (the Pants process) and by newer ones (the compiler), so it
uses the standard library only and no syntax newer than 3.9.
"""
