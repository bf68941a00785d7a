;; SPDX-License-Identifier: Apache-2.0
;; The instructions on arrays that array.wat has not.
(module
  (type $bytes (array (mut i8)))
  (type $words (array (mut i32)))
  (type $functions (array (mut funcref)))
  (data $d "abcd")
  (elem $e func $fill)
  (func $make (param i32) (result (ref $words)) (array.new_default $words (local.get 0)))
  (func $fixed (result (ref $words)) (array.new_fixed $words 2 (i32.const 1) (i32.const 2)))
  (func $elements (result (ref $functions))
    (array.new_elem $functions $e (i32.const 0) (i32.const 1)))
  (func $get (param (ref $words) i32) (result i32) (array.get $words (local.get 0) (local.get 1)))
  (func $signed (param (ref $bytes) i32) (result i32)
    (array.get_s $bytes (local.get 0) (local.get 1)))
  (func $set (param (ref $bytes) i32) (array.set $bytes (local.get 0) (local.get 1) (i32.const 7)))
  (func $fill (param (ref $words) i32)
    (array.fill $words (local.get 0) (i32.const 0) (i32.const -1) (local.get 1)))
  (func $copy (param (ref $words) i32)
    (array.copy $words $words
      (local.get 0) (i32.const 0) (local.get 0) (i32.const 1) (local.get 1)))
  (func $data (param (ref $bytes))
    (array.init_data $bytes $d (local.get 0) (i32.const 0) (i32.const 1) (i32.const 2)))
  (func $elem (param (ref $functions))
    (array.init_elem $functions $e (local.get 0) (i32.const 0) (i32.const 0) (i32.const 1))))
;; expected:
;; @"elem[0]" = internal constant [1 x ptr] [ptr @"wasm:fill"]
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal ptr @"wasm:make"(i32) #0 {
;; entry:
;; %1 = zext i32 %0 to i64
;; %2 = mul i64 %1, 4
;; %3 = add i64 %2, 16
;; %4 = call ptr @"heap.new"(i64 %3)
;; store ptr @"mew.type.d3937de4f5556983d139e3301c107b81", ptr %4
;; %5 = getelementptr i8, ptr %4, i64 8
;; store i32 %0, ptr %5
;; ret ptr %4
;; }
;; define internal ptr @"wasm:fixed"() #0 {
;; entry:
;; %0 = zext i32 2 to i64
;; %1 = mul i64 %0, 4
;; %2 = add i64 %1, 16
;; %3 = call ptr @"heap.new"(i64 %2)
;; store ptr @"mew.type.d3937de4f5556983d139e3301c107b81", ptr %3
;; %4 = getelementptr i8, ptr %3, i64 8
;; store i32 2, ptr %4
;; %5 = getelementptr i8, ptr %3, i64 16
;; store i32 1, ptr %5
;; %6 = getelementptr i8, ptr %3, i64 20
;; store i32 2, ptr %6
;; ret ptr %3
;; }
;; define internal ptr @"wasm:elements"() #0 {
;; entry:
;; %0 = zext i32 1 to i64
;; %1 = mul i64 %0, 1
;; %2 = zext i32 0 to i64
;; %3 = load i64, ptr @"elem.size[0]"
;; %4 = icmp ugt i64 %1, %3
;; %5 = sub i64 %3, %1
;; %6 = icmp ugt i64 %2, %5
;; %7 = or i1 %4, %6
;; br i1 %7, label %trap6, label %b1, !prof !1
;; b1:
;; %8 = mul i64 %2, 8
;; %9 = getelementptr i8, ptr @"elem[0]", i64 %8
;; %10 = zext i32 1 to i64
;; %11 = mul i64 %10, 8
;; %12 = add i64 %11, 16
;; %13 = call ptr @"heap.new"(i64 %12)
;; store ptr @"mew.type.22f899b9e73af55a1ef77247545c6553", ptr %13
;; %14 = getelementptr i8, ptr %13, i64 8
;; store i32 1, ptr %14
;; %15 = getelementptr i8, ptr %13, i64 16
;; %16 = zext i32 1 to i64
;; %17 = mul i64 %16, 8
;; call void @llvm.memcpy.p0.p0.i64(ptr %15, ptr %9, i64 %17, i1 0)
;; ret ptr %13
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
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
;; %7 = mul i64 %6, 4
;; %8 = getelementptr i8, ptr %0, i64 16
;; %9 = getelementptr i8, ptr %8, i64 %7
;; %10 = load i32, ptr %9
;; ret i32 %10
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; }
;; define internal i32 @"wasm:signed"(ptr, i32) #0 {
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
;; %11 = sext i8 %10 to i32
;; ret i32 %11
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; }
;; define internal void @"wasm:set"(ptr, i32) #0 {
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
;; %10 = trunc i32 7 to i8
;; store i8 %10, ptr %9
;; ret void
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; }
;; define internal void @"wasm:fill"(ptr, i32) #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 343239246 }> {
;; entry:
;; %2 = icmp eq ptr %0, null
;; br i1 %2, label %trap16, label %b1, !prof !1
;; b1:
;; %3 = zext i32 0 to i64
;; %4 = getelementptr i8, ptr %0, i64 8
;; %5 = load i32, ptr %4
;; %6 = zext i32 %5 to i64
;; %7 = zext i32 %1 to i64
;; %8 = icmp ugt i64 %7, %6
;; %9 = sub i64 %6, %7
;; %10 = icmp ugt i64 %3, %9
;; %11 = or i1 %8, %10
;; br i1 %11, label %trap14, label %b2, !prof !1
;; b2:
;; %12 = mul i64 %3, 4
;; %13 = getelementptr i8, ptr %0, i64 16
;; %14 = getelementptr i8, ptr %13, i64 %12
;; call void @"array.fill[1]"(ptr %0, i32 0, i32 -1, i32 %1)
;; ret void
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; }
;; define internal void @"wasm:copy"(ptr, i32) #0 {
;; entry:
;; %2 = icmp eq ptr %0, null
;; br i1 %2, label %trap16, label %b1, !prof !1
;; b1:
;; %3 = icmp eq ptr %0, null
;; br i1 %3, label %trap16, label %b2, !prof !1
;; b2:
;; %4 = zext i32 0 to i64
;; %5 = getelementptr i8, ptr %0, i64 8
;; %6 = load i32, ptr %5
;; %7 = zext i32 %6 to i64
;; %8 = zext i32 %1 to i64
;; %9 = icmp ugt i64 %8, %7
;; %10 = sub i64 %7, %8
;; %11 = icmp ugt i64 %4, %10
;; %12 = or i1 %9, %11
;; br i1 %12, label %trap14, label %b3, !prof !1
;; b3:
;; %13 = mul i64 %4, 4
;; %14 = getelementptr i8, ptr %0, i64 16
;; %15 = getelementptr i8, ptr %14, i64 %13
;; %16 = zext i32 1 to i64
;; %17 = getelementptr i8, ptr %0, i64 8
;; %18 = load i32, ptr %17
;; %19 = zext i32 %18 to i64
;; %20 = zext i32 %1 to i64
;; %21 = icmp ugt i64 %20, %19
;; %22 = sub i64 %19, %20
;; %23 = icmp ugt i64 %16, %22
;; %24 = or i1 %21, %23
;; br i1 %24, label %trap14, label %b4, !prof !1
;; b4:
;; %25 = mul i64 %16, 4
;; %26 = getelementptr i8, ptr %0, i64 16
;; %27 = getelementptr i8, ptr %26, i64 %25
;; %28 = zext i32 %1 to i64
;; %29 = mul i64 %28, 4
;; call void @llvm.memmove.p0.p0.i64(ptr %15, ptr %27, i64 %29, i1 0)
;; ret void
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; }
;; define internal void @"wasm:data"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap16, label %b1, !prof !1
;; b1:
;; %2 = zext i32 0 to i64
;; %3 = getelementptr i8, ptr %0, i64 8
;; %4 = load i32, ptr %3
;; %5 = zext i32 %4 to i64
;; %6 = zext i32 2 to i64
;; %7 = icmp ugt i64 %6, %5
;; %8 = sub i64 %5, %6
;; %9 = icmp ugt i64 %2, %8
;; %10 = or i1 %7, %9
;; br i1 %10, label %trap14, label %b2, !prof !1
;; b2:
;; %11 = mul i64 %2, 1
;; %12 = getelementptr i8, ptr %0, i64 16
;; %13 = getelementptr i8, ptr %12, i64 %11
;; %14 = zext i32 2 to i64
;; %15 = mul i64 %14, 1
;; %16 = zext i32 1 to i64
;; %17 = load i64, ptr @"data.size[0]"
;; %18 = icmp ugt i64 %15, %17
;; %19 = sub i64 %17, %15
;; %20 = icmp ugt i64 %16, %19
;; %21 = or i1 %18, %20
;; br i1 %21, label %trap5, label %b3, !prof !1
;; b3:
;; %22 = getelementptr i8, ptr @"data[0]", i64 %16
;; %23 = zext i32 2 to i64
;; %24 = mul i64 %23, 1
;; call void @llvm.memcpy.p0.p0.i64(ptr %13, ptr %22, i64 %24, i1 0)
;; ret void
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; define internal void @"wasm:elem"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap16, label %b1, !prof !1
;; b1:
;; %2 = zext i32 0 to i64
;; %3 = getelementptr i8, ptr %0, i64 8
;; %4 = load i32, ptr %3
;; %5 = zext i32 %4 to i64
;; %6 = zext i32 1 to i64
;; %7 = icmp ugt i64 %6, %5
;; %8 = sub i64 %5, %6
;; %9 = icmp ugt i64 %2, %8
;; %10 = or i1 %7, %9
;; br i1 %10, label %trap14, label %b2, !prof !1
;; b2:
;; %11 = mul i64 %2, 8
;; %12 = getelementptr i8, ptr %0, i64 16
;; %13 = getelementptr i8, ptr %12, i64 %11
;; %14 = zext i32 1 to i64
;; %15 = mul i64 %14, 1
;; %16 = zext i32 0 to i64
;; %17 = load i64, ptr @"elem.size[0]"
;; %18 = icmp ugt i64 %15, %17
;; %19 = sub i64 %17, %15
;; %20 = icmp ugt i64 %16, %19
;; %21 = or i1 %18, %20
;; br i1 %21, label %trap6, label %b3, !prof !1
;; b3:
;; %22 = mul i64 %16, 8
;; %23 = getelementptr i8, ptr @"elem[0]", i64 %22
;; %24 = zext i32 1 to i64
;; %25 = mul i64 %24, 8
;; call void @llvm.memcpy.p0.p0.i64(ptr %13, ptr %23, i64 %25, i1 0)
;; ret void
;; trap16:
;; call void @llvm.ubsantrap(i8 16)
;; unreachable
;; trap14:
;; call void @llvm.ubsantrap(i8 14)
;; unreachable
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
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
;; define internal void @"array.fill[1]"(ptr %a, i32 %b, i32 %c, i32 %d) #1 {
;; entry:
;; %0 = zext i32 %b to i64
;; %1 = mul i64 %0, 4
;; %2 = getelementptr i8, ptr %a, i64 16
;; %3 = getelementptr i8, ptr %2, i64 %1
;; %4 = zext i32 %d to i64
;; %5 = mul i64 %4, 4
;; %end = getelementptr i8, ptr %3, i64 %5
;; br label %next
;; next:
;; %at = phi ptr [ %3, %entry ], [ %after, %fill ]
;; %done = icmp eq ptr %at, %end
;; br i1 %done, label %filled, label %fill
;; fill:
;; store i32 %c, ptr %at
;; %after = getelementptr i8, ptr %at, i64 4
;; br label %next
;; filled:
;; ret void
;; }
;; @"data[0]" = internal unnamed_addr constant [4 x i8] c"abcd"
;; @"elem.size[0]" = internal global i64 1
;; @"data.size[0]" = internal global i64 4
;; @"mew.type.d3937de4f5556983d139e3301c107b81" = weak dso_local constant { i64, i64, [1 x ptr] } { i64 2, i64 0, [1 x ptr] [ptr @"mew.type.d3937de4f5556983d139e3301c107b81"] }
;; @"mew.type.22f899b9e73af55a1ef77247545c6553" = weak dso_local constant { i64, i64, [1 x ptr] } { i64 2, i64 0, [1 x ptr] [ptr @"mew.type.22f899b9e73af55a1ef77247545c6553"] }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
