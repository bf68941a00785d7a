;; SPDX-License-Identifier: Apache-2.0
;; Imports are plain symbols; calls name their callee.
(module
  (import "env" "log" (func $log (param i32)))
  (import "env" "unused" (func $unused (param i32)))
  (func $twice (param i32) (call $log (local.get 0)) (call $log (i32.const 1)))
  (func $recursive (param i32) (result i32)
    (if (result i32) (local.get 0)
      (then (call $recursive (i32.sub (local.get 0) (i32.const 1))))
      (else (i32.const 0)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:twice"(i32) #0 {
;; entry:
;; call void @"env.log"(i32 %0)
;; call void @"env.log"(i32 1)
;; ret void
;; }
;; define internal i32 @"wasm:recursive"(i32) #0 {
;; entry:
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %b3, label %b2
;; b3:
;; %2 = sub i32 %0, 1
;; %3 = call i32 @"wasm:recursive"(i32 %2)
;; br label %b1
;; b2:
;; br label %b1
;; b1:
;; %4 = phi i32 [ %3, %b3], [ 0, %b2]
;; ret i32 %4
;; }
;; declare dso_local void @"env.log"(i32) #0
