;; SPDX-License-Identifier: Apache-2.0
;; The smallest useful program: one fd_write to standard output.
(module
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; One iovec at 0: pointer 16, length 21. The count written goes to 8.
  (data (i32.const 0) "\10\00\00\00\15\00\00\00")
  (data (i32.const 16) "Hello from a kernel!\0a")
  (func $main (export "_start")
    (if (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))
      (then (call $proc_exit (i32.const 1))))))
