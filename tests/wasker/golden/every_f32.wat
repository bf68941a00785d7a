;; SPDX-License-Identifier: Apache-2.0
;; Every numeric instruction on 32-bit floats.
(module
  (import "sink" "f32" (func $f32 (param f32)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $f32a f32) (param $f32b f32)
    (call $f32 (f32.const 0x1.8p+1))
    (call $i32 (f32.eq (local.get $f32a) (local.get $f32b)))
    (call $i32 (f32.ne (local.get $f32a) (local.get $f32b)))
    (call $i32 (f32.lt (local.get $f32a) (local.get $f32b)))
    (call $i32 (f32.gt (local.get $f32a) (local.get $f32b)))
    (call $i32 (f32.le (local.get $f32a) (local.get $f32b)))
    (call $i32 (f32.ge (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.abs (local.get $f32a)))
    (call $f32 (f32.neg (local.get $f32a)))
    (call $f32 (f32.ceil (local.get $f32a)))
    (call $f32 (f32.floor (local.get $f32a)))
    (call $f32 (f32.trunc (local.get $f32a)))
    (call $f32 (f32.nearest (local.get $f32a)))
    (call $f32 (f32.sqrt (local.get $f32a)))
    (call $f32 (f32.add (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.sub (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.mul (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.div (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.min (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.max (local.get $f32a) (local.get $f32b)))
    (call $f32 (f32.copysign (local.get $f32a) (local.get $f32b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(float, float) #0 {
;; entry:
;; call void @"sink.f32"(float 0x4008000000000000)
;; %2 = fcmp oeq float %0, %1
;; %3 = zext i1 %2 to i32
;; call void @"sink.i32"(i32 %3)
;; %4 = fcmp une float %0, %1
;; %5 = zext i1 %4 to i32
;; call void @"sink.i32"(i32 %5)
;; %6 = fcmp olt float %0, %1
;; %7 = zext i1 %6 to i32
;; call void @"sink.i32"(i32 %7)
;; %8 = fcmp ogt float %0, %1
;; %9 = zext i1 %8 to i32
;; call void @"sink.i32"(i32 %9)
;; %10 = fcmp ole float %0, %1
;; %11 = zext i1 %10 to i32
;; call void @"sink.i32"(i32 %11)
;; %12 = fcmp oge float %0, %1
;; %13 = zext i1 %12 to i32
;; call void @"sink.i32"(i32 %13)
;; %14 = call float @llvm.fabs.f32(float %0)
;; call void @"sink.f32"(float %14)
;; %15 = fneg float %0
;; call void @"sink.f32"(float %15)
;; %16 = call float @llvm.ceil.f32(float %0)
;; call void @"sink.f32"(float %16)
;; %17 = call float @llvm.floor.f32(float %0)
;; call void @"sink.f32"(float %17)
;; %18 = call float @llvm.trunc.f32(float %0)
;; call void @"sink.f32"(float %18)
;; %19 = call float @llvm.roundeven.f32(float %0)
;; call void @"sink.f32"(float %19)
;; %20 = call float @llvm.sqrt.f32(float %0)
;; call void @"sink.f32"(float %20)
;; %21 = fadd float %0, %1
;; call void @"sink.f32"(float %21)
;; %22 = fsub float %0, %1
;; call void @"sink.f32"(float %22)
;; %23 = fmul float %0, %1
;; call void @"sink.f32"(float %23)
;; %24 = fdiv float %0, %1
;; call void @"sink.f32"(float %24)
;; %25 = call float @"f32.min"(float %0, float %1)
;; call void @"sink.f32"(float %25)
;; %26 = call float @"f32.max"(float %0, float %1)
;; call void @"sink.f32"(float %26)
;; %27 = call float @llvm.copysign.f32(float %0, float %1)
;; call void @"sink.f32"(float %27)
;; ret void
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
;; define internal float @"f32.max"(float %a, float %b) #1 {
;;  %nan = fcmp uno float %a, %b
;;  %sum = fadd float %a, %b
;;  %c1 = fcmp ogt float %a, %b
;;  %r1 = select i1 %c1, float %a, float %b
;;  %c2 = fcmp ogt float %b, %a
;;  %r2 = select i1 %c2, float %b, float %a
;;  %b1 = bitcast float %r1 to i32
;;  %b2 = bitcast float %r2 to i32
;;  %bits = and i32 %b1, %b2
;;  %number = bitcast i32 %bits to float
;;  %result = select i1 %nan, float %sum, float %number
;;  ret float %result
;; }
;; declare dso_local void @"sink.f32"(float) #0
;; declare dso_local void @"sink.i32"(i32) #0
