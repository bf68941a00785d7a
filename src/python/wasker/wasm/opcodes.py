# SPDX-License-Identifier: Apache-2.0
"""The instruction set: one row per instruction, the only place that knows an opcode's number.

Columns: code, name, family, immediate kind, signature.

- code: hexadecimal; a prefixed instruction is `prefix << 16 | sub-opcode` (`fd000c`).
- name: the text format's, except for what text tells apart by operands: `select_t` (select with
  types), `ref.test_null` and `ref.cast_null` (nullable target).
- immediate kind: `code.py` says what value each kind becomes; `refused` stands for those of
  proposals that are known by name only. The number after a slash is the bound that validation
  checks: natural alignment as a power of two, or number of lanes.
- signature: operand and result types; `addr` is the address type of the memory (i32, or i64 for
  a 64-bit memory); `*` stands for a type that depends on context.

Rows are grouped by proposal; "" is WebAssembly 2.0 (specification, section 5.4).
"""
from __future__ import annotations

from sys import intern
from typing import NamedTuple
from typing import Optional

_ROWS = {
    "": """
00     unreachable                          control    -              *
01     nop                                  control    -              ->
02     block                                control    block          *
03     loop                                 control    block          *
04     if                                   control    block          *
05     else                                 control    -              *
0b     end                                  control    -              *
0c     br                                   control    label          *
0d     br_if                                control    label          *
0e     br_table                             control    labels         *
0f     return                               control    -              *
10     call                                 control    func           *
11     call_indirect                        control    type_table     *
1a     drop                                 parametric -              *
1b     select                               parametric -              *
1c     select_t                             parametric types          *
20     local.get                            variable   local          *
21     local.set                            variable   local          *
22     local.tee                            variable   local          *
23     global.get                           variable   global         *
24     global.set                           variable   global         *
25     table.get                            table      table          *
26     table.set                            table      table          *
28     i32.load                             memory     memarg/2       addr -> i32
29     i64.load                             memory     memarg/3       addr -> i64
2a     f32.load                             memory     memarg/2       addr -> f32
2b     f64.load                             memory     memarg/3       addr -> f64
2c     i32.load8_s                          memory     memarg/0       addr -> i32
2d     i32.load8_u                          memory     memarg/0       addr -> i32
2e     i32.load16_s                         memory     memarg/1       addr -> i32
2f     i32.load16_u                         memory     memarg/1       addr -> i32
30     i64.load8_s                          memory     memarg/0       addr -> i64
31     i64.load8_u                          memory     memarg/0       addr -> i64
32     i64.load16_s                         memory     memarg/1       addr -> i64
33     i64.load16_u                         memory     memarg/1       addr -> i64
34     i64.load32_s                         memory     memarg/2       addr -> i64
35     i64.load32_u                         memory     memarg/2       addr -> i64
36     i32.store                            memory     memarg/2       addr i32 ->
37     i64.store                            memory     memarg/3       addr i64 ->
38     f32.store                            memory     memarg/2       addr f32 ->
39     f64.store                            memory     memarg/3       addr f64 ->
3a     i32.store8                           memory     memarg/0       addr i32 ->
3b     i32.store16                          memory     memarg/1       addr i32 ->
3c     i64.store8                           memory     memarg/0       addr i64 ->
3d     i64.store16                          memory     memarg/1       addr i64 ->
3e     i64.store32                          memory     memarg/2       addr i64 ->
3f     memory.size                          memory     memory         -> addr
40     memory.grow                          memory     memory         addr -> addr
41     i32.const                            numeric    i32            -> i32
42     i64.const                            numeric    i64            -> i64
43     f32.const                            numeric    f32            -> f32
44     f64.const                            numeric    f64            -> f64
45     i32.eqz                              numeric    -              i32 -> i32
46     i32.eq                               numeric    -              i32 i32 -> i32
47     i32.ne                               numeric    -              i32 i32 -> i32
48     i32.lt_s                             numeric    -              i32 i32 -> i32
49     i32.lt_u                             numeric    -              i32 i32 -> i32
4a     i32.gt_s                             numeric    -              i32 i32 -> i32
4b     i32.gt_u                             numeric    -              i32 i32 -> i32
4c     i32.le_s                             numeric    -              i32 i32 -> i32
4d     i32.le_u                             numeric    -              i32 i32 -> i32
4e     i32.ge_s                             numeric    -              i32 i32 -> i32
4f     i32.ge_u                             numeric    -              i32 i32 -> i32
50     i64.eqz                              numeric    -              i64 -> i32
51     i64.eq                               numeric    -              i64 i64 -> i32
52     i64.ne                               numeric    -              i64 i64 -> i32
53     i64.lt_s                             numeric    -              i64 i64 -> i32
54     i64.lt_u                             numeric    -              i64 i64 -> i32
55     i64.gt_s                             numeric    -              i64 i64 -> i32
56     i64.gt_u                             numeric    -              i64 i64 -> i32
57     i64.le_s                             numeric    -              i64 i64 -> i32
58     i64.le_u                             numeric    -              i64 i64 -> i32
59     i64.ge_s                             numeric    -              i64 i64 -> i32
5a     i64.ge_u                             numeric    -              i64 i64 -> i32
5b     f32.eq                               numeric    -              f32 f32 -> i32
5c     f32.ne                               numeric    -              f32 f32 -> i32
5d     f32.lt                               numeric    -              f32 f32 -> i32
5e     f32.gt                               numeric    -              f32 f32 -> i32
5f     f32.le                               numeric    -              f32 f32 -> i32
60     f32.ge                               numeric    -              f32 f32 -> i32
61     f64.eq                               numeric    -              f64 f64 -> i32
62     f64.ne                               numeric    -              f64 f64 -> i32
63     f64.lt                               numeric    -              f64 f64 -> i32
64     f64.gt                               numeric    -              f64 f64 -> i32
65     f64.le                               numeric    -              f64 f64 -> i32
66     f64.ge                               numeric    -              f64 f64 -> i32
67     i32.clz                              numeric    -              i32 -> i32
68     i32.ctz                              numeric    -              i32 -> i32
69     i32.popcnt                           numeric    -              i32 -> i32
6a     i32.add                              numeric    -              i32 i32 -> i32
6b     i32.sub                              numeric    -              i32 i32 -> i32
6c     i32.mul                              numeric    -              i32 i32 -> i32
6d     i32.div_s                            numeric    -              i32 i32 -> i32
6e     i32.div_u                            numeric    -              i32 i32 -> i32
6f     i32.rem_s                            numeric    -              i32 i32 -> i32
70     i32.rem_u                            numeric    -              i32 i32 -> i32
71     i32.and                              numeric    -              i32 i32 -> i32
72     i32.or                               numeric    -              i32 i32 -> i32
73     i32.xor                              numeric    -              i32 i32 -> i32
74     i32.shl                              numeric    -              i32 i32 -> i32
75     i32.shr_s                            numeric    -              i32 i32 -> i32
76     i32.shr_u                            numeric    -              i32 i32 -> i32
77     i32.rotl                             numeric    -              i32 i32 -> i32
78     i32.rotr                             numeric    -              i32 i32 -> i32
79     i64.clz                              numeric    -              i64 -> i64
7a     i64.ctz                              numeric    -              i64 -> i64
7b     i64.popcnt                           numeric    -              i64 -> i64
7c     i64.add                              numeric    -              i64 i64 -> i64
7d     i64.sub                              numeric    -              i64 i64 -> i64
7e     i64.mul                              numeric    -              i64 i64 -> i64
7f     i64.div_s                            numeric    -              i64 i64 -> i64
80     i64.div_u                            numeric    -              i64 i64 -> i64
81     i64.rem_s                            numeric    -              i64 i64 -> i64
82     i64.rem_u                            numeric    -              i64 i64 -> i64
83     i64.and                              numeric    -              i64 i64 -> i64
84     i64.or                               numeric    -              i64 i64 -> i64
85     i64.xor                              numeric    -              i64 i64 -> i64
86     i64.shl                              numeric    -              i64 i64 -> i64
87     i64.shr_s                            numeric    -              i64 i64 -> i64
88     i64.shr_u                            numeric    -              i64 i64 -> i64
89     i64.rotl                             numeric    -              i64 i64 -> i64
8a     i64.rotr                             numeric    -              i64 i64 -> i64
8b     f32.abs                              numeric    -              f32 -> f32
8c     f32.neg                              numeric    -              f32 -> f32
8d     f32.ceil                             numeric    -              f32 -> f32
8e     f32.floor                            numeric    -              f32 -> f32
8f     f32.trunc                            numeric    -              f32 -> f32
90     f32.nearest                          numeric    -              f32 -> f32
91     f32.sqrt                             numeric    -              f32 -> f32
92     f32.add                              numeric    -              f32 f32 -> f32
93     f32.sub                              numeric    -              f32 f32 -> f32
94     f32.mul                              numeric    -              f32 f32 -> f32
95     f32.div                              numeric    -              f32 f32 -> f32
96     f32.min                              numeric    -              f32 f32 -> f32
97     f32.max                              numeric    -              f32 f32 -> f32
98     f32.copysign                         numeric    -              f32 f32 -> f32
99     f64.abs                              numeric    -              f64 -> f64
9a     f64.neg                              numeric    -              f64 -> f64
9b     f64.ceil                             numeric    -              f64 -> f64
9c     f64.floor                            numeric    -              f64 -> f64
9d     f64.trunc                            numeric    -              f64 -> f64
9e     f64.nearest                          numeric    -              f64 -> f64
9f     f64.sqrt                             numeric    -              f64 -> f64
a0     f64.add                              numeric    -              f64 f64 -> f64
a1     f64.sub                              numeric    -              f64 f64 -> f64
a2     f64.mul                              numeric    -              f64 f64 -> f64
a3     f64.div                              numeric    -              f64 f64 -> f64
a4     f64.min                              numeric    -              f64 f64 -> f64
a5     f64.max                              numeric    -              f64 f64 -> f64
a6     f64.copysign                         numeric    -              f64 f64 -> f64
a7     i32.wrap_i64                         convert    -              i64 -> i32
a8     i32.trunc_f32_s                      convert    -              f32 -> i32
a9     i32.trunc_f32_u                      convert    -              f32 -> i32
aa     i32.trunc_f64_s                      convert    -              f64 -> i32
ab     i32.trunc_f64_u                      convert    -              f64 -> i32
ac     i64.extend_i32_s                     convert    -              i32 -> i64
ad     i64.extend_i32_u                     convert    -              i32 -> i64
ae     i64.trunc_f32_s                      convert    -              f32 -> i64
af     i64.trunc_f32_u                      convert    -              f32 -> i64
b0     i64.trunc_f64_s                      convert    -              f64 -> i64
b1     i64.trunc_f64_u                      convert    -              f64 -> i64
b2     f32.convert_i32_s                    convert    -              i32 -> f32
b3     f32.convert_i32_u                    convert    -              i32 -> f32
b4     f32.convert_i64_s                    convert    -              i64 -> f32
b5     f32.convert_i64_u                    convert    -              i64 -> f32
b6     f32.demote_f64                       convert    -              f64 -> f32
b7     f64.convert_i32_s                    convert    -              i32 -> f64
b8     f64.convert_i32_u                    convert    -              i32 -> f64
b9     f64.convert_i64_s                    convert    -              i64 -> f64
ba     f64.convert_i64_u                    convert    -              i64 -> f64
bb     f64.promote_f32                      convert    -              f32 -> f64
bc     i32.reinterpret_f32                  convert    -              f32 -> i32
bd     i64.reinterpret_f64                  convert    -              f64 -> i64
be     f32.reinterpret_i32                  convert    -              i32 -> f32
bf     f64.reinterpret_i64                  convert    -              i64 -> f64
c0     i32.extend8_s                        convert    -              i32 -> i32
c1     i32.extend16_s                       convert    -              i32 -> i32
c2     i64.extend8_s                        convert    -              i64 -> i64
c3     i64.extend16_s                       convert    -              i64 -> i64
c4     i64.extend32_s                       convert    -              i64 -> i64
d0     ref.null                             reference  heap           *
d1     ref.is_null                          reference  -              *
d2     ref.func                             reference  func           *
fc0000 i32.trunc_sat_f32_s                  convert    -              f32 -> i32
fc0001 i32.trunc_sat_f32_u                  convert    -              f32 -> i32
fc0002 i32.trunc_sat_f64_s                  convert    -              f64 -> i32
fc0003 i32.trunc_sat_f64_u                  convert    -              f64 -> i32
fc0004 i64.trunc_sat_f32_s                  convert    -              f32 -> i64
fc0005 i64.trunc_sat_f32_u                  convert    -              f32 -> i64
fc0006 i64.trunc_sat_f64_s                  convert    -              f64 -> i64
fc0007 i64.trunc_sat_f64_u                  convert    -              f64 -> i64
fc0008 memory.init                          bulk       data_memory    addr i32 i32 ->
fc0009 data.drop                            bulk       data           ->
fc000a memory.copy                          bulk       memory_memory  *
fc000b memory.fill                          bulk       memory         addr i32 addr ->
fc000c table.init                           bulk       elem_table     *
fc000d elem.drop                            bulk       elem           ->
fc000e table.copy                           bulk       table_table    *
fc000f table.grow                           table      table          *
fc0010 table.size                           table      table          *
fc0011 table.fill                           table      table          *
fd0000 v128.load                            simd       memarg/4       addr -> v128
fd0001 v128.load8x8_s                       simd       memarg/3       addr -> v128
fd0002 v128.load8x8_u                       simd       memarg/3       addr -> v128
fd0003 v128.load16x4_s                      simd       memarg/3       addr -> v128
fd0004 v128.load16x4_u                      simd       memarg/3       addr -> v128
fd0005 v128.load32x2_s                      simd       memarg/3       addr -> v128
fd0006 v128.load32x2_u                      simd       memarg/3       addr -> v128
fd0007 v128.load8_splat                     simd       memarg/0       addr -> v128
fd0008 v128.load16_splat                    simd       memarg/1       addr -> v128
fd0009 v128.load32_splat                    simd       memarg/2       addr -> v128
fd000a v128.load64_splat                    simd       memarg/3       addr -> v128
fd000b v128.store                           simd       memarg/4       addr v128 ->
fd000c v128.const                           simd       v128           -> v128
fd000d i8x16.shuffle                        simd       shuffle/32     v128 v128 -> v128
fd000e i8x16.swizzle                        simd       -              v128 v128 -> v128
fd000f i8x16.splat                          simd       -              i32 -> v128
fd0010 i16x8.splat                          simd       -              i32 -> v128
fd0011 i32x4.splat                          simd       -              i32 -> v128
fd0012 i64x2.splat                          simd       -              i64 -> v128
fd0013 f32x4.splat                          simd       -              f32 -> v128
fd0014 f64x2.splat                          simd       -              f64 -> v128
fd0015 i8x16.extract_lane_s                 simd       lane/16        v128 -> i32
fd0016 i8x16.extract_lane_u                 simd       lane/16        v128 -> i32
fd0017 i8x16.replace_lane                   simd       lane/16        v128 i32 -> v128
fd0018 i16x8.extract_lane_s                 simd       lane/8         v128 -> i32
fd0019 i16x8.extract_lane_u                 simd       lane/8         v128 -> i32
fd001a i16x8.replace_lane                   simd       lane/8         v128 i32 -> v128
fd001b i32x4.extract_lane                   simd       lane/4         v128 -> i32
fd001c i32x4.replace_lane                   simd       lane/4         v128 i32 -> v128
fd001d i64x2.extract_lane                   simd       lane/2         v128 -> i64
fd001e i64x2.replace_lane                   simd       lane/2         v128 i64 -> v128
fd001f f32x4.extract_lane                   simd       lane/4         v128 -> f32
fd0020 f32x4.replace_lane                   simd       lane/4         v128 f32 -> v128
fd0021 f64x2.extract_lane                   simd       lane/2         v128 -> f64
fd0022 f64x2.replace_lane                   simd       lane/2         v128 f64 -> v128
fd0023 i8x16.eq                             simd       -              v128 v128 -> v128
fd0024 i8x16.ne                             simd       -              v128 v128 -> v128
fd0025 i8x16.lt_s                           simd       -              v128 v128 -> v128
fd0026 i8x16.lt_u                           simd       -              v128 v128 -> v128
fd0027 i8x16.gt_s                           simd       -              v128 v128 -> v128
fd0028 i8x16.gt_u                           simd       -              v128 v128 -> v128
fd0029 i8x16.le_s                           simd       -              v128 v128 -> v128
fd002a i8x16.le_u                           simd       -              v128 v128 -> v128
fd002b i8x16.ge_s                           simd       -              v128 v128 -> v128
fd002c i8x16.ge_u                           simd       -              v128 v128 -> v128
fd002d i16x8.eq                             simd       -              v128 v128 -> v128
fd002e i16x8.ne                             simd       -              v128 v128 -> v128
fd002f i16x8.lt_s                           simd       -              v128 v128 -> v128
fd0030 i16x8.lt_u                           simd       -              v128 v128 -> v128
fd0031 i16x8.gt_s                           simd       -              v128 v128 -> v128
fd0032 i16x8.gt_u                           simd       -              v128 v128 -> v128
fd0033 i16x8.le_s                           simd       -              v128 v128 -> v128
fd0034 i16x8.le_u                           simd       -              v128 v128 -> v128
fd0035 i16x8.ge_s                           simd       -              v128 v128 -> v128
fd0036 i16x8.ge_u                           simd       -              v128 v128 -> v128
fd0037 i32x4.eq                             simd       -              v128 v128 -> v128
fd0038 i32x4.ne                             simd       -              v128 v128 -> v128
fd0039 i32x4.lt_s                           simd       -              v128 v128 -> v128
fd003a i32x4.lt_u                           simd       -              v128 v128 -> v128
fd003b i32x4.gt_s                           simd       -              v128 v128 -> v128
fd003c i32x4.gt_u                           simd       -              v128 v128 -> v128
fd003d i32x4.le_s                           simd       -              v128 v128 -> v128
fd003e i32x4.le_u                           simd       -              v128 v128 -> v128
fd003f i32x4.ge_s                           simd       -              v128 v128 -> v128
fd0040 i32x4.ge_u                           simd       -              v128 v128 -> v128
fd0041 f32x4.eq                             simd       -              v128 v128 -> v128
fd0042 f32x4.ne                             simd       -              v128 v128 -> v128
fd0043 f32x4.lt                             simd       -              v128 v128 -> v128
fd0044 f32x4.gt                             simd       -              v128 v128 -> v128
fd0045 f32x4.le                             simd       -              v128 v128 -> v128
fd0046 f32x4.ge                             simd       -              v128 v128 -> v128
fd0047 f64x2.eq                             simd       -              v128 v128 -> v128
fd0048 f64x2.ne                             simd       -              v128 v128 -> v128
fd0049 f64x2.lt                             simd       -              v128 v128 -> v128
fd004a f64x2.gt                             simd       -              v128 v128 -> v128
fd004b f64x2.le                             simd       -              v128 v128 -> v128
fd004c f64x2.ge                             simd       -              v128 v128 -> v128
fd004d v128.not                             simd       -              v128 -> v128
fd004e v128.and                             simd       -              v128 v128 -> v128
fd004f v128.andnot                          simd       -              v128 v128 -> v128
fd0050 v128.or                              simd       -              v128 v128 -> v128
fd0051 v128.xor                             simd       -              v128 v128 -> v128
fd0052 v128.bitselect                       simd       -              v128 v128 v128 -> v128
fd0053 v128.any_true                        simd       -              v128 -> i32
fd0054 v128.load8_lane                      simd       memarg_lane/0  addr v128 -> v128
fd0055 v128.load16_lane                     simd       memarg_lane/1  addr v128 -> v128
fd0056 v128.load32_lane                     simd       memarg_lane/2  addr v128 -> v128
fd0057 v128.load64_lane                     simd       memarg_lane/3  addr v128 -> v128
fd0058 v128.store8_lane                     simd       memarg_lane/0  addr v128 ->
fd0059 v128.store16_lane                    simd       memarg_lane/1  addr v128 ->
fd005a v128.store32_lane                    simd       memarg_lane/2  addr v128 ->
fd005b v128.store64_lane                    simd       memarg_lane/3  addr v128 ->
fd005c v128.load32_zero                     simd       memarg/2       addr -> v128
fd005d v128.load64_zero                     simd       memarg/3       addr -> v128
fd005e f32x4.demote_f64x2_zero              simd       -              v128 -> v128
fd005f f64x2.promote_low_f32x4              simd       -              v128 -> v128
fd0060 i8x16.abs                            simd       -              v128 -> v128
fd0061 i8x16.neg                            simd       -              v128 -> v128
fd0062 i8x16.popcnt                         simd       -              v128 -> v128
fd0063 i8x16.all_true                       simd       -              v128 -> i32
fd0064 i8x16.bitmask                        simd       -              v128 -> i32
fd0065 i8x16.narrow_i16x8_s                 simd       -              v128 v128 -> v128
fd0066 i8x16.narrow_i16x8_u                 simd       -              v128 v128 -> v128
fd0067 f32x4.ceil                           simd       -              v128 -> v128
fd0068 f32x4.floor                          simd       -              v128 -> v128
fd0069 f32x4.trunc                          simd       -              v128 -> v128
fd006a f32x4.nearest                        simd       -              v128 -> v128
fd006b i8x16.shl                            simd       -              v128 i32 -> v128
fd006c i8x16.shr_s                          simd       -              v128 i32 -> v128
fd006d i8x16.shr_u                          simd       -              v128 i32 -> v128
fd006e i8x16.add                            simd       -              v128 v128 -> v128
fd006f i8x16.add_sat_s                      simd       -              v128 v128 -> v128
fd0070 i8x16.add_sat_u                      simd       -              v128 v128 -> v128
fd0071 i8x16.sub                            simd       -              v128 v128 -> v128
fd0072 i8x16.sub_sat_s                      simd       -              v128 v128 -> v128
fd0073 i8x16.sub_sat_u                      simd       -              v128 v128 -> v128
fd0074 f64x2.ceil                           simd       -              v128 -> v128
fd0075 f64x2.floor                          simd       -              v128 -> v128
fd0076 i8x16.min_s                          simd       -              v128 v128 -> v128
fd0077 i8x16.min_u                          simd       -              v128 v128 -> v128
fd0078 i8x16.max_s                          simd       -              v128 v128 -> v128
fd0079 i8x16.max_u                          simd       -              v128 v128 -> v128
fd007a f64x2.trunc                          simd       -              v128 -> v128
fd007b i8x16.avgr_u                         simd       -              v128 v128 -> v128
fd007c i16x8.extadd_pairwise_i8x16_s        simd       -              v128 -> v128
fd007d i16x8.extadd_pairwise_i8x16_u        simd       -              v128 -> v128
fd007e i32x4.extadd_pairwise_i16x8_s        simd       -              v128 -> v128
fd007f i32x4.extadd_pairwise_i16x8_u        simd       -              v128 -> v128
fd0080 i16x8.abs                            simd       -              v128 -> v128
fd0081 i16x8.neg                            simd       -              v128 -> v128
fd0082 i16x8.q15mulr_sat_s                  simd       -              v128 v128 -> v128
fd0083 i16x8.all_true                       simd       -              v128 -> i32
fd0084 i16x8.bitmask                        simd       -              v128 -> i32
fd0085 i16x8.narrow_i32x4_s                 simd       -              v128 v128 -> v128
fd0086 i16x8.narrow_i32x4_u                 simd       -              v128 v128 -> v128
fd0087 i16x8.extend_low_i8x16_s             simd       -              v128 -> v128
fd0088 i16x8.extend_high_i8x16_s            simd       -              v128 -> v128
fd0089 i16x8.extend_low_i8x16_u             simd       -              v128 -> v128
fd008a i16x8.extend_high_i8x16_u            simd       -              v128 -> v128
fd008b i16x8.shl                            simd       -              v128 i32 -> v128
fd008c i16x8.shr_s                          simd       -              v128 i32 -> v128
fd008d i16x8.shr_u                          simd       -              v128 i32 -> v128
fd008e i16x8.add                            simd       -              v128 v128 -> v128
fd008f i16x8.add_sat_s                      simd       -              v128 v128 -> v128
fd0090 i16x8.add_sat_u                      simd       -              v128 v128 -> v128
fd0091 i16x8.sub                            simd       -              v128 v128 -> v128
fd0092 i16x8.sub_sat_s                      simd       -              v128 v128 -> v128
fd0093 i16x8.sub_sat_u                      simd       -              v128 v128 -> v128
fd0094 f64x2.nearest                        simd       -              v128 -> v128
fd0095 i16x8.mul                            simd       -              v128 v128 -> v128
fd0096 i16x8.min_s                          simd       -              v128 v128 -> v128
fd0097 i16x8.min_u                          simd       -              v128 v128 -> v128
fd0098 i16x8.max_s                          simd       -              v128 v128 -> v128
fd0099 i16x8.max_u                          simd       -              v128 v128 -> v128
fd009b i16x8.avgr_u                         simd       -              v128 v128 -> v128
fd009c i16x8.extmul_low_i8x16_s             simd       -              v128 v128 -> v128
fd009d i16x8.extmul_high_i8x16_s            simd       -              v128 v128 -> v128
fd009e i16x8.extmul_low_i8x16_u             simd       -              v128 v128 -> v128
fd009f i16x8.extmul_high_i8x16_u            simd       -              v128 v128 -> v128
fd00a0 i32x4.abs                            simd       -              v128 -> v128
fd00a1 i32x4.neg                            simd       -              v128 -> v128
fd00a3 i32x4.all_true                       simd       -              v128 -> i32
fd00a4 i32x4.bitmask                        simd       -              v128 -> i32
fd00a7 i32x4.extend_low_i16x8_s             simd       -              v128 -> v128
fd00a8 i32x4.extend_high_i16x8_s            simd       -              v128 -> v128
fd00a9 i32x4.extend_low_i16x8_u             simd       -              v128 -> v128
fd00aa i32x4.extend_high_i16x8_u            simd       -              v128 -> v128
fd00ab i32x4.shl                            simd       -              v128 i32 -> v128
fd00ac i32x4.shr_s                          simd       -              v128 i32 -> v128
fd00ad i32x4.shr_u                          simd       -              v128 i32 -> v128
fd00ae i32x4.add                            simd       -              v128 v128 -> v128
fd00b1 i32x4.sub                            simd       -              v128 v128 -> v128
fd00b5 i32x4.mul                            simd       -              v128 v128 -> v128
fd00b6 i32x4.min_s                          simd       -              v128 v128 -> v128
fd00b7 i32x4.min_u                          simd       -              v128 v128 -> v128
fd00b8 i32x4.max_s                          simd       -              v128 v128 -> v128
fd00b9 i32x4.max_u                          simd       -              v128 v128 -> v128
fd00ba i32x4.dot_i16x8_s                    simd       -              v128 v128 -> v128
fd00bc i32x4.extmul_low_i16x8_s             simd       -              v128 v128 -> v128
fd00bd i32x4.extmul_high_i16x8_s            simd       -              v128 v128 -> v128
fd00be i32x4.extmul_low_i16x8_u             simd       -              v128 v128 -> v128
fd00bf i32x4.extmul_high_i16x8_u            simd       -              v128 v128 -> v128
fd00c0 i64x2.abs                            simd       -              v128 -> v128
fd00c1 i64x2.neg                            simd       -              v128 -> v128
fd00c3 i64x2.all_true                       simd       -              v128 -> i32
fd00c4 i64x2.bitmask                        simd       -              v128 -> i32
fd00c7 i64x2.extend_low_i32x4_s             simd       -              v128 -> v128
fd00c8 i64x2.extend_high_i32x4_s            simd       -              v128 -> v128
fd00c9 i64x2.extend_low_i32x4_u             simd       -              v128 -> v128
fd00ca i64x2.extend_high_i32x4_u            simd       -              v128 -> v128
fd00cb i64x2.shl                            simd       -              v128 i32 -> v128
fd00cc i64x2.shr_s                          simd       -              v128 i32 -> v128
fd00cd i64x2.shr_u                          simd       -              v128 i32 -> v128
fd00ce i64x2.add                            simd       -              v128 v128 -> v128
fd00d1 i64x2.sub                            simd       -              v128 v128 -> v128
fd00d5 i64x2.mul                            simd       -              v128 v128 -> v128
fd00d6 i64x2.eq                             simd       -              v128 v128 -> v128
fd00d7 i64x2.ne                             simd       -              v128 v128 -> v128
fd00d8 i64x2.lt_s                           simd       -              v128 v128 -> v128
fd00d9 i64x2.gt_s                           simd       -              v128 v128 -> v128
fd00da i64x2.le_s                           simd       -              v128 v128 -> v128
fd00db i64x2.ge_s                           simd       -              v128 v128 -> v128
fd00dc i64x2.extmul_low_i32x4_s             simd       -              v128 v128 -> v128
fd00dd i64x2.extmul_high_i32x4_s            simd       -              v128 v128 -> v128
fd00de i64x2.extmul_low_i32x4_u             simd       -              v128 v128 -> v128
fd00df i64x2.extmul_high_i32x4_u            simd       -              v128 v128 -> v128
fd00e0 f32x4.abs                            simd       -              v128 -> v128
fd00e1 f32x4.neg                            simd       -              v128 -> v128
fd00e3 f32x4.sqrt                           simd       -              v128 -> v128
fd00e4 f32x4.add                            simd       -              v128 v128 -> v128
fd00e5 f32x4.sub                            simd       -              v128 v128 -> v128
fd00e6 f32x4.mul                            simd       -              v128 v128 -> v128
fd00e7 f32x4.div                            simd       -              v128 v128 -> v128
fd00e8 f32x4.min                            simd       -              v128 v128 -> v128
fd00e9 f32x4.max                            simd       -              v128 v128 -> v128
fd00ea f32x4.pmin                           simd       -              v128 v128 -> v128
fd00eb f32x4.pmax                           simd       -              v128 v128 -> v128
fd00ec f64x2.abs                            simd       -              v128 -> v128
fd00ed f64x2.neg                            simd       -              v128 -> v128
fd00ef f64x2.sqrt                           simd       -              v128 -> v128
fd00f0 f64x2.add                            simd       -              v128 v128 -> v128
fd00f1 f64x2.sub                            simd       -              v128 v128 -> v128
fd00f2 f64x2.mul                            simd       -              v128 v128 -> v128
fd00f3 f64x2.div                            simd       -              v128 v128 -> v128
fd00f4 f64x2.min                            simd       -              v128 v128 -> v128
fd00f5 f64x2.max                            simd       -              v128 v128 -> v128
fd00f6 f64x2.pmin                           simd       -              v128 v128 -> v128
fd00f7 f64x2.pmax                           simd       -              v128 v128 -> v128
fd00f8 i32x4.trunc_sat_f32x4_s              simd       -              v128 -> v128
fd00f9 i32x4.trunc_sat_f32x4_u              simd       -              v128 -> v128
fd00fa f32x4.convert_i32x4_s                simd       -              v128 -> v128
fd00fb f32x4.convert_i32x4_u                simd       -              v128 -> v128
fd00fc i32x4.trunc_sat_f64x2_s_zero         simd       -              v128 -> v128
fd00fd i32x4.trunc_sat_f64x2_u_zero         simd       -              v128 -> v128
fd00fe f64x2.convert_low_i32x4_s            simd       -              v128 -> v128
fd00ff f64x2.convert_low_i32x4_u            simd       -              v128 -> v128
""",
    "tail-call": """
12     return_call                          control    func           *
13     return_call_indirect                 control    type_table     *
""",
    "function-references": """
14     call_ref                             control    type           *
15     return_call_ref                      control    type           *
d4     ref.as_non_null                      reference  -              *
d5     br_on_null                           reference  label          *
d6     br_on_non_null                       reference  label          *
""",
    "exception-handling": """
08     throw                                exception  tag            *
0a     throw_ref                            exception  -              *
1f     try_table                            exception  try_table      *
""",
    "relaxed-simd": """
fd0100 i8x16.relaxed_swizzle                simd       -              v128 v128 -> v128
fd0101 i32x4.relaxed_trunc_f32x4_s          simd       -              v128 -> v128
fd0102 i32x4.relaxed_trunc_f32x4_u          simd       -              v128 -> v128
fd0103 i32x4.relaxed_trunc_f64x2_s_zero     simd       -              v128 -> v128
fd0104 i32x4.relaxed_trunc_f64x2_u_zero     simd       -              v128 -> v128
fd0105 f32x4.relaxed_madd                   simd       -              v128 v128 v128 -> v128
fd0106 f32x4.relaxed_nmadd                  simd       -              v128 v128 v128 -> v128
fd0107 f64x2.relaxed_madd                   simd       -              v128 v128 v128 -> v128
fd0108 f64x2.relaxed_nmadd                  simd       -              v128 v128 v128 -> v128
fd0109 i8x16.relaxed_laneselect             simd       -              v128 v128 v128 -> v128
fd010a i16x8.relaxed_laneselect             simd       -              v128 v128 v128 -> v128
fd010b i32x4.relaxed_laneselect             simd       -              v128 v128 v128 -> v128
fd010c i64x2.relaxed_laneselect             simd       -              v128 v128 v128 -> v128
fd010d f32x4.relaxed_min                    simd       -              v128 v128 -> v128
fd010e f32x4.relaxed_max                    simd       -              v128 v128 -> v128
fd010f f64x2.relaxed_min                    simd       -              v128 v128 -> v128
fd0110 f64x2.relaxed_max                    simd       -              v128 v128 -> v128
fd0111 i16x8.relaxed_q15mulr_s              simd       -              v128 v128 -> v128
fd0112 i16x8.relaxed_dot_i8x16_i7x16_s      simd       -              v128 v128 -> v128
fd0113 i32x4.relaxed_dot_i8x16_i7x16_add_s  simd       -              v128 v128 v128 -> v128
""",
    "gc": """
d3     ref.eq                               gc         -              *
fb0000 struct.new                           gc         type           *
fb0001 struct.new_default                   gc         type           *
fb0002 struct.get                           gc         type_field     *
fb0003 struct.get_s                         gc         type_field     *
fb0004 struct.get_u                         gc         type_field     *
fb0005 struct.set                           gc         type_field     *
fb0006 array.new                            gc         type           *
fb0007 array.new_default                    gc         type           *
fb0008 array.new_fixed                      gc         type_count     *
fb0009 array.new_data                       gc         type_data      *
fb000a array.new_elem                       gc         type_elem      *
fb000b array.get                            gc         type           *
fb000c array.get_s                          gc         type           *
fb000d array.get_u                          gc         type           *
fb000e array.set                            gc         type           *
fb000f array.len                            gc         -              *
fb0010 array.fill                           gc         type           *
fb0011 array.copy                           gc         type_type      *
fb0012 array.init_data                      gc         type_data      *
fb0013 array.init_elem                      gc         type_elem      *
fb0014 ref.test                             gc         heap           *
fb0015 ref.test_null                        gc         heap           *
fb0016 ref.cast                             gc         heap           *
fb0017 ref.cast_null                        gc         heap           *
fb0018 br_on_cast                           gc         label_cast     *
fb0019 br_on_cast_fail                      gc         label_cast     *
fb001a any.convert_extern                   gc         -              *
fb001b extern.convert_any                   gc         -              *
fb001c ref.i31                              gc         -              *
fb001d i31.get_s                            gc         -              *
fb001e i31.get_u                            gc         -              *
""",
    "threads": """
fe0000 memory.atomic.notify                 atomic     memarg/2       addr i32 -> i32
fe0001 memory.atomic.wait32                 atomic     memarg/2       addr i32 i64 -> i32
fe0002 memory.atomic.wait64                 atomic     memarg/3       addr i64 i64 -> i32
fe0003 atomic.fence                         atomic     zero           ->
fe0010 i32.atomic.load                      atomic     memarg/2       addr -> i32
fe0011 i64.atomic.load                      atomic     memarg/3       addr -> i64
fe0012 i32.atomic.load8_u                   atomic     memarg/0       addr -> i32
fe0013 i32.atomic.load16_u                  atomic     memarg/1       addr -> i32
fe0014 i64.atomic.load8_u                   atomic     memarg/0       addr -> i64
fe0015 i64.atomic.load16_u                  atomic     memarg/1       addr -> i64
fe0016 i64.atomic.load32_u                  atomic     memarg/2       addr -> i64
fe0017 i32.atomic.store                     atomic     memarg/2       addr i32 ->
fe0018 i64.atomic.store                     atomic     memarg/3       addr i64 ->
fe0019 i32.atomic.store8                    atomic     memarg/0       addr i32 ->
fe001a i32.atomic.store16                   atomic     memarg/1       addr i32 ->
fe001b i64.atomic.store8                    atomic     memarg/0       addr i64 ->
fe001c i64.atomic.store16                   atomic     memarg/1       addr i64 ->
fe001d i64.atomic.store32                   atomic     memarg/2       addr i64 ->
fe001e i32.atomic.rmw.add                   atomic     memarg/2       addr i32 -> i32
fe001f i64.atomic.rmw.add                   atomic     memarg/3       addr i64 -> i64
fe0020 i32.atomic.rmw8.add_u                atomic     memarg/0       addr i32 -> i32
fe0021 i32.atomic.rmw16.add_u               atomic     memarg/1       addr i32 -> i32
fe0022 i64.atomic.rmw8.add_u                atomic     memarg/0       addr i64 -> i64
fe0023 i64.atomic.rmw16.add_u               atomic     memarg/1       addr i64 -> i64
fe0024 i64.atomic.rmw32.add_u               atomic     memarg/2       addr i64 -> i64
fe0025 i32.atomic.rmw.sub                   atomic     memarg/2       addr i32 -> i32
fe0026 i64.atomic.rmw.sub                   atomic     memarg/3       addr i64 -> i64
fe0027 i32.atomic.rmw8.sub_u                atomic     memarg/0       addr i32 -> i32
fe0028 i32.atomic.rmw16.sub_u               atomic     memarg/1       addr i32 -> i32
fe0029 i64.atomic.rmw8.sub_u                atomic     memarg/0       addr i64 -> i64
fe002a i64.atomic.rmw16.sub_u               atomic     memarg/1       addr i64 -> i64
fe002b i64.atomic.rmw32.sub_u               atomic     memarg/2       addr i64 -> i64
fe002c i32.atomic.rmw.and                   atomic     memarg/2       addr i32 -> i32
fe002d i64.atomic.rmw.and                   atomic     memarg/3       addr i64 -> i64
fe002e i32.atomic.rmw8.and_u                atomic     memarg/0       addr i32 -> i32
fe002f i32.atomic.rmw16.and_u               atomic     memarg/1       addr i32 -> i32
fe0030 i64.atomic.rmw8.and_u                atomic     memarg/0       addr i64 -> i64
fe0031 i64.atomic.rmw16.and_u               atomic     memarg/1       addr i64 -> i64
fe0032 i64.atomic.rmw32.and_u               atomic     memarg/2       addr i64 -> i64
fe0033 i32.atomic.rmw.or                    atomic     memarg/2       addr i32 -> i32
fe0034 i64.atomic.rmw.or                    atomic     memarg/3       addr i64 -> i64
fe0035 i32.atomic.rmw8.or_u                 atomic     memarg/0       addr i32 -> i32
fe0036 i32.atomic.rmw16.or_u                atomic     memarg/1       addr i32 -> i32
fe0037 i64.atomic.rmw8.or_u                 atomic     memarg/0       addr i64 -> i64
fe0038 i64.atomic.rmw16.or_u                atomic     memarg/1       addr i64 -> i64
fe0039 i64.atomic.rmw32.or_u                atomic     memarg/2       addr i64 -> i64
fe003a i32.atomic.rmw.xor                   atomic     memarg/2       addr i32 -> i32
fe003b i64.atomic.rmw.xor                   atomic     memarg/3       addr i64 -> i64
fe003c i32.atomic.rmw8.xor_u                atomic     memarg/0       addr i32 -> i32
fe003d i32.atomic.rmw16.xor_u               atomic     memarg/1       addr i32 -> i32
fe003e i64.atomic.rmw8.xor_u                atomic     memarg/0       addr i64 -> i64
fe003f i64.atomic.rmw16.xor_u               atomic     memarg/1       addr i64 -> i64
fe0040 i64.atomic.rmw32.xor_u               atomic     memarg/2       addr i64 -> i64
fe0041 i32.atomic.rmw.xchg                  atomic     memarg/2       addr i32 -> i32
fe0042 i64.atomic.rmw.xchg                  atomic     memarg/3       addr i64 -> i64
fe0043 i32.atomic.rmw8.xchg_u               atomic     memarg/0       addr i32 -> i32
fe0044 i32.atomic.rmw16.xchg_u              atomic     memarg/1       addr i32 -> i32
fe0045 i64.atomic.rmw8.xchg_u               atomic     memarg/0       addr i64 -> i64
fe0046 i64.atomic.rmw16.xchg_u              atomic     memarg/1       addr i64 -> i64
fe0047 i64.atomic.rmw32.xchg_u              atomic     memarg/2       addr i64 -> i64
fe0048 i32.atomic.rmw.cmpxchg               atomic     memarg/2       addr i32 i32 -> i32
fe0049 i64.atomic.rmw.cmpxchg               atomic     memarg/3       addr i64 i64 -> i64
fe004a i32.atomic.rmw8.cmpxchg_u            atomic     memarg/0       addr i32 i32 -> i32
fe004b i32.atomic.rmw16.cmpxchg_u           atomic     memarg/1       addr i32 i32 -> i32
fe004c i64.atomic.rmw8.cmpxchg_u            atomic     memarg/0       addr i64 i64 -> i64
fe004d i64.atomic.rmw16.cmpxchg_u           atomic     memarg/1       addr i64 i64 -> i64
fe004e i64.atomic.rmw32.cmpxchg_u           atomic     memarg/2       addr i64 i64 -> i64
""",
    "legacy-exceptions": """
06     try                                  exception  block          *
07     catch                                exception  tag            *
09     rethrow                              exception  label          *
18     delegate                             exception  label          *
19     catch_all                            exception  -              *
""",
    "wide-arithmetic": """
fc0013 i64.add128                           numeric    -              i64 i64 i64 i64 -> i64 i64
fc0014 i64.sub128                           numeric    -              i64 i64 i64 i64 -> i64 i64
fc0015 i64.mul_wide_s                       numeric    -              i64 i64 -> i64 i64
fc0016 i64.mul_wide_u                       numeric    -              i64 i64 -> i64 i64
""",
    "memory-control": """
fc0012 memory.discard                       bulk       memory         addr addr ->
""",
    "stack-switching": """
e0     cont.new                             stack      type           *
e1     cont.bind                            stack      type_type      *
e2     suspend                              stack      tag            *
e3     resume                               stack      refused        *
e4     resume_throw                         stack      refused        *
e5     resume_throw_ref                     stack      refused        *
e6     switch                               stack      type_tag       *
""",
    "custom-descriptors": """
fb0020 struct.new_desc                      gc         type           *
fb0021 struct.new_default_desc              gc         type           *
fb0022 ref.get_desc                         gc         type           *
fb0023 ref.cast_desc_eq                     gc         refused        *
fb0025 br_on_cast_desc_eq                   gc         refused        *
fb0026 br_on_cast_desc_eq_fail              gc         refused        *
""",
}


class Opcode(NamedTuple):
    """One row. `params` and `results` are None where the types depend on context.

    `bound` is the natural alignment (power of two) of a memory access, the number of lanes of a
    lane instruction, else 0. `proposal` is "" for WebAssembly 2.0.
    """

    code: int
    name: str
    family: str
    immediate: str
    bound: int
    params: Optional[tuple[str, ...]]
    results: Optional[tuple[str, ...]]
    proposal: str


def _opcode(row: str, proposal: str) -> Opcode:
    code, name, family, immediate, signature = row.split(maxsplit=4)
    kind, _, bound = immediate.partition("/")
    params: Optional[tuple[str, ...]] = None
    results: Optional[tuple[str, ...]] = None
    if signature != "*":
        before, _, after = signature.partition("->")
        # Interned, so that validation can compare types by identity.
        params, results = tuple(map(intern, before.split())), tuple(map(intern, after.split()))
    number = int(code, 16)
    return Opcode(number, name, family, kind.strip("-"), int(bound or 0), params, results, proposal)


# A sub-opcode above would run into the prefix.
SUB_OPCODE_MAX = 0xFFFF
OPCODES: tuple[Opcode, ...] = tuple(
    _opcode(row, proposal) for proposal, rows in _ROWS.items() for row in rows.strip().splitlines()
)
OPCODES_BY_NAME: dict[str, Opcode] = {row.name: row for row in OPCODES}
OPCODES_BY_CODE: dict[int, Opcode] = {row.code: row for row in OPCODES}


def is_prefix(byte: int) -> bool:
    """Whether a LEB128 sub-opcode follows this first byte."""
    return byte in _PREFIXES


_PREFIXES = frozenset(row.code >> 16 for row in OPCODES if row.code > 0xFF)


def opcode_text(code: int) -> str:
    """An opcode for a message: its name if known, else its bytes."""
    if code in OPCODES_BY_CODE:
        return OPCODES_BY_CODE[code].name
    return f"0x{code:02x}" if code <= 0xFF else f"0x{code >> 16:02x} {code & 0xFFFF}"
