;; SPDX-License-Identifier: Apache-2.0
;; options: memory=indirect
;; The base comes from the descriptor, which never changes once the memory is there.
(module
  (memory 1)
  (data (i32.const 8) "ab")
  (func $copy (param i32 i32)
    (i32.store (local.get 0) (i32.load (local.get 1)))
    (f64.store offset=8 (local.get 0) (f64.const 2))))
;; expected:
;; @"memory[0]" = internal global %mew.Memory { ptr null, i64 1, i64 65536, i64 8589934592 }
;; @"data.initial[0]" = internal unnamed_addr constant [2 x i8] c"ab"
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = call i32 @"mew.memory_create"(ptr @"memory[0]")
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %trap21, label %b1, !prof !1
;; b1:
;; %2 = load ptr, ptr @"memory[0]"
;; %3 = getelementptr i8, ptr %2, i64 8
;; call void @llvm.memcpy.p0.p0.i64(ptr %3, ptr @"data.initial[0]", i64 2, i1 0)
;; ret void
;; trap21:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; }
;; define internal void @"wasm:copy"(i32, i32) #0 {
;; entry:
;; %2 = load ptr, ptr @"memory[0]", !invariant.load !0
;; %3 = zext i32 %1 to i64
;; %4 = getelementptr nusw nuw i8, ptr %2, i64 %3
;; %5 = load i32, ptr %4, align 1
;; %6 = zext i32 %0 to i64
;; %7 = getelementptr nusw nuw i8, ptr %2, i64 %6
;; store i32 %5, ptr %7, align 1
;; %8 = getelementptr nusw nuw i8, ptr %7, i64 8
;; store double 0x4000000000000000, ptr %8, align 1
;; ret void
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
