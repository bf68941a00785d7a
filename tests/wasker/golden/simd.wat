;; SPDX-License-Identifier: Apache-2.0
;; A vector is <2 x i64>; each instruction casts to the lanes it works on.
(module
  (memory 1)
  (func $add (param v128 v128) (result v128) (i32x4.add (local.get 0) (local.get 1)))
  (func $splat (param i32) (result v128) (i16x8.splat (local.get 0)))
  (func $load (param i32) (result v128) (v128.load32_zero offset=4 (local.get 0)))
  (func $select (param v128 v128 i32) (result v128)
    (select (local.get 0) (local.get 1) (local.get 2))))
;; expected:
;; @"memory[0]" = internal global %mew.Memory { ptr @"mew.linear_memory", i64 1, i64 65535, i64 8589934592 }
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = call i32 @"mew.memory_create"(ptr @"memory[0]")
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %trap21, label %b1, !prof !1
;; b1:
;; ret void
;; trap21:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; }
;; define internal <2 x i64> @"wasm:add"(<2 x i64>, <2 x i64>) #0 {
;; entry:
;; %2 = bitcast <2 x i64> %0 to <4 x i32>
;; %3 = bitcast <2 x i64> %1 to <4 x i32>
;; %4 = add <4 x i32> %2, %3
;; %5 = bitcast <4 x i32> %4 to <2 x i64>
;; ret <2 x i64> %5
;; }
;; define internal <2 x i64> @"wasm:splat"(i32) #0 {
;; entry:
;; %1 = trunc i32 %0 to i16
;; %2 = insertelement <8 x i16> poison, i16 %1, i32 0
;; %3 = shufflevector <8 x i16> %2, <8 x i16> poison, <8 x i32> zeroinitializer
;; %4 = bitcast <8 x i16> %3 to <2 x i64>
;; ret <2 x i64> %4
;; }
;; define internal <2 x i64> @"wasm:load"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = getelementptr nusw nuw i8, ptr %2, i64 4
;; %4 = load i32, ptr %3, align 1
;; %5 = insertelement <4 x i32> zeroinitializer, i32 %4, i32 0
;; %6 = bitcast <4 x i32> %5 to <2 x i64>
;; ret <2 x i64> %6
;; }
;; define internal <2 x i64> @"wasm:select"(<2 x i64>, <2 x i64>, i32) #0 {
;; entry:
;; %3 = icmp ne i32 %2, 0
;; %4 = select i1 %3, <2 x i64> %0, <2 x i64> %1
;; ret <2 x i64> %4
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
