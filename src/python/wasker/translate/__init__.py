# SPDX-License-Identifier: Apache-2.0
"""Validated Wasm to textual LLVM IR.

`module.translate_module` is the way in. One file per instruction family, each with a table
`EMITTERS` from the instruction's name to the function that writes its IR; `function.py` holds the
state that they share and says how operands, locals and blocks are represented.
"""
