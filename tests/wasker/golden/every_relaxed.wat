;; SPDX-License-Identifier: Apache-2.0
;; Relaxed vector instructions are their strict counterparts.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (func $every (param $v128a v128) (param $v128b v128) (param $v128c v128)
    (call $v128 (i8x16.relaxed_swizzle (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.relaxed_trunc_f32x4_s (local.get $v128a)))
    (call $v128 (i32x4.relaxed_trunc_f32x4_u (local.get $v128a)))
    (call $v128 (i32x4.relaxed_trunc_f64x2_s_zero (local.get $v128a)))
    (call $v128 (i32x4.relaxed_trunc_f64x2_u_zero (local.get $v128a)))
    (call $v128 (f32x4.relaxed_madd (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (f32x4.relaxed_nmadd (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (f64x2.relaxed_madd (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (f64x2.relaxed_nmadd (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (i8x16.relaxed_laneselect (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (i16x8.relaxed_laneselect (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (i32x4.relaxed_laneselect (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (i64x2.relaxed_laneselect (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $v128 (f32x4.relaxed_min (local.get $v128a) (local.get $v128b)))
    (call $v128 (f32x4.relaxed_max (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.relaxed_min (local.get $v128a) (local.get $v128b)))
    (call $v128 (f64x2.relaxed_max (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.relaxed_q15mulr_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.relaxed_dot_i8x16_i7x16_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.relaxed_dot_i8x16_i7x16_add_s
      (local.get $v128a) (local.get $v128b) (local.get $v128c)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(<2 x i64>, <2 x i64>, <2 x i64>) #0 {
;; entry:
;; %3 = bitcast <2 x i64> %0 to <16 x i8>
;; %4 = bitcast <2 x i64> %1 to <16 x i8>
;; %5 = call <16 x i8> @llvm.uadd.sat.v16i8(<16 x i8> %4, <16 x i8> splat (i8 112))
;; %6 = call <16 x i8> @llvm.x86.ssse3.pshuf.b.128(<16 x i8> %3, <16 x i8> %5)
;; %7 = bitcast <16 x i8> %6 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %7)
;; %8 = bitcast <2 x i64> %0 to <4 x float>
;; %9 = fcmp ord <4 x float> %8, zeroinitializer
;; %10 = select <4 x i1> %9, <4 x float> %8, <4 x float> zeroinitializer
;; %11 = call <4 x i32> @llvm.x86.sse2.cvttps2dq(<4 x float> %10)
;; %12 = fcmp oge <4 x float> %10, splat (float 2147483648.0)
;; %13 = sext <4 x i1> %12 to <4 x i32>
;; %14 = xor <4 x i32> %11, %13
;; %15 = bitcast <4 x i32> %14 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %15)
;; %16 = bitcast <2 x i64> %0 to <4 x float>
;; %17 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %16, <4 x float> zeroinitializer)
;; %18 = call <4 x i32> @llvm.x86.sse2.cvttps2dq(<4 x float> %17)
;; %19 = fsub <4 x float> %17, splat (float 2147483648.0)
;; %20 = call <4 x i32> @llvm.x86.sse2.cvttps2dq(<4 x float> %19)
;; %21 = fcmp oge <4 x float> %19, splat (float 2147483648.0)
;; %22 = sext <4 x i1> %21 to <4 x i32>
;; %23 = xor <4 x i32> %20, %22
;; %24 = call <4 x i32> @llvm.smax.v4i32(<4 x i32> %23, <4 x i32> zeroinitializer)
;; %25 = add <4 x i32> %18, %24
;; %26 = bitcast <4 x i32> %25 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %26)
;; %27 = bitcast <2 x i64> %0 to <2 x double>
;; %28 = fcmp ord <2 x double> %27, zeroinitializer
;; %29 = select <2 x i1> %28, <2 x double> %27, <2 x double> zeroinitializer
;; %30 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %29, <2 x double> splat (double 2147483647.0))
;; %31 = call <4 x i32> @llvm.x86.sse2.cvttpd2dq(<2 x double> %30)
;; %32 = bitcast <4 x i32> %31 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %32)
;; %33 = bitcast <2 x i64> %0 to <2 x double>
;; %34 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %33, <2 x double> zeroinitializer)
;; %35 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %34, <2 x double> splat (double 4294967295.0))
;; %36 = call <2 x double> @llvm.trunc.v2f64(<2 x double> %35)
;; %37 = fadd <2 x double> %36, splat (double 4503599627370496.0)
;; %38 = bitcast <2 x double> %37 to <4 x i32>
;; %39 = shufflevector <4 x i32> %38, <4 x i32> zeroinitializer, <4 x i32> <i32 0, i32 2, i32 4, i32 4>
;; %40 = bitcast <4 x i32> %39 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %40)
;; %41 = bitcast <2 x i64> %0 to <4 x float>
;; %42 = bitcast <2 x i64> %1 to <4 x float>
;; %43 = bitcast <2 x i64> %2 to <4 x float>
;; %44 = fmul <4 x float> %41, %42
;; %45 = fadd <4 x float> %44, %43
;; %46 = bitcast <4 x float> %45 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %46)
;; %47 = bitcast <2 x i64> %0 to <4 x float>
;; %48 = bitcast <2 x i64> %1 to <4 x float>
;; %49 = bitcast <2 x i64> %2 to <4 x float>
;; %50 = fneg <4 x float> %47
;; %51 = fmul <4 x float> %50, %48
;; %52 = fadd <4 x float> %51, %49
;; %53 = bitcast <4 x float> %52 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %53)
;; %54 = bitcast <2 x i64> %0 to <2 x double>
;; %55 = bitcast <2 x i64> %1 to <2 x double>
;; %56 = bitcast <2 x i64> %2 to <2 x double>
;; %57 = fmul <2 x double> %54, %55
;; %58 = fadd <2 x double> %57, %56
;; %59 = bitcast <2 x double> %58 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %59)
;; %60 = bitcast <2 x i64> %0 to <2 x double>
;; %61 = bitcast <2 x i64> %1 to <2 x double>
;; %62 = bitcast <2 x i64> %2 to <2 x double>
;; %63 = fneg <2 x double> %60
;; %64 = fmul <2 x double> %63, %61
;; %65 = fadd <2 x double> %64, %62
;; %66 = bitcast <2 x double> %65 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %66)
;; %67 = xor <2 x i64> %2, splat (i64 -1)
;; %68 = and <2 x i64> %0, %2
;; %69 = and <2 x i64> %1, %67
;; %70 = or <2 x i64> %68, %69
;; call void @"sink.v128"(<2 x i64> %70)
;; %71 = xor <2 x i64> %2, splat (i64 -1)
;; %72 = and <2 x i64> %0, %2
;; %73 = and <2 x i64> %1, %71
;; %74 = or <2 x i64> %72, %73
;; call void @"sink.v128"(<2 x i64> %74)
;; %75 = xor <2 x i64> %2, splat (i64 -1)
;; %76 = and <2 x i64> %0, %2
;; %77 = and <2 x i64> %1, %75
;; %78 = or <2 x i64> %76, %77
;; call void @"sink.v128"(<2 x i64> %78)
;; %79 = xor <2 x i64> %2, splat (i64 -1)
;; %80 = and <2 x i64> %0, %2
;; %81 = and <2 x i64> %1, %79
;; %82 = or <2 x i64> %80, %81
;; call void @"sink.v128"(<2 x i64> %82)
;; %83 = bitcast <2 x i64> %0 to <4 x float>
;; %84 = bitcast <2 x i64> %1 to <4 x float>
;; %85 = call <4 x float> @llvm.x86.sse.min.ps(<4 x float> %83, <4 x float> %84)
;; %86 = call <4 x float> @llvm.x86.sse.min.ps(<4 x float> %84, <4 x float> %83)
;; %87 = bitcast <4 x float> %85 to <4 x i32>
;; %88 = bitcast <4 x float> %86 to <4 x i32>
;; %89 = or <4 x i32> %87, %88
;; %90 = bitcast <4 x i32> %89 to <4 x float>
;; %91 = fadd <4 x float> %83, %84
;; %92 = fcmp uno <4 x float> %83, %84
;; %93 = select <4 x i1> %92, <4 x float> %91, <4 x float> %90
;; %94 = bitcast <4 x float> %93 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %94)
;; %95 = bitcast <2 x i64> %0 to <4 x float>
;; %96 = bitcast <2 x i64> %1 to <4 x float>
;; %97 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %95, <4 x float> %96)
;; %98 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %96, <4 x float> %95)
;; %99 = bitcast <4 x float> %97 to <4 x i32>
;; %100 = bitcast <4 x float> %98 to <4 x i32>
;; %101 = and <4 x i32> %99, %100
;; %102 = bitcast <4 x i32> %101 to <4 x float>
;; %103 = fadd <4 x float> %95, %96
;; %104 = fcmp uno <4 x float> %95, %96
;; %105 = select <4 x i1> %104, <4 x float> %103, <4 x float> %102
;; %106 = bitcast <4 x float> %105 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %106)
;; %107 = bitcast <2 x i64> %0 to <2 x double>
;; %108 = bitcast <2 x i64> %1 to <2 x double>
;; %109 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %107, <2 x double> %108)
;; %110 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %108, <2 x double> %107)
;; %111 = bitcast <2 x double> %109 to <2 x i64>
;; %112 = bitcast <2 x double> %110 to <2 x i64>
;; %113 = or <2 x i64> %111, %112
;; %114 = bitcast <2 x i64> %113 to <2 x double>
;; %115 = fadd <2 x double> %107, %108
;; %116 = fcmp uno <2 x double> %107, %108
;; %117 = select <2 x i1> %116, <2 x double> %115, <2 x double> %114
;; %118 = bitcast <2 x double> %117 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %118)
;; %119 = bitcast <2 x i64> %0 to <2 x double>
;; %120 = bitcast <2 x i64> %1 to <2 x double>
;; %121 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %119, <2 x double> %120)
;; %122 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %120, <2 x double> %119)
;; %123 = bitcast <2 x double> %121 to <2 x i64>
;; %124 = bitcast <2 x double> %122 to <2 x i64>
;; %125 = and <2 x i64> %123, %124
;; %126 = bitcast <2 x i64> %125 to <2 x double>
;; %127 = fadd <2 x double> %119, %120
;; %128 = fcmp uno <2 x double> %119, %120
;; %129 = select <2 x i1> %128, <2 x double> %127, <2 x double> %126
;; %130 = bitcast <2 x double> %129 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %130)
;; %131 = bitcast <2 x i64> %0 to <8 x i16>
;; %132 = bitcast <2 x i64> %1 to <8 x i16>
;; %133 = call <8 x i16> @llvm.x86.ssse3.pmul.hr.sw.128(<8 x i16> %131, <8 x i16> %132)
;; %134 = icmp eq <8 x i16> %133, splat (i16 -32768)
;; %135 = sext <8 x i1> %134 to <8 x i16>
;; %136 = xor <8 x i16> %133, %135
;; %137 = bitcast <8 x i16> %136 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %137)
;; %138 = bitcast <2 x i64> %0 to <8 x i16>
;; %139 = bitcast <2 x i64> %1 to <8 x i16>
;; %140 = shl <8 x i16> %138, splat (i16 8)
;; %141 = shl <8 x i16> %139, splat (i16 8)
;; %142 = ashr <8 x i16> %140, splat (i16 8)
;; %143 = ashr <8 x i16> %141, splat (i16 8)
;; %144 = ashr <8 x i16> %138, splat (i16 8)
;; %145 = ashr <8 x i16> %139, splat (i16 8)
;; %146 = mul <8 x i16> %142, %143
;; %147 = mul <8 x i16> %144, %145
;; %148 = call <8 x i16> @llvm.sadd.sat.v8i16(<8 x i16> %146, <8 x i16> %147)
;; %149 = bitcast <8 x i16> %148 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %149)
;; %150 = bitcast <2 x i64> %0 to <8 x i16>
;; %151 = bitcast <2 x i64> %1 to <8 x i16>
;; %152 = bitcast <2 x i64> %2 to <8 x i16>
;; %153 = shl <8 x i16> %150, splat (i16 8)
;; %154 = shl <8 x i16> %151, splat (i16 8)
;; %155 = ashr <8 x i16> %153, splat (i16 8)
;; %156 = ashr <8 x i16> %154, splat (i16 8)
;; %157 = ashr <8 x i16> %150, splat (i16 8)
;; %158 = ashr <8 x i16> %151, splat (i16 8)
;; %159 = mul <8 x i16> %155, %156
;; %160 = mul <8 x i16> %157, %158
;; %161 = call <8 x i16> @llvm.sadd.sat.v8i16(<8 x i16> %159, <8 x i16> %160)
;; %162 = call <4 x i32> @llvm.x86.sse2.pmadd.wd(<8 x i16> %161, <8 x i16> splat (i16 1))
;; %163 = bitcast <8 x i16> %152 to <4 x i32>
;; %164 = add <4 x i32> %162, %163
;; %165 = bitcast <4 x i32> %164 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %165)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
