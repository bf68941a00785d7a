;; SPDX-License-Identifier: Apache-2.0
;; Every numeric instruction on 64-bit floats.
(module
  (import "sink" "f64" (func $f64 (param f64)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $f64a f64) (param $f64b f64)
    (call $f64 (f64.const 0x1.8p+1))
    (call $i32 (f64.eq (local.get $f64a) (local.get $f64b)))
    (call $i32 (f64.ne (local.get $f64a) (local.get $f64b)))
    (call $i32 (f64.lt (local.get $f64a) (local.get $f64b)))
    (call $i32 (f64.gt (local.get $f64a) (local.get $f64b)))
    (call $i32 (f64.le (local.get $f64a) (local.get $f64b)))
    (call $i32 (f64.ge (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.abs (local.get $f64a)))
    (call $f64 (f64.neg (local.get $f64a)))
    (call $f64 (f64.ceil (local.get $f64a)))
    (call $f64 (f64.floor (local.get $f64a)))
    (call $f64 (f64.trunc (local.get $f64a)))
    (call $f64 (f64.nearest (local.get $f64a)))
    (call $f64 (f64.sqrt (local.get $f64a)))
    (call $f64 (f64.add (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.sub (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.mul (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.div (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.min (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.max (local.get $f64a) (local.get $f64b)))
    (call $f64 (f64.copysign (local.get $f64a) (local.get $f64b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(double, double) #0 {
;; entry:
;; call void @"sink.f64"(double 0x4008000000000000)
;; %2 = fcmp oeq double %0, %1
;; %3 = zext i1 %2 to i32
;; call void @"sink.i32"(i32 %3)
;; %4 = fcmp une double %0, %1
;; %5 = zext i1 %4 to i32
;; call void @"sink.i32"(i32 %5)
;; %6 = fcmp olt double %0, %1
;; %7 = zext i1 %6 to i32
;; call void @"sink.i32"(i32 %7)
;; %8 = fcmp ogt double %0, %1
;; %9 = zext i1 %8 to i32
;; call void @"sink.i32"(i32 %9)
;; %10 = fcmp ole double %0, %1
;; %11 = zext i1 %10 to i32
;; call void @"sink.i32"(i32 %11)
;; %12 = fcmp oge double %0, %1
;; %13 = zext i1 %12 to i32
;; call void @"sink.i32"(i32 %13)
;; %14 = call double @llvm.fabs.f64(double %0)
;; call void @"sink.f64"(double %14)
;; %15 = fneg double %0
;; call void @"sink.f64"(double %15)
;; %16 = call double @llvm.ceil.f64(double %0)
;; call void @"sink.f64"(double %16)
;; %17 = call double @llvm.floor.f64(double %0)
;; call void @"sink.f64"(double %17)
;; %18 = call double @llvm.trunc.f64(double %0)
;; call void @"sink.f64"(double %18)
;; %19 = call double @llvm.roundeven.f64(double %0)
;; call void @"sink.f64"(double %19)
;; %20 = call double @llvm.sqrt.f64(double %0)
;; call void @"sink.f64"(double %20)
;; %21 = fadd double %0, %1
;; call void @"sink.f64"(double %21)
;; %22 = fsub double %0, %1
;; call void @"sink.f64"(double %22)
;; %23 = fmul double %0, %1
;; call void @"sink.f64"(double %23)
;; %24 = fdiv double %0, %1
;; call void @"sink.f64"(double %24)
;; %25 = call double @"f64.min"(double %0, double %1)
;; call void @"sink.f64"(double %25)
;; %26 = call double @"f64.max"(double %0, double %1)
;; call void @"sink.f64"(double %26)
;; %27 = call double @llvm.copysign.f64(double %0, double %1)
;; call void @"sink.f64"(double %27)
;; ret void
;; }
;; define internal double @"f64.min"(double %a, double %b) #1 {
;;  %nan = fcmp uno double %a, %b
;;  %sum = fadd double %a, %b
;;  %c1 = fcmp olt double %a, %b
;;  %r1 = select i1 %c1, double %a, double %b
;;  %c2 = fcmp olt double %b, %a
;;  %r2 = select i1 %c2, double %b, double %a
;;  %b1 = bitcast double %r1 to i64
;;  %b2 = bitcast double %r2 to i64
;;  %bits = or i64 %b1, %b2
;;  %number = bitcast i64 %bits to double
;;  %result = select i1 %nan, double %sum, double %number
;;  ret double %result
;; }
;; define internal double @"f64.max"(double %a, double %b) #1 {
;;  %nan = fcmp uno double %a, %b
;;  %sum = fadd double %a, %b
;;  %c1 = fcmp ogt double %a, %b
;;  %r1 = select i1 %c1, double %a, double %b
;;  %c2 = fcmp ogt double %b, %a
;;  %r2 = select i1 %c2, double %b, double %a
;;  %b1 = bitcast double %r1 to i64
;;  %b2 = bitcast double %r2 to i64
;;  %bits = and i64 %b1, %b2
;;  %number = bitcast i64 %bits to double
;;  %result = select i1 %nan, double %sum, double %number
;;  ret double %result
;; }
;; declare dso_local void @"sink.f64"(double) #0
;; declare dso_local void @"sink.i32"(i32) #0
