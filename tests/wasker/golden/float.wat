;; SPDX-License-Identifier: Apache-2.0
;; Constants are bit patterns; folding `x * 1` would let a signalling NaN pass, so x is made quiet.
(module
  (func $f32 (param f32 f32) (result f32)
    (f32.add (f32.neg (local.get 0)) (f32.copysign (local.get 1) (f32.const 0.1))))
  (func $nan (result f32) (f32.const nan:0x200000))
  (func $times_one (param f64) (result f64) (f64.mul (local.get 0) (f64.const 1)))
  (func $rounding (param f64) (result f64) (f64.nearest (f64.floor (local.get 0))))
  (func $minimum (param f32 f32) (result f32) (f32.min (local.get 0) (local.get 1))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal float @"wasm:f32"(float, float) #0 {
;; entry:
;; %2 = fneg float %0
;; %3 = call float @llvm.copysign.f32(float %1, float 0x3FB99999A0000000)
;; %4 = fadd float %2, %3
;; ret float %4
;; }
;; define internal float @"wasm:nan"() #0 {
;; entry:
;; ret float bitcast (i32 2141192192 to float)
;; }
;; define internal double @"wasm:times_one"(double) #0 {
;; entry:
;; %1 = call double @llvm.experimental.constrained.fmul.f64(double %0, double 1.0, metadata !"round.tonearest", metadata !"fpexcept.maytrap")
;; %2 = fmul double %1, 0x3FF0000000000000
;; ret double %2
;; }
;; define internal double @"wasm:rounding"(double) #0 {
;; entry:
;; %1 = call double @llvm.floor.f64(double %0)
;; %2 = call double @llvm.roundeven.f64(double %1)
;; ret double %2
;; }
;; define internal float @"wasm:minimum"(float, float) #0 {
;; entry:
;; %2 = call float @"f32.min"(float %0, float %1)
;; ret float %2
;; }
;; define internal float @"f32.min"(float %a, float %b) #1 {
;;  %nan = fcmp uno float %a, %b
;;  %sum = fadd float %a, %b
;;  %c1 = fcmp olt float %a, %b
;;  %r1 = select i1 %c1, float %a, float %b
;;  %c2 = fcmp olt float %b, %a
;;  %r2 = select i1 %c2, float %b, float %a
;;  %b1 = bitcast float %r1 to i32
;;  %b2 = bitcast float %r2 to i32
;;  %bits = or i32 %b1, %b2
;;  %number = bitcast i32 %bits to float
;;  %result = select i1 %nan, float %sum, float %number
;;  ret float %result
;; }
