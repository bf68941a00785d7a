;; SPDX-License-Identifier: Apache-2.0
;; An access is the symbol + the zero-extended index + the offset; an index is extended once a block.
(module
  (memory 1)
  (func $load (param i32) (result i32) (i32.load offset=16 (local.get 0)))
  (func $narrow (param i32) (result i64) (i64.load16_s (local.get 0)))
  (func $store (param i32 i64)
    (i64.store (local.get 0) (local.get 1))
    (i64.store8 offset=8 (local.get 0) (local.get 1)))
  (func $constant (result f32) (f32.load offset=4294967295 (i32.const -1)))
  (func $size (result i32) (memory.size))
  (func $grow (param i32) (result i32) (memory.grow (local.get 0))))
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
;; define internal i32 @"wasm:load"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = getelementptr nusw nuw i8, ptr %2, i64 16
;; %4 = load i32, ptr %3, align 1
;; ret i32 %4
;; }
;; define internal i64 @"wasm:narrow"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = load i16, ptr %2, align 1
;; %4 = sext i16 %3 to i64
;; ret i64 %4
;; }
;; define internal void @"wasm:store"(i32, i64) #0 {
;; entry:
;; %2 = zext i32 %0 to i64
;; %3 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %2
;; store i64 %1, ptr %3, align 1
;; %4 = trunc i64 %1 to i8
;; %5 = getelementptr nusw nuw i8, ptr %3, i64 8
;; store i8 %4, ptr %5, align 1
;; ret void
;; }
;; define internal float @"wasm:constant"() #0 {
;; entry:
;; %0 = load float, ptr getelementptr (i8, ptr @"mew.linear_memory", i64 8589934590), align 1
;; ret float %0
;; }
;; define internal i32 @"wasm:size"() #0 {
;; entry:
;; %0 = load i64, ptr getelementptr (i8, ptr @"memory[0]", i64 8)
;; %1 = trunc i64 %0 to i32
;; ret i32 %1
;; }
;; define internal i32 @"wasm:grow"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = call i64 @"mew.memory_grow"(ptr @"memory[0]", i64 %1)
;; %3 = trunc i64 %2 to i32
;; ret i32 %3
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
