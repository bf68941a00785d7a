;; SPDX-License-Identifier: Apache-2.0
;; Prints the first 20 Fibonacci numbers, one a line, in decimal.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  ;; 0: iovec (pointer, length); 8: bytes written; [16, 48): digits, filled from the end.

  (func $fibonacci (param $n i32) (result i64)
    (local $current i64) (local $next i64) (local $sum i64)
    (local.set $next (i64.const 1))
    (block $done
      (loop $again
        (br_if $done (i32.eqz (local.get $n)))
        (local.set $sum (i64.add (local.get $current) (local.get $next)))
        (local.set $current (local.get $next))
        (local.set $next (local.get $sum))
        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
        (br $again)))
    (local.get $current))

  (func $print_integer (param $value i64)
    (local $cursor i32)
    (local.set $cursor (i32.const 47))
    (i32.store8 (local.get $cursor) (i32.const 10))
    (loop $digit
      (local.set $cursor (i32.sub (local.get $cursor) (i32.const 1)))
      (i32.store8 (local.get $cursor)
        (i32.add (i32.const 48)
          (i32.wrap_i64 (i64.rem_u (local.get $value) (i64.const 10)))))
      (local.set $value (i64.div_u (local.get $value) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $value) (i64.const 0))))
    (i32.store (i32.const 0) (local.get $cursor))
    (i32.store (i32.const 4) (i32.sub (i32.const 48) (local.get $cursor)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))

  (func $main (export "_start")
    (local $n i32)
    (loop $each
      (call $print_integer (call $fibonacci (local.get $n)))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $each (i32.lt_u (local.get $n) (i32.const 20))))))
