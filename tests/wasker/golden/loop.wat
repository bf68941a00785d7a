;; SPDX-License-Identifier: Apache-2.0
;; A loop's header has phis for its parameters and for the locals that it assigns, no others.
(module
  (func $sum (param $n i32) (param $unchanged i64) (result i64) (local $sum i64)
    (loop $again
      (local.set $sum (i64.add (local.get $sum) (local.get $unchanged)))
      (br_if $again (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
    (local.get $sum))
  (func $parameters (param i32) (result i32)
    (local.get 0) (i32.const 0)
    (loop $again (param i32 i32) (result i32)
      (i32.add)
      (i32.const 3)
      (br_if $again (i32.lt_u (local.get 0) (i32.const 5)))
      (i32.add)))
  (func $nested (param i32) (local $outer i32) (local $inner i32)
    (loop $a
      (local.set $outer (i32.const 1))
      (loop $b
        (local.set $inner (i32.add (local.get $inner) (local.get $outer)))
        (br_if $b (local.get $inner)))
      (br_if $a (local.get 0)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i64 @"wasm:sum"(i32, i64) #0 {
;; entry:
;; br label %b1
;; b1:
;; %2 = phi i32 [ %0, %entry], [ %5, %b1]
;; %3 = phi i64 [ 0, %entry], [ %4, %b1]
;; %4 = add i64 %3, %1
;; %5 = sub i32 %2, 1
;; %6 = icmp ne i32 %5, 0
;; br i1 %6, label %b1, label %b2
;; b2:
;; ret i64 %4
;; }
;; define internal i32 @"wasm:parameters"(i32) #0 {
;; entry:
;; br label %b1
;; b1:
;; %1 = phi i32 [ %0, %entry], [ %3, %b1]
;; %2 = phi i32 [ 0, %entry], [ 3, %b1]
;; %3 = add i32 %1, %2
;; %4 = icmp ult i32 %0, 5
;; br i1 %4, label %b1, label %b2
;; b2:
;; %6 = add i32 %3, 3
;; ret i32 %6
;; }
;; define internal void @"wasm:nested"(i32) #0 {
;; entry:
;; br label %b1
;; b1:
;; %1 = phi i32 [ 0, %entry], [ 1, %b3]
;; %2 = phi i32 [ 0, %entry], [ %4, %b3]
;; br label %b2
;; b2:
;; %3 = phi i32 [ %2, %b1], [ %4, %b2]
;; %4 = add i32 %3, 1
;; %5 = icmp ne i32 %4, 0
;; br i1 %5, label %b2, label %b3
;; b3:
;; %6 = icmp ne i32 %0, 0
;; br i1 %6, label %b1, label %b4
;; b4:
;; ret void
;; }
