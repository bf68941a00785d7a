# SPDX-License-Identifier: Apache-2.0
# Interrupt entry stubs. Stub n lies at interrupt_stubs + n * STUB_SIZE; each makes the stack look
# like idt.zig's Frame and calls handleInterrupt(frame).
#
# No vector registers are saved: exceptions never return to the program, and device interrupts are
# enabled only around HLT, where no live value is in one (cpu.zig, waitForInterrupt).

.set STUB_SIZE, 16
.set STUB_COUNT, 48
.set VECTORS_WITH_ERROR_CODE, 0x60227d00 # 8 10-14 17 21 29 30 (Intel SDM vol. 3, table 6-1)

    .section .text.interrupts, "ax", @progbits
    .globl interrupt_stubs
    .balign STUB_SIZE
interrupt_stubs:
    .set vector, 0
    .rept STUB_COUNT
    .balign STUB_SIZE
    .if vector > 31 || !((VECTORS_WITH_ERROR_CODE >> vector) & 1)
    push $0
    .endif
    push $vector
    jmp interrupt_common
    .set vector, vector + 1
    .endr

    .type interrupt_common, @function
interrupt_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    cld
    mov %rsp, %rdi
    call handleInterrupt
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $16, %rsp
    iretq
    .size interrupt_common, . - interrupt_common
