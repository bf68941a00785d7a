// SPDX-License-Identifier: Apache-2.0
//! The two ways to a virtio device behind one interface, and the list of a machine's devices.

const Mmio = @import("mmio.zig").Mmio;
const Pci = @import("pci.zig").Pci;
const queues = @import("queue.zig");
const arch = @import("../../arch/interface.zig");
const listing = @import("listing.zig");

/// OASIS virtio 1.2, section 5: those that there is a driver for.
pub const Kind = enum(u32) { network = 1, block = 2, console = 3, entropy = 4, files = 9, _ };

pub const Transport = union(enum) {
    mmio: Mmio,
    pci: Pci,

    /// Lets the device end an idle wait, as far as it can.
    pub fn connectInterrupt(transport: *Transport) void {
        switch (transport.*) {
            inline else => |*way| way.connectInterrupt(),
        }
    }

    /// After each wait.
    pub fn acknowledgeInterrupt(transport: *const Transport) void {
        switch (transport.*) {
            inline else => |*way| way.acknowledgeInterrupt(),
        }
    }

    /// Section 2.1, the device status field.
    pub fn status(transport: *const Transport) u8 {
        return switch (transport.*) {
            inline else => |*way| way.status(),
        };
    }

    pub fn setStatus(transport: *const Transport, value: u8) void {
        switch (transport.*) {
            inline else => |*way| way.setStatus(value),
        }
    }

    /// Feature bits 0 to 63 that the device offers.
    pub fn features(transport: *const Transport) u64 {
        return switch (transport.*) {
            inline else => |*way| @as(u64, way.features(1)) << 32 | way.features(0),
        };
    }

    pub fn acceptFeatures(transport: *const Transport, bits: u64) void {
        switch (transport.*) {
            inline else => |*way| {
                way.acceptFeatures(0, @truncate(bits));
                way.acceptFeatures(1, @truncate(bits >> 32));
            },
        }
    }

    /// Entries that queue `number` can have; 0 when there is no such queue. Selects it.
    pub fn queueSizeMax(transport: *const Transport, number: u16) u32 {
        return switch (transport.*) {
            inline else => |*way| way.queueSizeMax(number),
        };
    }

    /// Hands the selected queue's rings to the device. Returns its doorbell for `notify`; null
    /// when the device cannot use the queue.
    pub fn startQueue(transport: *const Transport, queue: queues.Place) ?usize {
        return switch (transport.*) {
            inline else => |*way| way.startQueue(queue),
        };
    }

    /// Tells the device that queue `number` has new requests.
    pub fn notify(transport: *const Transport, doorbell: usize, number: u16) void {
        switch (transport.*) {
            inline else => |way| @TypeOf(way).notify(doorbell, number),
        }
    }

    /// Changes whenever the device's configuration changes.
    pub fn configGeneration(transport: *const Transport) u32 {
        return switch (transport.*) {
            inline else => |*way| way.configGeneration(),
        };
    }

    /// A field (u8, u16 or u32) of the device's own configuration; null where it has none.
    pub fn config(transport: *const Transport, comptime Word: type, offset: usize) ?Word {
        return switch (transport.*) {
            inline else => |*way| way.config(Word, offset),
        };
    }
};

/// More than any machine of ours has; the rest would not be found.
pub const devices_max = 32;

const Place = union(enum) {
    mmio: Mmio,
    pci_function: u8,
};

const Listed = struct { kind: Kind, place: Place };

var list: [devices_max]Listed = undefined;
/// Null until the machine was searched.
var list_size: ?usize = null;

/// The `index`th device of `kind`, by ascending address or place on the bus, which is the order
/// that src/python/mew/vm/machine.py gives them. To be opened once.
///
/// Caller requirements: after vm.initialize().
pub fn find(kind: Kind, index: u32) ?Transport {
    if (list_size == null) search();
    var left = index;
    for (list[0..list_size.?]) |*listed| {
        if (listed.kind != kind) continue;
        if (left == 0) return switch (listed.place) {
            .mmio => |mmio| .{ .mmio = mmio },
            .pci_function => |function| .{ .pci = Pci.open(function) orelse return null },
        };
        left -= 1;
    }
    return null;
}

/// How many devices of `kind` there are.
pub fn count(kind: Kind) u32 {
    if (list_size == null) search();
    var found: u32 = 0;
    for (list[0..list_size.?]) |*listed| found += @intFromBool(listed.kind == kind);
    return found;
}

/// Devices on the command line first, then those on the PCI bus.
fn search() void {
    list_size = 0;
    var last: u64 = 0;
    while (listing.nextAfter(arch.commandLine(), last)) |place| : (last = place.address) {
        const mmio = Mmio.open(place) orelse continue;
        enlist(mmio.device(), .{ .mmio = mmio });
    }
    if (!arch.pciPresent()) return;
    for (0..256) |index| {
        const function: u8 = @intCast(index);
        // Monitors give each device a place of its own.
        if (function % 8 != 0) continue;
        enlist(Pci.kindAt(function) orelse continue, .{ .pci_function = function });
    }
}

fn enlist(kind: u32, place: Place) void {
    if (list_size.? == devices_max) return;
    list[list_size.?] = .{ .kind = @fromBackingInt(kind), .place = place };
    list_size.? += 1;
}
