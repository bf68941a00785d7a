;; SPDX-License-Identifier: Apache-2.0
;; Passive segments are arrays with a size that `elem.drop` sets to zero.
(module
  (table 4 funcref)
  (elem $segment func $a $b)
  (elem declare func $c)
  (func $a) (func $b) (func $c)
  (func $init (param i32) (table.init $segment (local.get 0) (i32.const 0) (i32.const 2)))
  (func $drop (elem.drop $segment))
  (func $reference (result funcref) (ref.func $c))
  (func $is_null (param funcref) (result i32) (ref.is_null (local.get 0))))
;; expected:
;; @"elem[0]" = internal constant [2 x ptr] [ptr @"wasm:a", ptr @"wasm:b"]
;; @"table[0]" = internal global [4 x ptr] zeroinitializer
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:a"() #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 3935693032 }> {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:b"() #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 3935693032 }> {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:c"() #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 3935693032 }> {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:init"(i32) #0 {
;; entry:
;; call void @"table.init[0][0]"(i32 %0, i32 0, i32 2)
;; ret void
;; }
;; define internal void @"wasm:drop"() #0 {
;; entry:
;; store i64 0, ptr @"elem.size[0]"
;; ret void
;; }
;; define internal ptr @"wasm:reference"() #0 {
;; entry:
;; ret ptr @"wasm:c"
;; }
;; define internal i32 @"wasm:is_null"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = zext i1 %1 to i32
;; ret i32 %2
;; }
;; define internal void @"table.init[0][0]"(i32 %a, i32 %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %b to i64
;; %2 = zext i32 %c to i64
;; %3 = icmp ugt i64 %2, 4
;; %4 = sub i64 4, %2
;; %5 = icmp ugt i64 %0, %4
;; %6 = or i1 %3, %5
;; br i1 %6, label %trap6, label %b1, !prof !1
;; b1:
;; %7 = load i64, ptr @"elem.size[0]"
;; %8 = icmp ugt i64 %2, %7
;; %9 = sub i64 %7, %2
;; %10 = icmp ugt i64 %1, %9
;; %11 = or i1 %8, %10
;; br i1 %11, label %trap6, label %b2, !prof !1
;; b2:
;; %12 = getelementptr ptr, ptr @"elem[0]", i64 %1
;; %13 = getelementptr ptr, ptr @"table[0]", i64 %0
;; %14 = shl i64 %2, 3
;; call void @llvm.memcpy.p0.p0.i64(ptr %13, ptr %12, i64 %14, i1 0)
;; ret void
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
;; }
;; @"elem.size[0]" = internal global i64 2
