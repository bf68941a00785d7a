;; SPDX-License-Identifier: Apache-2.0
;; Every instruction on a vector as a whole.
(module
  (import "sink" "v128" (func $v128 (param v128)))
  (import "sink" "i32" (func $i32 (param i32)))
  (func $every (param $v128a v128) (param $v128b v128) (param $v128c v128)
    (call $v128 (v128.const i32x4 1 2 3 4))
    (call $v128 (v128.not (local.get $v128a)))
    (call $v128 (v128.and (local.get $v128a) (local.get $v128b)))
    (call $v128 (v128.andnot (local.get $v128a) (local.get $v128b)))
    (call $v128 (v128.or (local.get $v128a) (local.get $v128b)))
    (call $v128 (v128.xor (local.get $v128a) (local.get $v128b)))
    (call $v128 (v128.bitselect (local.get $v128a) (local.get $v128b) (local.get $v128c)))
    (call $i32 (v128.any_true (local.get $v128a)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:every"(<2 x i64>, <2 x i64>, <2 x i64>) #0 {
;; entry:
;; call void @"sink.v128"(<2 x i64> <i64 8589934593, i64 17179869187>)
;; %3 = xor <2 x i64> %0, splat (i64 -1)
;; call void @"sink.v128"(<2 x i64> %3)
;; %4 = and <2 x i64> %0, %1
;; call void @"sink.v128"(<2 x i64> %4)
;; %5 = xor <2 x i64> %1, splat (i64 -1)
;; %6 = and <2 x i64> %0, %5
;; call void @"sink.v128"(<2 x i64> %6)
;; %7 = or <2 x i64> %0, %1
;; call void @"sink.v128"(<2 x i64> %7)
;; %8 = xor <2 x i64> %0, %1
;; call void @"sink.v128"(<2 x i64> %8)
;; %9 = xor <2 x i64> %2, splat (i64 -1)
;; %10 = and <2 x i64> %0, %2
;; %11 = and <2 x i64> %1, %9
;; %12 = or <2 x i64> %10, %11
;; call void @"sink.v128"(<2 x i64> %12)
;; %13 = bitcast <2 x i64> %0 to i128
;; %14 = icmp ne i128 %13, 0
;; %15 = zext i1 %14 to i32
;; call void @"sink.i32"(i32 %15)
;; ret void
;; }
;; declare dso_local void @"sink.v128"(<2 x i64>) #0
;; declare dso_local void @"sink.i32"(i32) #0
