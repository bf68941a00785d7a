# SPDX-License-Identifier: Apache-2.0
"""Modules in text that between them use every kind of section and most kinds of immediate."""
from __future__ import annotations

from wasker.wasm.text import text_to_binary

_CORE = """
(module $core
  (type $unary (func (param i32) (result i32)))
  (import "host" "log" (func $log (param i32)))
  (import "host" "limit" (global $limit i32))
  (import "host" "shared" (table $shared 1 10 funcref))
  (memory $memory 1 4)
  (table $table 4 funcref)
  (global $counter (mut i32) (i32.const 7))
  (global $large i64 (i64.const -9000000000))
  (global $ratio f64 (f64.const 0x1.8p+3))
  (export "fib" (func $fib))
  (export "memory" (memory $memory))
  (start $initialise)
  (elem (table $table) (i32.const 0) func $fib $control)
  (elem $passive funcref (ref.func $fib) (ref.null func))
  (elem declare func $references)
  (data (i32.const 16) "hello\\00\\ff")
  (data $more "passive")
  (func $initialise
    (global.set $counter (i32.add (global.get $counter) (i32.const 100000))))
  (func $fib (type $unary) (local i64 f32 f32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2))
      (then (local.get 0))
      (else (i32.add
        (call $fib (i32.sub (local.get 0) (i32.const 1)))
        (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func $control (param i32) (result i32)
    (block $outer (loop $again
      (br_table $again $outer $outer (local.get 0))
      unreachable))
    (call_indirect $table (type $unary) (i32.const 3) (i32.const 0))
    (select (i32.const 5) (i32.const 6) (local.get 0))
    (drop) (return))
  (func $many (param i32 i64) (result i32 i64)
    (local.get 0) (local.get 1)
    (block (param i32 i64) (result i32 i64)
      (br 0)))
  (func $memory_use (param i32)
    (i64.store offset=300 align=4 (local.get 0) (i64.load32_u (local.get 0)))
    (f32.store (local.get 0) (f32.const 1.5))
    (memory.init $more (i32.const 0) (i32.const 0) (i32.const 7))
    (data.drop $more)
    (memory.copy (i32.const 0) (i32.const 16) (i32.const 7))
    (memory.fill (i32.const 0) (i32.const 1) (memory.grow (memory.size)))
    (call $log (local.tee 0 (i32.trunc_sat_f64_s (f64.const nan)))))
  (func $references (result funcref)
    (table.init $table $passive (i32.const 0) (i32.const 0) (i32.const 2))
    (table.copy $table $table (i32.const 0) (i32.const 1) (i32.const 1))
    (elem.drop $passive)
    (table.fill $table (i32.const 0) (ref.func $references) (table.size $table))
    (drop (table.grow $table (ref.null func) (i32.const 1)))
    (table.set $table (i32.const 1) (table.get $table (i32.const 0)))
    (select (result funcref) (ref.null func) (ref.func $fib) (ref.is_null (ref.null extern))))
  (func $vector (param v128) (result v128)
    (i8x16.shuffle 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 31
      (v128.load8_lane offset=2 3 (i32.const 0) (local.get 0))
      (f32x4.replace_lane 2 (v128.const i64x2 -1 5) (f32.const 2)))))
"""

_REFERENCES = """
(module $references
  (rec (type $node (sub (struct (field i32) (field (mut (ref null $node))))))
       (type $leaf (sub final $node (struct (field i32) (field (mut (ref null $node)))
         (field i8)))))
  (type $bytes (array (mut i8)))
  (type $callback (func (param i32) (result i32)))
  (tag $oops (param i32))
  (memory $first 1)
  (memory $second i64 1)
  (data $text "text")
  (func $double (type $callback) (i32.mul (local.get 0) (i32.const 2)))
  (elem declare func $double)
  (func $tail (param i32) (result i32)
    (return_call_ref $callback (local.get 0) (ref.func $double)))
  (func $objects (param (ref null $node)) (result i32)
    (local $fresh (ref $leaf))
    (local.set $fresh (struct.new $leaf (i32.const 1) (ref.null $node) (i32.const 2)))
    (drop (array.new_data $bytes $text (i32.const 0) (i32.const 4)))
    (drop (array.get_u $bytes (array.new_fixed $bytes 2 (i32.const 1) (i32.const 2))
      (i32.const 0)))
    (block $found (result (ref $leaf))
      (br_on_cast $found (ref null $node) (ref $leaf) (local.get 0))
      (drop) (local.get $fresh))
    (struct.get_s $leaf 2))
  (func $exceptions (result i32)
    (block $caught (result i32)
      (try_table (catch $oops $caught) (throw $oops (i32.const 9)))
      (i32.const 0)))
  (func $memories (param i64)
    (memory.copy $second $first (local.get 0) (i32.const 0) (i32.const 8))
    (i32.store8 $second (local.get 0) (i31.get_s (ref.i31 (i32.const 4))))
    (drop (f32x4.relaxed_madd (v128.load (i32.const 0)) (v128.load (i32.const 0))
      (v128.load (i32.const 0))))))
"""

_ATOMICS = """
(module $atomics
  (memory 1 1 shared)
  (func (param i32) (result i32)
    (atomic.fence)
    (i64.atomic.store32 (local.get 0) (i64.const 1))
    (drop (memory.atomic.wait32 (local.get 0) (i32.const 0) (i64.const -1)))
    (i32.atomic.rmw8.cmpxchg_u (local.get 0) (i32.const 1) (i32.const 2))))
"""

SAMPLES_TEXT = {"core": _CORE, "references": _REFERENCES, "atomics": _ATOMICS}


def sample(name: str) -> bytes:
    """One of the samples as a binary."""
    return text_to_binary(SAMPLES_TEXT[name].encode())
