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
/// commandLine() []const u8: the monitor's. After vm.initialize().
pub const commandLine = implementation.commandLine;

/// A byte stream out of and into the machine.
pub const SerialPort = implementation.SerialPort;

/// PCI configuration space of bus 0. `pciPresent()` bool; `pciRead(function, offset)` u32 and
/// `pciWrite(function, offset, value)`, offset a multiple of 4, function being device * 8 +
/// function.
pub const pciPresent = implementation.pciPresent;
pub const pciRead = implementation.pciRead;
pub const pciWrite = implementation.pciWrite;

/// allowStop(): from here on a non-maskable interrupt is a request to end (stop.zig). After
/// vm.initialize().
pub const allowStop = implementation.allowStop;
/// connectInterruptLine(line): lets an edge on this input wake the processor from idling; no
/// effect when there is no such input.
pub const connectInterruptLine = implementation.connectInterruptLine;
/// message_address, message_data: a device that writes the one to the other wakes it too.
pub const message_address = implementation.message_address;
pub const message_data = implementation.message_data;

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
/// idleUntilNs(deadline_ns): as sleepUntilNs, but a device's interrupt ends it too.
pub const idleUntilNs = implementation.idleUntilNs;
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
