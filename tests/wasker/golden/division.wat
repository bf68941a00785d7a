;; SPDX-License-Identifier: Apache-2.0
;; Division by a variable goes through a helper that traps.
(module
  (func $signed (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func $remainder (param i64 i64) (result i64) (i64.rem_s (local.get 0) (local.get 1)))
  (func $unsigned (param i64 i64) (result i64) (i64.rem_u (local.get 0) (local.get 1))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:signed"(i32, i32) #0 {
;; entry:
;; %2 = call i32 @"i32.div_s"(i32 %0, i32 %1)
;; ret i32 %2
;; }
;; define internal i64 @"wasm:remainder"(i64, i64) #0 {
;; entry:
;; %2 = call i64 @"i64.rem_s"(i64 %0, i64 %1)
;; ret i64 %2
;; }
;; define internal i64 @"wasm:unsigned"(i64, i64) #0 {
;; entry:
;; %2 = call i64 @"i64.rem_u"(i64 %0, i64 %1)
;; ret i64 %2
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
