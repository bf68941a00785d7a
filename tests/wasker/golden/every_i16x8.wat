;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on lanes of the shape i16x8.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $i32a i32) (param $v128a v128) (param $v128b v128)
    (call $v128 (i16x8.splat (local.get $i32a)))
    (call $i32 (i16x8.extract_lane_s 1 (local.get $v128a)))
    (call $i32 (i16x8.extract_lane_u 1 (local.get $v128a)))
    (call $v128 (i16x8.replace_lane 1 (local.get $v128a) (local.get $i32a)))
    (call $v128 (i16x8.eq (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.ne (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.lt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.lt_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.gt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.gt_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.le_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.le_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.ge_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.ge_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.extadd_pairwise_i8x16_s (local.get $v128a)))
    (call $v128 (i16x8.extadd_pairwise_i8x16_u (local.get $v128a)))
    (call $v128 (i16x8.abs (local.get $v128a)))
    (call $v128 (i16x8.neg (local.get $v128a)))
    (call $v128 (i16x8.q15mulr_sat_s (local.get $v128a) (local.get $v128b)))
    (call $i32 (i16x8.all_true (local.get $v128a)))
    (call $i32 (i16x8.bitmask (local.get $v128a)))
    (call $v128 (i16x8.narrow_i32x4_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.narrow_i32x4_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.extend_low_i8x16_s (local.get $v128a)))
    (call $v128 (i16x8.extend_high_i8x16_s (local.get $v128a)))
    (call $v128 (i16x8.extend_low_i8x16_u (local.get $v128a)))
    (call $v128 (i16x8.extend_high_i8x16_u (local.get $v128a)))
    (call $v128 (i16x8.shl (local.get $v128a) (local.get $i32a)))
    (call $v128 (i16x8.shr_s (local.get $v128a) (local.get $i32a)))
    (call $v128 (i16x8.shr_u (local.get $v128a) (local.get $i32a)))
    (call $v128 (i16x8.add (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.add_sat_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.add_sat_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.sub (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.sub_sat_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.sub_sat_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.mul (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.min_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.min_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.max_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.max_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.avgr_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.extmul_low_i8x16_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.extmul_high_i8x16_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.extmul_low_i8x16_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i16x8.extmul_high_i8x16_u (local.get $v128a) (local.get $v128b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(i32, <2 x i64>, <2 x i64>) #0 {
;; entry:
;; %3 = trunc i32 %0 to i16
;; %4 = insertelement <8 x i16> poison, i16 %3, i32 0
;; %5 = shufflevector <8 x i16> %4, <8 x i16> poison, <8 x i32> zeroinitializer
;; %6 = bitcast <8 x i16> %5 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %6)
;; %7 = bitcast <2 x i64> %1 to <8 x i16>
;; %8 = extractelement <8 x i16> %7, i32 1
;; %9 = sext i16 %8 to i32
;; call void @"sink.i32"(i32 %9)
;; %10 = bitcast <2 x i64> %1 to <8 x i16>
;; %11 = extractelement <8 x i16> %10, i32 1
;; %12 = zext i16 %11 to i32
;; call void @"sink.i32"(i32 %12)
;; %13 = bitcast <2 x i64> %1 to <8 x i16>
;; %14 = trunc i32 %0 to i16
;; %15 = insertelement <8 x i16> %13, i16 %14, i32 1
;; %16 = bitcast <8 x i16> %15 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %16)
;; %17 = bitcast <2 x i64> %1 to <8 x i16>
;; %18 = bitcast <2 x i64> %2 to <8 x i16>
;; %19 = icmp eq <8 x i16> %17, %18
;; %20 = sext <8 x i1> %19 to <8 x i16>
;; %21 = bitcast <8 x i16> %20 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %21)
;; %22 = bitcast <2 x i64> %1 to <8 x i16>
;; %23 = bitcast <2 x i64> %2 to <8 x i16>
;; %24 = icmp ne <8 x i16> %22, %23
;; %25 = sext <8 x i1> %24 to <8 x i16>
;; %26 = bitcast <8 x i16> %25 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %26)
;; %27 = bitcast <2 x i64> %1 to <8 x i16>
;; %28 = bitcast <2 x i64> %2 to <8 x i16>
;; %29 = icmp slt <8 x i16> %27, %28
;; %30 = sext <8 x i1> %29 to <8 x i16>
;; %31 = bitcast <8 x i16> %30 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %31)
;; %32 = bitcast <2 x i64> %1 to <8 x i16>
;; %33 = bitcast <2 x i64> %2 to <8 x i16>
;; %34 = icmp ult <8 x i16> %32, %33
;; %35 = sext <8 x i1> %34 to <8 x i16>
;; %36 = bitcast <8 x i16> %35 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %36)
;; %37 = bitcast <2 x i64> %1 to <8 x i16>
;; %38 = bitcast <2 x i64> %2 to <8 x i16>
;; %39 = icmp sgt <8 x i16> %37, %38
;; %40 = sext <8 x i1> %39 to <8 x i16>
;; %41 = bitcast <8 x i16> %40 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %41)
;; %42 = bitcast <2 x i64> %1 to <8 x i16>
;; %43 = bitcast <2 x i64> %2 to <8 x i16>
;; %44 = icmp ugt <8 x i16> %42, %43
;; %45 = sext <8 x i1> %44 to <8 x i16>
;; %46 = bitcast <8 x i16> %45 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %46)
;; %47 = bitcast <2 x i64> %1 to <8 x i16>
;; %48 = bitcast <2 x i64> %2 to <8 x i16>
;; %49 = icmp sle <8 x i16> %47, %48
;; %50 = sext <8 x i1> %49 to <8 x i16>
;; %51 = bitcast <8 x i16> %50 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %51)
;; %52 = bitcast <2 x i64> %1 to <8 x i16>
;; %53 = bitcast <2 x i64> %2 to <8 x i16>
;; %54 = icmp ule <8 x i16> %52, %53
;; %55 = sext <8 x i1> %54 to <8 x i16>
;; %56 = bitcast <8 x i16> %55 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %56)
;; %57 = bitcast <2 x i64> %1 to <8 x i16>
;; %58 = bitcast <2 x i64> %2 to <8 x i16>
;; %59 = icmp sge <8 x i16> %57, %58
;; %60 = sext <8 x i1> %59 to <8 x i16>
;; %61 = bitcast <8 x i16> %60 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %61)
;; %62 = bitcast <2 x i64> %1 to <8 x i16>
;; %63 = bitcast <2 x i64> %2 to <8 x i16>
;; %64 = icmp uge <8 x i16> %62, %63
;; %65 = sext <8 x i1> %64 to <8 x i16>
;; %66 = bitcast <8 x i16> %65 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %66)
;; %67 = bitcast <2 x i64> %1 to <16 x i8>
;; %68 = call <8 x i16> @llvm.x86.ssse3.pmadd.ub.sw.128(<16 x i8> splat (i8 1), <16 x i8> %67)
;; %69 = bitcast <8 x i16> %68 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %69)
;; %70 = bitcast <2 x i64> %1 to <16 x i8>
;; %71 = call <8 x i16> @llvm.x86.ssse3.pmadd.ub.sw.128(<16 x i8> %70, <16 x i8> splat (i8 1))
;; %72 = bitcast <8 x i16> %71 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %72)
;; %73 = bitcast <2 x i64> %1 to <8 x i16>
;; %74 = call <8 x i16> @llvm.abs.v8i16(<8 x i16> %73, i1 false)
;; %75 = bitcast <8 x i16> %74 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %75)
;; %76 = bitcast <2 x i64> %1 to <8 x i16>
;; %77 = sub <8 x i16> zeroinitializer, %76
;; %78 = bitcast <8 x i16> %77 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %78)
;; %79 = bitcast <2 x i64> %1 to <8 x i16>
;; %80 = bitcast <2 x i64> %2 to <8 x i16>
;; %81 = call <8 x i16> @llvm.x86.ssse3.pmul.hr.sw.128(<8 x i16> %79, <8 x i16> %80)
;; %82 = icmp eq <8 x i16> %81, splat (i16 -32768)
;; %83 = sext <8 x i1> %82 to <8 x i16>
;; %84 = xor <8 x i16> %81, %83
;; %85 = bitcast <8 x i16> %84 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %85)
;; %86 = bitcast <2 x i64> %1 to <8 x i16>
;; %87 = icmp eq <8 x i16> %86, zeroinitializer
;; %88 = bitcast <8 x i1> %87 to i8
;; %89 = icmp eq i8 %88, 0
;; %90 = zext i1 %89 to i32
;; call void @"sink.i32"(i32 %90)
;; %91 = bitcast <2 x i64> %1 to <8 x i16>
;; %92 = icmp slt <8 x i16> %91, zeroinitializer
;; %93 = bitcast <8 x i1> %92 to i8
;; %94 = zext i8 %93 to i32
;; call void @"sink.i32"(i32 %94)
;; %95 = bitcast <2 x i64> %1 to <4 x i32>
;; %96 = bitcast <2 x i64> %2 to <4 x i32>
;; %97 = call <8 x i16> @llvm.x86.sse2.packssdw.128(<4 x i32> %95, <4 x i32> %96)
;; %98 = bitcast <8 x i16> %97 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %98)
;; %99 = bitcast <2 x i64> %1 to <4 x i32>
;; %100 = bitcast <2 x i64> %2 to <4 x i32>
;; %101 = call <8 x i16> @llvm.x86.sse41.packusdw(<4 x i32> %99, <4 x i32> %100)
;; %102 = bitcast <8 x i16> %101 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %102)
;; %103 = bitcast <2 x i64> %1 to <16 x i8>
;; %104 = shufflevector <16 x i8> %103, <16 x i8> poison, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>
;; %105 = sext <8 x i8> %104 to <8 x i16>
;; %106 = bitcast <8 x i16> %105 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %106)
;; %107 = bitcast <2 x i64> %1 to <16 x i8>
;; %108 = shufflevector <16 x i8> %107, <16 x i8> poison, <8 x i32> <i32 8, i32 9, i32 10, i32 11, i32 12, i32 13, i32 14, i32 15>
;; %109 = sext <8 x i8> %108 to <8 x i16>
;; %110 = bitcast <8 x i16> %109 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %110)
;; %111 = bitcast <2 x i64> %1 to <16 x i8>
;; %112 = shufflevector <16 x i8> %111, <16 x i8> poison, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>
;; %113 = zext <8 x i8> %112 to <8 x i16>
;; %114 = bitcast <8 x i16> %113 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %114)
;; %115 = bitcast <2 x i64> %1 to <16 x i8>
;; %116 = shufflevector <16 x i8> %115, <16 x i8> poison, <8 x i32> <i32 8, i32 9, i32 10, i32 11, i32 12, i32 13, i32 14, i32 15>
;; %117 = zext <8 x i8> %116 to <8 x i16>
;; %118 = bitcast <8 x i16> %117 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %118)
;; %119 = bitcast <2 x i64> %1 to <8 x i16>
;; %120 = and i32 %0, 15
;; %121 = trunc i32 %120 to i16
;; %122 = insertelement <8 x i16> poison, i16 %121, i32 0
;; %123 = shufflevector <8 x i16> %122, <8 x i16> poison, <8 x i32> zeroinitializer
;; %124 = shl <8 x i16> %119, %123
;; %125 = bitcast <8 x i16> %124 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %125)
;; %126 = bitcast <2 x i64> %1 to <8 x i16>
;; %127 = and i32 %0, 15
;; %128 = trunc i32 %127 to i16
;; %129 = insertelement <8 x i16> poison, i16 %128, i32 0
;; %130 = shufflevector <8 x i16> %129, <8 x i16> poison, <8 x i32> zeroinitializer
;; %131 = ashr <8 x i16> %126, %130
;; %132 = bitcast <8 x i16> %131 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %132)
;; %133 = bitcast <2 x i64> %1 to <8 x i16>
;; %134 = and i32 %0, 15
;; %135 = trunc i32 %134 to i16
;; %136 = insertelement <8 x i16> poison, i16 %135, i32 0
;; %137 = shufflevector <8 x i16> %136, <8 x i16> poison, <8 x i32> zeroinitializer
;; %138 = lshr <8 x i16> %133, %137
;; %139 = bitcast <8 x i16> %138 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %139)
;; %140 = bitcast <2 x i64> %1 to <8 x i16>
;; %141 = bitcast <2 x i64> %2 to <8 x i16>
;; %142 = add <8 x i16> %140, %141
;; %143 = bitcast <8 x i16> %142 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %143)
;; %144 = bitcast <2 x i64> %1 to <8 x i16>
;; %145 = bitcast <2 x i64> %2 to <8 x i16>
;; %146 = call <8 x i16> @llvm.sadd.sat.v8i16(<8 x i16> %144, <8 x i16> %145)
;; %147 = bitcast <8 x i16> %146 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %147)
;; %148 = bitcast <2 x i64> %1 to <8 x i16>
;; %149 = bitcast <2 x i64> %2 to <8 x i16>
;; %150 = call <8 x i16> @llvm.uadd.sat.v8i16(<8 x i16> %148, <8 x i16> %149)
;; %151 = bitcast <8 x i16> %150 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %151)
;; %152 = bitcast <2 x i64> %1 to <8 x i16>
;; %153 = bitcast <2 x i64> %2 to <8 x i16>
;; %154 = sub <8 x i16> %152, %153
;; %155 = bitcast <8 x i16> %154 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %155)
;; %156 = bitcast <2 x i64> %1 to <8 x i16>
;; %157 = bitcast <2 x i64> %2 to <8 x i16>
;; %158 = call <8 x i16> @llvm.ssub.sat.v8i16(<8 x i16> %156, <8 x i16> %157)
;; %159 = bitcast <8 x i16> %158 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %159)
;; %160 = bitcast <2 x i64> %1 to <8 x i16>
;; %161 = bitcast <2 x i64> %2 to <8 x i16>
;; %162 = call <8 x i16> @llvm.usub.sat.v8i16(<8 x i16> %160, <8 x i16> %161)
;; %163 = bitcast <8 x i16> %162 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %163)
;; %164 = bitcast <2 x i64> %1 to <8 x i16>
;; %165 = bitcast <2 x i64> %2 to <8 x i16>
;; %166 = mul <8 x i16> %164, %165
;; %167 = bitcast <8 x i16> %166 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %167)
;; %168 = bitcast <2 x i64> %1 to <8 x i16>
;; %169 = bitcast <2 x i64> %2 to <8 x i16>
;; %170 = call <8 x i16> @llvm.smin.v8i16(<8 x i16> %168, <8 x i16> %169)
;; %171 = bitcast <8 x i16> %170 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %171)
;; %172 = bitcast <2 x i64> %1 to <8 x i16>
;; %173 = bitcast <2 x i64> %2 to <8 x i16>
;; %174 = call <8 x i16> @llvm.umin.v8i16(<8 x i16> %172, <8 x i16> %173)
;; %175 = bitcast <8 x i16> %174 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %175)
;; %176 = bitcast <2 x i64> %1 to <8 x i16>
;; %177 = bitcast <2 x i64> %2 to <8 x i16>
;; %178 = call <8 x i16> @llvm.smax.v8i16(<8 x i16> %176, <8 x i16> %177)
;; %179 = bitcast <8 x i16> %178 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %179)
;; %180 = bitcast <2 x i64> %1 to <8 x i16>
;; %181 = bitcast <2 x i64> %2 to <8 x i16>
;; %182 = call <8 x i16> @llvm.umax.v8i16(<8 x i16> %180, <8 x i16> %181)
;; %183 = bitcast <8 x i16> %182 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %183)
;; %184 = bitcast <2 x i64> %1 to <8 x i16>
;; %185 = bitcast <2 x i64> %2 to <8 x i16>
;; %186 = zext <8 x i16> %184 to <8 x i32>
;; %187 = zext <8 x i16> %185 to <8 x i32>
;; %188 = add <8 x i32> %186, %187
;; %189 = add <8 x i32> %188, splat (i32 1)
;; %190 = lshr <8 x i32> %189, splat (i32 1)
;; %191 = trunc <8 x i32> %190 to <8 x i16>
;; %192 = bitcast <8 x i16> %191 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %192)
;; %193 = bitcast <2 x i64> %1 to <16 x i8>
;; %194 = bitcast <2 x i64> %2 to <16 x i8>
;; %195 = shufflevector <16 x i8> %193, <16 x i8> poison, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>
;; %196 = shufflevector <16 x i8> %194, <16 x i8> poison, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>
;; %197 = sext <8 x i8> %195 to <8 x i16>
;; %198 = sext <8 x i8> %196 to <8 x i16>
;; %199 = mul <8 x i16> %197, %198
;; %200 = bitcast <8 x i16> %199 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %200)
;; %201 = bitcast <2 x i64> %1 to <16 x i8>
;; %202 = bitcast <2 x i64> %2 to <16 x i8>
;; %203 = shufflevector <16 x i8> %201, <16 x i8> poison, <8 x i32> <i32 8, i32 9, i32 10, i32 11, i32 12, i32 13, i32 14, i32 15>
;; %204 = shufflevector <16 x i8> %202, <16 x i8> poison, <8 x i32> <i32 8, i32 9, i32 10, i32 11, i32 12, i32 13, i32 14, i32 15>
;; %205 = sext <8 x i8> %203 to <8 x i16>
;; %206 = sext <8 x i8> %204 to <8 x i16>
;; %207 = mul <8 x i16> %205, %206
;; %208 = bitcast <8 x i16> %207 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %208)
;; %209 = bitcast <2 x i64> %1 to <16 x i8>
;; %210 = bitcast <2 x i64> %2 to <16 x i8>
;; %211 = shufflevector <16 x i8> %209, <16 x i8> poison, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>
;; %212 = shufflevector <16 x i8> %210, <16 x i8> poison, <8 x i32> <i32 0, i32 1, i32 2, i32 3, i32 4, i32 5, i32 6, i32 7>
;; %213 = zext <8 x i8> %211 to <8 x i16>
;; %214 = zext <8 x i8> %212 to <8 x i16>
;; %215 = mul <8 x i16> %213, %214
;; %216 = bitcast <8 x i16> %215 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %216)
;; %217 = bitcast <2 x i64> %1 to <16 x i8>
;; %218 = bitcast <2 x i64> %2 to <16 x i8>
;; %219 = shufflevector <16 x i8> %217, <16 x i8> poison, <8 x i32> <i32 8, i32 9, i32 10, i32 11, i32 12, i32 13, i32 14, i32 15>
;; %220 = shufflevector <16 x i8> %218, <16 x i8> poison, <8 x i32> <i32 8, i32 9, i32 10, i32 11, i32 12, i32 13, i32 14, i32 15>
;; %221 = zext <8 x i8> %219 to <8 x i16>
;; %222 = zext <8 x i8> %220 to <8 x i16>
;; %223 = mul <8 x i16> %221, %222
;; %224 = bitcast <8 x i16> %223 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %224)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.i32"(i32) #0
