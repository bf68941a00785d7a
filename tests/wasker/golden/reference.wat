;; SPDX-License-Identifier: Apache-2.0
;; A call through a typed reference needs no type check, only one for null.
(module
  (type $t (func (param i32) (result i32)))
  (func $call (param i32 (ref null $t)) (result i32) (call_ref $t (local.get 0) (local.get 1)))
  (func $or_zero (param i32 (ref null $t)) (result i32)
    (block $null
      (return (call_ref $t (local.get 0) (br_on_null $null (local.get 1)))))
    (i32.const 0)))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:call"(i32, ptr) #0 {
;; entry:
;; %2 = icmp eq ptr %1, null
;; br i1 %2, label %trap12, label %b1, !prof !1
;; b1:
;; %3 = call i32 %1(i32 %0)
;; ret i32 %3
;; trap12:
;; call void @llvm.ubsantrap(i8 12)
;; unreachable
;; }
;; define internal i32 @"wasm:or_zero"(i32, ptr) #0 {
;; entry:
;; %2 = icmp eq ptr %1, null
;; br i1 %2, label %b1, label %b2
;; b2:
;; %3 = icmp eq ptr %1, null
;; br i1 %3, label %trap12, label %b3, !prof !1
;; b3:
;; %4 = call i32 %1(i32 %0)
;; br label %return
;; b1:
;; br label %return
;; return:
;; %5 = phi i32 [ %4, %b3], [ 0, %b1]
;; ret i32 %5
;; trap12:
;; call void @llvm.ubsantrap(i8 12)
;; unreachable
;; }
