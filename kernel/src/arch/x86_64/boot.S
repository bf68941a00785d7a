# SPDX-License-Identifier: Apache-2.0
# From the monitor's entry point to Zig: 32-bit protected mode, paging off, to long mode. The image
# runs at its physical address.
#
# PVH (Xen docs/misc/pvh.pandoc, "Direct boot"): the ELF note XEN_ELFNOTE_PHYS32_ENTRY names the
# entry; EBX holds the physical address of struct hvm_start_info.

.set NOTE_PHYS32_ENTRY, 18

.set PAGE_TABLE, 0x03                    # present, writable
.set PAGE_2MIB, 0x83                     # present, writable, large
.set CR0_BITS, 0x80010033                # PG WP NE ET MP PE; EM and TS clear: SSE works
.set CR4_BITS, 0x00000620                # OSXMMEXCPT OSFXSR PAE
.set MSR_EFER, 0xc0000080
.set EFER_LME, 0x100
.set CPUID_EXTENDED, 0x80000001
.set CPUID_EDX_NX, 1 << 20

.set SELECTOR_CODE, 0x08
.set SELECTOR_DATA, 0x10

    .section .note.pvh, "a", @note
    .balign 4
    .long 4, 8, NOTE_PHYS32_ENTRY
    .asciz "Xen"
    .quad pvh_entry

    .section .text.boot, "ax", @progbits
    .code32
    .globl pvh_entry
pvh_entry:
    cld
    cli
    mov $boot_stack_top, %esp
    rdtsc
    mov %eax, boot_timestamp
    mov %edx, boot_timestamp + 4

    # The first GiB at two places: where we run, and in the direct map.
    # Zig replaces these tables as soon as it knows the memory map.
    movl $(boot_pdpt + PAGE_TABLE), boot_pml4
    movl $(boot_pdpt + PAGE_TABLE), boot_pml4 + 256 * 8
    movl $(boot_pd + PAGE_TABLE), boot_pdpt
    mov $boot_pd, %edi
    mov $PAGE_2MIB, %eax
    mov $512, %ecx
1:  mov %eax, (%edi)
    add $8, %edi
    add $0x200000, %eax
    dec %ecx
    jnz 1b

    mov $CR4_BITS, %eax
    mov %eax, %cr4
    mov $boot_pml4, %eax
    mov %eax, %cr3
    # No-execute where the processor has it, which Zig checks: CPUID bit 20 is EFER bit 11.
    mov %ebx, %esi
    mov $CPUID_EXTENDED, %eax
    cpuid
    mov %esi, %ebx
    mov %edx, %edi
    and $CPUID_EDX_NX, %edi
    shr $9, %edi
    or $EFER_LME, %edi
    mov $MSR_EFER, %ecx
    rdmsr
    or %edi, %eax
    wrmsr
    mov $CR0_BITS, %eax
    mov %eax, %cr0
    lgdtl boot_gdt_pointer
    ljmpl $SELECTOR_CODE, $1f

    .code64
1:  mov $SELECTOR_DATA, %eax             # the others mean nothing in long mode
    mov %eax, %ss
    mov $boot_stack_top, %rsp
    mov %ebx, %edi                       # zero-extends: the argument of kernelStart
    xor %ebp, %ebp                       # ends every backtrace
    call kernelStart
    ud2

    .section .rodata.boot, "a", @progbits
    .balign 8
boot_gdt:
    .quad 0
    .quad 0x00af9b000000ffff             # code: 64-bit, ring 0
    .quad 0x00cf93000000ffff             # data: ring 0
boot_gdt_pointer:
    .word . - boot_gdt - 1
    .long boot_gdt

    .section .bss.boot, "aw", @nobits
    .balign 4096
boot_pml4:
    .skip 4096
boot_pdpt:
    .skip 4096
boot_pd:
    .skip 4096
    .globl boot_stack_bottom, boot_stack_top
boot_stack_bottom:
    .skip 16384
boot_stack_top:
    .globl boot_timestamp
boot_timestamp:
    .skip 8
