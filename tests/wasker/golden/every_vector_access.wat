;; SPDX-License-Identifier: Apache-2.0
;; Every load and store of a vector or lane.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (memory 1)
  (func $every (param $i32a i32) (param $v128a v128)
    (call $v128 (v128.load (local.get $i32a)))
    (call $v128 (v128.load8x8_s (local.get $i32a)))
    (call $v128 (v128.load8x8_u (local.get $i32a)))
    (call $v128 (v128.load16x4_s (local.get $i32a)))
    (call $v128 (v128.load16x4_u (local.get $i32a)))
    (call $v128 (v128.load32x2_s (local.get $i32a)))
    (call $v128 (v128.load32x2_u (local.get $i32a)))
    (call $v128 (v128.load8_splat (local.get $i32a)))
    (call $v128 (v128.load16_splat (local.get $i32a)))
    (call $v128 (v128.load32_splat (local.get $i32a)))
    (call $v128 (v128.load64_splat (local.get $i32a)))
    (v128.store (local.get $i32a) (local.get $v128a))
    (call $v128 (v128.load8_lane 1 (local.get $i32a) (local.get $v128a)))
    (call $v128 (v128.load16_lane 1 (local.get $i32a) (local.get $v128a)))
    (call $v128 (v128.load32_lane 1 (local.get $i32a) (local.get $v128a)))
    (call $v128 (v128.load64_lane 1 (local.get $i32a) (local.get $v128a)))
    (v128.store8_lane 1 (local.get $i32a) (local.get $v128a))
    (v128.store16_lane 1 (local.get $i32a) (local.get $v128a))
    (v128.store32_lane 1 (local.get $i32a) (local.get $v128a))
    (v128.store64_lane 1 (local.get $i32a) (local.get $v128a))
    (call $v128 (v128.load32_zero (local.get $i32a)))
    (call $v128 (v128.load64_zero (local.get $i32a)))))
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
;; define internal void @"wasm:every"(i32, <2 x i64>) #0 {
;; entry:
;; %2 = zext i32 %0 to i64
;; %3 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %2
;; %4 = load <2 x i64>, ptr %3, align 1
;; call void @"sink.v128"(<2 x i64> %4)
;; %5 = load <8 x i8>, ptr %3, align 1
;; %6 = sext <8 x i8> %5 to <8 x i16>
;; %7 = bitcast <8 x i16> %6 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %7)
;; %8 = load <8 x i8>, ptr %3, align 1
;; %9 = zext <8 x i8> %8 to <8 x i16>
;; %10 = bitcast <8 x i16> %9 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %10)
;; %11 = load <4 x i16>, ptr %3, align 1
;; %12 = sext <4 x i16> %11 to <4 x i32>
;; %13 = bitcast <4 x i32> %12 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %13)
;; %14 = load <4 x i16>, ptr %3, align 1
;; %15 = zext <4 x i16> %14 to <4 x i32>
;; %16 = bitcast <4 x i32> %15 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %16)
;; %17 = load <2 x i32>, ptr %3, align 1
;; %18 = sext <2 x i32> %17 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %18)
;; %19 = load <2 x i32>, ptr %3, align 1
;; %20 = zext <2 x i32> %19 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %20)
;; %21 = load i8, ptr %3, align 1
;; %22 = insertelement <16 x i8> poison, i8 %21, i32 0
;; %23 = shufflevector <16 x i8> %22, <16 x i8> poison, <16 x i32> zeroinitializer
;; %24 = bitcast <16 x i8> %23 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %24)
;; %25 = load i16, ptr %3, align 1
;; %26 = insertelement <8 x i16> poison, i16 %25, i32 0
;; %27 = shufflevector <8 x i16> %26, <8 x i16> poison, <8 x i32> zeroinitializer
;; %28 = bitcast <8 x i16> %27 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %28)
;; %29 = load i32, ptr %3, align 1
;; %30 = insertelement <4 x i32> poison, i32 %29, i32 0
;; %31 = shufflevector <4 x i32> %30, <4 x i32> poison, <4 x i32> zeroinitializer
;; %32 = bitcast <4 x i32> %31 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %32)
;; %33 = load i64, ptr %3, align 1
;; %34 = insertelement <2 x i64> poison, i64 %33, i32 0
;; %35 = shufflevector <2 x i64> %34, <2 x i64> poison, <2 x i32> zeroinitializer
;; call void @"sink.v128"(<2 x i64> %35)
;; store <2 x i64> %1, ptr %3, align 1
;; %36 = load i8, ptr %3, align 1
;; %37 = bitcast <2 x i64> %1 to <16 x i8>
;; %38 = insertelement <16 x i8> %37, i8 %36, i32 1
;; %39 = bitcast <16 x i8> %38 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %39)
;; %40 = load i16, ptr %3, align 1
;; %41 = bitcast <2 x i64> %1 to <8 x i16>
;; %42 = insertelement <8 x i16> %41, i16 %40, i32 1
;; %43 = bitcast <8 x i16> %42 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %43)
;; %44 = load i32, ptr %3, align 1
;; %45 = bitcast <2 x i64> %1 to <4 x i32>
;; %46 = insertelement <4 x i32> %45, i32 %44, i32 1
;; %47 = bitcast <4 x i32> %46 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %47)
;; %48 = load i64, ptr %3, align 1
;; %49 = insertelement <2 x i64> %1, i64 %48, i32 1
;; call void @"sink.v128"(<2 x i64> %49)
;; %50 = bitcast <2 x i64> %1 to <16 x i8>
;; %51 = extractelement <16 x i8> %50, i32 1
;; store i8 %51, ptr %3, align 1
;; %52 = bitcast <2 x i64> %1 to <8 x i16>
;; %53 = extractelement <8 x i16> %52, i32 1
;; store i16 %53, ptr %3, align 1
;; %54 = bitcast <2 x i64> %1 to <4 x i32>
;; %55 = extractelement <4 x i32> %54, i32 1
;; store i32 %55, ptr %3, align 1
;; %56 = extractelement <2 x i64> %1, i32 1
;; store i64 %56, ptr %3, align 1
;; %57 = load i32, ptr %3, align 1
;; %58 = insertelement <4 x i32> zeroinitializer, i32 %57, i32 0
;; %59 = bitcast <4 x i32> %58 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %59)
;; %60 = load i64, ptr %3, align 1
;; %61 = insertelement <2 x i64> zeroinitializer, i64 %60, i32 0
;; call void @"sink.v128"(<2 x i64> %61)
;; ret void
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
