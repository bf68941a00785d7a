;; SPDX-License-Identifier: Apache-2.0
;; Prints note.txt of both directories, then makes `made` in the second, where it must be new.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  ;; 0: a descriptor; 4: a count; 8: one buffer, its address and size.
  (data (i32.const 16) "note.txt")
  (data (i32.const 32) "made")
  (func $check (param $code i32)
    (if (local.get $code) (then (call $exit (local.get $code)))))
  (func $set_buffer (param $address i32) (param $size i32)
    (i32.store (i32.const 8) (local.get $address))
    (i32.store (i32.const 12) (local.get $size)))
  (func $show (param $directory i32)
    (call $check (call $open (local.get $directory) (i32.const 0) (i32.const 16) (i32.const 8)
      (i32.const 0) (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 0)))
    (call $set_buffer (i32.const 1024) (i32.const 256))
    (call $check
      (call $read (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 4)))
    (call $set_buffer (i32.const 1024) (i32.load (i32.const 4)))
    (call $check (call $write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 4))))
  (func (export "_start")
    (call $show (i32.const 3))
    (call $show (i32.const 4))
    (call $check (call $open (i32.const 4) (i32.const 0) (i32.const 32) (i32.const 4)
      (i32.const 5) (i64.const 64) (i64.const 0) (i32.const 0) (i32.const 0)))
    (call $set_buffer (i32.const 32) (i32.const 4))
    (call $check
      (call $write (i32.load (i32.const 0)) (i32.const 8) (i32.const 1) (i32.const 4)))))
