;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on lanes of the shape i32x4.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $i32a i32) (param $v128a v128) (param $v128b v128)
    (call $v128 (i32x4.splat (local.get $i32a)))
    (call $i32 (i32x4.extract_lane 1 (local.get $v128a)))
    (call $v128 (i32x4.replace_lane 1 (local.get $v128a) (local.get $i32a)))
    (call $v128 (i32x4.eq (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.ne (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.lt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.lt_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.gt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.gt_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.le_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.le_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.ge_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.ge_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.extadd_pairwise_i16x8_s (local.get $v128a)))
    (call $v128 (i32x4.extadd_pairwise_i16x8_u (local.get $v128a)))
    (call $v128 (i32x4.abs (local.get $v128a)))
    (call $v128 (i32x4.neg (local.get $v128a)))
    (call $i32 (i32x4.all_true (local.get $v128a)))
    (call $i32 (i32x4.bitmask (local.get $v128a)))
    (call $v128 (i32x4.extend_low_i16x8_s (local.get $v128a)))
    (call $v128 (i32x4.extend_high_i16x8_s (local.get $v128a)))
    (call $v128 (i32x4.extend_low_i16x8_u (local.get $v128a)))
    (call $v128 (i32x4.extend_high_i16x8_u (local.get $v128a)))
    (call $v128 (i32x4.shl (local.get $v128a) (local.get $i32a)))
    (call $v128 (i32x4.shr_s (local.get $v128a) (local.get $i32a)))
    (call $v128 (i32x4.shr_u (local.get $v128a) (local.get $i32a)))
    (call $v128 (i32x4.add (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.sub (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.mul (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.min_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.min_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.max_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.max_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.dot_i16x8_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.extmul_low_i16x8_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.extmul_high_i16x8_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.extmul_low_i16x8_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.extmul_high_i16x8_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i32x4.trunc_sat_f32x4_s (local.get $v128a)))
    (call $v128 (i32x4.trunc_sat_f32x4_u (local.get $v128a)))
    (call $v128 (i32x4.trunc_sat_f64x2_s_zero (local.get $v128a)))
    (call $v128 (i32x4.trunc_sat_f64x2_u_zero (local.get $v128a)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(i32, <2 x i64>, <2 x i64>) #0 {
;; entry:
;; %3 = insertelement <4 x i32> poison, i32 %0, i32 0
;; %4 = shufflevector <4 x i32> %3, <4 x i32> poison, <4 x i32> zeroinitializer
;; %5 = bitcast <4 x i32> %4 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %5)
;; %6 = bitcast <2 x i64> %1 to <4 x i32>
;; %7 = extractelement <4 x i32> %6, i32 1
;; call void @"sink.i32"(i32 %7)
;; %8 = bitcast <2 x i64> %1 to <4 x i32>
;; %9 = insertelement <4 x i32> %8, i32 %0, i32 1
;; %10 = bitcast <4 x i32> %9 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %10)
;; %11 = bitcast <2 x i64> %1 to <4 x i32>
;; %12 = bitcast <2 x i64> %2 to <4 x i32>
;; %13 = icmp eq <4 x i32> %11, %12
;; %14 = sext <4 x i1> %13 to <4 x i32>
;; %15 = bitcast <4 x i32> %14 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %15)
;; %16 = bitcast <2 x i64> %1 to <4 x i32>
;; %17 = bitcast <2 x i64> %2 to <4 x i32>
;; %18 = icmp ne <4 x i32> %16, %17
;; %19 = sext <4 x i1> %18 to <4 x i32>
;; %20 = bitcast <4 x i32> %19 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %20)
;; %21 = bitcast <2 x i64> %1 to <4 x i32>
;; %22 = bitcast <2 x i64> %2 to <4 x i32>
;; %23 = icmp slt <4 x i32> %21, %22
;; %24 = sext <4 x i1> %23 to <4 x i32>
;; %25 = bitcast <4 x i32> %24 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %25)
;; %26 = bitcast <2 x i64> %1 to <4 x i32>
;; %27 = bitcast <2 x i64> %2 to <4 x i32>
;; %28 = icmp ult <4 x i32> %26, %27
;; %29 = sext <4 x i1> %28 to <4 x i32>
;; %30 = bitcast <4 x i32> %29 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %30)
;; %31 = bitcast <2 x i64> %1 to <4 x i32>
;; %32 = bitcast <2 x i64> %2 to <4 x i32>
;; %33 = icmp sgt <4 x i32> %31, %32
;; %34 = sext <4 x i1> %33 to <4 x i32>
;; %35 = bitcast <4 x i32> %34 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %35)
;; %36 = bitcast <2 x i64> %1 to <4 x i32>
;; %37 = bitcast <2 x i64> %2 to <4 x i32>
;; %38 = icmp ugt <4 x i32> %36, %37
;; %39 = sext <4 x i1> %38 to <4 x i32>
;; %40 = bitcast <4 x i32> %39 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %40)
;; %41 = bitcast <2 x i64> %1 to <4 x i32>
;; %42 = bitcast <2 x i64> %2 to <4 x i32>
;; %43 = icmp sle <4 x i32> %41, %42
;; %44 = sext <4 x i1> %43 to <4 x i32>
;; %45 = bitcast <4 x i32> %44 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %45)
;; %46 = bitcast <2 x i64> %1 to <4 x i32>
;; %47 = bitcast <2 x i64> %2 to <4 x i32>
;; %48 = icmp ule <4 x i32> %46, %47
;; %49 = sext <4 x i1> %48 to <4 x i32>
;; %50 = bitcast <4 x i32> %49 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %50)
;; %51 = bitcast <2 x i64> %1 to <4 x i32>
;; %52 = bitcast <2 x i64> %2 to <4 x i32>
;; %53 = icmp sge <4 x i32> %51, %52
;; %54 = sext <4 x i1> %53 to <4 x i32>
;; %55 = bitcast <4 x i32> %54 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %55)
;; %56 = bitcast <2 x i64> %1 to <4 x i32>
;; %57 = bitcast <2 x i64> %2 to <4 x i32>
;; %58 = icmp uge <4 x i32> %56, %57
;; %59 = sext <4 x i1> %58 to <4 x i32>
;; %60 = bitcast <4 x i32> %59 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %60)
;; %61 = bitcast <2 x i64> %1 to <8 x i16>
;; %62 = call <4 x i32> @llvm.x86.sse2.pmadd.wd(<8 x i16> %61, <8 x i16> splat (i16 1))
;; %63 = bitcast <4 x i32> %62 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %63)
;; %64 = bitcast <2 x i64> %1 to <4 x i32>
;; %65 = and <4 x i32> %64, splat (i32 65535)
;; %66 = lshr <4 x i32> %64, splat (i32 16)
;; %67 = add <4 x i32> %65, %66
;; %68 = bitcast <4 x i32> %67 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %68)
;; %69 = bitcast <2 x i64> %1 to <4 x i32>
;; %70 = call <4 x i32> @llvm.abs.v4i32(<4 x i32> %69, i1 false)
;; %71 = bitcast <4 x i32> %70 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %71)
;; %72 = bitcast <2 x i64> %1 to <4 x i32>
;; %73 = sub <4 x i32> zeroinitializer, %72
;; %74 = bitcast <4 x i32> %73 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %74)
;; %75 = bitcast <2 x i64> %1 to <4 x i32>
;; %76 = icmp eq <4 x i32> %75, zeroinitializer
;; %77 = bitcast <4 x i1> %76 to i4
;; %78 = icmp eq i4 %77, 0
;; %79 = zext i1 %78 to i32
;; call void @"sink.i32"(i32 %79)
;; %80 = bitcast <2 x i64> %1 to <4 x i32>
;; %81 = icmp slt <4 x i32> %80, zeroinitializer
;; %82 = bitcast <4 x i1> %81 to i4
;; %83 = zext i4 %82 to i32
;; call void @"sink.i32"(i32 %83)
;; %84 = bitcast <2 x i64> %1 to <8 x i16>
;; %85 = shufflevector <8 x i16> %84, <8 x i16> poison, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
;; %86 = sext <4 x i16> %85 to <4 x i32>
;; %87 = bitcast <4 x i32> %86 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %87)
;; %88 = bitcast <2 x i64> %1 to <8 x i16>
;; %89 = shufflevector <8 x i16> %88, <8 x i16> poison, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
;; %90 = sext <4 x i16> %89 to <4 x i32>
;; %91 = bitcast <4 x i32> %90 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %91)
;; %92 = bitcast <2 x i64> %1 to <8 x i16>
;; %93 = shufflevector <8 x i16> %92, <8 x i16> poison, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
;; %94 = zext <4 x i16> %93 to <4 x i32>
;; %95 = bitcast <4 x i32> %94 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %95)
;; %96 = bitcast <2 x i64> %1 to <8 x i16>
;; %97 = shufflevector <8 x i16> %96, <8 x i16> poison, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
;; %98 = zext <4 x i16> %97 to <4 x i32>
;; %99 = bitcast <4 x i32> %98 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %99)
;; %100 = bitcast <2 x i64> %1 to <4 x i32>
;; %101 = and i32 %0, 31
;; %102 = insertelement <4 x i32> poison, i32 %101, i32 0
;; %103 = shufflevector <4 x i32> %102, <4 x i32> poison, <4 x i32> zeroinitializer
;; %104 = shl <4 x i32> %100, %103
;; %105 = bitcast <4 x i32> %104 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %105)
;; %106 = bitcast <2 x i64> %1 to <4 x i32>
;; %107 = and i32 %0, 31
;; %108 = insertelement <4 x i32> poison, i32 %107, i32 0
;; %109 = shufflevector <4 x i32> %108, <4 x i32> poison, <4 x i32> zeroinitializer
;; %110 = ashr <4 x i32> %106, %109
;; %111 = bitcast <4 x i32> %110 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %111)
;; %112 = bitcast <2 x i64> %1 to <4 x i32>
;; %113 = and i32 %0, 31
;; %114 = insertelement <4 x i32> poison, i32 %113, i32 0
;; %115 = shufflevector <4 x i32> %114, <4 x i32> poison, <4 x i32> zeroinitializer
;; %116 = lshr <4 x i32> %112, %115
;; %117 = bitcast <4 x i32> %116 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %117)
;; %118 = bitcast <2 x i64> %1 to <4 x i32>
;; %119 = bitcast <2 x i64> %2 to <4 x i32>
;; %120 = add <4 x i32> %118, %119
;; %121 = bitcast <4 x i32> %120 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %121)
;; %122 = bitcast <2 x i64> %1 to <4 x i32>
;; %123 = bitcast <2 x i64> %2 to <4 x i32>
;; %124 = sub <4 x i32> %122, %123
;; %125 = bitcast <4 x i32> %124 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %125)
;; %126 = bitcast <2 x i64> %1 to <4 x i32>
;; %127 = bitcast <2 x i64> %2 to <4 x i32>
;; %128 = mul <4 x i32> %126, %127
;; %129 = bitcast <4 x i32> %128 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %129)
;; %130 = bitcast <2 x i64> %1 to <4 x i32>
;; %131 = bitcast <2 x i64> %2 to <4 x i32>
;; %132 = call <4 x i32> @llvm.smin.v4i32(<4 x i32> %130, <4 x i32> %131)
;; %133 = bitcast <4 x i32> %132 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %133)
;; %134 = bitcast <2 x i64> %1 to <4 x i32>
;; %135 = bitcast <2 x i64> %2 to <4 x i32>
;; %136 = call <4 x i32> @llvm.umin.v4i32(<4 x i32> %134, <4 x i32> %135)
;; %137 = bitcast <4 x i32> %136 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %137)
;; %138 = bitcast <2 x i64> %1 to <4 x i32>
;; %139 = bitcast <2 x i64> %2 to <4 x i32>
;; %140 = call <4 x i32> @llvm.smax.v4i32(<4 x i32> %138, <4 x i32> %139)
;; %141 = bitcast <4 x i32> %140 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %141)
;; %142 = bitcast <2 x i64> %1 to <4 x i32>
;; %143 = bitcast <2 x i64> %2 to <4 x i32>
;; %144 = call <4 x i32> @llvm.umax.v4i32(<4 x i32> %142, <4 x i32> %143)
;; %145 = bitcast <4 x i32> %144 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %145)
;; %146 = bitcast <2 x i64> %1 to <8 x i16>
;; %147 = bitcast <2 x i64> %2 to <8 x i16>
;; %148 = call <4 x i32> @llvm.x86.sse2.pmadd.wd(<8 x i16> %146, <8 x i16> %147)
;; %149 = bitcast <4 x i32> %148 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %149)
;; %150 = bitcast <2 x i64> %1 to <8 x i16>
;; %151 = bitcast <2 x i64> %2 to <8 x i16>
;; %152 = shufflevector <8 x i16> %150, <8 x i16> poison, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
;; %153 = shufflevector <8 x i16> %151, <8 x i16> poison, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
;; %154 = sext <4 x i16> %152 to <4 x i32>
;; %155 = sext <4 x i16> %153 to <4 x i32>
;; %156 = mul <4 x i32> %154, %155
;; %157 = bitcast <4 x i32> %156 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %157)
;; %158 = bitcast <2 x i64> %1 to <8 x i16>
;; %159 = bitcast <2 x i64> %2 to <8 x i16>
;; %160 = shufflevector <8 x i16> %158, <8 x i16> poison, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
;; %161 = shufflevector <8 x i16> %159, <8 x i16> poison, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
;; %162 = sext <4 x i16> %160 to <4 x i32>
;; %163 = sext <4 x i16> %161 to <4 x i32>
;; %164 = mul <4 x i32> %162, %163
;; %165 = bitcast <4 x i32> %164 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %165)
;; %166 = bitcast <2 x i64> %1 to <8 x i16>
;; %167 = bitcast <2 x i64> %2 to <8 x i16>
;; %168 = shufflevector <8 x i16> %166, <8 x i16> poison, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
;; %169 = shufflevector <8 x i16> %167, <8 x i16> poison, <4 x i32> <i32 0, i32 1, i32 2, i32 3>
;; %170 = zext <4 x i16> %168 to <4 x i32>
;; %171 = zext <4 x i16> %169 to <4 x i32>
;; %172 = mul <4 x i32> %170, %171
;; %173 = bitcast <4 x i32> %172 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %173)
;; %174 = bitcast <2 x i64> %1 to <8 x i16>
;; %175 = bitcast <2 x i64> %2 to <8 x i16>
;; %176 = shufflevector <8 x i16> %174, <8 x i16> poison, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
;; %177 = shufflevector <8 x i16> %175, <8 x i16> poison, <4 x i32> <i32 4, i32 5, i32 6, i32 7>
;; %178 = zext <4 x i16> %176 to <4 x i32>
;; %179 = zext <4 x i16> %177 to <4 x i32>
;; %180 = mul <4 x i32> %178, %179
;; %181 = bitcast <4 x i32> %180 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %181)
;; %182 = bitcast <2 x i64> %1 to <4 x float>
;; %183 = fcmp ord <4 x float> %182, zeroinitializer
;; %184 = select <4 x i1> %183, <4 x float> %182, <4 x float> zeroinitializer
;; %185 = call <4 x i32> @llvm.x86.sse2.cvttps2dq(<4 x float> %184)
;; %186 = fcmp oge <4 x float> %184, splat (float 2147483648.0)
;; %187 = sext <4 x i1> %186 to <4 x i32>
;; %188 = xor <4 x i32> %185, %187
;; %189 = bitcast <4 x i32> %188 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %189)
;; %190 = bitcast <2 x i64> %1 to <4 x float>
;; %191 = call <4 x float> @llvm.x86.sse.max.ps(<4 x float> %190, <4 x float> zeroinitializer)
;; %192 = call <4 x i32> @llvm.x86.sse2.cvttps2dq(<4 x float> %191)
;; %193 = fsub <4 x float> %191, splat (float 2147483648.0)
;; %194 = call <4 x i32> @llvm.x86.sse2.cvttps2dq(<4 x float> %193)
;; %195 = fcmp oge <4 x float> %193, splat (float 2147483648.0)
;; %196 = sext <4 x i1> %195 to <4 x i32>
;; %197 = xor <4 x i32> %194, %196
;; %198 = call <4 x i32> @llvm.smax.v4i32(<4 x i32> %197, <4 x i32> zeroinitializer)
;; %199 = add <4 x i32> %192, %198
;; %200 = bitcast <4 x i32> %199 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %200)
;; %201 = bitcast <2 x i64> %1 to <2 x double>
;; %202 = fcmp ord <2 x double> %201, zeroinitializer
;; %203 = select <2 x i1> %202, <2 x double> %201, <2 x double> zeroinitializer
;; %204 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %203, <2 x double> splat (double 2147483647.0))
;; %205 = call <4 x i32> @llvm.x86.sse2.cvttpd2dq(<2 x double> %204)
;; %206 = bitcast <4 x i32> %205 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %206)
;; %207 = bitcast <2 x i64> %1 to <2 x double>
;; %208 = call <2 x double> @llvm.x86.sse2.max.pd(<2 x double> %207, <2 x double> zeroinitializer)
;; %209 = call <2 x double> @llvm.x86.sse2.min.pd(<2 x double> %208, <2 x double> splat (double 4294967295.0))
;; %210 = call <2 x double> @llvm.trunc.v2f64(<2 x double> %209)
;; %211 = fadd <2 x double> %210, splat (double 4503599627370496.0)
;; %212 = bitcast <2 x double> %211 to <4 x i32>
;; %213 = shufflevector <4 x i32> %212, <4 x i32> zeroinitializer, <4 x i32> <i32 0, i32 2, i32 4, i32 4>
;; %214 = bitcast <4 x i32> %213 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %214)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.i32"(i32) #0
