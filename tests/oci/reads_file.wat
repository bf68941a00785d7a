;; SPDX-License-Identifier: Apache-2.0
;; Writes the file etc/motd of its first directory to standard output, then its argument count as
;; the exit code. Without the file it ends with 100 and the error's number.
(module
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_read"
    (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_sizes_get"
    (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  ;; One iovec at 0: buffer 1024, its length. Counts go to 8, the file's descriptor to 12.
  (data (i32.const 0) "\00\04\00\00\00\04\00\00")
  (data (i32.const 32) "etc/motd")
  (func (export "_start")
    (local $error i32)
    (local.set $error
      (call $path_open
        (i32.const 3) (i32.const 1) (i32.const 32) (i32.const 8) (i32.const 0)
        (i64.const 2) (i64.const 0) (i32.const 0) (i32.const 12)))
    (if (local.get $error)
      (then (call $proc_exit (i32.add (i32.const 100) (local.get $error)))))
    (drop (call $fd_read (i32.load (i32.const 12)) (i32.const 0) (i32.const 1) (i32.const 8)))
    ;; What was read is what is written.
    (i32.store (i32.const 4) (i32.load (i32.const 8)))
    (drop (call $fd_write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $args_sizes_get (i32.const 16) (i32.const 20)))
    (call $proc_exit (i32.load (i32.const 16)))))
