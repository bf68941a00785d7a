;; SPDX-License-Identifier: Apache-2.0
;; Memory 0 is the symbol; others are reached through their descriptors.
(module
  (memory 1) (memory 1)
  (func $move (param i32) (i32.store 1 (local.get 0) (i32.load 0 (local.get 0))))
  (func $copy (memory.copy 1 0 (i32.const 0) (i32.const 4) (i32.const 8))))
;; expected:
;; @"memory[0]" = internal global %mew.Memory { ptr @"mew.linear_memory", i64 1, i64 65535, i64 8589934592 }
;; @"memory[1]" = internal global %mew.Memory { ptr null, i64 1, i64 65536, i64 8589934592 }
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = call i32 @"mew.memory_create"(ptr @"memory[0]")
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %trap21, label %b1, !prof !1
;; b1:
;; %2 = call i32 @"mew.memory_create"(ptr @"memory[1]")
;; %3 = icmp ne i32 %2, 0
;; br i1 %3, label %trap21, label %b2, !prof !1
;; b2:
;; ret void
;; trap21:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; }
;; define internal void @"wasm:move"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = load i32, ptr %2, align 1
;; %4 = load ptr, ptr @"memory[1]", !invariant.load !0
;; %5 = zext i32 %0 to i64
;; %6 = getelementptr nusw nuw i8, ptr %4, i64 %5
;; store i32 %3, ptr %6, align 1
;; ret void
;; }
;; define internal void @"wasm:copy"() #0 {
;; entry:
;; call void @"memory.copy[1][0]"(i32 0, i32 4, i32 8)
;; ret void
;; }
;; define internal void @"memory.copy[1][0]"(i32 %a, i32 %b, i32 %c) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = zext i32 %b to i64
;; %2 = zext i32 %c to i64
;; %3 = load i64, ptr getelementptr (i8, ptr @"memory[1]", i64 8)
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
;; %15 = load ptr, ptr @"memory[1]"
;; %16 = getelementptr i8, ptr %15, i64 %0
;; %17 = getelementptr i8, ptr @"mew.linear_memory", i64 %1
;; call void @llvm.memmove.p0.p0.i64(ptr %16, ptr %17, i64 %2, i1 0)
;; ret void
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
