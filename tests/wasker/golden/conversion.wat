;; SPDX-License-Identifier: Apache-2.0
;; Checked truncation is a helper; a promotion that is demoted again stays an operation.
(module
  (func $checked (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func $saturating (param f32) (result i64) (i64.trunc_sat_f32_u (local.get 0)))
  (func $round_trip (param f32) (result f32) (f32.demote_f64 (f64.promote_f32 (local.get 0))))
  (func $extend (param i64) (result i64) (i64.extend8_s (local.get 0)))
  (func $reinterpret (param f32) (result i32) (i32.reinterpret_f32 (local.get 0)))
  (func $convert (param i64) (result f64) (f64.convert_i64_u (local.get 0))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:checked"(double) #0 {
;; entry:
;; %1 = call i32 @"i32.trunc_f64_s"(double %0)
;; ret i32 %1
;; }
;; define internal i64 @"wasm:saturating"(float) #0 {
;; entry:
;; %1 = call i64 @llvm.fptoui.sat.i64.f32(float %0)
;; ret i64 %1
;; }
;; define internal float @"wasm:round_trip"(float) #0 {
;; entry:
;; %1 = fpext float %0 to double
;; %2 = call double @llvm.experimental.constrained.fmul.f64(double %1, double 1.0, metadata !"round.tonearest", metadata !"fpexcept.maytrap")
;; %3 = fptrunc double %2 to float
;; ret float %3
;; }
;; define internal i64 @"wasm:extend"(i64) #0 {
;; entry:
;; %1 = trunc i64 %0 to i8
;; %2 = sext i8 %1 to i64
;; ret i64 %2
;; }
;; define internal i32 @"wasm:reinterpret"(float) #0 {
;; entry:
;; %1 = bitcast float %0 to i32
;; ret i32 %1
;; }
;; define internal double @"wasm:convert"(i64) #0 {
;; entry:
;; %1 = uitofp i64 %0 to double
;; ret double %1
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
