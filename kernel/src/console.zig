// SPDX-License-Identifier: Apache-2.0
//! The two ways out: the program's output on a virtio console, or on COM1 where there is none;
//! everything for people and for the runner (standard error, the kernel's log, the end report) on
//! COM2, or on COM1 where it is alone.

const std = @import("std");
const assert = std.debug.assert;
const arch = @import("arch/interface.zig");
const log = @import("log.zig");
const stop = @import("stop.zig");
const virtio_console = @import("drivers/virtio/console.zig");
const SerialPort = arch.SerialPort;

const output: SerialPort = .com1;
var control: SerialPort = .com1;
/// Known when the program has first written something.
var has_console: ?bool = null;

/// First thing at boot: without it nothing can be said.
pub fn initialize() void {
    output.initialize();
    if (SerialPort.com2.present()) {
        control = .com2;
        control.initialize();
    }
}

pub fn writeOutput(bytes: []const u8) void {
    if (has_console == null) {
        has_console = virtio_console.initialize();
        const name = if (has_console.?) "virtio console" else "serial port";
        log.info("standard output goes to a {s}", .{name});
    }
    // One that breaks has nobody behind it who reads; the serial port may have.
    if (has_console.?) has_console = virtio_console.send(bytes);
    if (!has_console.?) output.write(bytes);
}

pub fn writeControl(bytes: []const u8) void {
    control.write(bytes);
}

/// True when the control port has a byte for us.
pub fn controlReady() bool {
    return control.readReady();
}

/// From now on a byte for us ends idling.
pub fn beginControlWake() void {
    control.beginWake();
}

pub fn endControlWake() void {
    control.endWake();
}

/// Idles until the control port has a byte for us, or until the deadline: then false.
pub fn awaitControl(deadline_ns: u64) bool {
    if (controlReady()) return true;
    beginControlWake();
    defer endControlWake();
    while (!controlReady()) {
        if (arch.monotonicNs() >= deadline_ns) return false;
        arch.idleUntilNs(deadline_ns);
        stop.check();
    }
    return true;
}

/// Caller requirements: `controlReady()`.
pub fn readControl() u8 {
    return control.readByte();
}

/// A writer to the control port. Its interface must be flushed.
pub const ControlWriter = struct {
    buffer: [256]u8 = undefined,
    interface: std.Io.Writer = undefined,

    const vtable: std.Io.Writer.VTable = .{ .drain = drain };

    pub fn begin(control_writer: *ControlWriter) *std.Io.Writer {
        control_writer.interface = .{ .vtable = &vtable, .buffer = &control_writer.buffer };
        return &control_writer.interface;
    }

    fn drain(
        writer: *std.Io.Writer,
        data: []const []const u8,
        splat: usize,
    ) std.Io.Writer.Error!usize {
        assert(data.len > 0);
        writeControl(writer.buffered());
        writer.end = 0;
        var written: usize = 0;
        for (data[0 .. data.len - 1]) |bytes| {
            writeControl(bytes);
            written += bytes.len;
        }
        const pattern = data[data.len - 1];
        for (0..splat) |_| writeControl(pattern);
        assert(writer.end == 0);
        return written + pattern.len * splat;
    }
};
