// SPDX-License-Identifier: Apache-2.0
//! Network devices (OASIS virtio 1.2, section 5.1): whole frames both ways, with checksums and the
//! cutting and joining of TCP segments left to the device where it can.
//!
//! A device that breaks the protocol is not used any more; what it was given stays with it.

const std = @import("std");
const assert = std.debug.assert;
const arch = @import("../../arch/interface.zig");
const blocks = @import("../../net/blocks.zig");
const devices = @import("device.zig");
const headers = @import("network_header.zig");
const link = @import("../../net/link.zig");
const log = @import("../../log.zig");
const receive = @import("network_receive.zig");
const transmit = @import("network_transmit.zig");
const vm = @import("../../mem/vm.zig");
const Ring = headers.Ring;

/// Section 5.1.3.
const feature_checksum: u64 = 1 << 0;
const feature_guest_checksum: u64 = 1 << 1;
const feature_mtu: u64 = 1 << 3;
const feature_mac: u64 = 1 << 5;
const feature_guest_tcp4: u64 = 1 << 7;
const feature_guest_tcp6: u64 = 1 << 8;
const feature_host_tcp4: u64 = 1 << 11;
const feature_host_tcp6: u64 = 1 << 12;
const feature_merge_buffers: u64 = 1 << 15;
const feature_status: u64 = 1 << 16;
/// Section 6.
const feature_events: u64 = 1 << 29;

/// Section 5.1.4.
const config_mac = 0;
const config_status = 6;
const config_mtu = 10;
const status_link_up = 1;

/// Section 5.1.2.
const queue_receive = 0;
const queue_transmit = 1;

const mtu_default = 1500;
/// IPv6 needs so much (RFC 8200, section 5); a device that says less is not believed.
const mtu_min = 1280;
/// Of a locally administered address (IEEE 802, section 8.2).
const mac_local = 0x02;
const mac_group = 0x01;

const receive_entries_min = 4;
/// Part of the pool that the device may have, so that little memory is not all with it; but enough
/// for one of the longest frames and some others.
const receive_share = 4;
const receive_blocks_min = 2 * receive.blocks_of_frame_max;
/// A frame and one more.
const transmit_entries_min = 32;

/// What driver and device share, but for the blocks.
const Shared = extern struct {
    receive_rings: Ring.Rings,
    transmit_rings: Ring.Rings,
    slots: transmit.Slots,
};
const shared_bytes = std.mem.alignForward(usize, @sizeOf(Shared), 4096);

const Receiver = receive.Receiver(vm.physicalOf);
const Transmitter = transmit.Transmitter(vm.physicalOf);
const Queue = devices.QueueWith(Ring);

/// Since the start, for whoever looks for speed.
pub const Counts = struct {
    received: u64 = 0,
    sent: u64 = 0,
    notifications: u64 = 0,
    waits: u64 = 0,
};

/// One device. It must not move.
pub const Network = struct {
    device: devices.Device,
    interface: link.Interface,
    receive_queue: Queue,
    transmit_queue: Queue,
    receiver: Receiver,
    transmitter: Transmitter,
    /// It broke the protocol.
    is_down: bool = false,
    counts: Counts = .{},

    /// Starts the machine's first network device with blocks of `pool`. False when there is none,
    /// or it cannot be used, which is logged. Once.
    ///
    /// Caller requirements: after vm.initialize().
    pub fn open(network: *Network, pool: *blocks.Pool) bool {
        var device = devices.Device.find(.network, 0) orelse return false;
        if (!device.agree(wishes(device.offered()))) return false;
        network.* = .{
            .device = device,
            .interface = interfaceOf(&device),
            .receive_queue = undefined,
            .transmit_queue = undefined,
            .receiver = undefined,
            .transmitter = undefined,
        };
        if (network.start(pool)) |failure| {
            device.refuse(failure);
            return false;
        }
        network.logStart();
        return true;
    }

    /// Says what went wrong.
    fn start(network: *Network, pool: *blocks.Pool) ?[]const u8 {
        const device = &network.device;
        const memory = vm.allocateShared(shared_bytes) orelse return "has no memory";
        const shared: *Shared = @ptrCast(memory.ptr);
        network.receive_queue = device.openQueueWith(
            Ring,
            queue_receive,
            &shared.receive_rings,
            receive_entries_min,
        ) orelse return "has no queue for received frames";
        network.transmit_queue = device.openQueueWith(
            Ring,
            queue_transmit,
            &shared.transmit_rings,
            transmit_entries_min,
        ) orelse return "has no queue for frames to send";
        for ([_]*Queue{ &network.receive_queue, &network.transmit_queue }) |queue| {
            queue.ring.has_events = device.has(feature_events);
            queue.ring.interruptNever();
        }
        network.receiver = .{
            .ring = &network.receive_queue.ring,
            .pool = pool,
            .blocks_max = @intCast(std.math.clamp(
                pool.blocks_max / receive_share,
                receive_blocks_min,
                Ring.size_max,
            )),
            .joins_blocks = device.has(feature_merge_buffers),
            .tells_checksum = device.has(feature_guest_checksum),
        };
        network.transmitter = .{
            .ring = &network.transmit_queue.ring,
            .pool = pool,
            .slots = &shared.slots,
        };
        device.start();
        network.receiver.fill();
        network.tell(&network.receive_queue);
        return null;
    }

    fn logStart(network: *const Network) void {
        const interface = &network.interface;
        const mac = interface.hardware_address;
        log.info("network device {x:0>2}:{x:0>2}:{x:0>2}:{x:0>2}:{x:0>2}:{x:0>2}, " ++
            "packets of {d} bytes, features 0x{x}", .{
            mac[0],        mac[1],                  mac[2], mac[3], mac[4], mac[5],
            interface.mtu, network.device.features,
        });
        if (!network.device.has(feature_status)) return;
        const status = network.device.config(u16, config_status) orelse return;
        if (status & status_link_up == 0) log.warn("the network's link is down", .{});
    }

    /// The next frame that has come; null: none. Its blocks are to be retained, or are released
    /// with the next call.
    pub fn receiveFrame(network: *Network) ?link.Received {
        if (network.is_down) return null;
        const frame = network.receiver.next() catch return network.giveUp();
        network.counts.received += @intFromBool(frame != null);
        return frame;
    }

    /// Ends a run of receiveFrame(): the device gets back what it can write to.
    pub fn replenish(network: *Network) void {
        if (network.is_down) return;
        network.receiver.fill();
        network.tell(&network.receive_queue);
    }

    /// Takes back what has been sent.
    pub fn reclaim(network: *Network) void {
        if (network.is_down) return;
        network.transmitter.reclaim() catch {
            _ = network.giveUp();
        };
    }

    /// Whether a frame can be sent.
    pub fn hasRoom(network: *const Network) bool {
        return !network.is_down and network.transmitter.hasRoom();
    }

    /// Where the next frame's headers have to be.
    ///
    /// Caller requirements: hasRoom().
    pub fn headerPlace(network: *Network) *[link.header_bytes_max]u8 {
        return network.transmitter.headerPlace();
    }

    /// Gives the device a frame, of which it need not know before flush().
    ///
    /// Caller requirements: hasRoom(); the header is at headerPlace().
    pub fn send(network: *Network, frame: *const link.Outgoing) void {
        network.transmitter.send(frame);
        network.counts.sent += 1;
    }

    /// Tells the device of frames to send, unless it is at work anyway.
    pub fn flush(network: *Network) void {
        network.tell(&network.transmit_queue);
    }

    /// Frames that the device has not yet sent.
    pub fn inFlight(network: *const Network) usize {
        return if (network.is_down) 0 else network.transmitter.inFlight();
    }

    /// Asks for an interrupt when a frame comes and, if `wants_room`, when half of those that are
    /// to be sent have been. False when there is something to do already.
    pub fn beginWait(network: *Network, wants_room: bool) bool {
        if (network.is_down) return true;
        network.counts.waits += 1;
        // An edge: it has to fall before it can rise (mmio.zig).
        network.device.transport.acknowledgeInterrupt();
        network.receive_queue.ring.interruptAfter(1);
        if (wants_room) {
            const waiting = network.transmit_queue.ring.in_flight;
            network.transmit_queue.ring.interruptAfter(@max(1, waiting / 2));
        }
        const sent = wants_room and network.transmit_queue.ring.hasFinished();
        return !sent and !network.receive_queue.ring.hasFinished();
    }

    /// Ends what beginWait() began.
    pub fn endWait(network: *Network) void {
        if (network.is_down) return;
        network.receive_queue.ring.interruptNever();
        network.transmit_queue.ring.interruptNever();
    }

    /// Whether there may be something to receive.
    pub fn hasFrames(network: *const Network) bool {
        return !network.is_down and network.receive_queue.ring.hasFinished();
    }

    fn tell(network: *Network, queue: *Queue) void {
        if (!queue.ring.mustNotify()) return;
        network.device.transport.notify(queue.doorbell, queue.number);
        network.counts.notifications += 1;
    }

    fn giveUp(network: *Network) ?link.Received {
        assert(!network.is_down);
        network.is_down = true;
        log.err("the network device is broken: not used any more", .{});
        return null;
    }
};

/// Of what a device offers, what we can use: some features need others (section 5.1.3.1), and
/// joined segments need room that one block does not have.
fn wishes(offered: u64) u64 {
    var wanted = feature_mac | feature_status | feature_events | feature_checksum;
    if (offered & feature_checksum != 0) wanted |= feature_host_tcp4 | feature_host_tcp6;
    wanted |= feature_guest_checksum;
    if (offered & feature_merge_buffers == 0) return wanted;
    wanted |= feature_merge_buffers | feature_mtu;
    if (offered & feature_guest_checksum != 0) wanted |= feature_guest_tcp4 | feature_guest_tcp6;
    return wanted;
}

fn interfaceOf(device: *const devices.Device) link.Interface {
    return .{
        .hardware_address = macOf(device),
        .mtu = mtuOf(device),
        .offloads = .{
            .transmit_checksum = device.has(feature_checksum),
            .segment_tcp4 = device.has(feature_host_tcp4),
            .segment_tcp6 = device.has(feature_host_tcp6),
        },
    };
}

/// One of our own when the device has none.
fn macOf(device: *const devices.Device) [6]u8 {
    var mac: [6]u8 = undefined;
    std.mem.writeInt(u48, &mac, @truncate(arch.randomSeed()), .little);
    mac[0] = mac[0] & ~@as(u8, mac_group) | mac_local;
    if (!device.has(feature_mac)) return mac;
    for (&mac, config_mac..) |*byte, offset| {
        byte.* = device.config(u8, offset) orelse byte.*;
    }
    return mac;
}

fn mtuOf(device: *const devices.Device) u16 {
    if (!device.has(feature_mtu)) return mtu_default;
    const told = device.config(u16, config_mtu) orelse mtu_default;
    return if (told < mtu_min) mtu_default else told;
}
