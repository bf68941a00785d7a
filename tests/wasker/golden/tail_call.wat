;; SPDX-License-Identifier: Apache-2.0
;; With tail calls, functions have the prototype that names all argument registers.
(module
  (type $t (func (param i32) (result i64)))
  (table funcref (elem $long))
  (func $long (param i32) (result i64)
    (return_call $longer (f32.const 1) (i64.const 2) (local.get 0)))
  (func $longer (param f32 i64 i32) (result i64)
    (return_call_indirect (type $t) (local.get 2) (i32.const 0))))
;; expected:
;; @"table[0]" = internal constant [1 x ptr] [ptr @"wasm:long"]
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i64 @"wasm:long"(i64 %i0, i64 %i1, i64 %i2, i64 %i3, i64 %i4, i64 %i5, <2 x i64> %v0, <2 x i64> %v1, <2 x i64> %v2, <2 x i64> %v3, <2 x i64> %v4, <2 x i64> %v5, <2 x i64> %v6, <2 x i64> %v7) #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 1724001876 }> {
;; entry:
;; %0 = trunc i64 %i0 to i32
;; %1 = insertelement <4 x float> poison, float 0x3FF0000000000000, i32 0
;; %2 = bitcast <4 x float> %1 to <2 x i64>
;; %3 = zext i32 %0 to i64
;; %4 = musttail call i64 @"wasm:longer"(i64 2, i64 %3, i64 poison, i64 poison, i64 poison, i64 poison, <2 x i64> %2, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison)
;; ret i64 %4
;; }
;; define internal i64 @"wasm:longer"(i64 %i0, i64 %i1, i64 %i2, i64 %i3, i64 %i4, i64 %i5, <2 x i64> %v0, <2 x i64> %v1, <2 x i64> %v2, <2 x i64> %v3, <2 x i64> %v4, <2 x i64> %v5, <2 x i64> %v6, <2 x i64> %v7) #0 {
;; entry:
;; %lanes0 = bitcast <2 x i64> %v0 to <4 x float>
;; %0 = extractelement <4 x float> %lanes0, i32 0
;; %1 = bitcast i64 %i0 to i64
;; %2 = trunc i64 %i1 to i32
;; %3 = call ptr @"table.entry[0]"(i32 0)
;; %4 = getelementptr i8, ptr %3, i64 -4
;; %5 = load i32, ptr %4, align 4, !invariant.load !0
;; %6 = icmp ne i32 %5, 1724001876
;; br i1 %6, label %trap9, label %b1, !prof !1
;; b1:
;; %7 = zext i32 %2 to i64
;; %8 = musttail call i64 %3(i64 %7, i64 poison, i64 poison, i64 poison, i64 poison, i64 poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison, <2 x i64> poison)
;; ret i64 %8
;; trap9:
;; call void @llvm.ubsantrap(i8 9)
;; unreachable
;; }
;; define internal ptr @"table.entry[0]"(i32 %a) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = icmp uge i64 %0, 1
;; br i1 %1, label %trap7, label %b1, !prof !1
;; b1:
;; %2 = getelementptr ptr, ptr @"table[0]", i64 %0
;; %3 = load ptr, ptr %2
;; ret ptr %3
;; trap7:
;; call void @llvm.ubsantrap(i8 7)
;; unreachable
;; }
