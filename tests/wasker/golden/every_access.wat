;; SPDX-License-Identifier: Apache-2.0
;; Every load and store of a number.
(module
  (import "sink" "i32" (func $i32 (param i32)))
  (import "sink" "i64" (func $i64 (param i64)))
  (import "sink" "f32" (func $f32 (param f32)))
  (import "sink" "f64" (func $f64 (param f64)))
  (memory 1)
  (func $every (param $i32a i32) (param $i32b i32) (param $i64a i64) (param $f32a f32) (param $f64a f64)
    (call $i32 (i32.load (local.get $i32a)))
    (call $i64 (i64.load (local.get $i32a)))
    (call $f32 (f32.load (local.get $i32a)))
    (call $f64 (f64.load (local.get $i32a)))
    (call $i32 (i32.load8_s (local.get $i32a)))
    (call $i32 (i32.load8_u (local.get $i32a)))
    (call $i32 (i32.load16_s (local.get $i32a)))
    (call $i32 (i32.load16_u (local.get $i32a)))
    (call $i64 (i64.load8_s (local.get $i32a)))
    (call $i64 (i64.load8_u (local.get $i32a)))
    (call $i64 (i64.load16_s (local.get $i32a)))
    (call $i64 (i64.load16_u (local.get $i32a)))
    (call $i64 (i64.load32_s (local.get $i32a)))
    (call $i64 (i64.load32_u (local.get $i32a)))
    (i32.store (local.get $i32a) (local.get $i32b))
    (i64.store (local.get $i32a) (local.get $i64a))
    (f32.store (local.get $i32a) (local.get $f32a))
    (f64.store (local.get $i32a) (local.get $f64a))
    (i32.store8 (local.get $i32a) (local.get $i32b))
    (i32.store16 (local.get $i32a) (local.get $i32b))
    (i64.store8 (local.get $i32a) (local.get $i64a))
    (i64.store16 (local.get $i32a) (local.get $i64a))
    (i64.store32 (local.get $i32a) (local.get $i64a))))
;; expected:
;; @"memory[0]" = internal global %mew.Memory { ptr @"mew.linear_memory", i64 1, i64 65535, i64 8589934592 }
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = call i32 @"mew.memory_create"(ptr @"memory[0]")
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %trap21, label %b1, !prof !1
;; b1:
;; ret void
;; trap21:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; }
;; define internal void @"wasm:every"(i32, i32, i64, float, double) #0 {
;; entry:
;; %5 = zext i32 %0 to i64
;; %6 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %5
;; %7 = load i32, ptr %6, align 1
;; call void @"sink.i32"(i32 %7)
;; %8 = load i64, ptr %6, align 1
;; call void @"sink.i64"(i64 %8)
;; %9 = load float, ptr %6, align 1
;; call void @"sink.f32"(float %9)
;; %10 = load double, ptr %6, align 1
;; call void @"sink.f64"(double %10)
;; %11 = load i8, ptr %6, align 1
;; %12 = sext i8 %11 to i32
;; call void @"sink.i32"(i32 %12)
;; %13 = load i8, ptr %6, align 1
;; %14 = zext i8 %13 to i32
;; call void @"sink.i32"(i32 %14)
;; %15 = load i16, ptr %6, align 1
;; %16 = sext i16 %15 to i32
;; call void @"sink.i32"(i32 %16)
;; %17 = load i16, ptr %6, align 1
;; %18 = zext i16 %17 to i32
;; call void @"sink.i32"(i32 %18)
;; %19 = load i8, ptr %6, align 1
;; %20 = sext i8 %19 to i64
;; call void @"sink.i64"(i64 %20)
;; %21 = load i8, ptr %6, align 1
;; %22 = zext i8 %21 to i64
;; call void @"sink.i64"(i64 %22)
;; %23 = load i16, ptr %6, align 1
;; %24 = sext i16 %23 to i64
;; call void @"sink.i64"(i64 %24)
;; %25 = load i16, ptr %6, align 1
;; %26 = zext i16 %25 to i64
;; call void @"sink.i64"(i64 %26)
;; %27 = load i32, ptr %6, align 1
;; %28 = sext i32 %27 to i64
;; call void @"sink.i64"(i64 %28)
;; %29 = load i32, ptr %6, align 1
;; %30 = zext i32 %29 to i64
;; call void @"sink.i64"(i64 %30)
;; store i32 %1, ptr %6, align 1
;; store i64 %2, ptr %6, align 1
;; store float %3, ptr %6, align 1
;; store double %4, ptr %6, align 1
;; %31 = trunc i32 %1 to i8
;; store i8 %31, ptr %6, align 1
;; %32 = trunc i32 %1 to i16
;; store i16 %32, ptr %6, align 1
;; %33 = trunc i64 %2 to i8
;; store i8 %33, ptr %6, align 1
;; %34 = trunc i64 %2 to i16
;; store i16 %34, ptr %6, align 1
;; %35 = trunc i64 %2 to i32
;; store i32 %35, ptr %6, align 1
;; ret void
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local void @"sink.i32"(i32) #0
;; declare dso_local void @"sink.i64"(i64) #0
;; declare dso_local void @"sink.f32"(float) #0
;; declare dso_local void @"sink.f64"(double) #0
