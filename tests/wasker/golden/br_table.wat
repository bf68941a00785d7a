;; SPDX-License-Identifier: Apache-2.0
;; Cases that share a target share one edge, so its phis have one entry for them.
(module
  (func $switch (param i32) (result i32)
    (block $a (block $b
      (br_table $a $b $a $b $b (local.get 0)))
      (return (i32.const 10)))
    (i32.const 20))
  (func $loop (param i32)
    (loop $again (block $out (br_table $again $out (local.get 0))))))
;; expected:
;; define dso_local void @"mew.instantiate.m"() #2 {
;; entry:
;; ret void
;; }
;; define internal i32 @"wasm:switch"(i32) #0 {
;; entry:
;; switch i32 %0, label %b3 [i32 0, label %b4 i32 1, label %b3 i32 2, label %b4 i32 3, label %b3]
;; b3:
;; br label %b2
;; b4:
;; br label %b1
;; b2:
;; br label %return
;; b1:
;; br label %return
;; return:
;; %1 = phi i32 [ 10, %b2], [ 20, %b1]
;; ret i32 %1
;; }
;; define internal void @"wasm:loop"(i32) #0 {
;; entry:
;; br label %b1
;; b1:
;; switch i32 %0, label %b2 [i32 0, label %b1]
;; b2:
;; ret void
;; }
