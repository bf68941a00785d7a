;; Writes its first argument, `boot-N`, and a newline to both output streams, and exits with N
;; modulo 200.
(module
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write"
    (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (func (export "_start") (local $end i32) (local $number i32)
    (drop (call $args_get (i32.const 0x100) (i32.const 0x200)))
    (local.set $end (i32.load (i32.const 0x104)))
    (i32.store (i32.const 0x10) (local.get $end))
    (loop $next
      (if (i32.load8_u (local.get $end)) (then
        (local.set $number (i32.add
          (i32.mul (local.get $number) (i32.const 10))
          (i32.sub (i32.load8_u (local.get $end)) (i32.const 48))))
        (if (i32.eq (i32.load8_u (local.get $end)) (i32.const 45)) (then
          (local.set $number (i32.const 0))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next))))
    (i32.store8 (local.get $end) (i32.const 10))
    (i32.store (i32.const 0x14) (i32.add
      (i32.sub (local.get $end) (i32.load (i32.const 0x10))) (i32.const 1)))
    (drop (call $fd_write (i32.const 1) (i32.const 0x10) (i32.const 1) (i32.const 0x20)))
    (drop (call $fd_write (i32.const 2) (i32.const 0x10) (i32.const 1) (i32.const 0x20)))
    (call $proc_exit (i32.rem_u (local.get $number) (i32.const 200)))))
