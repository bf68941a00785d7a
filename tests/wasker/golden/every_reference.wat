;; SPDX-License-Identifier: Apache-2.0
;; Typed function references, and a select with types.
(module
  (type $f (func (param i32) (result i32)))
  (func $checked (param (ref null $f)) (result (ref $f)) (ref.as_non_null (local.get 0)))
  (func $choose (param funcref funcref i32) (result funcref)
    nop
    (select (result funcref) (local.get 0) (local.get 1) (local.get 2)))
  (func $either (param (ref null $f)) (result (ref null $f))
    (block $there (result (ref $f))
      (br_on_non_null $there (local.get 0))
      (return (ref.null $f))))
  (func $tail (param i32 (ref $f)) (result i32) (return_call_ref $f (local.get 0) (local.get 1))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal ptr @"wasm:checked"(i64 %i0, i64 %i1, i64 %i2, i64 %i3, i64 %i4, i64 %i5, <2 x i64> %v0, <2 x i64> %v1, <2 x i64> %v2, <2 x i64> %v3, <2 x i64> %v4, <2 x i64> %v5, <2 x i64> %v6, <2 x i64> %v7) #0 {
;; entry:
;; %0 = inttoptr i64 %i0 to ptr
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap11, label %b1, !prof !1
;; b1:
;; ret ptr %0
;; trap11:
;; call void @llvm.ubsantrap(i8 11)
;; unreachable
;; }
;; define internal ptr @"wasm:choose"(i64 %i0, i64 %i1, i64 %i2, i64 %i3, i64 %i4, i64 %i5, <2 x i64> %v0, <2 x i64> %v1, <2 x i64> %v2, <2 x i64> %v3, <2 x i64> %v4, <2 x i64> %v5, <2 x i64> %v6, <2 x i64> %v7) #0 {
;; entry:
;; %0 = inttoptr i64 %i0 to ptr
;; %1 = inttoptr i64 %i1 to ptr
;; %2 = trunc i64 %i2 to i32
;; %3 = icmp ne i32 %2, 0
;; %4 = select i1 %3, ptr %0, ptr %1
;; ret ptr %4
;; }
;; define internal ptr @"wasm:either"(i64 %i0, i64 %i1, i64 %i2, i64 %i3, i64 %i4, i64 %i5, <2 x i64> %v0, <2 x i64> %v1, <2 x i64> %v2, <2 x i64> %v3, <2 x i64> %v4, <2 x i64> %v5, <2 x i64> %v6, <2 x i64> %v7) #0 {
;; entry:
;; %0 = inttoptr i64 %i0 to ptr
;; %1 = icmp ne ptr %0, null
;; br i1 %1, label %b1, label %b2
;; b2:
;; br label %return
;; b1:
;; br label %return
;; return:
;; %2 = phi ptr [ null, %b2], [ %0, %b1]
;; ret ptr %2
;; }
;; define internal i32 @"wasm:tail"(i64 %i0, i64 %i1, i64 %i2, i64 %i3, i64 %i4, i64 %i5, <2 x i64> %v0, <2 x i64> %v1, <2 x i64> %v2, <2 x i64> %v3, <2 x i64> %v4, <2 x i64> %v5, <2 x i64> %v6, <2 x i64> %v7) #0 {
;; entry:
;; %0 = trunc i64 %i0 to i32
;; %1 = inttoptr i64 %i1 to ptr
;; %2 = icmp eq ptr %1, null
;; br i1 %2, label %trap12, label %b1, !prof !1
;; b1:
;; %3 = zext i32 %0 to i64
;; %4 = musttail call i32 %1(i64 %3, i64 poison, i64 poison, i64 poison, i64 poison, i64 poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison)
;; ret i32 %4
;; trap12:
;; call void @llvm.ubsantrap(i8 12)
;; unreachable
;; }
