;; SPDX-License-Identifier: Apache-2.0
;; A 64-bit address is checked: index + offset + size against the memory's size.
(module
  (memory i64 1)
  (func $load (param i64) (result i32) (i32.load offset=16 (local.get 0)))
  (func $store (param i64 f64) (f64.store (local.get 0) (local.get 1)))
  (func $grow (param i64) (result i64) (memory.grow (local.get 0))))
;; expected:
;; @"memory[0]" = internal global %mew.Memory { ptr @"mew.linear_memory", i64 1, i64 281474976710656, i64 8589934592 }
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
;; define internal i32 @"wasm:load"(i64) #0 {
;; entry:
;; %1 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %2 = shl i64 %1, 16
;; %3 = icmp ult i64 %2, 20
;; %4 = sub i64 %2, 20
;; %5 = icmp ugt i64 %0, %4
;; %6 = or i1 %3, %5
;; br i1 %6, label %trap5, label %b1, !prof !1
;; b1:
;; %7 = getelementptr i8, ptr @"mew.linear_memory", i64 %0
;; %8 = getelementptr i8, ptr %7, i64 16
;; %9 = load i32, ptr %8, align 1
;; ret i32 %9
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; define internal void @"wasm:store"(i64, double) #0 {
;; entry:
;; %2 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %3 = shl i64 %2, 16
;; %4 = icmp ult i64 %3, 8
;; %5 = sub i64 %3, 8
;; %6 = icmp ugt i64 %0, %5
;; %7 = or i1 %4, %6
;; br i1 %7, label %trap5, label %b1, !prof !1
;; b1:
;; %8 = getelementptr i8, ptr @"mew.linear_memory", i64 %0
;; store double %1, ptr %8, align 1
;; ret void
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; define internal i64 @"wasm:grow"(i64) #0 {
;; entry:
;; %1 = call i64 @"mew.memory_grow"(ptr @"memory[0]", i64 %0)
;; ret i64 %1
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
