;; SPDX-License-Identifier: Apache-2.0
;; Several results are one LLVM struct.
(module
  (func $swap (param i32 f64) (result f64 i32) (local.get 1) (local.get 0))
  (func $twice (param i32 f64) (result f64 i32)
    (call $swap (local.get 0) (local.get 1)) (drop) (drop) (call $swap (local.get 0) (local.get 1))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal { double, i32 } @"wasm:swap"(i32, double) #0 {
;; entry:
;; %2 = insertvalue { double, i32 } poison, double %1, 0
;; %3 = insertvalue { double, i32 } %2, i32 %0, 1
;; ret { double, i32 } %3
;; }
;; define internal { double, i32 } @"wasm:twice"(i32, double) #0 {
;; entry:
;; %2 = call { double, i32 } @"wasm:swap"(i32 %0, double %1)
;; %3 = extractvalue { double, i32 } %2, 0
;; %4 = extractvalue { double, i32 } %2, 1
;; %5 = call { double, i32 } @"wasm:swap"(i32 %0, double %1)
;; %6 = extractvalue { double, i32 } %5, 0
;; %7 = extractvalue { double, i32 } %5, 1
;; %8 = insertvalue { double, i32 } poison, double %6, 0
;; %9 = insertvalue { double, i32 } %8, i32 %7, 1
;; ret { double, i32 } %9
;; }
