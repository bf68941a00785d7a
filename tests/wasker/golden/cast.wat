;; SPDX-License-Identifier: Apache-2.0
;; A cast compares the description at the target type's depth; an i31 is in the pointer itself.
(module
  (type $base (sub (struct)))
  (type $derived (sub $base (struct (field i32))))
  (func $cast (param anyref) (result (ref $derived)) (ref.cast (ref $derived) (local.get 0)))
  (func $test (param anyref) (result i32) (ref.test (ref null struct) (local.get 0)))
  (func $i31 (param i32) (result i32) (i31.get_s (ref.i31 (local.get 0)))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal ptr @"wasm:cast"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = call i1 @"ref.test[1]"(ptr %0)
;; %3 = xor i1 %1, true
;; %4 = and i1 %3, %2
;; %5 = xor i1 %4, true
;; br i1 %5, label %trap13, label %b1, !prof !1
;; b1:
;; ret ptr %0
;; trap13:
;; call void @llvm.ubsantrap(i8 13)
;; unreachable
;; }
;; define internal i32 @"wasm:test"(ptr) #0 {
;; entry:
;; %1 = icmp eq ptr %0, null
;; %2 = call i1 @"ref.test.struct"(ptr %0)
;; %3 = or i1 %1, %2
;; %4 = or i1 %3, false
;; %5 = zext i1 %4 to i32
;; ret i32 %5
;; }
;; define internal i32 @"wasm:i31"(i32) #0 {
;; entry:
;; %1 = shl i32 %0, 1
;; %2 = or i32 %1, 1
;; %3 = zext i32 %2 to i64
;; %4 = inttoptr i64 %3 to ptr
;; %5 = icmp eq ptr %4, null
;; br i1 %5, label %trap17, label %b1, !prof !1
;; b1:
;; %6 = ptrtoint ptr %4 to i32
;; %7 = ashr i32 %6, 1
;; ret i32 %7
;; trap17:
;; call void @llvm.ubsantrap(i8 17)
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
;; %same = icmp eq ptr %ancestor, @"mew.type.47407bff4c33c83af7b5be326f9e997b"
;; ret i1 %same
;; no:
;; ret i1 0
;; }
;; define internal i1 @"ref.test.struct"(ptr %a) #1 {
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
;; %kind = load i64, ptr %type
;; %same = icmp eq i64 %kind, 1
;; ret i1 %same
;; no:
;; ret i1 0
;; }
;; @"mew.type.47407bff4c33c83af7b5be326f9e997b" = weak dso_local constant { i64, i64, [2 x ptr] } { i64 1, i64 1, [2 x ptr] [ptr @"mew.type.2c2ea3493d302b636388c4e40516a018", ptr @"mew.type.47407bff4c33c83af7b5be326f9e997b"] }
;; @"mew.type.2c2ea3493d302b636388c4e40516a018" = weak dso_local constant { i64, i64, [1 x ptr] } { i64 1, i64 0, [1 x ptr] [ptr @"mew.type.2c2ea3493d302b636388c4e40516a018"] }
