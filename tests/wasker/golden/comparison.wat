;; SPDX-License-Identifier: Apache-2.0
;; A comparison that is branched on stays one bit wide; one that is a value is widened.
(module
  (func $value (param i32 i32) (result i32) (i32.lt_s (local.get 0) (local.get 1)))
  (func $branch (param i64 i64) (result i32)
    (if (result i32) (i64.le_u (local.get 0) (local.get 1))
      (then (i32.const 1)) (else (i32.const 2))))
  (func $not (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (i32.eqz (f64.lt (local.get 0) (local.get 1)))))
  (func $kept (param i32) (result i32) (local $flag i32)
    (if (local.tee $flag (i32.eqz (local.get 0))) (then (return (i32.const 5))))
    (local.get $flag)))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:value"(i32, i32) #0 {
;; entry:
;; %2 = icmp slt i32 %0, %1
;; %3 = zext i1 %2 to i32
;; ret i32 %3
;; }
;; define internal i32 @"wasm:branch"(i64, i64) #0 {
;; entry:
;; %2 = icmp ule i64 %0, %1
;; br i1 %2, label %b3, label %b2
;; b3:
;; br label %b1
;; b2:
;; br label %b1
;; b1:
;; %4 = phi i32 [ 1, %b3], [ 2, %b2]
;; ret i32 %4
;; }
;; define internal double @"wasm:not"(double, double) #0 {
;; entry:
;; %2 = fcmp olt double %0, %1
;; %4 = xor i1 %2, true
;; %6 = select i1 %4, double %0, double %1
;; ret double %6
;; }
;; define internal i32 @"wasm:kept"(i32) #0 {
;; entry:
;; %1 = icmp eq i32 %0, 0
;; %2 = zext i1 %1 to i32
;; br i1 %1, label %b3, label %b2
;; b3:
;; br label %return
;; b2:
;; br label %return
;; return:
;; %3 = phi i32 [ 5, %b3], [ %2, %b2]
;; ret i32 %3
;; }
