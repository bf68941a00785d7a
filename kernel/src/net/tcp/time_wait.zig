// SPDX-License-Identifier: Apache-2.0
//! TIME-WAIT: what is left of a connection while segments of it may still be on their way. A
//! small record, because there is one for each connection of the last minute.

const std = @import("std");
const connections = @import("connection.zig");
const listeners = @import("listener.zig");
const paths = @import("path.zig");
const segments = @import("segment.zig");
const table = @import("table.zig");
const Tcp = @import("tcp.zig").Tcp;

const Connection = connections.Connection;

/// Twice an MSL of half a minute; RFC 9293 says two, and allows any (section 3.4.2).
pub const wait_ns = 60 * std.time.ns_per_s;
/// How far a new connection's sequence numbers are beyond the old one's, if the clock has not
/// gone as far: more than any window without scaling.
const sequence_step = 0x1_0000;

pub const TimeWait = struct {
    node: table.Node,
    link: std.DoublyLinkedList.Node = .{},
    until_ns: u64,
    nxt: u32,
    receive_nxt: u32,
    /// RFC 7323's TS.Recent; null: the connection had no timestamps.
    recent: ?u32,
    recent_at_ms: u32,

    pub fn fromNode(node: *table.Node) *TimeWait {
        return @fieldParentPtr("node", node);
    }

    fn fromLink(link: *std.DoublyLinkedList.Node) *TimeWait {
        return @fieldParentPtr("link", link);
    }
};

pub const TimeWaits = struct {
    /// The first one to end is the first.
    list: std.DoublyLinkedList = .{},
    count: u32 = 0,

    pub fn deadlineNs(waits: *const TimeWaits) ?u64 {
        const first = waits.list.first orelse return null;
        return TimeWait.fromLink(first).until_ns;
    }
};

/// Both sides have closed: acknowledges the peer's FIN and keeps a record. The program may still
/// read from `connection`, which is closed.
pub fn enter(tcp: *Tcp, connection: *Connection, now_ns: u64) void {
    const path = connection.path().*;
    const record: TimeWait = .{
        .node = .{ .path = path, .kind = .time_wait },
        .until_ns = now_ns + wait_ns,
        .nxt = connection.send.nxt,
        .receive_nxt = connection.receive.nxt,
        .recent = if (connection.timestamps) connection.receive.recent else null,
        .recent_at_ms = connections.clockMs(now_ns),
    };
    const is_told = connection.receive.last_acknowledged == connection.receive.nxt;
    tcp.detach(connection);
    if (!is_told) acknowledge(tcp, &record, now_ns);
    keep(tcp, record);
}

fn keep(tcp: *Tcp, record: TimeWait) void {
    const allocator = tcp.options.allocator;
    if (tcp.waits.count >= tcp.options.time_wait_max) {
        const oldest = tcp.waits.list.first orelse return;
        forget(tcp, TimeWait.fromLink(oldest));
    }
    // Without memory the path is free at once: the risk is small, and a crash is worse.
    const wait = allocator.create(TimeWait) catch return;
    wait.* = record;
    tcp.table.insert(allocator, &wait.node) catch return allocator.destroy(wait);
    tcp.waits.list.append(&wait.link);
    tcp.waits.count += 1;
}

pub fn forget(tcp: *Tcp, wait: *TimeWait) void {
    tcp.table.remove(&wait.node);
    tcp.waits.list.remove(&wait.link);
    tcp.waits.count -= 1;
    tcp.options.allocator.destroy(wait);
}

pub fn expire(tcp: *Tcp, now_ns: u64) void {
    while (tcp.waits.list.first) |link| {
        const wait = TimeWait.fromLink(link);
        if (wait.until_ns > now_ns) return;
        forget(tcp, wait);
    }
}

fn acknowledge(tcp: *Tcp, wait: *const TimeWait, now_ns: u64) void {
    var header: segments.Header = .{
        .sequence = wait.nxt,
        .acknowledgement = wait.receive_nxt,
        .flags = .{ .ack = true },
        .window = 0xffff,
    };
    if (wait.recent) |recent| header.timestamps = .{
        .value = connections.clockMs(now_ns) +% tcp.secrets.timestampOffset(&wait.node.path),
        .echo = recent,
    };
    tcp.reply(&wait.node.path, &header);
}

/// A segment for a connection that has ended. Resets do nothing (RFC 1337).
pub fn arrive(
    tcp: *Tcp,
    wait: *TimeWait,
    header: *const segments.Header,
    payload_bytes: u32,
    route: paths.Route,
    now_ns: u64,
) void {
    const flags = header.flags;
    if (flags.rst) return;
    if (flags.syn and !flags.ack and isNewConnection(wait, header)) {
        const path = wait.node.path;
        const iss_min = wait.nxt +% sequence_step;
        forget(tcp, wait);
        return listeners.arriveSyn(tcp, &path, header, route, iss_min, now_ns);
    }
    // An acknowledgement alone needs no answer, or two ends would go on for ever.
    if (!flags.fin and !flags.syn and payload_bytes == 0) return;
    acknowledge(tcp, wait, now_ns);
    if (!flags.fin) return;
    // The peer's FIN again: our acknowledgement was lost, so the time begins anew.
    wait.until_ns = now_ns + wait_ns;
    tcp.waits.list.remove(&wait.link);
    tcp.waits.list.append(&wait.link);
}

/// Nothing of the old connection can be taken for this one's: RFC 6191; RFC 1122, section
/// 4.2.2.13.
fn isNewConnection(wait: *const TimeWait, header: *const segments.Header) bool {
    if (wait.recent) |recent| if (header.timestamps) |timestamps| {
        if (timestamps.value != recent) return segments.before(recent, timestamps.value);
    };
    return segments.before(wait.receive_nxt, header.sequence);
}

/// This machine may connect over the path again (RFC 6191, section 2): its timestamps have gone
/// on for long enough to be told from the old ones.
pub fn mayReuse(wait: *const TimeWait, now_ns: u64) bool {
    return wait.recent != null and
        connections.clockMs(now_ns) -% wait.recent_at_ms > std.time.ms_per_s;
}
