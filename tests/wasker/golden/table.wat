;; SPDX-License-Identifier: Apache-2.0
;; A table that can grow has a descriptor; one that is only written is an array.
(module
  (table $growing 2 10 externref)
  (table $written 2 externref)
  (func $get (param i32) (result externref) (table.get $growing (local.get 0)))
  (func $set (param i32 externref) (table.set $written (local.get 0) (local.get 1)))
  (func $grow (param externref i32) (result i32) (table.grow $growing (local.get 0) (local.get 1)))
  (func $size (result i32) (i32.add (table.size $growing) (table.size $written)))
  (func $copy (table.copy $written $growing (i32.const 0) (i32.const 1) (i32.const 1)))
  (func $fill (table.fill $growing (i32.const 0) (ref.null extern) (i32.const 2))))
;; expected:
;; @"table[0]" = internal global %mew.Table { ptr null, i64 2, i64 10 }
;; @"table[1]" = internal global [2 x ptr] zeroinitializer
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = call i32 @"mew.table_create"(ptr @"table[0]")
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %trap21, label %b1, !prof !1
;; b1:
;; ret void
;; trap21:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; }
;; define internal ptr @"wasm:get"(i32) #0 {
;; entry:
;; %1 = call ptr @"table.get[0]"(i32 %0)
;; ret ptr %1
;; }
;; define internal void @"wasm:set"(i32, ptr) #0 {
;; entry:
;; call void @"table.set[1]"(i32 %0, ptr %1)
;; ret void
;; }
;; define internal i32 @"wasm:grow"(ptr, i32) #0 {
;; entry:
;; %2 = call i32 @"table.grow[0]"(ptr %0, i32 %1)
;; ret i32 %2
;; }
;; define internal i32 @"wasm:size"() #0 {
;; entry:
;; %0 = call i32 @"table.size[0]"()
;; %1 = call i32 @"table.size[1]"()
;; %2 = add i32 %0, %1
;; ret i32 %2
;; }
;; define internal void @"wasm:copy"() #0 {
;; entry:
;; call void @"table.copy[1][0]"(i32 0, i32 1, i32 1)
;; ret void
;; }
;; define internal void @"wasm:fill"() #0 {
;; entry:
;; call void @"table.fill[0]"(i32 0, ptr null, i32 2)
;; ret void
;; }
;; define internal ptr @"table.get[0]"(i32 %a) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = load i64, ptr getelementptr (i8, ptr @"table[0]", i64 8)
;; %2 = icmp uge i64 %0, %1
;; br i1 %2, label %trap6, label %b1, !prof !1
;; b1:
;; %3 = load ptr, ptr @"table[0]"
;; %4 = getelementptr ptr, ptr %3, i64 %0
;; %5 = load ptr, ptr %4
;; ret ptr %5
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
;; }
;; define internal void @"table.set[1]"(i32 %a, ptr %b) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = icmp uge i64 %0, 2
;; br i1 %1, label %trap6, label %b1, !prof !1
;; b1:
;; %2 = getelementptr ptr, ptr @"table[1]", i64 %0
;; store ptr %b, ptr %2
;; ret void
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
;; }
;; define internal i32 @"table.grow[0]"(ptr %a, i32 %b) #1 {
;; entry:
;; %0 = zext i32 %b to i64
;; %1 = call i64 @"mew.table_grow"(ptr @"table[0]", i64 %0, ptr %a)
;; %2 = trunc i64 %1 to i32
;; ret i32 %2
;; }
;; define internal i32 @"table.size[0]"() #1 {
;; entry:
;; %0 = load i64, ptr getelementptr (i8, ptr @"table[0]", i64 8)
;; %1 = trunc i64 %0 to i32
;; ret i32 %1
;; }
;; define internal i32 @"table.size[1]"() #1 {
;; entry:
;; %0 = trunc i64 2 to i32
;; ret i32 %0
;; }
;; define internal void @"table.copy[1][0]"(i32 %a, i32 %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %b to i64
;; %2 = zext i32 %c to i64
;; %3 = icmp ugt i64 %2, 2
;; %4 = sub i64 2, %2
;; %5 = icmp ugt i64 %0, %4
;; %6 = or i1 %3, %5
;; br i1 %6, label %trap6, label %b1, !prof !1
;; b1:
;; %7 = load i64, ptr getelementptr (i8, ptr @"table[0]", i64 8)
;; %8 = icmp ugt i64 %2, %7
;; %9 = sub i64 %7, %2
;; %10 = icmp ugt i64 %1, %9
;; %11 = or i1 %8, %10
;; br i1 %11, label %trap6, label %b2, !prof !1
;; b2:
;; %12 = getelementptr ptr, ptr @"table[1]", i64 %0
;; %13 = load ptr, ptr @"table[0]"
;; %14 = getelementptr ptr, ptr %13, i64 %1
;; %15 = shl i64 %2, 3
;; call void @llvm.memmove.p0.p0.i64(ptr %12, ptr %14, i64 %15, i1 0)
;; ret void
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
;; }
;; define internal void @"table.fill[0]"(i32 %a, ptr %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %c to i64
;; %2 = load i64, ptr getelementptr (i8, ptr @"table[0]", i64 8)
;; %3 = icmp ugt i64 %1, %2
;; %4 = sub i64 %2, %1
;; %5 = icmp ugt i64 %0, %4
;; %6 = or i1 %3, %5
;; br i1 %6, label %trap6, label %b1, !prof !1
;; b1:
;; %7 = load ptr, ptr @"table[0]"
;; %8 = getelementptr ptr, ptr %7, i64 %0
;; %end = getelementptr ptr, ptr %8, i64 %1
;; br label %next
;; next:
;; %at = phi ptr [ %8, %b1 ], [ %after, %fill ]
;; %done = icmp eq ptr %at, %end
;; br i1 %done, label %filled, label %fill
;; fill:
;; store ptr %b, ptr %at
;; %after = getelementptr ptr, ptr %at, i64 1
;; br label %next
;; filled:
;; ret void
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
;; }
;; declare dso_local i32 @"mew.table_create"(ptr) #0
;; declare dso_local i64 @"mew.table_grow"(ptr, i64, ptr) #0
