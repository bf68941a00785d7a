;; SPDX-License-Identifier: Apache-2.0
;; An array is its description, its length, and elements from byte 16 on.
(module
  (type $bytes (array (mut i8)))
  (data $text "abc")
  (func $make (param i32) (result (ref $bytes)) (array.new $bytes (i32.const 7) (local.get 0)))
  (func $get (param (ref $bytes) i32) (result i32)
    (array.get_u $bytes (local.get 0) (local.get 1)))
  (func $length (param arrayref) (result i32) (array.len (local.get 0)))
  (func $from_data (result (ref $bytes))
    (array.new_data $bytes $text (i32.const 0) (i32.const 3))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal ptr @"wasm:make"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = mul i64 %1, 1
;; %3 = add i64 %2, 16
;; %4 = call ptr @"heap.new"(i64 %3)
;; store ptr @"mew.type.7aca14e7a60f7c33b53b419428a4499e", ptr %4
;; %5 = getelementptr i8, ptr %4, i64 8
;; store i32 %0, ptr %5
;; call void @"array.fill[0]"(ptr %4, i32 0, i32 7, i32 %0)
;; ret ptr %4
;; }
;; define internal i32 @"wasm:get"(ptr, i32) #0 {
;; entry:
;; %2 = icmp eq ptr %0, null
;; br i1 %2, label %trap16, label %b1, !prof !1
;; b1:
;; %3 = getelementptr i8, ptr %0, i64 8
;; %4 = load i32, ptr %3
;; %5 = icmp uge i32 %1, %4
;; br i1 %5, label %trap14, label %b2, !prof !1
;; b2:
;; %6 = zext i32 %1 to i64
;; %7 = mul i64 %6, 1
;; %8 = getelementptr i8, ptr %0, i64 16
;; %9 = getelementptr i8, ptr %8, i64 %7
;; %10 = load i8, ptr %9
;; %11 = zext i8 %10 to i32
;; ret i32 %11
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; }
;; define internal i32 @"wasm:length"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap16, label %b1, !prof !1
;; b1:
;; %2 = getelementptr i8, ptr %0, i64 8
;; %3 = load i32, ptr %2
;; ret i32 %3
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; }
;; define internal ptr @"wasm:from_data"() #0 {
;; entry:
;; %0 = zext i32 3 to i64
;; %1 = mul i64 %0, 1
;; %2 = zext i32 0 to i64
;; %3 = load i64, ptr @"data.size[0]"
;; %4 = icmp ugt i64 %1, %3
;; %5 = sub i64 %3, %1
;; %6 = icmp ugt i64 %2, %5
;; %7 = or i1 %4, %6
;; br i1 %7, label %trap5, label %b1, !prof !1
;; b1:
;; %8 = getelementptr i8, ptr @"data[0]", i64 %2
;; %9 = zext i32 3 to i64
;; %10 = mul i64 %9, 1
;; %11 = add i64 %10, 16
;; %12 = call ptr @"heap.new"(i64 %11)
;; store ptr @"mew.type.7aca14e7a60f7c33b53b419428a4499e", ptr %12
;; %13 = getelementptr i8, ptr %12, i64 8
;; store i32 3, ptr %13
;; %14 = getelementptr i8, ptr %12, i64 16
;; %15 = zext i32 3 to i64
;; %16 = mul i64 %15, 1
;; call void @llvm.memcpy.p0.p0.i64(ptr %14, ptr %8, i64 %16, i1 0)
;; ret ptr %12
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
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
;; define internal void @"array.fill[0]"(ptr %a, i32 %b, i32 %c, i32 %d) #1 {
;; entry:
;; %0 = zext i32 %b to i64
;; %1 = mul i64 %0, 1
;; %2 = getelementptr i8, ptr %a, i64 16
;; %3 = getelementptr i8, ptr %2, i64 %1
;; %4 = zext i32 %d to i64
;; %5 = mul i64 %4, 1
;; %end = getelementptr i8, ptr %3, i64 %5
;; br label %next
;; next:
;; %at = phi ptr [ %3, %entry ], [ %after, %fill ]
;; %done = icmp eq ptr %at, %end
;; br i1 %done, label %filled, label %fill
;; fill:
;; %6 = trunc i32 %c to i8
;; store i8 %6, ptr %at
;; %after = getelementptr i8, ptr %at, i64 1
;; br label %next
;; filled:
;; ret void
;; }
;; @"data[0]" = internal unnamed_addr constant [3 x i8] c"abc"
;; @"data.size[0]" = internal global i64 3
;; @"mew.type.7aca14e7a60f7c33b53b419428a4499e" = weak dso_local constant { i64, i64, [1 x ptr] } { i64 2, i64 0, [1 x ptr] [ptr @"mew.type.7aca14e7a60f7c33b53b419428a4499e"] }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
