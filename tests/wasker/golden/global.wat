;; SPDX-License-Identifier: Apache-2.0
;; Immutable globals with known values are constants in the code; others are variables.
(module
  (import "env" "imported" (global $imported i32))
  (global $constant i32 (i32.const 42))
  (global $variable (mut i64) (i64.const 7))
  (global $computed i32 (global.get $imported))
  (global $exported (export "g") (export "h") (mut f32) (f32.const 1))
  (func $sum (result i32) (i32.add (global.get $constant) (global.get $computed)))
  (func $count (global.set $variable (i64.add (global.get $variable) (i64.const 1))))
  (func $get (result f32) (global.get $exported)))
;; expected:
;; @"global[1]" = internal constant i32 42
;; @"global[2]" = internal global i64 7
;; @"global[3]" = internal global i32 0
;; @"m.g" = dso_local global float 0x3FF0000000000000
;; @"m.h" = dso_local alias float, ptr @"m.g"
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = load i32, ptr @"env.imported"
;; store i32 %0, ptr @"global[3]"
;; ret void
;; }
;; define internal i32 @"wasm:sum"() #0 {
;; entry:
;; %0 = load i32, ptr @"global[3]"
;; %1 = add i32 42, %0
;; ret i32 %1
;; }
;; define internal void @"wasm:count"() #0 {
;; entry:
;; %0 = load i64, ptr @"global[2]"
;; %1 = add i64 %0, 1
;; store i64 %1, ptr @"global[2]"
;; ret void
;; }
;; define internal float @"wasm:get"() #0 {
;; entry:
;; %0 = load float, ptr @"m.g"
;; ret float %0
;; }
;; @"env.imported" = external dso_local constant i32
