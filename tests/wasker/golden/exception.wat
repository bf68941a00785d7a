;; SPDX-License-Identifier: Apache-2.0
;; A call is followed by a test; a handler compares tags and branches with the values.
(module
  (tag $error (param i32))
  (func $throw (param i32) (throw $error (local.get 0)))
  (func $catch (param i32) (result i32) (local $state i32)
    (block $caught (result i32)
      (try_table (catch $error $caught)
        (local.set $state (i32.const 1))
        (call $throw (local.get 0))
        (local.set $state (i32.const 2)))
      (return (i32.const 0)))
    (i32.add (local.get $state)))
  (func $again (param exnref) (throw_ref (local.get 0))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:throw"(i32) #0 {
;; entry:
;; %1 = call ptr @"heap.new"(i64 32)
;; store ptr @"tag[0]", ptr %1
;; %2 = getelementptr i8, ptr %1, i64 16
;; store i32 %0, ptr %2, align 16
;; store ptr %1, ptr @"mew.exception"
;; br label %unwind
;; unwind:
;; ret void
;; }
;; define internal i32 @"wasm:catch"(i32) #0 {
;; entry:
;; call void @"wasm:throw"(i32 %0)
;; %1 = load ptr, ptr @"mew.exception"
;; %2 = icmp ne ptr %1, null
;; br i1 %2, label %b3, label %b4, !prof !1
;; b4:
;; br label %b2
;; b3:
;; %3 = load ptr, ptr @"mew.exception"
;; %4 = load ptr, ptr %3
;; %5 = icmp eq ptr %4, @"tag[0]"
;; br i1 %5, label %b6, label %b5
;; b6:
;; store ptr null, ptr @"mew.exception"
;; %6 = getelementptr i8, ptr %3, i64 16
;; %7 = load i32, ptr %6, align 16
;; br label %b1
;; b5:
;; br label %unwind
;; b2:
;; br label %return
;; b1:
;; %8 = add i32 %7, 1
;; br label %return
;; return:
;; %9 = phi i32 [ 0, %b2], [ %8, %b1]
;; ret i32 %9
;; unwind:
;; ret i32 zeroinitializer
;; }
;; define internal void @"wasm:again"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap20, label %b1, !prof !1
;; b1:
;; store ptr %0, ptr @"mew.exception"
;; br label %unwind
;; unwind:
;; ret void
;; trap20:
;; call void @llvm.ubsantrap(i8 20)
;; unreachable
;; }
;; @"heap.top" = internal global i64 0
;; @"heap" = internal global %mew.Memory { ptr null, i64 0, i64 65536, i64 8589934592 }
;; define internal ptr @"heap.new"(i64 %size) #0 noinline {
;; entry:
;; %none = load ptr, ptr @"heap"
;; %first = icmp eq ptr %none, null
;; br i1 %first, label %create, label %allocate
;; create:
;; %status = call i32 @"mew.memory_create"(ptr @"heap")
;; %failed = icmp ne i32 %status, 0
;; br i1 %failed, label %full, label %allocate
;; allocate:
;; %top = load i64, ptr @"heap.top"
;; %padded = add i64 %size, 15
;; %rounded = and i64 %padded, -16
;; %end = add i64 %top, %rounded
;; %pages = load i64, ptr getelementptr (i8, ptr @"heap", i64 8)
;; %bytes = shl i64 %pages, 16
;; %fits = icmp ule i64 %end, %bytes
;; br i1 %fits, label %done, label %grow
;; grow:
;; %missing = sub i64 %end, %bytes
;; %wanted = lshr i64 %missing, 16
;; %delta = add i64 %wanted, 16
;; %old = call i64 @"mew.memory_grow"(ptr @"heap", i64 %delta)
;; %refused = icmp eq i64 %old, -1
;; br i1 %refused, label %full, label %done
;; done:
;; store i64 %end, ptr @"heap.top"
;; %base = load ptr, ptr @"heap"
;; %place = getelementptr i8, ptr %base, i64 %top
;; ret ptr %place
;; full:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; }
;; @"tag[0]" = internal constant i8 0
;; @"mew.exception" = weak dso_local global ptr null
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
