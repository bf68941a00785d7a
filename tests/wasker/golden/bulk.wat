;; SPDX-License-Identifier: Apache-2.0
;; Bulk instructions check both ranges, then move memory.
(module
  (memory 1)
  (data $passive "abc")
  (func $fill (param i32 i32 i32) (memory.fill (local.get 0) (local.get 1) (local.get 2)))
  (func $copy (param i32 i32 i32) (memory.copy (local.get 0) (local.get 1) (local.get 2)))
  (func $init (param i32 i32 i32)
    (memory.init $passive (local.get 0) (local.get 1) (local.get 2))
    (data.drop $passive)))
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
;; define internal void @"wasm:fill"(i32, i32, i32) #0 {
;; entry:
;; call void @"memory.fill[0]"(i32 %0, i32 %1, i32 %2)
;; ret void
;; }
;; define internal void @"wasm:copy"(i32, i32, i32) #0 {
;; entry:
;; call void @"memory.copy[0][0]"(i32 %0, i32 %1, i32 %2)
;; ret void
;; }
;; define internal void @"wasm:init"(i32, i32, i32) #0 {
;; entry:
;; call void @"memory.init[0][0]"(i32 %0, i32 %1, i32 %2)
;; store i64 0, ptr @"data.size[0]"
;; ret void
;; }
;; define internal void @"memory.fill[0]"(i32 %a, i32 %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %c to i64
;; %2 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %3 = shl i64 %2, 16
;; %4 = icmp ugt i64 %1, %3
;; %5 = sub i64 %3, %1
;; %6 = icmp ugt i64 %0, %5
;; %7 = or i1 %4, %6
;; br i1 %7, label %trap5, label %b1, !prof !1
;; b1:
;; %8 = trunc i32 %b to i8
;; %9 = getelementptr i8, ptr @"mew.linear_memory", i64 %0
;; call void @llvm.memset.p0.i64(ptr %9, i8 %8, i64 %1, i1 0)
;; ret void
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; define internal void @"memory.copy[0][0]"(i32 %a, i32 %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %b to i64
;; %2 = zext i32 %c to i64
;; %3 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %4 = shl i64 %3, 16
;; %5 = icmp ugt i64 %2, %4
;; %6 = sub i64 %4, %2
;; %7 = icmp ugt i64 %0, %6
;; %8 = or i1 %5, %7
;; br i1 %8, label %trap5, label %b1, !prof !1
;; b1:
;; %9 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %10 = shl i64 %9, 16
;; %11 = icmp ugt i64 %2, %10
;; %12 = sub i64 %10, %2
;; %13 = icmp ugt i64 %1, %12
;; %14 = or i1 %11, %13
;; br i1 %14, label %trap5, label %b2, !prof !1
;; b2:
;; %15 = getelementptr i8, ptr @"mew.linear_memory", i64 %0
;; %16 = getelementptr i8, ptr @"mew.linear_memory", i64 %1
;; call void @llvm.memmove.p0.p0.i64(ptr %15, ptr %16, i64 %2, i1 0)
;; ret void
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; define internal void @"memory.init[0][0]"(i32 %a, i32 %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %b to i64
;; %2 = zext i32 %c to i64
;; %3 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %4 = shl i64 %3, 16
;; %5 = icmp ugt i64 %2, %4
;; %6 = sub i64 %4, %2
;; %7 = icmp ugt i64 %0, %6
;; %8 = or i1 %5, %7
;; br i1 %8, label %trap5, label %b1, !prof !1
;; b1:
;; %9 = load i64, ptr @"data.size[0]"
;; %10 = icmp ugt i64 %2, %9
;; %11 = sub i64 %9, %2
;; %12 = icmp ugt i64 %1, %11
;; %13 = or i1 %10, %12
;; br i1 %13, label %trap5, label %b2, !prof !1
;; b2:
;; %14 = getelementptr i8, ptr @"mew.linear_memory", i64 %0
;; %15 = getelementptr i8, ptr @"data[0]", i64 %1
;; call void @llvm.memcpy.p0.p0.i64(ptr %14, ptr %15, i64 %2, i1 0)
;; ret void
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; @"data[0]" = internal unnamed_addr constant [3 x i8] c"abc"
;; @"data.size[0]" = internal global i64 3
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
