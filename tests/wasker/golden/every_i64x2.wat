;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on lanes of the shape i64x2.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "i64" (func $i64 (param i64)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $i64a i64) (param $v128a v128) (param $v128b v128) (param $i32a i32)
    (call $v128 (i64x2.splat (local.get $i64a)))
    (call $i64 (i64x2.extract_lane 1 (local.get $v128a)))
    (call $v128 (i64x2.replace_lane 1 (local.get $v128a) (local.get $i64a)))
    (call $v128 (i64x2.abs (local.get $v128a)))
    (call $v128 (i64x2.neg (local.get $v128a)))
    (call $i32 (i64x2.all_true (local.get $v128a)))
    (call $i32 (i64x2.bitmask (local.get $v128a)))
    (call $v128 (i64x2.extend_low_i32x4_s (local.get $v128a)))
    (call $v128 (i64x2.extend_high_i32x4_s (local.get $v128a)))
    (call $v128 (i64x2.extend_low_i32x4_u (local.get $v128a)))
    (call $v128 (i64x2.extend_high_i32x4_u (local.get $v128a)))
    (call $v128 (i64x2.shl (local.get $v128a) (local.get $i32a)))
    (call $v128 (i64x2.shr_s (local.get $v128a) (local.get $i32a)))
    (call $v128 (i64x2.shr_u (local.get $v128a) (local.get $i32a)))
    (call $v128 (i64x2.add (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.sub (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.mul (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.eq (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.ne (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.lt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.gt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.le_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.ge_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.extmul_low_i32x4_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.extmul_high_i32x4_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.extmul_low_i32x4_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i64x2.extmul_high_i32x4_u (local.get $v128a) (local.get $v128b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(i64, <2 x i64>, <2 x i64>, i32) #0 {
;; entry:
;; %4 = insertelement <2 x i64> poison, i64 %0, i32 0
;; %5 = shufflevector <2 x i64> %4, <2 x i64> poison, <2 x i32> zeroinitializer
;; call void @"sink.v128"(<2 x i64> %5)
;; %6 = extractelement <2 x i64> %1, i32 1
;; call void @"sink.i64"(i64 %6)
;; %7 = insertelement <2 x i64> %1, i64 %0, i32 1
;; call void @"sink.v128"(<2 x i64> %7)
;; %8 = call <2 x i64> @llvm.abs.v2i64(<2 x i64> %1, i1 false)
;; call void @"sink.v128"(<2 x i64> %8)
;; %9 = sub <2 x i64> zeroinitializer, %1
;; call void @"sink.v128"(<2 x i64> %9)
;; %10 = icmp eq <2 x i64> %1, zeroinitializer
;; %11 = bitcast <2 x i1> %10 to i2
;; %12 = icmp eq i2 %11, 0
;; %13 = zext i1 %12 to i32
;; call void @"sink.i32"(i32 %13)
;; %14 = icmp slt <2 x i64> %1, zeroinitializer
;; %15 = bitcast <2 x i1> %14 to i2
;; %16 = zext i2 %15 to i32
;; call void @"sink.i32"(i32 %16)
;; %17 = bitcast <2 x i64> %1 to <4 x i32>
;; %18 = shufflevector <4 x i32> %17, <4 x i32> poison, <2 x i32> <i32 0, i32 1>
;; %19 = sext <2 x i32> %18 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %19)
;; %20 = bitcast <2 x i64> %1 to <4 x i32>
;; %21 = shufflevector <4 x i32> %20, <4 x i32> poison, <2 x i32> <i32 2, i32 3>
;; %22 = sext <2 x i32> %21 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %22)
;; %23 = bitcast <2 x i64> %1 to <4 x i32>
;; %24 = shufflevector <4 x i32> %23, <4 x i32> poison, <2 x i32> <i32 0, i32 1>
;; %25 = zext <2 x i32> %24 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %25)
;; %26 = bitcast <2 x i64> %1 to <4 x i32>
;; %27 = shufflevector <4 x i32> %26, <4 x i32> poison, <2 x i32> <i32 2, i32 3>
;; %28 = zext <2 x i32> %27 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %28)
;; %29 = and i32 %3, 63
;; %30 = zext i32 %29 to i64
;; %31 = insertelement <2 x i64> poison, i64 %30, i32 0
;; %32 = shufflevector <2 x i64> %31, <2 x i64> poison, <2 x i32> zeroinitializer
;; %33 = shl <2 x i64> %1, %32
;; call void @"sink.v128"(<2 x i64> %33)
;; %34 = and i32 %3, 63
;; %35 = zext i32 %34 to i64
;; %36 = insertelement <2 x i64> poison, i64 %35, i32 0
;; %37 = shufflevector <2 x i64> %36, <2 x i64> poison, <2 x i32> zeroinitializer
;; %38 = ashr <2 x i64> %1, %37
;; call void @"sink.v128"(<2 x i64> %38)
;; %39 = and i32 %3, 63
;; %40 = zext i32 %39 to i64
;; %41 = insertelement <2 x i64> poison, i64 %40, i32 0
;; %42 = shufflevector <2 x i64> %41, <2 x i64> poison, <2 x i32> zeroinitializer
;; %43 = lshr <2 x i64> %1, %42
;; call void @"sink.v128"(<2 x i64> %43)
;; %44 = add <2 x i64> %1, %2
;; call void @"sink.v128"(<2 x i64> %44)
;; %45 = sub <2 x i64> %1, %2
;; call void @"sink.v128"(<2 x i64> %45)
;; %46 = mul <2 x i64> %1, %2
;; call void @"sink.v128"(<2 x i64> %46)
;; %47 = icmp eq <2 x i64> %1, %2
;; %48 = sext <2 x i1> %47 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %48)
;; %49 = icmp ne <2 x i64> %1, %2
;; %50 = sext <2 x i1> %49 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %50)
;; %51 = icmp slt <2 x i64> %1, %2
;; %52 = sext <2 x i1> %51 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %52)
;; %53 = icmp sgt <2 x i64> %1, %2
;; %54 = sext <2 x i1> %53 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %54)
;; %55 = icmp sle <2 x i64> %1, %2
;; %56 = sext <2 x i1> %55 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %56)
;; %57 = icmp sge <2 x i64> %1, %2
;; %58 = sext <2 x i1> %57 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %58)
;; %59 = bitcast <2 x i64> %1 to <4 x i32>
;; %60 = bitcast <2 x i64> %2 to <4 x i32>
;; %61 = shufflevector <4 x i32> %59, <4 x i32> poison, <2 x i32> <i32 0, i32 1>
;; %62 = shufflevector <4 x i32> %60, <4 x i32> poison, <2 x i32> <i32 0, i32 1>
;; %63 = sext <2 x i32> %61 to <2 x i64>
;; %64 = sext <2 x i32> %62 to <2 x i64>
;; %65 = mul <2 x i64> %63, %64
;; call void @"sink.v128"(<2 x i64> %65)
;; %66 = bitcast <2 x i64> %1 to <4 x i32>
;; %67 = bitcast <2 x i64> %2 to <4 x i32>
;; %68 = shufflevector <4 x i32> %66, <4 x i32> poison, <2 x i32> <i32 2, i32 3>
;; %69 = shufflevector <4 x i32> %67, <4 x i32> poison, <2 x i32> <i32 2, i32 3>
;; %70 = sext <2 x i32> %68 to <2 x i64>
;; %71 = sext <2 x i32> %69 to <2 x i64>
;; %72 = mul <2 x i64> %70, %71
;; call void @"sink.v128"(<2 x i64> %72)
;; %73 = bitcast <2 x i64> %1 to <4 x i32>
;; %74 = bitcast <2 x i64> %2 to <4 x i32>
;; %75 = shufflevector <4 x i32> %73, <4 x i32> poison, <2 x i32> <i32 0, i32 1>
;; %76 = shufflevector <4 x i32> %74, <4 x i32> poison, <2 x i32> <i32 0, i32 1>
;; %77 = zext <2 x i32> %75 to <2 x i64>
;; %78 = zext <2 x i32> %76 to <2 x i64>
;; %79 = mul <2 x i64> %77, %78
;; call void @"sink.v128"(<2 x i64> %79)
;; %80 = bitcast <2 x i64> %1 to <4 x i32>
;; %81 = bitcast <2 x i64> %2 to <4 x i32>
;; %82 = shufflevector <4 x i32> %80, <4 x i32> poison, <2 x i32> <i32 2, i32 3>
;; %83 = shufflevector <4 x i32> %81, <4 x i32> poison, <2 x i32> <i32 2, i32 3>
;; %84 = zext <2 x i32> %82 to <2 x i64>
;; %85 = zext <2 x i32> %83 to <2 x i64>
;; %86 = mul <2 x i64> %84, %85
;; call void @"sink.v128"(<2 x i64> %86)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.i64"(i64) #0
;; declare dso_local void @"sink.i32"(i32) #0
