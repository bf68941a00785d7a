;; SPDX-License-Identifier: Apache-2.0
;; Integer instructions map to LLVM's; shift amounts are masked; a constant divisor is not checked.
(module
  (func $i32 (param i32 i32) (result i32)
    (i32.add (i32.mul (local.get 0) (local.get 1)) (i32.sub (local.get 0) (i32.const -7))))
  (func $shifts (param i64 i64) (result i64)
    (i64.shl (i64.shr_u (local.get 0) (i64.const 65)) (i64.rotr (local.get 0) (local.get 1))))
  (func $bits (param i32) (result i32)
    (i32.add (i32.clz (local.get 0)) (i32.add (i32.ctz (local.get 0)) (i32.popcnt (local.get 0)))))
  (func $divide_by_ten (param i32) (result i32) (i32.div_u (local.get 0) (i32.const 10))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:i32"(i32, i32) #0 {
;; entry:
;; %2 = mul i32 %0, %1
;; %3 = sub i32 %0, -7
;; %4 = add i32 %2, %3
;; ret i32 %4
;; }
;; define internal i64 @"wasm:shifts"(i64, i64) #0 {
;; entry:
;; %2 = lshr i64 %0, 1
;; %3 = call i64 @llvm.fshr.i64(i64 %0, i64 %0, i64 %1)
;; %4 = and i64 %3, 63
;; %5 = shl i64 %2, %4
;; ret i64 %5
;; }
;; define internal i32 @"wasm:bits"(i32) #0 {
;; entry:
;; %1 = call i32 @llvm.ctlz.i32(i32 %0, i1 false)
;; %2 = call i32 @llvm.cttz.i32(i32 %0, i1 false)
;; %3 = call i32 @llvm.ctpop.i32(i32 %0)
;; %4 = add i32 %2, %3
;; %5 = add i32 %1, %4
;; ret i32 %5
;; }
;; define internal i32 @"wasm:divide_by_ten"(i32) #0 {
;; entry:
;; %1 = udiv i32 %0, 10
;; ret i32 %1
;; }
