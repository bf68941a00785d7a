;; SPDX-License-Identifier: Apache-2.0
;; Every numeric instruction on 64-bit integers.
(module
  (import "sink" "i64" (func $i64 (param i64)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $i64a i64) (param $i64b i64)
    (call $i64 (i64.const -5))
    (call $i32 (i64.eqz (local.get $i64a)))
    (call $i32 (i64.eq (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.ne (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.lt_s (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.lt_u (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.gt_s (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.gt_u (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.le_s (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.le_u (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.ge_s (local.get $i64a) (local.get $i64b)))
    (call $i32 (i64.ge_u (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.clz (local.get $i64a)))
    (call $i64 (i64.ctz (local.get $i64a)))
    (call $i64 (i64.popcnt (local.get $i64a)))
    (call $i64 (i64.add (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.sub (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.mul (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.div_s (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.div_u (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.rem_s (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.rem_u (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.and (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.or (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.xor (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.shl (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.shr_s (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.shr_u (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.rotl (local.get $i64a) (local.get $i64b)))
    (call $i64 (i64.rotr (local.get $i64a) (local.get $i64b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(i64, i64) #0 {
;; entry:
;; call void @"sink.i64"(i64 -5)
;; %2 = icmp eq i64 %0, 0
;; %3 = zext i1 %2 to i32
;; call void @"sink.i32"(i32 %3)
;; %4 = icmp eq i64 %0, %1
;; %5 = zext i1 %4 to i32
;; call void @"sink.i32"(i32 %5)
;; %6 = icmp ne i64 %0, %1
;; %7 = zext i1 %6 to i32
;; call void @"sink.i32"(i32 %7)
;; %8 = icmp slt i64 %0, %1
;; %9 = zext i1 %8 to i32
;; call void @"sink.i32"(i32 %9)
;; %10 = icmp ult i64 %0, %1
;; %11 = zext i1 %10 to i32
;; call void @"sink.i32"(i32 %11)
;; %12 = icmp sgt i64 %0, %1
;; %13 = zext i1 %12 to i32
;; call void @"sink.i32"(i32 %13)
;; %14 = icmp ugt i64 %0, %1
;; %15 = zext i1 %14 to i32
;; call void @"sink.i32"(i32 %15)
;; %16 = icmp sle i64 %0, %1
;; %17 = zext i1 %16 to i32
;; call void @"sink.i32"(i32 %17)
;; %18 = icmp ule i64 %0, %1
;; %19 = zext i1 %18 to i32
;; call void @"sink.i32"(i32 %19)
;; %20 = icmp sge i64 %0, %1
;; %21 = zext i1 %20 to i32
;; call void @"sink.i32"(i32 %21)
;; %22 = icmp uge i64 %0, %1
;; %23 = zext i1 %22 to i32
;; call void @"sink.i32"(i32 %23)
;; %24 = call i64 @llvm.ctlz.i64(i64 %0, i1 false)
;; call void @"sink.i64"(i64 %24)
;; %25 = call i64 @llvm.cttz.i64(i64 %0, i1 false)
;; call void @"sink.i64"(i64 %25)
;; %26 = call i64 @llvm.ctpop.i64(i64 %0)
;; call void @"sink.i64"(i64 %26)
;; %27 = add i64 %0, %1
;; call void @"sink.i64"(i64 %27)
;; %28 = sub i64 %0, %1
;; call void @"sink.i64"(i64 %28)
;; %29 = mul i64 %0, %1
;; call void @"sink.i64"(i64 %29)
;; %30 = call i64 @"i64.div_s"(i64 %0, i64 %1)
;; call void @"sink.i64"(i64 %30)
;; %31 = call i64 @"i64.div_u"(i64 %0, i64 %1)
;; call void @"sink.i64"(i64 %31)
;; %32 = call i64 @"i64.rem_s"(i64 %0, i64 %1)
;; call void @"sink.i64"(i64 %32)
;; %33 = call i64 @"i64.rem_u"(i64 %0, i64 %1)
;; call void @"sink.i64"(i64 %33)
;; %34 = and i64 %0, %1
;; call void @"sink.i64"(i64 %34)
;; %35 = or i64 %0, %1
;; call void @"sink.i64"(i64 %35)
;; %36 = xor i64 %0, %1
;; call void @"sink.i64"(i64 %36)
;; %37 = and i64 %1, 63
;; %38 = shl i64 %0, %37
;; call void @"sink.i64"(i64 %38)
;; %39 = and i64 %1, 63
;; %40 = ashr i64 %0, %39
;; call void @"sink.i64"(i64 %40)
;; %41 = and i64 %1, 63
;; %42 = lshr i64 %0, %41
;; call void @"sink.i64"(i64 %42)
;; %43 = call i64 @llvm.fshl.i64(i64 %0, i64 %0, i64 %1)
;; call void @"sink.i64"(i64 %43)
;; %44 = call i64 @llvm.fshr.i64(i64 %0, i64 %0, i64 %1)
;; call void @"sink.i64"(i64 %44)
;; ret void
;; }
;; define internal i64 @"i64.div_s"(i64 %a, i64 %b) #1 {
;;  %zero = icmp eq i64 %b, 0
;;  br i1 %zero, label %by_zero, label %checked, !prof !1
;; checked:
;;  %minus_one = icmp eq i64 %b, -1
;;  %lowest = icmp eq i64 %a, -9223372036854775808
;;  %overflows = and i1 %minus_one, %lowest
;;  br i1 %overflows, label %overflow, label %divide, !prof !1
;; divide:
;;  %result = sdiv i64 %a, %b
;;  ret i64 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i64 @"i64.div_u"(i64 %a, i64 %b) #1 {
;;  %zero = icmp eq i64 %b, 0
;;  br i1 %zero, label %by_zero, label %divide, !prof !1
;; divide:
;;  %result = udiv i64 %a, %b
;;  ret i64 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; }
;; define internal i64 @"i64.rem_s"(i64 %a, i64 %b) #1 {
;;  %zero = icmp eq i64 %b, 0
;;  br i1 %zero, label %by_zero, label %checked, !prof !1
;; checked:
;;  %minus_one = icmp eq i64 %b, -1
;;  %divisor = select i1 %minus_one, i64 1, i64 %b
;;  %result = srem i64 %a, %divisor
;;  ret i64 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; }
;; define internal i64 @"i64.rem_u"(i64 %a, i64 %b) #1 {
;;  %zero = icmp eq i64 %b, 0
;;  br i1 %zero, label %by_zero, label %divide, !prof !1
;; divide:
;;  %result = urem i64 %a, %b
;;  ret i64 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; }
;; declare dso_local void @"sink.i64"(i64) #0
;; declare dso_local void @"sink.i32"(i32) #0
