;; SPDX-License-Identifier: Apache-2.0
;; Every conversion between numbers.
(module
  (import "sink" "i32" (func $i32 (param i32)))
  (import "sink" "i64" (func $i64 (param i64)))
  (import "sink" "f32" (func $f32 (param f32)))
  (import "sink" "f64" (func $f64 (param f64)))
  (func $every (param $i64a i64) (param $f32a f32) (param $f64a f64) (param $i32a i32)
    (call $i32 (i32.wrap_i64 (local.get $i64a)))
    (call $i32 (i32.trunc_f32_s (local.get $f32a)))
    (call $i32 (i32.trunc_f32_u (local.get $f32a)))
    (call $i32 (i32.trunc_f64_s (local.get $f64a)))
    (call $i32 (i32.trunc_f64_u (local.get $f64a)))
    (call $i64 (i64.extend_i32_s (local.get $i32a)))
    (call $i64 (i64.extend_i32_u (local.get $i32a)))
    (call $i64 (i64.trunc_f32_s (local.get $f32a)))
    (call $i64 (i64.trunc_f32_u (local.get $f32a)))
    (call $i64 (i64.trunc_f64_s (local.get $f64a)))
    (call $i64 (i64.trunc_f64_u (local.get $f64a)))
    (call $f32 (f32.convert_i32_s (local.get $i32a)))
    (call $f32 (f32.convert_i32_u (local.get $i32a)))
    (call $f32 (f32.convert_i64_s (local.get $i64a)))
    (call $f32 (f32.convert_i64_u (local.get $i64a)))
    (call $f32 (f32.demote_f64 (local.get $f64a)))
    (call $f64 (f64.convert_i32_s (local.get $i32a)))
    (call $f64 (f64.convert_i32_u (local.get $i32a)))
    (call $f64 (f64.convert_i64_s (local.get $i64a)))
    (call $f64 (f64.convert_i64_u (local.get $i64a)))
    (call $f64 (f64.promote_f32 (local.get $f32a)))
    (call $i32 (i32.reinterpret_f32 (local.get $f32a)))
    (call $i64 (i64.reinterpret_f64 (local.get $f64a)))
    (call $f32 (f32.reinterpret_i32 (local.get $i32a)))
    (call $f64 (f64.reinterpret_i64 (local.get $i64a)))
    (call $i32 (i32.extend8_s (local.get $i32a)))
    (call $i32 (i32.extend16_s (local.get $i32a)))
    (call $i64 (i64.extend8_s (local.get $i64a)))
    (call $i64 (i64.extend16_s (local.get $i64a)))
    (call $i64 (i64.extend32_s (local.get $i64a)))
    (call $i32 (i32.trunc_sat_f32_s (local.get $f32a)))
    (call $i32 (i32.trunc_sat_f32_u (local.get $f32a)))
    (call $i32 (i32.trunc_sat_f64_s (local.get $f64a)))
    (call $i32 (i32.trunc_sat_f64_u (local.get $f64a)))
    (call $i64 (i64.trunc_sat_f32_s (local.get $f32a)))
    (call $i64 (i64.trunc_sat_f32_u (local.get $f32a)))
    (call $i64 (i64.trunc_sat_f64_s (local.get $f64a)))
    (call $i64 (i64.trunc_sat_f64_u (local.get $f64a)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(i64, float, double, i32) #0 {
;; entry:
;; %4 = trunc i64 %0 to i32
;; call void @"sink.i32"(i32 %4)
;; %5 = call i32 @"i32.trunc_f32_s"(float %1)
;; call void @"sink.i32"(i32 %5)
;; %6 = call i32 @"i32.trunc_f32_u"(float %1)
;; call void @"sink.i32"(i32 %6)
;; %7 = call i32 @"i32.trunc_f64_s"(double %2)
;; call void @"sink.i32"(i32 %7)
;; %8 = call i32 @"i32.trunc_f64_u"(double %2)
;; call void @"sink.i32"(i32 %8)
;; %9 = sext i32 %3 to i64
;; call void @"sink.i64"(i64 %9)
;; %10 = zext i32 %3 to i64
;; call void @"sink.i64"(i64 %10)
;; %11 = call i64 @"i64.trunc_f32_s"(float %1)
;; call void @"sink.i64"(i64 %11)
;; %12 = call i64 @"i64.trunc_f32_u"(float %1)
;; call void @"sink.i64"(i64 %12)
;; %13 = call i64 @"i64.trunc_f64_s"(double %2)
;; call void @"sink.i64"(i64 %13)
;; %14 = call i64 @"i64.trunc_f64_u"(double %2)
;; call void @"sink.i64"(i64 %14)
;; %15 = sitofp i32 %3 to float
;; call void @"sink.f32"(float %15)
;; %16 = uitofp i32 %3 to float
;; call void @"sink.f32"(float %16)
;; %17 = sitofp i64 %0 to float
;; call void @"sink.f32"(float %17)
;; %18 = uitofp i64 %0 to float
;; call void @"sink.f32"(float %18)
;; %19 = fptrunc double %2 to float
;; call void @"sink.f32"(float %19)
;; %20 = sitofp i32 %3 to double
;; call void @"sink.f64"(double %20)
;; %21 = uitofp i32 %3 to double
;; call void @"sink.f64"(double %21)
;; %22 = sitofp i64 %0 to double
;; call void @"sink.f64"(double %22)
;; %23 = uitofp i64 %0 to double
;; call void @"sink.f64"(double %23)
;; %24 = fpext float %1 to double
;; call void @"sink.f64"(double %24)
;; %25 = bitcast float %1 to i32
;; call void @"sink.i32"(i32 %25)
;; %26 = bitcast double %2 to i64
;; call void @"sink.i64"(i64 %26)
;; %27 = bitcast i32 %3 to float
;; call void @"sink.f32"(float %27)
;; %28 = bitcast i64 %0 to double
;; call void @"sink.f64"(double %28)
;; %29 = trunc i32 %3 to i8
;; %30 = sext i8 %29 to i32
;; call void @"sink.i32"(i32 %30)
;; %31 = trunc i32 %3 to i16
;; %32 = sext i16 %31 to i32
;; call void @"sink.i32"(i32 %32)
;; %33 = trunc i64 %0 to i8
;; %34 = sext i8 %33 to i64
;; call void @"sink.i64"(i64 %34)
;; %35 = trunc i64 %0 to i16
;; %36 = sext i16 %35 to i64
;; call void @"sink.i64"(i64 %36)
;; %37 = trunc i64 %0 to i32
;; %38 = sext i32 %37 to i64
;; call void @"sink.i64"(i64 %38)
;; %39 = call i32 @llvm.fptosi.sat.i32.f32(float %1)
;; call void @"sink.i32"(i32 %39)
;; %40 = call i32 @llvm.fptoui.sat.i32.f32(float %1)
;; call void @"sink.i32"(i32 %40)
;; %41 = call i32 @llvm.fptosi.sat.i32.f64(double %2)
;; call void @"sink.i32"(i32 %41)
;; %42 = call i32 @llvm.fptoui.sat.i32.f64(double %2)
;; call void @"sink.i32"(i32 %42)
;; %43 = call i64 @llvm.fptosi.sat.i64.f32(float %1)
;; call void @"sink.i64"(i64 %43)
;; %44 = call i64 @llvm.fptoui.sat.i64.f32(float %1)
;; call void @"sink.i64"(i64 %44)
;; %45 = call i64 @llvm.fptosi.sat.i64.f64(double %2)
;; call void @"sink.i64"(i64 %45)
;; %46 = call i64 @llvm.fptoui.sat.i64.f64(double %2)
;; call void @"sink.i64"(i64 %46)
;; ret void
;; }
;; define internal i32 @"i32.trunc_f32_s"(float %a) #1 {
;;  %above = fcmp oge float %a, -2147483648.0
;;  %below = fcmp olt float %a, 2147483648.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptosi float %a to i32
;;  ret i32 %result
;; fault:
;;  %nan = fcmp uno float %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i32 @"i32.trunc_f32_u"(float %a) #1 {
;;  %above = fcmp ogt float %a, -1.0
;;  %below = fcmp olt float %a, 4294967296.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptoui float %a to i32
;;  ret i32 %result
;; fault:
;;  %nan = fcmp uno float %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i32 @"i32.trunc_f64_s"(double %a) #1 {
;;  %above = fcmp ogt double %a, -2147483649.0
;;  %below = fcmp olt double %a, 2147483648.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptosi double %a to i32
;;  ret i32 %result
;; fault:
;;  %nan = fcmp uno double %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i32 @"i32.trunc_f64_u"(double %a) #1 {
;;  %above = fcmp ogt double %a, -1.0
;;  %below = fcmp olt double %a, 4294967296.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptoui double %a to i32
;;  ret i32 %result
;; fault:
;;  %nan = fcmp uno double %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i64 @"i64.trunc_f32_s"(float %a) #1 {
;;  %above = fcmp oge float %a, -9223372036854775808.0
;;  %below = fcmp olt float %a, 9223372036854775808.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptosi float %a to i64
;;  ret i64 %result
;; fault:
;;  %nan = fcmp uno float %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i64 @"i64.trunc_f32_u"(float %a) #1 {
;;  %above = fcmp ogt float %a, -1.0
;;  %below = fcmp olt float %a, 18446744073709551616.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptoui float %a to i64
;;  ret i64 %result
;; fault:
;;  %nan = fcmp uno float %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i64 @"i64.trunc_f64_s"(double %a) #1 {
;;  %above = fcmp oge double %a, -9223372036854775808.0
;;  %below = fcmp olt double %a, 9223372036854775808.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptosi double %a to i64
;;  ret i64 %result
;; fault:
;;  %nan = fcmp uno double %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i64 @"i64.trunc_f64_u"(double %a) #1 {
;;  %above = fcmp ogt double %a, -1.0
;;  %below = fcmp olt double %a, 18446744073709551616.0
;;  %fits = and i1 %above, %below
;;  br i1 %fits, label %convert, label %fault, !prof !2
;; convert:
;;  %result = fptoui double %a to i64
;;  ret i64 %result
;; fault:
;;  %nan = fcmp uno double %a, %a
;;  br i1 %nan, label %invalid, label %overflow
;; invalid:
;;  call void @llvm.ubsantrap(i8 4)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; declare dso_local void @"sink.i32"(i32) #0
;; declare dso_local void @"sink.i64"(i64) #0
;; declare dso_local void @"sink.f32"(float) #0
;; declare dso_local void @"sink.f64"(double) #0
