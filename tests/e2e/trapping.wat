;; SPDX-License-Identifier: Apache-2.0
;; Writes beyond its memory; the target in BUILD expects the trap's name and exit code.
(module
  (memory 1)
  (func $poke (param $address i32)
    (i32.store (local.get $address) (i32.const 1)))
  (func $main (export "_start")
    (call $poke (i32.const 65533)))
  (export "poke" (func $poke)))
