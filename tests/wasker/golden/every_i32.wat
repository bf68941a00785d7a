;; SPDX-License-Identifier: Apache-2.0
;; Every numeric instruction on 32-bit integers.
(module
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $i32a i32) (param $i32b i32)
    (call $i32 (i32.const -5))
    (call $i32 (i32.eqz (local.get $i32a)))
    (call $i32 (i32.eq (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.ne (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.lt_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.lt_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.gt_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.gt_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.le_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.le_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.ge_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.ge_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.clz (local.get $i32a)))
    (call $i32 (i32.ctz (local.get $i32a)))
    (call $i32 (i32.popcnt (local.get $i32a)))
    (call $i32 (i32.add (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.sub (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.mul (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.div_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.div_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.rem_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.rem_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.and (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.or (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.xor (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.shl (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.shr_s (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.shr_u (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.rotl (local.get $i32a) (local.get $i32b)))
    (call $i32 (i32.rotr (local.get $i32a) (local.get $i32b)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(i32, i32) #0 {
;; entry:
;; call void @"sink.i32"(i32 -5)
;; %2 = icmp eq i32 %0, 0
;; %3 = zext i1 %2 to i32
;; call void @"sink.i32"(i32 %3)
;; %4 = icmp eq i32 %0, %1
;; %5 = zext i1 %4 to i32
;; call void @"sink.i32"(i32 %5)
;; %6 = icmp ne i32 %0, %1
;; %7 = zext i1 %6 to i32
;; call void @"sink.i32"(i32 %7)
;; %8 = icmp slt i32 %0, %1
;; %9 = zext i1 %8 to i32
;; call void @"sink.i32"(i32 %9)
;; %10 = icmp ult i32 %0, %1
;; %11 = zext i1 %10 to i32
;; call void @"sink.i32"(i32 %11)
;; %12 = icmp sgt i32 %0, %1
;; %13 = zext i1 %12 to i32
;; call void @"sink.i32"(i32 %13)
;; %14 = icmp ugt i32 %0, %1
;; %15 = zext i1 %14 to i32
;; call void @"sink.i32"(i32 %15)
;; %16 = icmp sle i32 %0, %1
;; %17 = zext i1 %16 to i32
;; call void @"sink.i32"(i32 %17)
;; %18 = icmp ule i32 %0, %1
;; %19 = zext i1 %18 to i32
;; call void @"sink.i32"(i32 %19)
;; %20 = icmp sge i32 %0, %1
;; %21 = zext i1 %20 to i32
;; call void @"sink.i32"(i32 %21)
;; %22 = icmp uge i32 %0, %1
;; %23 = zext i1 %22 to i32
;; call void @"sink.i32"(i32 %23)
;; %24 = call i32 @llvm.ctlz.i32(i32 %0, i1 false)
;; call void @"sink.i32"(i32 %24)
;; %25 = call i32 @llvm.cttz.i32(i32 %0, i1 false)
;; call void @"sink.i32"(i32 %25)
;; %26 = call i32 @llvm.ctpop.i32(i32 %0)
;; call void @"sink.i32"(i32 %26)
;; %27 = add i32 %0, %1
;; call void @"sink.i32"(i32 %27)
;; %28 = sub i32 %0, %1
;; call void @"sink.i32"(i32 %28)
;; %29 = mul i32 %0, %1
;; call void @"sink.i32"(i32 %29)
;; %30 = call i32 @"i32.div_s"(i32 %0, i32 %1)
;; call void @"sink.i32"(i32 %30)
;; %31 = call i32 @"i32.div_u"(i32 %0, i32 %1)
;; call void @"sink.i32"(i32 %31)
;; %32 = call i32 @"i32.rem_s"(i32 %0, i32 %1)
;; call void @"sink.i32"(i32 %32)
;; %33 = call i32 @"i32.rem_u"(i32 %0, i32 %1)
;; call void @"sink.i32"(i32 %33)
;; %34 = and i32 %0, %1
;; call void @"sink.i32"(i32 %34)
;; %35 = or i32 %0, %1
;; call void @"sink.i32"(i32 %35)
;; %36 = xor i32 %0, %1
;; call void @"sink.i32"(i32 %36)
;; %37 = and i32 %1, 31
;; %38 = shl i32 %0, %37
;; call void @"sink.i32"(i32 %38)
;; %39 = and i32 %1, 31
;; %40 = ashr i32 %0, %39
;; call void @"sink.i32"(i32 %40)
;; %41 = and i32 %1, 31
;; %42 = lshr i32 %0, %41
;; call void @"sink.i32"(i32 %42)
;; %43 = call i32 @llvm.fshl.i32(i32 %0, i32 %0, i32 %1)
;; call void @"sink.i32"(i32 %43)
;; %44 = call i32 @llvm.fshr.i32(i32 %0, i32 %0, i32 %1)
;; call void @"sink.i32"(i32 %44)
;; ret void
;; }
;; define internal i32 @"i32.div_s"(i32 %a, i32 %b) #1 {
;;  %zero = icmp eq i32 %b, 0
;;  br i1 %zero, label %by_zero, label %checked, !prof !1
;; checked:
;;  %minus_one = icmp eq i32 %b, -1
;;  %lowest = icmp eq i32 %a, -2147483648
;;  %overflows = and i1 %minus_one, %lowest
;;  br i1 %overflows, label %overflow, label %divide, !prof !1
;; divide:
;;  %result = sdiv i32 %a, %b
;;  ret i32 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; overflow:
;;  call void @llvm.ubsantrap(i8 3)
;;  unreachable
;; }
;; define internal i32 @"i32.div_u"(i32 %a, i32 %b) #1 {
;;  %zero = icmp eq i32 %b, 0
;;  br i1 %zero, label %by_zero, label %divide, !prof !1
;; divide:
;;  %result = udiv i32 %a, %b
;;  ret i32 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; }
;; define internal i32 @"i32.rem_s"(i32 %a, i32 %b) #1 {
;;  %zero = icmp eq i32 %b, 0
;;  br i1 %zero, label %by_zero, label %checked, !prof !1
;; checked:
;;  %minus_one = icmp eq i32 %b, -1
;;  %divisor = select i1 %minus_one, i32 1, i32 %b
;;  %result = srem i32 %a, %divisor
;;  ret i32 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; }
;; define internal i32 @"i32.rem_u"(i32 %a, i32 %b) #1 {
;;  %zero = icmp eq i32 %b, 0
;;  br i1 %zero, label %by_zero, label %divide, !prof !1
;; divide:
;;  %result = urem i32 %a, %b
;;  ret i32 %result
;; by_zero:
;;  call void @llvm.ubsantrap(i8 2)
;;  unreachable
;; }
;; declare dso_local void @"sink.i32"(i32) #0
