;; SPDX-License-Identifier: Apache-2.0
;; options: cpu=x86-64-v1
;; Without SSE4.1 rounding is a helper: LLVM would call a C library.
(module
  (func $ceil (param f32) (result f32) (f32.ceil (local.get 0)))
  (func $nearest (param f64) (result f64) (f64.nearest (local.get 0))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal float @"wasm:ceil"(float) #0 {
;; entry:
;; %1 = call float @"f32.ceil"(float %0)
;; ret float %1
;; }
;; define internal double @"wasm:nearest"(double) #0 {
;; entry:
;; %1 = call double @"f64.nearest"(double %0)
;; ret double %1
;; }
;; define internal float @"f32.ceil"(float %a) #1 {
;;  %size = call float @llvm.fabs.f32(float %a)
;;  %small = fcmp olt float %size, 8388608.0
;;  %quiet = call float @llvm.experimental.constrained.fmul.f32(float %a, float 1.0, metadata !"round.tonearest", metadata !"fpexcept.maytrap")
;;  %integer = call i32 @llvm.fptosi.sat.i32.f32(float %a)
;;  %cut = sitofp i32 %integer to float
;;  %under = fcmp olt float %cut, %a
;;  %more = fadd float %cut, 1.0
;;  %rounded = select i1 %under, float %more, float %cut
;;  %signed = call float @llvm.copysign.f32(float %rounded, float %a)
;;  %result = select i1 %small, float %signed, float %quiet
;;  ret float %result
;; }
;; define internal double @"f64.nearest"(double %a) #1 {
;;  %size = call double @llvm.fabs.f64(double %a)
;;  %small = fcmp olt double %size, 4503599627370496.0
;;  %quiet = call double @llvm.experimental.constrained.fmul.f64(double %a, double 1.0, metadata !"round.tonearest", metadata !"fpexcept.maytrap")
;;  %shift = call double @llvm.copysign.f64(double 4503599627370496.0, double %a)
;;  %moved = fadd double %a, %shift
;;  %rounded = fsub double %moved, %shift
;;  %signed = call double @llvm.copysign.f64(double %rounded, double %a)
;;  %result = select i1 %small, double %signed, double %quiet
;;  ret double %result
;; }
