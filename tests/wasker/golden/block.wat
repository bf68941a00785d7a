;; SPDX-License-Identifier: Apache-2.0
;; A block that is only left at its end joins nothing; one with a branch out gets phis for what
;; differs.
(module
  (func $plain (param i32) (result i32) (block (result i32) (local.get 0)))
  (func $branch (param i32 i32) (result i32) (local i32)
    (block $out (result i32)
      (drop (br_if $out (i32.const 1) (local.get 0)))
      (local.set 1 (i32.const 9))
      (i32.const 2))
    (i32.add (local.get 1)))
  (func $unreachable_code (param i32) (result i32)
    (block $out
      (br $out)
      (drop (i32.add (unreachable)))
      (loop (br 0)))
    (local.get 0)))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:plain"(i32) #0 {
;; entry:
;; ret i32 %0
;; }
;; define internal i32 @"wasm:branch"(i32, i32) #0 {
;; entry:
;; %2 = icmp ne i32 %0, 0
;; br i1 %2, label %b1, label %b2
;; b2:
;; br label %b1
;; b1:
;; %3 = phi i32 [ 1, %entry], [ 2, %b2]
;; %4 = phi i32 [ %1, %entry], [ 9, %b2]
;; %5 = add i32 %3, %4
;; ret i32 %5
;; }
;; define internal i32 @"wasm:unreachable_code"(i32) #0 {
;; entry:
;; br label %b1
;; b1:
;; ret i32 %0
;; }
