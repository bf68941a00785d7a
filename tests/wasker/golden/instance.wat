;; SPDX-License-Identifier: Apache-2.0
;; Instantiation: memory, segments in order with checks where they may not fit, start function.
(module
  (import "env" "offset" (global $offset i32))
  (memory (export "memory") 1 2)
  (table (export "table") 2 funcref)
  (data (i32.const 16) "quote \" and \00")
  (data (global.get $offset) "x")
  (elem (i32.const 1) func $run)
  (func $run (export "run") (export "again") (param i32))
  (func $begin)
  (start $begin))
;; expected:
;; @"m.memory" = dso_local global %mew.Memory { ptr @"mew.linear_memory", i64 1, i64 2, i64 8589934592 }
;; @"m.table" = dso_local global %mew.Table { ptr null, i64 2, i64 4294967295 }
;; @"elem[0]" = internal constant [1 x ptr] [ptr @"wasm:run"]
;; @"data.initial[0]" = internal unnamed_addr constant [13 x i8] c"quote \22 and \00"
;; @"data.initial[1]" = internal unnamed_addr constant [1 x i8] c"x"
;; @"m.run" = dso_local alias void (i32), ptr @"wasm:run"
;; @"m.again" = dso_local alias void (i32), ptr @"wasm:run"
;; @llvm.compiler.used = appending global [1 x ptr] [ptr @"wasm:run"], section "llvm.metadata"
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; %0 = call i32 @"mew.memory_create"(ptr @"m.memory")
;; %1 = icmp ne i32 %0, 0
;; br i1 %1, label %trap21, label %b1, !prof !1
;; b1:
;; %2 = call i32 @"mew.table_create"(ptr @"m.table")
;; %3 = icmp ne i32 %2, 0
;; br i1 %3, label %trap21, label %b2, !prof !1
;; b2:
;; %4 = zext i32 1 to i64
;; %5 = load i64, ptr getelementptr (i8, ptr @"m.table", i64 8)
;; %6 = icmp ugt i64 1, %5
;; %7 = sub i64 %5, 1
;; %8 = icmp ugt i64 %4, %7
;; %9 = or i1 %6, %8
;; br i1 %9, label %trap6, label %b3, !prof !1
;; b3:
;; %10 = load ptr, ptr @"m.table"
;; %11 = getelementptr ptr, ptr %10, i64 %4
;; call void @llvm.memcpy.p0.p0.i64(ptr %11, ptr @"elem[0]", i64 8, i1 0)
;; %12 = load i32, ptr @"env.offset"
;; %13 = getelementptr i8, ptr @"mew.linear_memory", i64 16
;; call void @llvm.memcpy.p0.p0.i64(ptr %13, ptr @"data.initial[0]", i64 13, i1 0)
;; %14 = load i32, ptr @"env.offset"
;; %15 = zext i32 %14 to i64
;; %16 = load i64, ptr getelementptr (i8, ptr @"m.memory", i64 8)
;; %17 = shl i64 %16, 16
;; %18 = icmp ugt i64 1, %17
;; %19 = sub i64 %17, 1
;; %20 = icmp ugt i64 %15, %19
;; %21 = or i1 %18, %20
;; br i1 %21, label %trap5, label %b4, !prof !1
;; b4:
;; %22 = getelementptr i8, ptr @"mew.linear_memory", i64 %15
;; call void @llvm.memcpy.p0.p0.i64(ptr %22, ptr @"data.initial[1]", i64 1, i1 0)
;; call void @"wasm:begin"() noinline
;; ret void
;; trap21:
;; call void @llvm.ubsantrap(i8 21)
;; unreachable
;; trap6:
;; call void @llvm.ubsantrap(i8 6)
;; unreachable
;; trap5:
;; call void @llvm.ubsantrap(i8 5)
;; unreachable
;; }
;; define internal void @"wasm:run"(i32) #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 2387167896 }> {
;; entry:
;; ret void
;; }
;; define internal void @"wasm:begin"() #0 {
;; entry:
;; ret void
;; }
;; declare dso_local i32 @"mew.memory_create"(ptr) #0
;; declare dso_local i32 @"mew.table_create"(ptr) #0
;; @"env.offset" = external dso_local constant i32
