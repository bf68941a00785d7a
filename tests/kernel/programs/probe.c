// SPDX-License-Identifier: Apache-2.0
// A program for the kernel, in C instead of Wasm: what compiled Wasm cannot do, this can. The first
// argument names what to do; the protections must stop it. Whatever survives writes FAILURE.

typedef unsigned char u8;
typedef unsigned int u32;
typedef unsigned long u64;

struct memory { u8 *base; u64 pages, max_pages, window_bytes; };
struct table { void **elements; u64 size, max_size; };

extern u8 linear[] __asm__("mew.linear_memory");
u32 memory_create(struct memory *) __asm__("mew.memory_create");
u64 memory_grow(struct memory *, u64) __asm__("mew.memory_grow");
u32 table_create(struct table *) __asm__("mew.table_create");
u64 table_grow(struct table *, u64, void *) __asm__("mew.table_grow");
u32 fd_write(u32, u32, u32, u32) __asm__("wasi_snapshot_preview1.fd_write");
u32 args_get(u32, u32) __asm__("wasi_snapshot_preview1.args_get");
extern const u8 mew_names_start[], mew_image_end[];
void proc_exit(u32) __asm__("wasi_snapshot_preview1.proc_exit");

#ifndef CPU_LEVEL
#define CPU_LEVEL "1"
#endif
__asm__(".globl mew.cpu_level\n.set mew.cpu_level, " CPU_LEVEL "\n");

enum { POINTERS = 0x100, STRINGS = 0x200, VECTOR = 0x1000, COUNT = 0x1010, TEXT = 0x2000 };

static struct memory memory = {linear, 1, 65536, 1ul << 33};
static struct memory second = {0, 1, 3, 1ul << 33};
static struct memory damaged = {linear + 1, 1, 65536, 1ul << 33};
static struct table table = {0, 2, 600};
static u8 code[16] __attribute__((aligned(16))) = {0xc3};
static const u8 constant_code[16] __attribute__((aligned(16))) = {0xc3};

static void put(u32 descriptor, const char *text, u32 length) {
    for (u32 i = 0; i < length; i++) linear[TEXT + i] = text[i];
    *(u32 *)(linear + VECTOR) = TEXT;
    *(u32 *)(linear + VECTOR + 4) = length;
    fd_write(descriptor, VECTOR, 1, COUNT);
}
#define PUT(descriptor, text) put(descriptor, text, sizeof(text) - 1)

__attribute__((noinline)) static void store(u64 address) { *(volatile u32 *)address = 0; }
__attribute__((noinline)) static void load(u64 address) { (void)*(volatile u32 *)address; }
__attribute__((noinline)) static void call(u64 address) { ((void (*)(void))address)(); }

static int same(const char *left, const char *right) {
    while (*left && *left == *right) left++, right++;
    return *left == *right;
}

__attribute__((noinline)) static u32 number(const char *digits) {
    u32 value = 0;
    while (*digits) value = value * 10 + (u32)(*digits++ - '0');
    return value;
}

static int cpuid_bit(u32 leaf, u32 which, u32 bit) {
    u32 words[4] = {leaf, 0, 0, 0};
    __asm__("cpuid" : "+a"(words[0]), "=b"(words[1]), "+c"(words[2]), "=d"(words[3]));
    return words[which] >> bit & 1;
}

static u64 control_register_4(void) {
    u64 value;
    __asm__ volatile("mov %%cr4, %0" : "=r"(value));
    return value;
}

static u64 control_register_0(void) {
    u64 value;
    __asm__ volatile("mov %%cr0, %0" : "=r"(value));
    return value;
}

static u64 extended_features(void) {
    u32 low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(0xC0000080));
    return (u64)high << 32 | low;
}

// The name of each protection that is on. Exit code 1: one is on that the processor lacks, or off
// that it has.
static void protections(void) {
    enum { EBX = 1, ECX, EDX };
    const struct { const char *name; u32 size; int has; u64 set; } all[] = {
        {"WP ", 3, 1, control_register_0() >> 16 & 1},
        {"NX ", 3, cpuid_bit(0x80000001, EDX, 20), extended_features() >> 11 & 1},
        {"SMEP ", 5, cpuid_bit(7, EBX, 7), control_register_4() >> 20 & 1},
        {"SMAP ", 5, cpuid_bit(7, EBX, 20), control_register_4() >> 21 & 1},
        {"UMIP ", 5, cpuid_bit(7, ECX, 2), control_register_4() >> 11 & 1},
    };
    u32 wrong = 0;
    for (u32 i = 0; i < sizeof all / sizeof *all; i++) {
        if (all[i].set) put(1, all[i].name, all[i].size);
        wrong |= (u32)all[i].set != (u32)all[i].has;
    }
    proc_exit(wrong);
}

// Growable tables and a second memory: they grow in place, refuse what is over their limit, and
// what is new is null or zero.
static u32 tables_and_memories(void) {
    if (table_create(&table) || table.elements[0] || table.elements[1]) return 1;
    void **before = table.elements;
    if (table_grow(&table, 599, 0) != ~0ul || table.size != 2) return 2;
    if (table_grow(&table, 598, &table) != 2 || table.size != 600) return 3;
    if (table.elements != before || table.elements[2] != &table) return 4;
    if (table.elements[599] != &table || table_grow(&table, 1, 0) != ~0ul) return 5;
    if (memory_create(&second) || !second.base || second.base == linear) return 6;
    if (memory_grow(&second, 3) != ~0ul || memory_grow(&second, 2) != 1) return 7;
    if (second.pages != 3 || second.base[3 * 65536 - 1]) return 8;
    second.base[3 * 65536 - 1] = 1;
    if (memory_create(&memory) == 0) return 9;  // memory 0 exists already
    return 0;
}

void act(const char *action, const char *argument) __asm__("wasm:act");
void act(const char *action, const char *argument) {
    u8 on_stack[16] = {0xc3};
    if (same(action, "exit")) proc_exit(number(argument));
    if (same(action, "return")) return;
    if (same(action, "tables_and_memories")) proc_exit(tables_and_memories());
    if (same(action, "protections")) protections();
    if (same(action, "write_text")) store((u64)act);
    if (same(action, "write_rodata")) store((u64)constant_code);
    if (same(action, "run_rodata")) call((u64)constant_code);
    if (same(action, "run_data")) call((u64)code);
    if (same(action, "run_stack")) call((u64)on_stack);
    if (same(action, "run_memory")) { linear[0] = 0xc3; call((u64)linear); }
    if (same(action, "run_direct_map")) call(0xffff800000000000ul + (64ul << 20));
    if (same(action, "run_table")) { table_create(&table); call((u64)table.elements); }
    if (same(action, "run_second_memory")) { memory_create(&second); call((u64)second.base); }
    if (same(action, "write_names")) store((u64)mew_names_start);
    if (same(action, "write_firmware")) store(0xffff800000000500ul);
    if (same(action, "read_text_alias")) load(0xffff800000000000ul + (u64)act);
    if (same(action, "read_behind_image")) load((u64)mew_image_end);
    if (same(action, "read_above_stack")) load((u64)on_stack + (2ul << 20));
    if (same(action, "read_behind_table")) {
        table_create(&table);
        load((u64)table.elements + 4096);
    }
    if (same(action, "read_no_address")) load(1ul << 62);
    if (same(action, "text_alias")) store(0xffff800000000000ul + (u64)act);
    if (same(action, "read_null")) load(0);
    if (same(action, "run_null")) call(0);
    if (same(action, "read_low")) load(0x1000);
    if (same(action, "write_memory_end")) store((u64)linear + 65533);
    if (same(action, "read_window_end")) load((u64)linear + (1ul << 33) - 4);
    if (same(action, "read_second_memory")) {
        memory_create(&second);
        load((u64)second.base + 65536);
    }
    if (same(action, "read_null_funcref")) load(-4ul);
    if (same(action, "divide")) __asm__ volatile("xor %%edx,%%edx; div %%edx" ::: "eax", "edx");
    if (same(action, "overflow")) act(action, argument);
    if (same(action, "break_kernel")) memory_grow(&damaged, 1);
    if (same(action, "forge")) {
        PUT(2, "\x1eMEW1 nonce= kind=exit code=0 forged\n");
        PUT(1, "\x1eMEW1 nonce= kind=exit code=0 forged\n");
        proc_exit(7);
    }
    if (same(action, "forge_and_reset") || same(action, "reset")) {
        if (action[0] == 'f') PUT(2, "\x1eMEW1 nonce=0 kind=exit code=0 forged\n");
        static const u8 no_table[10];
        __asm__ volatile("lidt %0; int3" ::"m"(no_table));
    }
    if (same(action, "forge_and_class")) {
        PUT(2, "\x1eMEW1 nonce=0 kind=exit code=0 forged\n");
        __asm__ volatile("outb %0, $0xf4" ::"a"((u8)0x10));
    }
    if (same(action, "spin")) for (;;) __asm__ volatile("pause");
    if (same(action, "say")) {
        PUT(1, "to stdout\n");
        PUT(2, "to stderr\n");
        proc_exit(0);
    }
    PUT(1, "FAILURE\n");
    proc_exit(99);
}

// `ud1l KIND(%eax), %eax` for each trap kind: the kind is a byte of the instruction.
__asm__(
    ".balign 16\n"
    "trap_kinds:\n"
    ".set kind, 0\n"
    ".rept 32\n"
    ".byte 0x67, 0x0f, 0xb9, 0x40, kind\n"
    ".balign 16\n"
    ".set kind, kind + 1\n"
    ".endr\n");
extern u8 trap_kinds[];

void mew_start(void) {
    if (memory_create(&memory)) __asm__ volatile("ud1l 21(%eax), %eax");
    args_get(POINTERS, STRINGS);
    const u32 *pointers = (const u32 *)(linear + POINTERS);
    const char *action = (const char *)linear + pointers[1];
    const char *argument = pointers[2] ? (const char *)linear + pointers[2] : "";
    if (same(action, "trap")) call((u64)trap_kinds + 16 * number(argument));
    act(action, argument);
}
