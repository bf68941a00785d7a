// SPDX-License-Identifier: Apache-2.0
//! What the kernel needs from a processor architecture. Each architecture's arch.zig gives all of
//! these names; the requirements on callers are stated here and asserted there.

const builtin = @import("builtin");
const implementation = switch (builtin.cpu.arch) {
    .x86_64 => @import("x86_64/arch.zig"),
    else => @compileError("the kernel has no code for this architecture"),
};

/// A root page table: `create`, `map`, `activate`.
pub const AddressSpace = implementation.AddressSpace;
pub const Permissions = implementation.Permissions;
/// tableFramesMax(size): frames that page tables for a mapping can take at most.
pub const tableFramesMax = implementation.tableFramesMax;

/// readMemoryMap(handle, *Frames) bool: what the monitor passed at entry; false when it passed
/// none. Before vm.initialize().
pub const readMemoryMap = implementation.readMemoryMap;
/// readCommandLine(buffer) []u8: ends with a NUL. After readMemoryMap().
pub const readCommandLine = implementation.readCommandLine;

/// A byte stream out of and into the machine.
pub const SerialPort = implementation.SerialPort;

/// findConsole() bool: whether there is a faster way out than a serial port; once, after
/// vm.initialize(). If so, writeConsole(bytes) writes to it.
pub const findConsole = implementation.findConsole;
pub const writeConsole = implementation.writeConsole;

/// Files that the monitor offers. `findConfigFile` and `readConfigFile` need
/// `configFilesPresent()`; buffers lie in the image.
pub const ConfigFile = implementation.ConfigFile;
pub const configFilesPresent = implementation.configFilesPresent;
pub const findConfigFile = implementation.findConfigFile;
pub const readConfigFile = implementation.readConfigFile;

/// catchExceptions(): from here on a fault is reported, not a reset. First thing at boot.
pub const catchExceptions = implementation.catchExceptions;
/// enableFeatures() bool: protections and vector state on; false when the processor cannot
/// forbid execution of data. Before vm.initialize().
pub const enableFeatures = implementation.enableFeatures;
/// cpuLevel() u32: x86-64 psABI level. After enableFeatures().
pub const cpuLevel = implementation.cpuLevel;
/// largestPagesUsable() bool. After enableFeatures().
pub const largestPagesUsable = implementation.largestPagesUsable;

/// monotonicNs() u64: since the monitor gave us control. After vm.initialize(), as all clocks.
pub const monotonicNs = implementation.monotonicNs;
pub const realtimeNs = implementation.realtimeNs;
/// busyNs() u64: time that the processor did not idle.
pub const busyNs = implementation.busyNs;
/// differenceNs(from, to) u64: between two time stamps.
pub const differenceNs = implementation.differenceNs;
/// sleepUntilNs(deadline_ns): idles.
pub const sleepUntilNs = implementation.sleepUntilNs;
/// readTimestamp() u64: a counter of constant rate; needs nothing.
pub const readTimestamp = implementation.readTimestamp;
/// bootTimestamp() u64: that counter when the monitor gave us control.
pub const bootTimestamp = implementation.bootTimestamp;

/// bootStack(): addresses `start` and `end` of the stack that main.zig begins on.
pub const bootStack = implementation.bootStack;
/// randomSeed() u64: unpredictable bits. After enableFeatures().
pub const randomSeed = implementation.randomSeed;
/// callOnStack(stack_top, function) noreturn: floating-point control at its reset value, no
/// caller in backtraces. The top is 16-aligned and mapped.
pub const callOnStack = implementation.callOnStack;
/// fillZero(address, size): both multiples of 8.
pub const fillZero = implementation.fillZero;
/// exit(class) noreturn: ends the machine; class is one of the protocol's.
pub const exit = implementation.exit;
