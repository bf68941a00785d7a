;; SPDX-License-Identifier: Apache-2.0
;; A load that nothing uses must still trap: it is volatile. Used ones are not.
(module
  (memory 1)
  (func $dropped (param i32) (drop (i32.load (local.get 0))))
  (func $pure (param i32) (drop (i32.eqz (i32.add (i32.load8_u (local.get 0)) (i32.const 1)))))
  (func $used (param i32) (result i32) (i32.load (local.get 0)))
  (func $cycle (param i32) (local $x i32)
    (loop $again
      (if (local.get 0) (then (local.set $x (i32.load (local.get 0)))))
      (br_if $again (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))
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
;; define internal void @"wasm:dropped"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = load volatile i32, ptr %2, align 1
;; ret void
;; }
;; define internal void @"wasm:pure"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = load volatile i8, ptr %2, align 1
;; %4 = zext i8 %3 to i32
;; %5 = add i32 %4, 1
;; %6 = icmp eq i32 %5, 0
;; %7 = zext i1 %6 to i32
;; ret void
;; }
;; define internal i32 @"wasm:used"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %1
;; %3 = load i32, ptr %2, align 1
;; ret i32 %3
;; }
;; define internal void @"wasm:cycle"(i32) #0 {
;; entry:
;; br label %b1
;; b1:
;; %1 = phi i32 [ %0, %entry], [ %8, %b2]
;; %2 = phi i32 [ 0, %entry], [ %7, %b2]
;; %3 = icmp ne i32 %1, 0
;; br i1 %3, label %b4, label %b3
;; b4:
;; %4 = zext i32 %1 to i64
;; %5 = getelementptr nusw nuw i8, ptr @"mew.linear_memory", i64 %4
;; %6 = load volatile i32, ptr %5, align 1
;; br label %b2
;; b3:
;; br label %b2
;; b2:
;; %7 = phi i32 [ %6, %b4], [ %2, %b3]
;; %8 = sub i32 %1, 1
;; %9 = icmp ne i32 %8, 0
;; br i1 %9, label %b1, label %b5
;; b5:
;; ret void
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
