;; SPDX-License-Identifier: Apache-2.0
;; options: entry=command
;; A command defines `mew_start`, which instantiates and runs the export `_start`.
(module
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (func (export "_start") (call $exit (i32.const 3))))
;; expected:
;; @"m._start" = dso_local alias void (), ptr @"wasm:func[1]"
;; @llvm.compiler.used = appending global [1 x ptr] [ptr @"wasm:func[1]"], section "llvm.metadata"
;; @"mew.cpu_level" = alias i8, inttoptr (i64 2 to ptr)
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define dso_local void @"mew_start"() #2 {
;; entry:
;; call void @"mew.instantiate.m"()
;; call void @"wasm:func[1]"() noinline
;; ret void
;; }
;; define internal void @"wasm:func[1]"() #0 {
;; entry:
;; call void @"wasi_snapshot_preview1.proc_exit"(i32 3)
;; ret void
;; }
;; declare dso_local void @"wasi_snapshot_preview1.proc_exit"(i32) #0
