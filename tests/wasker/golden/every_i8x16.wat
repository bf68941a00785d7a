;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on lanes of the shape i8x16.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $v128a v128) (param $v128b v128) (param $i32a i32)
    (call $v128 (i8x16.shuffle 0 17 2 19 4 21 6 23 8 25 10 27 12 29 14 31
      (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.swizzle (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.splat (local.get $i32a)))
    (call $i32 (i8x16.extract_lane_s 1 (local.get $v128a)))
    (call $i32 (i8x16.extract_lane_u 1 (local.get $v128a)))
    (call $v128 (i8x16.replace_lane 1 (local.get $v128a) (local.get $i32a)))
    (call $v128 (i8x16.eq (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.ne (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.lt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.lt_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.gt_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.gt_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.le_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.le_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.ge_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.ge_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.abs (local.get $v128a)))
    (call $v128 (i8x16.neg (local.get $v128a)))
    (call $v128 (i8x16.popcnt (local.get $v128a)))
    (call $i32 (i8x16.all_true (local.get $v128a)))
    (call $i32 (i8x16.bitmask (local.get $v128a)))
    (call $v128 (i8x16.narrow_i16x8_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.narrow_i16x8_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.shl (local.get $v128a) (local.get $i32a)))
    (call $v128 (i8x16.shr_s (local.get $v128a) (local.get $i32a)))
    (call $v128 (i8x16.shr_u (local.get $v128a) (local.get $i32a)))
    (call $v128 (i8x16.add (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.add_sat_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.add_sat_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.sub (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.sub_sat_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.sub_sat_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.min_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.min_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.max_s (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.max_u (local.get $v128a) (local.get $v128b)))
    (call $v128 (i8x16.avgr_u (local.get $v128a) (local.get $v128b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(<2 x i64>, <2 x i64>, i32) #0 {
;; entry:
;; %3 = bitcast <2 x i64> %0 to <16 x i8>
;; %4 = bitcast <2 x i64> %1 to <16 x i8>
;; %5 = shufflevector <16 x i8> %3, <16 x i8> %4, <16 x i32> <i32 0, i32 17, i32 2, i32 19, i32 4, i32 21, i32 6, i32 23, i32 8, i32 25, i32 10, i32 27, i32 12, i32 29, i32 14, i32 31>
;; %6 = bitcast <16 x i8> %5 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %6)
;; %7 = bitcast <2 x i64> %0 to <16 x i8>
;; %8 = bitcast <2 x i64> %1 to <16 x i8>
;; %9 = call <16 x i8> @llvm.uadd.sat.v16i8(<16 x i8> %8, <16 x i8> splat (i8 112))
;; %10 = call <16 x i8> @llvm.x86.ssse3.pshuf.b.128(<16 x i8> %7, <16 x i8> %9)
;; %11 = bitcast <16 x i8> %10 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %11)
;; %12 = trunc i32 %2 to i8
;; %13 = insertelement <16 x i8> poison, i8 %12, i32 0
;; %14 = shufflevector <16 x i8> %13, <16 x i8> poison, <16 x i32> zeroinitializer
;; %15 = bitcast <16 x i8> %14 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %15)
;; %16 = bitcast <2 x i64> %0 to <16 x i8>
;; %17 = extractelement <16 x i8> %16, i32 1
;; %18 = sext i8 %17 to i32
;; call void @"sink.i32"(i32 %18)
;; %19 = bitcast <2 x i64> %0 to <16 x i8>
;; %20 = extractelement <16 x i8> %19, i32 1
;; %21 = zext i8 %20 to i32
;; call void @"sink.i32"(i32 %21)
;; %22 = bitcast <2 x i64> %0 to <16 x i8>
;; %23 = trunc i32 %2 to i8
;; %24 = insertelement <16 x i8> %22, i8 %23, i32 1
;; %25 = bitcast <16 x i8> %24 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %25)
;; %26 = bitcast <2 x i64> %0 to <16 x i8>
;; %27 = bitcast <2 x i64> %1 to <16 x i8>
;; %28 = icmp eq <16 x i8> %26, %27
;; %29 = sext <16 x i1> %28 to <16 x i8>
;; %30 = bitcast <16 x i8> %29 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %30)
;; %31 = bitcast <2 x i64> %0 to <16 x i8>
;; %32 = bitcast <2 x i64> %1 to <16 x i8>
;; %33 = icmp ne <16 x i8> %31, %32
;; %34 = sext <16 x i1> %33 to <16 x i8>
;; %35 = bitcast <16 x i8> %34 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %35)
;; %36 = bitcast <2 x i64> %0 to <16 x i8>
;; %37 = bitcast <2 x i64> %1 to <16 x i8>
;; %38 = icmp slt <16 x i8> %36, %37
;; %39 = sext <16 x i1> %38 to <16 x i8>
;; %40 = bitcast <16 x i8> %39 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %40)
;; %41 = bitcast <2 x i64> %0 to <16 x i8>
;; %42 = bitcast <2 x i64> %1 to <16 x i8>
;; %43 = icmp ult <16 x i8> %41, %42
;; %44 = sext <16 x i1> %43 to <16 x i8>
;; %45 = bitcast <16 x i8> %44 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %45)
;; %46 = bitcast <2 x i64> %0 to <16 x i8>
;; %47 = bitcast <2 x i64> %1 to <16 x i8>
;; %48 = icmp sgt <16 x i8> %46, %47
;; %49 = sext <16 x i1> %48 to <16 x i8>
;; %50 = bitcast <16 x i8> %49 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %50)
;; %51 = bitcast <2 x i64> %0 to <16 x i8>
;; %52 = bitcast <2 x i64> %1 to <16 x i8>
;; %53 = icmp ugt <16 x i8> %51, %52
;; %54 = sext <16 x i1> %53 to <16 x i8>
;; %55 = bitcast <16 x i8> %54 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %55)
;; %56 = bitcast <2 x i64> %0 to <16 x i8>
;; %57 = bitcast <2 x i64> %1 to <16 x i8>
;; %58 = icmp sle <16 x i8> %56, %57
;; %59 = sext <16 x i1> %58 to <16 x i8>
;; %60 = bitcast <16 x i8> %59 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %60)
;; %61 = bitcast <2 x i64> %0 to <16 x i8>
;; %62 = bitcast <2 x i64> %1 to <16 x i8>
;; %63 = icmp ule <16 x i8> %61, %62
;; %64 = sext <16 x i1> %63 to <16 x i8>
;; %65 = bitcast <16 x i8> %64 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %65)
;; %66 = bitcast <2 x i64> %0 to <16 x i8>
;; %67 = bitcast <2 x i64> %1 to <16 x i8>
;; %68 = icmp sge <16 x i8> %66, %67
;; %69 = sext <16 x i1> %68 to <16 x i8>
;; %70 = bitcast <16 x i8> %69 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %70)
;; %71 = bitcast <2 x i64> %0 to <16 x i8>
;; %72 = bitcast <2 x i64> %1 to <16 x i8>
;; %73 = icmp uge <16 x i8> %71, %72
;; %74 = sext <16 x i1> %73 to <16 x i8>
;; %75 = bitcast <16 x i8> %74 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %75)
;; %76 = bitcast <2 x i64> %0 to <16 x i8>
;; %77 = call <16 x i8> @llvm.abs.v16i8(<16 x i8> %76, i1 false)
;; %78 = bitcast <16 x i8> %77 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %78)
;; %79 = bitcast <2 x i64> %0 to <16 x i8>
;; %80 = sub <16 x i8> zeroinitializer, %79
;; %81 = bitcast <16 x i8> %80 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %81)
;; %82 = bitcast <2 x i64> %0 to <16 x i8>
;; %83 = call <16 x i8> @llvm.ctpop.v16i8(<16 x i8> %82)
;; %84 = bitcast <16 x i8> %83 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %84)
;; %85 = bitcast <2 x i64> %0 to <16 x i8>
;; %86 = icmp eq <16 x i8> %85, zeroinitializer
;; %87 = bitcast <16 x i1> %86 to i16
;; %88 = icmp eq i16 %87, 0
;; %89 = zext i1 %88 to i32
;; call void @"sink.i32"(i32 %89)
;; %90 = bitcast <2 x i64> %0 to <16 x i8>
;; %91 = icmp slt <16 x i8> %90, zeroinitializer
;; %92 = bitcast <16 x i1> %91 to i16
;; %93 = zext i16 %92 to i32
;; call void @"sink.i32"(i32 %93)
;; %94 = bitcast <2 x i64> %0 to <8 x i16>
;; %95 = bitcast <2 x i64> %1 to <8 x i16>
;; %96 = call <16 x i8> @llvm.x86.sse2.packsswb.128(<8 x i16> %94, <8 x i16> %95)
;; %97 = bitcast <16 x i8> %96 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %97)
;; %98 = bitcast <2 x i64> %0 to <8 x i16>
;; %99 = bitcast <2 x i64> %1 to <8 x i16>
;; %100 = call <16 x i8> @llvm.x86.sse2.packuswb.128(<8 x i16> %98, <8 x i16> %99)
;; %101 = bitcast <16 x i8> %100 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %101)
;; %102 = bitcast <2 x i64> %0 to <16 x i8>
;; %103 = and i32 %2, 7
;; %104 = trunc i32 %103 to i8
;; %105 = insertelement <16 x i8> poison, i8 %104, i32 0
;; %106 = shufflevector <16 x i8> %105, <16 x i8> poison, <16 x i32> zeroinitializer
;; %107 = shl <16 x i8> %102, %106
;; %108 = bitcast <16 x i8> %107 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %108)
;; %109 = bitcast <2 x i64> %0 to <16 x i8>
;; %110 = and i32 %2, 7
;; %111 = trunc i32 %110 to i8
;; %112 = insertelement <16 x i8> poison, i8 %111, i32 0
;; %113 = shufflevector <16 x i8> %112, <16 x i8> poison, <16 x i32> zeroinitializer
;; %114 = ashr <16 x i8> %109, %113
;; %115 = bitcast <16 x i8> %114 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %115)
;; %116 = bitcast <2 x i64> %0 to <16 x i8>
;; %117 = and i32 %2, 7
;; %118 = trunc i32 %117 to i8
;; %119 = insertelement <16 x i8> poison, i8 %118, i32 0
;; %120 = shufflevector <16 x i8> %119, <16 x i8> poison, <16 x i32> zeroinitializer
;; %121 = lshr <16 x i8> %116, %120
;; %122 = bitcast <16 x i8> %121 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %122)
;; %123 = bitcast <2 x i64> %0 to <16 x i8>
;; %124 = bitcast <2 x i64> %1 to <16 x i8>
;; %125 = add <16 x i8> %123, %124
;; %126 = bitcast <16 x i8> %125 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %126)
;; %127 = bitcast <2 x i64> %0 to <16 x i8>
;; %128 = bitcast <2 x i64> %1 to <16 x i8>
;; %129 = call <16 x i8> @llvm.sadd.sat.v16i8(<16 x i8> %127, <16 x i8> %128)
;; %130 = bitcast <16 x i8> %129 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %130)
;; %131 = bitcast <2 x i64> %0 to <16 x i8>
;; %132 = bitcast <2 x i64> %1 to <16 x i8>
;; %133 = call <16 x i8> @llvm.uadd.sat.v16i8(<16 x i8> %131, <16 x i8> %132)
;; %134 = bitcast <16 x i8> %133 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %134)
;; %135 = bitcast <2 x i64> %0 to <16 x i8>
;; %136 = bitcast <2 x i64> %1 to <16 x i8>
;; %137 = sub <16 x i8> %135, %136
;; %138 = bitcast <16 x i8> %137 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %138)
;; %139 = bitcast <2 x i64> %0 to <16 x i8>
;; %140 = bitcast <2 x i64> %1 to <16 x i8>
;; %141 = call <16 x i8> @llvm.ssub.sat.v16i8(<16 x i8> %139, <16 x i8> %140)
;; %142 = bitcast <16 x i8> %141 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %142)
;; %143 = bitcast <2 x i64> %0 to <16 x i8>
;; %144 = bitcast <2 x i64> %1 to <16 x i8>
;; %145 = call <16 x i8> @llvm.usub.sat.v16i8(<16 x i8> %143, <16 x i8> %144)
;; %146 = bitcast <16 x i8> %145 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %146)
;; %147 = bitcast <2 x i64> %0 to <16 x i8>
;; %148 = bitcast <2 x i64> %1 to <16 x i8>
;; %149 = call <16 x i8> @llvm.smin.v16i8(<16 x i8> %147, <16 x i8> %148)
;; %150 = bitcast <16 x i8> %149 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %150)
;; %151 = bitcast <2 x i64> %0 to <16 x i8>
;; %152 = bitcast <2 x i64> %1 to <16 x i8>
;; %153 = call <16 x i8> @llvm.umin.v16i8(<16 x i8> %151, <16 x i8> %152)
;; %154 = bitcast <16 x i8> %153 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %154)
;; %155 = bitcast <2 x i64> %0 to <16 x i8>
;; %156 = bitcast <2 x i64> %1 to <16 x i8>
;; %157 = call <16 x i8> @llvm.smax.v16i8(<16 x i8> %155, <16 x i8> %156)
;; %158 = bitcast <16 x i8> %157 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %158)
;; %159 = bitcast <2 x i64> %0 to <16 x i8>
;; %160 = bitcast <2 x i64> %1 to <16 x i8>
;; %161 = call <16 x i8> @llvm.umax.v16i8(<16 x i8> %159, <16 x i8> %160)
;; %162 = bitcast <16 x i8> %161 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %162)
;; %163 = bitcast <2 x i64> %0 to <16 x i8>
;; %164 = bitcast <2 x i64> %1 to <16 x i8>
;; %165 = zext <16 x i8> %163 to <16 x i16>
;; %166 = zext <16 x i8> %164 to <16 x i16>
;; %167 = add <16 x i16> %165, %166
;; %168 = add <16 x i16> %167, splat (i16 1)
;; %169 = lshr <16 x i16> %168, splat (i16 1)
;; %170 = trunc <16 x i16> %169 to <16 x i8>
;; %171 = bitcast <16 x i8> %170 to <2 x i64>
;; call void @"sink.v128"(<2 x i64> %171)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.i32"(i32) #0
