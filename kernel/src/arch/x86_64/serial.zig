// SPDX-License-Identifier: Apache-2.0
//! 16550 serial ports (National Semiconductor PC16550D data sheet), written by polling: what is
//! written has left the machine when the call returns, which the end report relies on.

const std = @import("std");
const io_apic = @import("io_apic.zig");
const ports = @import("ports.zig");

/// Register offsets.
const data = 0;
const interrupt_enable = 1;
const fifo_control = 2;
const modem_control = 4;
const line_status = 5;
const scratch = 7;

/// The receiver's trigger level is 14 bytes: QEMU passes on at most so many at a time.
const fifo_enable = 0xc1;
const fifo_enable_and_clear = fifo_enable | 0x06;
/// The trigger level is one byte.
const fifo_enable_at_once = 0x01;
const interrupt_none = 0x00;
const interrupt_received = 0x01;
/// DTR, RTS, and the output that lets the chip's interrupts through on PCs.
const modem_interrupts = 0x0b;
const status_data_ready = 0x01;
/// The transmitter's FIFO can be filled again.
const status_fifo_empty = 0x20;
/// All has gone out.
const status_transmitter_empty = 0x40;
/// Bytes that the transmitter takes at once when its FIFO is empty.
const fifo_size = 16;

pub const Port = struct {
    base: u16,
    /// Interrupt input that it is wired to.
    line: u32,

    pub const com1: Port = .{ .base = 0x3f8, .line = 4 };
    pub const com2: Port = .{ .base = 0x2f8, .line = 3 };

    /// True when there is a chip: it keeps what is written to its scratch register.
    pub fn present(port: Port) bool {
        for ([_]u8{ 0x5a, 0xa5 }) |pattern| {
            ports.write8(port.base + scratch, pattern);
            if (ports.read8(port.base + scratch) != pattern) return false;
        }
        return true;
    }

    pub fn initialize(port: Port) void {
        std.debug.assert(port.base == com1.base or port.base == com2.base);
        ports.write8(port.base + fifo_control, fifo_enable_and_clear);
    }

    /// Writes all bytes, waiting for the other side as long as it takes.
    pub fn write(port: Port, bytes: []const u8) void {
        var rest = bytes;
        while (rest.len > 0) {
            port.waitFor(status_fifo_empty);
            const burst = rest[0..@min(rest.len, fifo_size)];
            for (burst) |byte| ports.write8(port.base + data, byte);
            rest = rest[burst.len..];
        }
        port.waitFor(status_transmitter_empty);
    }

    fn waitFor(port: Port, status: u8) void {
        while (ports.read8(port.base + line_status) & status == 0) std.atomic.spinLoopHint();
    }

    pub fn readReady(port: Port) bool {
        return ports.read8(port.base + line_status) & status_data_ready != 0;
    }

    /// From now on a byte that is here, or that comes, wakes the processor from idling.
    pub fn beginWake(port: Port) void {
        io_apic.connect(port.line);
        ports.write8(port.base + fifo_control, fifo_enable_at_once);
        ports.write8(port.base + modem_control, modem_interrupts);
        ports.write8(port.base + interrupt_enable, interrupt_received);
    }

    pub fn endWake(port: Port) void {
        ports.write8(port.base + interrupt_enable, interrupt_none);
        ports.write8(port.base + fifo_control, fifo_enable);
    }

    /// Caller requirements: `readReady()`.
    pub fn readByte(port: Port) u8 {
        std.debug.assert(port.readReady());
        return ports.read8(port.base + data);
    }
};
