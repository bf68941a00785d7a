;; SPDX-License-Identifier: Apache-2.0
;; After an access to x, the index x + 8 cannot have wrapped and shares x's pointer. Below x, far
;; away, or after a join it may have, and is widened anew.
(module
  (memory 1)
  (func $near (param i32) (result i32)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store offset=4 (i32.add (local.get 0) (i32.const 8)) (i32.const 2))
    (i32.store (i32.sub (i32.add (local.get 0) (i32.const 65544)) (i32.const 8)) (i32.const 3))
    (i32.load (i32.add (local.get 0) (i32.const 12))))
  (func $wraps (param i32)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store (i32.add (local.get 0) (i32.const -8)) (i32.const 2))
    (i32.store (i32.add (local.get 0) (i32.const 65537)) (i32.const 3)))
  (func $first_access_decides (param i32)
    (i32.store (i32.add (local.get 0) (i32.const 16)) (i32.const 1))
    (i32.store (local.get 0) (i32.const 2)))
  (func $join (param i32 i32)
    (if (local.get 1) (then (i32.store (local.get 0) (i32.const 1))))
    (i32.store (i32.add (local.get 0) (i32.const 8)) (i32.const 2)))
  (func $far_offset (param i32)
    (i32.store (local.get 0) (i32.const 1))
    (i32.store offset=0x80000000 (i32.add (local.get 0) (i32.const 8)) (i32.const 2))))
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
;; define internal i32 @"wasm:near"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; store i32 1, ptr %2, align 1
;; %3 = add i32 %0, 8
;; %4 = getelementptr nusw nuw i8, ptr %2, i64 12
;; store i32 2, ptr %4, align 1
;; %5 = add i32 %0, 65544
;; %6 = sub i32 %5, 8
;; %7 = getelementptr nusw nuw i8, ptr %2, i64 65536
;; store i32 3, ptr %7, align 1
;; %8 = add i32 %0, 12
;; %9 = getelementptr nusw nuw i8, ptr %2, i64 12
;; %10 = load i32, ptr %9, align 1
;; ret i32 %10
;; }
;; define internal void @"wasm:wraps"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; store i32 1, ptr %2, align 1
;; %3 = add i32 %0, -8
;; %4 = zext i32 %3 to i64
;; %5 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %4
;; store i32 2, ptr %5, align 1
;; %6 = add i32 %0, 65537
;; %7 = zext i32 %6 to i64
;; %8 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %7
;; store i32 3, ptr %8, align 1
;; ret void
;; }
;; define internal void @"wasm:first_access_decides"(i32) #0 {
;; entry:
;; %1 = add i32 %0, 16
;; %2 = zext i32 %1 to i64
;; %3 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %2
;; store i32 1, ptr %3, align 1
;; %4 = zext i32 %0 to i64
;; %5 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %4
;; store i32 2, ptr %5, align 1
;; ret void
;; }
;; define internal void @"wasm:join"(i32, i32) #0 {
;; entry:
;; %2 = icmp ne i32 %1, 0
;; br i1 %2, label %b3, label %b2
;; b3:
;; %3 = zext i32 %0 to i64
;; %4 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %3
;; store i32 1, ptr %4, align 1
;; br label %b1
;; b2:
;; br label %b1
;; b1:
;; %5 = add i32 %0, 8
;; %6 = zext i32 %5 to i64
;; %7 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %6
;; store i32 2, ptr %7, align 1
;; ret void
;; }
;; define internal void @"wasm:far_offset"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; store i32 1, ptr %2, align 1
;; %3 = add i32 %0, 8
;; %4 = zext i32 %3 to i64
;; %5 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %4
;; %6 = getelementptr nusw nuw i8, ptr %5, i64 2147483648
;; store i32 2, ptr %6, align 1
;; ret void
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
