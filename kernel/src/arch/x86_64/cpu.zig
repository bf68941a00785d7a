// SPDX-License-Identifier: Apache-2.0
//! What this processor can do, and the control registers that switch it on.
//! Numbers are from the Intel SDM: vol. 2 CPUID, vol. 3 chapter 2, vol. 4 for MSRs.

const assert = @import("std").debug.assert;

const CpuidResult = struct { eax: u32, ebx: u32, ecx: u32, edx: u32 };

pub fn cpuid(leaf: u32, subleaf: u32) CpuidResult {
    var eax: u32 = undefined;
    var ebx: u32 = undefined;
    var ecx: u32 = undefined;
    var edx: u32 = undefined;
    asm volatile ("cpuid"
        : [eax] "={eax}" (eax),
          [ebx] "={ebx}" (ebx),
          [ecx] "={ecx}" (ecx),
          [edx] "={edx}" (edx),
        : [leaf] "{eax}" (leaf),
          [subleaf] "{ecx}" (subleaf),
    );
    return .{ .eax = eax, .ebx = ebx, .ecx = ecx, .edx = edx };
}

/// The CPUID leaves that anything here asks about, read once: each costs an exit in a VM.
pub const Features = struct {
    basic: CpuidResult,
    structured: CpuidResult,
    extended: CpuidResult,

    pub fn read() Features {
        const none: CpuidResult = .{ .eax = 0, .ebx = 0, .ecx = 0, .edx = 0 };
        return .{
            .basic = cpuid(1, 0),
            .structured = if (cpuid(0, 0).eax >= 7) cpuid(7, 0) else none,
            // There in every processor that has long mode, which this leaf announces.
            .extended = cpuid(0x8000_0001, 0),
        };
    }

    pub fn noExecute(features: *const Features) bool {
        return bit(features.extended.edx, 20);
    }

    pub fn pages1GiB(features: *const Features) bool {
        return bit(features.extended.edx, 26);
    }

    pub fn avx(features: *const Features) bool {
        return bit(features.basic.ecx, 26) and bit(features.basic.ecx, 28);
    }

    pub fn randomNumbers(features: *const Features) bool {
        return bit(features.basic.ecx, 30);
    }

    /// Highest of the x86-64 psABI levels 1 to 3 that the processor has (psABI 1.0, table 3.1).
    pub fn level(features: *const Features) u32 {
        const ecx = features.basic.ecx;
        // SSE3 SSSE3 CMPXCHG16B SSE4.1 SSE4.2 POPCNT, then LAHF-SAHF.
        if (!all(ecx, &.{ 0, 9, 13, 19, 20, 23 }) or !bit(features.extended.ecx, 0)) return 1;
        // FMA MOVBE OSXSAVE(as XSAVE) AVX F16C; BMI1 AVX2 BMI2; LZCNT.
        if (!all(ecx, &.{ 12, 22, 26, 28, 29 })) return 2;
        if (!all(features.structured.ebx, &.{ 3, 5, 8 })) return 2;
        if (!bit(features.extended.ecx, 5)) return 2;
        return 3;
    }
};

fn bit(word: u32, comptime index: u5) bool {
    return word >> index & 1 != 0;
}

fn all(word: u32, comptime indices: []const u5) bool {
    comptime var mask: u32 = 0;
    inline for (indices) |index| mask |= 1 << index;
    return word & mask == mask;
}

const cr4_umip: u64 = 1 << 11;
const cr4_osxsave: u64 = 1 << 18;
const cr4_smep: u64 = 1 << 20;
const cr4_smap: u64 = 1 << 21;

/// x87, SSE and AVX state: what programs of level 3 use.
const xcr0_avx: u64 = 0b111;

/// Switches on what the program and our page tables rely on, and each protection there is.
///
/// Caller requirements: once, before the final page tables are loaded.
pub fn enable(features: *const Features) void {
    var cr4 = readCr4();
    // All code runs in ring 0; these stop it from trusting a user page that should not exist.
    if (bit(features.structured.ebx, 7)) cr4 |= cr4_smep;
    if (bit(features.structured.ebx, 20)) cr4 |= cr4_smap;
    if (bit(features.structured.ecx, 2)) cr4 |= cr4_umip;
    if (features.avx()) cr4 |= cr4_osxsave;
    writeCr4(cr4);
    if (features.avx()) writeXcr0(xcr0_avx);
}

pub fn readMsr(index: u32) u64 {
    var low: u32 = undefined;
    var high: u32 = undefined;
    asm volatile ("rdmsr"
        : [low] "={eax}" (low),
          [high] "={edx}" (high),
        : [index] "{ecx}" (index),
    );
    return @as(u64, high) << 32 | low;
}

pub fn writeMsr(index: u32, value: u64) void {
    asm volatile ("wrmsr"
        :
        : [low] "{eax}" (@as(u32, @truncate(value))),
          [high] "{edx}" (@as(u32, @truncate(value >> 32))),
          [index] "{ecx}" (index),
    );
}

fn readCr4() u64 {
    return asm volatile ("mov %%cr4, %[value]"
        : [value] "=r" (-> u64),
    );
}

fn writeCr4(value: u64) void {
    asm volatile ("mov %[value], %%cr4"
        :
        : [value] "r" (value),
        : .{ .memory = true });
}

fn writeXcr0(value: u64) void {
    asm volatile ("xsetbv"
        :
        : [low] "{eax}" (@as(u32, @truncate(value))),
          [high] "{edx}" (@as(u32, @truncate(value >> 32))),
          [index] "{ecx}" (@as(u32, 0)),
    );
}

/// The address that the last page fault was about.
pub fn readFaultAddress() u64 {
    return asm volatile ("mov %%cr2, %[value]"
        : [value] "=r" (-> u64),
    );
}

/// Loads a root page table; translations of the old one are forgotten.
pub fn writePageTableRoot(physical: u64) void {
    assert(physical % 4096 == 0);
    asm volatile ("mov %[value], %%cr3"
        :
        : [value] "r" (physical),
        : .{ .memory = true });
}

/// To be called when a page's entry has changed that the processor may have read before.
pub fn forgetTranslation(address: u64) void {
    asm volatile ("invlpg (%[address])"
        :
        : [address] "r" (address),
        : .{ .memory = true });
}

/// Zeroes memory, eight bytes a step. Fast strings make this the best way on hardware, and to an
/// emulator it is one instruction to translate.
pub fn fillZero(address: u64, size: u64) void {
    assert((address | size) % 8 == 0);
    asm volatile ("rep stosq"
        :
        : [address] "{rdi}" (address),
          [count] "{rcx}" (size / 8),
          [value] "{rax}" (@as(u64, 0)),
        : .{ .memory = true, .rdi = true, .rcx = true });
}

/// Time stamp counter; earlier instructions have finished.
pub fn readTimestamp() u64 {
    var low: u32 = undefined;
    var high: u32 = undefined;
    asm volatile ("lfence; rdtsc"
        : [low] "={eax}" (low),
          [high] "={edx}" (high),
    );
    return @as(u64, high) << 32 | low;
}

/// One hardware random number, or null when the processor's source is exhausted.
pub fn hardwareRandom() ?u64 {
    var value: u64 = undefined;
    var valid: u8 = undefined;
    asm volatile ("rdrand %[value]; setc %[valid]"
        : [value] "=r" (value),
          [valid] "=q" (valid),
        :
        : .{ .cc = true });
    return if (valid != 0) value else null;
}

/// Idles until an interrupt has been handled. STI takes effect after the following instruction,
/// so an interrupt that is already pending cannot slip in between and be slept through.
pub fn waitForInterrupt() void {
    asm volatile ("sti; hlt; cli" ::: .{ .memory = true });
}

/// Stops for good.
pub fn halt() noreturn {
    while (true) asm volatile ("cli; hlt");
}

/// Resets the machine by a fault that has no handler. For monitors without a debug-exit port.
pub fn tripleFault() noreturn {
    const no_table: [10]u8 = @splat(0);
    asm volatile ("lidt (%[table]); int3"
        :
        : [table] "r" (&no_table),
        : .{ .memory = true });
    halt();
}
