;; SPDX-License-Identifier: Apache-2.0
;; Both arms start from the same locals and parameters; a missing `else` hands them on.
(module
  (func $both (param i32 i32) (result i32)
    (if (local.get 0)
      (then (local.set 1 (i32.const 5)))
      (else (local.set 0 (i32.const 6))))
    (i32.add (local.get 0) (local.get 1)))
  (func $no_else (param i32 i64) (result i64)
    (local.get 1)
    (if (param i64) (result i64) (local.get 0) (then (i64.add (i64.const 1)))))
  (func $returning (param i32) (result i32)
    (if (result i32) (local.get 0) (then (return (i32.const 1))) (else (i32.const 2)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:both"(i32, i32) #0 {
;; entry:
;; %2 = icmp ne i32 %0, 0
;; br i1 %2, label %b3, label %b2
;; b3:
;; br label %b1
;; b2:
;; br label %b1
;; b1:
;; %3 = phi i32 [ %0, %b3], [ 6, %b2]
;; %4 = phi i32 [ 5, %b3], [ %1, %b2]
;; %5 = add i32 %3, %4
;; ret i32 %5
;; }
;; define internal i64 @"wasm:no_else"(i32, i64) #0 {
;; entry:
;; %2 = icmp ne i32 %0, 0
;; br i1 %2, label %b3, label %b2
;; b3:
;; %3 = add i64 %1, 1
;; br label %b1
;; b2:
;; br label %b1
;; b1:
;; %4 = phi i64 [ %3, %b3], [ %1, %b2]
;; ret i64 %4
;; }
;; define internal i32 @"wasm:returning"(i32) #0 {
;; entry:
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %b3, label %b2
;; b3:
;; br label %return
;; b2:
;; br label %return
;; return:
;; %2 = phi i32 [ 1, %b3], [ 2, %b2]
;; ret i32 %2
;; }
