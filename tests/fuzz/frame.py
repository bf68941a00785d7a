# SPDX-License-Identifier: Apache-2.0
"""What surrounds the functions of a random module: state, exports, accesses at the memory's end."""
from __future__ import annotations

import random
from typing import Sequence

from pieces import FUEL
from pieces import LOADS
from pieces import NUMBERS
from pieces import PAGES
from pieces import PAGES_MAX
from pieces import SEGMENT_SIZE
from pieces import STORES
from pieces import TABLE_SIZE
from pieces import Signature
from pieces import constant
from pieces import lanes

EDGES = 12
_PAGE = 1 << 16

# A value of each type from an i64, and the other way round.
_FROM_BITS = {
    "i32": "(i32.wrap_i64 {})",
    "i64": "{}",
    "f32": "(f32.reinterpret_i32 (i32.wrap_i64 {}))",
    "f64": "(f64.reinterpret_i64 {})",
    "v128": "(i64x2.replace_lane 1 (i64x2.splat {}) (i64.const 0x0123456789abcdef))",
    "funcref": "(table.get $t (i32.and (i32.wrap_i64 {}) (i32.const 7)))",
}
_TO_BITS = {
    "i32": "(i64.extend_i32_u {})",
    "i64": "{}",
    "f32": "(i64.extend_i32_u (i32.reinterpret_f32 {}))",
    "f64": "(i64.reinterpret_f64 {})",
    "v128": "(call $fold {})",
}


def _mix(terms: Sequence[str]) -> str:
    """One i64 that depends on every term and on their order."""
    whole = "(i64.const 0x1234567)"
    for term in terms:
        whole = f"(i64.add (i64.mul {whole} (i64.const 0x9e3779b97f4a7c15)) {term})"
    return whole


def _run(index: int, signature: Signature) -> str:
    """Export `run<index>`: fuel, arguments from two i64, and the results mixed."""
    arguments = " ".join(
        _FROM_BITS[kind].format(
            f"(i64.rotl (local.get {position & 1}) (i64.const {position * 8}))"
        )
        for position, kind in enumerate(signature.params)
    )
    names = [(f"$r{position}", kind) for position, kind in enumerate(signature.results)]
    declared = " ".join(f"(local {name} {kind})" for name, kind in names)
    sets = " ".join(f"(local.set {name})" for name, _ in reversed(names))
    result = _mix([_TO_BITS[kind].format(f"(local.get {name})") for name, kind in names])
    return (
        f'(func (export "run{index}") (param i64 i64) (result i64) {declared}\n'
        f"  (global.set $fuel (i32.const {FUEL}))\n"
        f"  (call $f{index} {arguments}) {sets} {result})"
    )


def _edge(index: int, chance: random.Random) -> str:
    """Export `edge<index>`: one access at the address of the first argument, unmasked."""
    loads = [row for rows in LOADS.values() for row in rows]
    row = chance.choice(loads + STORES)
    offset = chance.choice((0, 0, 1, 4, 100, _PAGE, PAGES * _PAGE, 0x7FFFFFFF, 0xFFFFFFFF))
    others = [_FROM_BITS[kind].format("(local.get 1)") for kind in row.params[1:]]
    access = (
        f"({row.name} offset={offset} align=1 {lanes(chance, row)} "
        f"(i32.wrap_i64 (local.get 0)) {' '.join(others)})"
    )
    body = f"{access} (i64.const 0)"
    if row.results:
        body = _TO_BITS[row.results[0]].format(access)
    return f'(func (export "edge{index}") (param i64 i64) (result i64) {body})'


_FOLD = """(func $fold (param v128) (result i64)
  (i64.add (i64x2.extract_lane 0 (local.get 0))
    (i64.mul (i64x2.extract_lane 1 (local.get 0)) (i64.const 31))))"""


def _state() -> str:
    """Export `state`: memory word by word, then globals and sizes."""
    globals_ = [_TO_BITS[kind].format(f"(global.get $g_{kind})") for kind in NUMBERS]
    sizes = ["(memory.size)", "(table.size $t)", "(table.size $u)"]
    nulls = [f"(ref.is_null (table.get $u (i32.const {index})))" for index in range(TABLE_SIZE)]
    terms = ["(local.get $hash)", *globals_, *(f"(i64.extend_i32_u {t})" for t in sizes + nulls)]
    return f"""(func (export "state") (result i64)
  (local $at i32) (local $end i32) (local $hash i64)
  (local.set $end (i32.mul (memory.size) (i32.const {_PAGE})))
  (loop $next
    (local.set $hash (i64.add (i64.rotl (local.get $hash) (i64.const 5))
      (i64.load (local.get $at))))
    (br_if $next (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8)))
      (local.get $end))))
  {_mix(terms)})"""


def module_frame(
    chance: random.Random,
    signatures: Sequence[Signature],
    elements: Sequence[int],
    functions: Sequence[str],
) -> str:
    """The module's text around its functions."""
    content = "".join(f"\\{chance.getrandbits(8):02x}" for _ in range(4 * SEGMENT_SIZE))
    passive = "".join(f"\\{chance.getrandbits(8):02x}" for _ in range(2 * SEGMENT_SIZE))
    last = PAGES * _PAGE - 4 * SEGMENT_SIZE
    listed = " ".join(f"$f{index}" for index in elements)
    declared = " ".join(f"$f{index}" for index in range(len(signatures)))
    parts = [
        f'(memory (export "memory") {PAGES} {PAGES_MAX})',
        f"(table $t {TABLE_SIZE} funcref) (table $u {TABLE_SIZE} 12 funcref)",
        "(global $fuel (mut i32) (i32.const 0))",
        *(f"(global $g_{kind} (mut {kind}) {constant(chance, kind)})" for kind in NUMBERS),
        *(f"(global $c_{kind} {kind} {constant(chance, kind)})" for kind in NUMBERS),
        f"(elem (table $t) (i32.const 0) func {listed})",
        f"(elem $e func {listed}) (elem declare func {declared})",
        f'(data (i32.const 0) "{content}") (data (i32.const {last}) "{content}")',
        f'(data $d "{passive}")',
        _FOLD,
        _state(),
        *functions,
        *(_run(index, signature) for index, signature in enumerate(signatures)),
        *(_edge(index, chance) for index in range(EDGES)),
    ]
    return "(module\n" + "\n".join(parts) + ")\n"
