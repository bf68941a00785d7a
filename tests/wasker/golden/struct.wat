;; SPDX-License-Identifier: Apache-2.0
;; A struct begins with its type's description; its fields follow at their natural alignment.
(module
  (type $point (struct (field $x (mut i32)) (field $tag i8) (field $y f64)))
  (func $make (param i32 i32 f64) (result (ref $point))
    (struct.new $point (local.get 0) (local.get 1) (local.get 2)))
  (func $tag (param (ref null $point)) (result i32) (struct.get_s $point $tag (local.get 0)))
  (func $move (param (ref $point) i32) (struct.set $point $x (local.get 0) (local.get 1))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal ptr @"wasm:make"(i32, i32, double) #0 {
;; entry:
;; %3 = call ptr @"heap.new"(i64 24)
;; store ptr @"mew.type.23c4b7b4c7a7a81986bec7a28f2afc77", ptr %3
;; %4 = getelementptr i8, ptr %3, i64 8
;; store i32 %0, ptr %4
;; %5 = getelementptr i8, ptr %3, i64 12
;; %6 = trunc i32 %1 to i8
;; store i8 %6, ptr %5
;; %7 = getelementptr i8, ptr %3, i64 16
;; store double %2, ptr %7
;; ret ptr %3
;; }
;; define internal i32 @"wasm:tag"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap15, label %b1, !prof !1
;; b1:
;; %2 = getelementptr i8, ptr %0, i64 12
;; %3 = load i8, ptr %2
;; %4 = sext i8 %3 to i32
;; ret i32 %4
;; trap15:
;; call void @llvm.ubsantrap(i8 15)
;; unreachable
;; }
;; define internal void @"wasm:move"(ptr, i32) #0 {
;; entry:
;; %2 = icmp eq ptr %0, null
;; br i1 %2, label %trap15, label %b1, !prof !1
;; b1:
;; %3 = getelementptr i8, ptr %0, i64 8
;; store i32 %1, ptr %3
;; ret void
;; trap15:
;; call void @llvm.ubsantrap(i8 15)
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
;; @"mew.type.23c4b7b4c7a7a81986bec7a28f2afc77" = weak dso_local constant { i64, i64, [1 x ptr] } { i64 1, i64 0, [1 x ptr] [ptr @"mew.type.23c4b7b4c7a7a81986bec7a28f2afc77"] }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
