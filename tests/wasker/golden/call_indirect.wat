;; SPDX-License-Identifier: Apache-2.0
;; A table that nobody writes is a constant array, and its functions carry their type's hash.
(module
  (type $unary (func (param i32) (result i32)))
  (import "env" "f" (func $imported (type $unary)))
  (table funcref (elem $double $imported))
  (func $double (type $unary) (i32.add (local.get 0) (local.get 0)))
  (func $dispatch (param i32 i32) (result i32)
    (call_indirect (type $unary) (local.get 0) (local.get 1))))
;; expected:
;; @"table[0]" = internal constant [2 x ptr] [ptr @"wasm:double", ptr @"wasm:env.f[0]"]
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:double"(i32) #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 3074423675 }> {
;; entry:
;; %1 = add i32 %0, %0
;; ret i32 %1
;; }
;; define internal i32 @"wasm:dispatch"(i32, i32) #0 {
;; entry:
;; %2 = call ptr @"table.entry[0]"(i32 %1)
;; %3 = getelementptr i8, ptr %2, i64 -4
;; %4 = load i32, ptr %3, align 4, !invariant.load !0
;; %5 = icmp ne i32 %4, 3074423675
;; br i1 %5, label %trap9, label %b1, !prof !1
;; b1:
;; %6 = call i32 %2(i32 %0)
;; ret i32 %6
;; trap9:
;; call void @llvm.ubsantrap(i8 9)
;; unreachable
;; }
;; define internal i32 @"wasm:env.f[0]"(i32) #0 prefix <{ i32, i32, i32, i32 }> <{ i32 0, i32 0, i32 0, i32 3074423675 }> {
;; entry:
;; %result = call i32 @"env.f"(i32 %0)
;; ret i32 %result
;; }
;; define internal ptr @"table.entry[0]"(i32 %a) #1 {
;; entry:
;; %0 = zext i32 %a to i64
;; %1 = icmp uge i64 %0, 2
;; br i1 %1, label %trap7, label %b1, !prof !1
;; b1:
;; %2 = getelementptr ptr, ptr @"table[0]", i64 %0
;; %3 = load ptr, ptr %2
;; ret ptr %3
;; trap7:
;; call void @llvm.ubsantrap(i8 7)
;; unreachable
;; }
;; declare dso_local i32 @"env.f"(i32) #0
