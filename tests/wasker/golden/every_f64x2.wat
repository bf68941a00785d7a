;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on lanes of the shape f64x2.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "f64" (func $f64 (param f64)))
  (func $every (param $f64a f64) (param $v128a v128) (param $v128b v128)
    (call $v128 (f64x2.splat (local.get $f64a)))
    (call $f64 (f64x2.extract_lane 1 (local.get $v128a)))
    (call $v128 (f64x2.replace_lane 1 (local.get $v128a) (local.get $f64a)))
    (call $v128 (f64x2.eq (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.ne (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.lt (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.gt (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.le (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.ge (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.promote_low_f32x4 (local.get $v128a)))
    (call $v128 (f64x2.ceil (local.get $v128a)))
    (call $v128 (f64x2.floor (local.get $v128a)))
    (call $v128 (f64x2.trunc (local.get $v128a)))
    (call $v128 (f64x2.nearest (local.get $v128a)))
    (call $v128 (f64x2.abs (local.get $v128a)))
    (call $v128 (f64x2.neg (local.get $v128a)))
    (call $v128 (f64x2.sqrt (local.get $v128a)))
    (call $v128 (f64x2.add (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.sub (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.mul (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.div (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.min (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.max (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.pmin (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.pmax (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.convert_low_i32x4_s (local.get $v128a)))
    (call $v128 (f64x2.convert_low_i32x4_u (local.get $v128a)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(double, <2 x i64>, <2 x i64>) #0 {
;; entry:
;; %3 = insertelement <2 x double> poison, double %0, i32 0
;; %4 = shufflevector <2 x double> %3, <2 x double> poison, <2 x i32> zeroinitializer
;; %5 = bitcast <2 x double> %4 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %5)
;; %6 = bitcast <2 x i64> %1 to <2 x double>
;; %7 = extractelement <2 x double> %6, i32 1
;; call void @"sink.f64"(double %7)
;; %8 = bitcast <2 x i64> %1 to <2 x double>
;; %9 = insertelement <2 x double> %8, double %0, i32 1
;; %10 = bitcast <2 x double> %9 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %10)
;; %11 = bitcast <2 x i64> %1 to <2 x double>
;; %12 = bitcast <2 x i64> %2 to <2 x double>
;; %13 = fcmp oeq <2 x double> %11, %12
;; %14 = sext <2 x i1> %13 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %14)
;; %15 = bitcast <2 x i64> %1 to <2 x double>
;; %16 = bitcast <2 x i64> %2 to <2 x double>
;; %17 = fcmp une <2 x double> %15, %16
;; %18 = sext <2 x i1> %17 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %18)
;; %19 = bitcast <2 x i64> %1 to <2 x double>
;; %20 = bitcast <2 x i64> %2 to <2 x double>
;; %21 = fcmp olt <2 x double> %19, %20
;; %22 = sext <2 x i1> %21 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %22)
;; %23 = bitcast <2 x i64> %1 to <2 x double>
;; %24 = bitcast <2 x i64> %2 to <2 x double>
;; %25 = fcmp ogt <2 x double> %23, %24
;; %26 = sext <2 x i1> %25 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %26)
;; %27 = bitcast <2 x i64> %1 to <2 x double>
;; %28 = bitcast <2 x i64> %2 to <2 x double>
;; %29 = fcmp ole <2 x double> %27, %28
;; %30 = sext <2 x i1> %29 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %30)
;; %31 = bitcast <2 x i64> %1 to <2 x double>
;; %32 = bitcast <2 x i64> %2 to <2 x double>
;; %33 = fcmp oge <2 x double> %31, %32
;; %34 = sext <2 x i1> %33 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %34)
;; %35 = bitcast <2 x i64> %1 to <4 x float>
;; %36 = shufflevector <4 x float> %35, <4 x float> poison, <2 x i32> <i32 0, i32 1>
;; %37 = fpext <2 x float> %36 to <2 x double>
;; %38 = bitcast <2 x double> %37 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %38)
;; %39 = bitcast <2 x i64> %1 to <2 x double>
;; %40 = call <2 x double> @llvm.ceil.v2f64(<2 x double> %39)
;; %41 = bitcast <2 x double> %40 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %41)
;; %42 = bitcast <2 x i64> %1 to <2 x double>
;; %43 = call <2 x double> @llvm.floor.v2f64(<2 x double> %42)
;; %44 = bitcast <2 x double> %43 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %44)
;; %45 = bitcast <2 x i64> %1 to <2 x double>
;; %46 = call <2 x double> @llvm.trunc.v2f64(<2 x double> %45)
;; %47 = bitcast <2 x double> %46 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %47)
;; %48 = bitcast <2 x i64> %1 to <2 x double>
;; %49 = call <2 x double> @llvm.roundeven.v2f64(<2 x double> %48)
;; %50 = bitcast <2 x double> %49 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %50)
;; %51 = bitcast <2 x i64> %1 to <2 x double>
;; %52 = call <2 x double> @llvm.fabs.v2f64(<2 x double> %51)
;; %53 = bitcast <2 x double> %52 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %53)
;; %54 = bitcast <2 x i64> %1 to <2 x double>
;; %55 = fneg <2 x double> %54
;; %56 = bitcast <2 x double> %55 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %56)
;; %57 = bitcast <2 x i64> %1 to <2 x double>
;; %58 = call <2 x double> @llvm.sqrt.v2f64(<2 x double> %57)
;; %59 = bitcast <2 x double> %58 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %59)
;; %60 = bitcast <2 x i64> %1 to <2 x double>
;; %61 = bitcast <2 x i64> %2 to <2 x double>
;; %62 = fadd <2 x double> %60, %61
;; %63 = bitcast <2 x double> %62 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %63)
;; %64 = bitcast <2 x i64> %1 to <2 x double>
;; %65 = bitcast <2 x i64> %2 to <2 x double>
;; %66 = fsub <2 x double> %64, %65
;; %67 = bitcast <2 x double> %66 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %67)
;; %68 = bitcast <2 x i64> %1 to <2 x double>
;; %69 = bitcast <2 x i64> %2 to <2 x double>
;; %70 = fmul <2 x double> %68, %69
;; %71 = bitcast <2 x double> %70 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %71)
;; %72 = bitcast <2 x i64> %1 to <2 x double>
;; %73 = bitcast <2 x i64> %2 to <2 x double>
;; %74 = fdiv <2 x double> %72, %73
;; %75 = bitcast <2 x double> %74 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %75)
;; %76 = bitcast <2 x i64> %1 to <2 x double>
;; %77 = bitcast <2 x i64> %2 to <2 x double>
;; %78 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %76, <2 x double> %77)
;; %79 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %77, <2 x double> %76)
;; %80 = bitcast <2 x double> %78 to <2 x i64>
;; %81 = bitcast <2 x double> %79 to <2 x i64>
;; %82 = or <2 x i64> %80, %81
;; %83 = bitcast <2 x i64> %82 to <2 x double>
;; %84 = fadd <2 x double> %76, %77
;; %85 = fcmp uno <2 x double> %76, %77
;; %86 = select <2 x i1> %85, <2 x double> %84, <2 x double> %83
;; %87 = bitcast <2 x double> %86 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %87)
;; %88 = bitcast <2 x i64> %1 to <2 x double>
;; %89 = bitcast <2 x i64> %2 to <2 x double>
;; %90 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %88, <2 x double> %89)
;; %91 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %89, <2 x double> %88)
;; %92 = bitcast <2 x double> %90 to <2 x i64>
;; %93 = bitcast <2 x double> %91 to <2 x i64>
;; %94 = and <2 x i64> %92, %93
;; %95 = bitcast <2 x i64> %94 to <2 x double>
;; %96 = fadd <2 x double> %88, %89
;; %97 = fcmp uno <2 x double> %88, %89
;; %98 = select <2 x i1> %97, <2 x double> %96, <2 x double> %95
;; %99 = bitcast <2 x double> %98 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %99)
;; %100 = bitcast <2 x i64> %1 to <2 x double>
;; %101 = bitcast <2 x i64> %2 to <2 x double>
;; %102 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %101, <2 x double> %100)
;; %103 = bitcast <2 x double> %102 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %103)
;; %104 = bitcast <2 x i64> %1 to <2 x double>
;; %105 = bitcast <2 x i64> %2 to <2 x double>
;; %106 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %105, <2 x double> %104)
;; %107 = bitcast <2 x double> %106 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %107)
;; %108 = bitcast <2 x i64> %1 to <4 x i32>
;; %109 = shufflevector <4 x i32> %108, <4 x i32> zeroinitializer, <2 x i32> <i32 0, i32 1>
;; %110 = sitofp <2 x i32> %109 to <2 x double>
;; %111 = bitcast <2 x double> %110 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %111)
;; %112 = bitcast <2 x i64> %1 to <4 x i32>
;; %113 = shufflevector <4 x i32> %112, <4 x i32> zeroinitializer, <2 x i32> <i32 0, i32 1>
;; %114 = uitofp <2 x i32> %113 to <2 x double>
;; %115 = bitcast <2 x double> %114 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %115)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.f64"(double) #0
