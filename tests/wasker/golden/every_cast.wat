;; SPDX-License-Identifier: Apache-2.0
;; The instructions on structs and references of the proposal gc that struct.wat, cast.wat have not.
(module
  (type $shape (sub (struct (field (mut i32)))))
  (type $square (sub $shape (struct (field (mut i32)) (field i8))))
  (func $default (result (ref $square)) (struct.new_default $square))
  (func $field (param (ref $square)) (result i32)
    (i32.add (struct.get $square 0 (local.get 0)) (struct.get_u $square 1 (local.get 0))))
  (func $same (param eqref eqref) (result i32) (ref.eq (local.get 0) (local.get 1)))
  (func $test (param anyref) (result i32) (ref.test (ref $square) (local.get 0)))
  (func $cast (param anyref) (result (ref null $shape)) (ref.cast (ref null $shape) (local.get 0)))
  (func $branch (param anyref) (result (ref $shape))
    (block $is (result (ref $shape))
      (br_on_cast $is anyref (ref $shape) (local.get 0))
      drop
      unreachable))
  (func $branch_otherwise (param anyref) (result anyref)
    (block $other (result anyref)
      (br_on_cast_fail $other anyref (ref $shape) (local.get 0))))
  (func $inward (param externref) (result anyref) (any.convert_extern (local.get 0)))
  (func $outward (param anyref) (result externref) (extern.convert_any (local.get 0)))
  (func $small (param (ref i31)) (result i32) (i31.get_u (local.get 0))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal ptr @"wasm:default"() #0 {
;; entry:
;; %0 = call ptr @"heap.new"(i64 13)
;; store ptr @"mew.type.7ab0ae7a3c46db6338ff9dd545a90753", ptr %0
;; ret ptr %0
;; }
;; define internal i32 @"wasm:field"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap15, label %b1, !prof !1
;; b1:
;; %2 = getelementptr i8, ptr %0, i64 8
;; %3 = load i32, ptr %2
;; %4 = icmp eq ptr %0, null
;; br i1 %4, label %trap15, label %b2, !prof !1
;; b2:
;; %5 = getelementptr i8, ptr %0, i64 12
;; %6 = load i8, ptr %5
;; %7 = zext i8 %6 to i32
;; %8 = add i32 %3, %7
;; ret i32 %8
;; trap15:
;; call void @llvm.ubsantrap(i8 15)
;; unreachable
;; }
;; define internal i32 @"wasm:same"(ptr, ptr) #0 {
;; entry:
;; %2 = icmp eq ptr %0, %1
;; %3 = zext i1 %2 to i32
;; ret i32 %3
;; }
;; define internal i32 @"wasm:test"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = call i1 @"ref.test[1]"(ptr %0)
;; %3 = xor i1 %1, true
;; %4 = and i1 %3, %2
;; %5 = or i1 %4, false
;; %6 = zext i1 %5 to i32
;; ret i32 %6
;; }
;; define internal ptr @"wasm:cast"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = call i1 @"ref.test[0]"(ptr %0)
;; %3 = or i1 %1, %2
;; %4 = xor i1 %3, true
;; br i1 %4, label %trap13, label %b1, !prof !1
;; b1:
;; ret ptr %0
;; trap13:
;; call void @llvm.ubsantrap(i8 13)
;; unreachable
;; }
;; define internal ptr @"wasm:branch"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = call i1 @"ref.test[0]"(ptr %0)
;; %3 = xor i1 %1, true
;; %4 = and i1 %3, %2
;; br i1 %4, label %b1, label %b2
;; b2:
;; br label %trap1
;; b1:
;; ret ptr %0
;; trap1:
;; call void @llvm.ubsantrap(i8 1)
;; unreachable
;; }
;; define internal ptr @"wasm:branch_otherwise"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = call i1 @"ref.test[0]"(ptr %0)
;; %3 = xor i1 %1, true
;; %4 = and i1 %3, %2
;; %5 = xor i1 %4, true
;; br i1 %5, label %b1, label %b2
;; b2:
;; br label %b1
;; b1:
;; ret ptr %0
;; }
;; define internal ptr @"wasm:inward"(ptr) #0 {
;; entry:
;; %1 = ptrtoint ptr %0 to i64
;; %2 = icmp slt i64 %1, 0
;; %3 = and i64 %1, 9223372036854775807
;; %4 = shl i64 %1, 2
;; %5 = or i64 %4, 2
;; %6 = select i1 %2, i64 %3, i64 %5
;; %7 = icmp eq i64 %1, 0
;; %8 = select i1 %7, i64 0, i64 %6
;; %9 = inttoptr i64 %8 to ptr
;; ret ptr %9
;; }
;; define internal ptr @"wasm:outward"(ptr) #0 {
;; entry:
;; %1 = ptrtoint ptr %0 to i64
;; %2 = and i64 %1, 3
;; %3 = icmp eq i64 %2, 2
;; %4 = lshr i64 %1, 2
;; %5 = or i64 %1, -9223372036854775808
;; %6 = select i1 %3, i64 %4, i64 %5
;; %7 = icmp eq i64 %1, 0
;; %8 = select i1 %7, i64 0, i64 %6
;; %9 = inttoptr i64 %8 to ptr
;; ret ptr %9
;; }
;; define internal i32 @"wasm:small"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; br i1 %1, label %trap17, label %b1, !prof !1
;; b1:
;; %2 = ptrtoint ptr %0 to i32
;; %3 = lshr i32 %2, 1
;; ret i32 %3
;; trap17:
;; call void @llvm.ubsantrap(i8 17)
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
;; define internal i1 @"ref.test[1]"(ptr %a) #1 {
;; entry:
;; %bits = ptrtoint ptr %a to i64
;; %tag = and i64 %bits, 3
;; %plain = icmp eq i64 %tag, 0
;; %null = icmp eq ptr %a, null
;; %not_null = xor i1 %null, true
;; %object = and i1 %plain, %not_null
;; br i1 %object, label %look, label %no
;; look:
;; %type = load ptr, ptr %a
;; %depth_place = getelementptr i8, ptr %type, i64 8
;; %depth = load i64, ptr %depth_place, !invariant.load !0
;; %deep = icmp uge i64 %depth, 1
;; br i1 %deep, label %compare, label %no
;; compare:
;; %place = getelementptr i8, ptr %type, i64 24
;; %ancestor = load ptr, ptr %place, !invariant.load !0
;; %same = icmp eq ptr %ancestor, @"mew.type.7ab0ae7a3c46db6338ff9dd545a90753"
;; ret i1 %same
;; no:
;; ret i1 0
;; }
;; define internal i1 @"ref.test[0]"(ptr %a) #1 {
;; entry:
;; %bits = ptrtoint ptr %a to i64
;; %tag = and i64 %bits, 3
;; %plain = icmp eq i64 %tag, 0
;; %null = icmp eq ptr %a, null
;; %not_null = xor i1 %null, true
;; %object = and i1 %plain, %not_null
;; br i1 %object, label %look, label %no
;; look:
;; %type = load ptr, ptr %a
;; %depth_place = getelementptr i8, ptr %type, i64 8
;; %depth = load i64, ptr %depth_place, !invariant.load !0
;; %deep = icmp uge i64 %depth, 0
;; br i1 %deep, label %compare, label %no
;; compare:
;; %place = getelementptr i8, ptr %type, i64 16
;; %ancestor = load ptr, ptr %place, !invariant.load !0
;; %same = icmp eq ptr %ancestor, @"mew.type.bed7bcc08b9224ed654d717404dfac71"
;; ret i1 %same
;; no:
;; ret i1 0
;; }
;; @"mew.type.7ab0ae7a3c46db6338ff9dd545a90753" = weak dso_local constant { i64, i64, [2 x ptr] } { i64 1, i64 1, [2 x ptr] [ptr @"mew.type.bed7bcc08b9224ed654d717404dfac71", ptr @"mew.type.7ab0ae7a3c46db6338ff9dd545a90753"] }
;; @"mew.type.bed7bcc08b9224ed654d717404dfac71" = weak dso_local constant { i64, i64, [1 x ptr] } { i64 1, i64 0, [1 x ptr] [ptr @"mew.type.bed7bcc08b9224ed654d717404dfac71"] }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i64 @"mew.memory_grow"(ptr, i64) #0
