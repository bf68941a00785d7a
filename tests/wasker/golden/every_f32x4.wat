;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on lanes of the shape f32x4.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "f32" (func $f32 (param f32)))
  (func $every (param $f32a f32) (param $v128a v128) (param $v128b v128)
    (call $v128 (f32x4.splat (local.get $f32a)))
    (call $f32 (f32x4.extract_lane 1 (local.get $v128a)))
    (call $v128 (f32x4.replace_lane 1 (local.get $v128a) (local.get $f32a)))
    (call $v128 (f32x4.eq (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.ne (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.lt (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.gt (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.le (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.ge (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.demote_f64x2_zero (local.get $v128a)))
    (call $v128 (f32x4.ceil (local.get $v128a)))
    (call $v128 (f32x4.floor (local.get $v128a)))
    (call $v128 (f32x4.trunc (local.get $v128a)))
    (call $v128 (f32x4.nearest (local.get $v128a)))
    (call $v128 (f32x4.abs (local.get $v128a)))
    (call $v128 (f32x4.neg (local.get $v128a)))
    (call $v128 (f32x4.sqrt (local.get $v128a)))
    (call $v128 (f32x4.add (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.sub (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.mul (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.div (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.min (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.max (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.pmin (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.pmax (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.convert_i32x4_s (local.get $v128a)))
    (call $v128 (f32x4.convert_i32x4_u (local.get $v128a)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(float, <2 x i64>, <2 x i64>) #0 {
;; entry:
;; %3 = insertelement <4 x float> poison, float %0, i32 0
;; %4 = shufflevector <4 x float> %3, <4 x float> poison, <4 x i32> zeroinitializer
;; %5 = bitcast <4 x float> %4 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %5)
;; %6 = bitcast <2 x i64> %1 to <4 x float>
;; %7 = extractelement <4 x float> %6, i32 1
;; call void @"sink.f32"(float %7)
;; %8 = bitcast <2 x i64> %1 to <4 x float>
;; %9 = insertelement <4 x float> %8, float %0, i32 1
;; %10 = bitcast <4 x float> %9 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %10)
;; %11 = bitcast <2 x i64> %1 to <4 x float>
;; %12 = bitcast <2 x i64> %2 to <4 x float>
;; %13 = fcmp oeq <4 x float> %11, %12
;; %14 = sext <4 x i1> %13 to <4 x i32>
;; %15 = bitcast <4 x i32> %14 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %15)
;; %16 = bitcast <2 x i64> %1 to <4 x float>
;; %17 = bitcast <2 x i64> %2 to <4 x float>
;; %18 = fcmp une <4 x float> %16, %17
;; %19 = sext <4 x i1> %18 to <4 x i32>
;; %20 = bitcast <4 x i32> %19 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %20)
;; %21 = bitcast <2 x i64> %1 to <4 x float>
;; %22 = bitcast <2 x i64> %2 to <4 x float>
;; %23 = fcmp olt <4 x float> %21, %22
;; %24 = sext <4 x i1> %23 to <4 x i32>
;; %25 = bitcast <4 x i32> %24 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %25)
;; %26 = bitcast <2 x i64> %1 to <4 x float>
;; %27 = bitcast <2 x i64> %2 to <4 x float>
;; %28 = fcmp ogt <4 x float> %26, %27
;; %29 = sext <4 x i1> %28 to <4 x i32>
;; %30 = bitcast <4 x i32> %29 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %30)
;; %31 = bitcast <2 x i64> %1 to <4 x float>
;; %32 = bitcast <2 x i64> %2 to <4 x float>
;; %33 = fcmp ole <4 x float> %31, %32
;; %34 = sext <4 x i1> %33 to <4 x i32>
;; %35 = bitcast <4 x i32> %34 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %35)
;; %36 = bitcast <2 x i64> %1 to <4 x float>
;; %37 = bitcast <2 x i64> %2 to <4 x float>
;; %38 = fcmp oge <4 x float> %36, %37
;; %39 = sext <4 x i1> %38 to <4 x i32>
;; %40 = bitcast <4 x i32> %39 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %40)
;; %41 = bitcast <2 x i64> %1 to <2 x double>
;; %42 = call <4 x float> @llvm.x86.sse2.cvtpd2ps(<2 x double> %41)
;; %43 = bitcast <4 x float> %42 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %43)
;; %44 = bitcast <2 x i64> %1 to <4 x float>
;; %45 = call <4 x float> @llvm.ceil.v4f32(<4 x float> %44)
;; %46 = bitcast <4 x float> %45 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %46)
;; %47 = bitcast <2 x i64> %1 to <4 x float>
;; %48 = call <4 x float> @llvm.floor.v4f32(<4 x float> %47)
;; %49 = bitcast <4 x float> %48 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %49)
;; %50 = bitcast <2 x i64> %1 to <4 x float>
;; %51 = call <4 x float> @llvm.trunc.v4f32(<4 x float> %50)
;; %52 = bitcast <4 x float> %51 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %52)
;; %53 = bitcast <2 x i64> %1 to <4 x float>
;; %54 = call <4 x float> @llvm.roundeven.v4f32(<4 x float> %53)
;; %55 = bitcast <4 x float> %54 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %55)
;; %56 = bitcast <2 x i64> %1 to <4 x float>
;; %57 = call <4 x float> @llvm.fabs.v4f32(<4 x float> %56)
;; %58 = bitcast <4 x float> %57 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %58)
;; %59 = bitcast <2 x i64> %1 to <4 x float>
;; %60 = fneg <4 x float> %59
;; %61 = bitcast <4 x float> %60 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %61)
;; %62 = bitcast <2 x i64> %1 to <4 x float>
;; %63 = call <4 x float> @llvm.sqrt.v4f32(<4 x float> %62)
;; %64 = bitcast <4 x float> %63 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %64)
;; %65 = bitcast <2 x i64> %1 to <4 x float>
;; %66 = bitcast <2 x i64> %2 to <4 x float>
;; %67 = fadd <4 x float> %65, %66
;; %68 = bitcast <4 x float> %67 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %68)
;; %69 = bitcast <2 x i64> %1 to <4 x float>
;; %70 = bitcast <2 x i64> %2 to <4 x float>
;; %71 = fsub <4 x float> %69, %70
;; %72 = bitcast <4 x float> %71 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %72)
;; %73 = bitcast <2 x i64> %1 to <4 x float>
;; %74 = bitcast <2 x i64> %2 to <4 x float>
;; %75 = fmul <4 x float> %73, %74
;; %76 = bitcast <4 x float> %75 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %76)
;; %77 = bitcast <2 x i64> %1 to <4 x float>
;; %78 = bitcast <2 x i64> %2 to <4 x float>
;; %79 = fdiv <4 x float> %77, %78
;; %80 = bitcast <4 x float> %79 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %80)
;; %81 = bitcast <2 x i64> %1 to <4 x float>
;; %82 = bitcast <2 x i64> %2 to <4 x float>
;; %83 = call <4 x float> @llvm.x86.sse.min.ps(<4 x float> %81, <4 x float> %82)
;; %84 = call <4 x float> @llvm.x86.sse.min.ps(<4 x float> %82, <4 x float> %81)
;; %85 = bitcast <4 x float> %83 to <4 x i32>
;; %86 = bitcast <4 x float> %84 to <4 x i32>
;; %87 = or <4 x i32> %85, %86
;; %88 = bitcast <4 x i32> %87 to <4 x float>
;; %89 = fadd <4 x float> %81, %82
;; %90 = fcmp uno <4 x float> %81, %82
;; %91 = select <4 x i1> %90, <4 x float> %89, <4 x float> %88
;; %92 = bitcast <4 x float> %91 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %92)
;; %93 = bitcast <2 x i64> %1 to <4 x float>
;; %94 = bitcast <2 x i64> %2 to <4 x float>
;; %95 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %93, <4 x float> %94)
;; %96 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %94, <4 x float> %93)
;; %97 = bitcast <4 x float> %95 to <4 x i32>
;; %98 = bitcast <4 x float> %96 to <4 x i32>
;; %99 = and <4 x i32> %97, %98
;; %100 = bitcast <4 x i32> %99 to <4 x float>
;; %101 = fadd <4 x float> %93, %94
;; %102 = fcmp uno <4 x float> %93, %94
;; %103 = select <4 x i1> %102, <4 x float> %101, <4 x float> %100
;; %104 = bitcast <4 x float> %103 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %104)
;; %105 = bitcast <2 x i64> %1 to <4 x float>
;; %106 = bitcast <2 x i64> %2 to <4 x float>
;; %107 = call <4 x float> @llvm.x86.sse.min.ps(<4 x float> %106, <4 x float> %105)
;; %108 = bitcast <4 x float> %107 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %108)
;; %109 = bitcast <2 x i64> %1 to <4 x float>
;; %110 = bitcast <2 x i64> %2 to <4 x float>
;; %111 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %110, <4 x float> %109)
;; %112 = bitcast <4 x float> %111 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %112)
;; %113 = bitcast <2 x i64> %1 to <4 x i32>
;; %114 = sitofp <4 x i32> %113 to <4 x float>
;; %115 = bitcast <4 x float> %114 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %115)
;; %116 = bitcast <2 x i64> %1 to <4 x i32>
;; %117 = uitofp <4 x i32> %116 to <4 x float>
;; %118 = bitcast <4 x float> %117 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %118)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.f32"(float) #0
