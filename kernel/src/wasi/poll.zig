// SPDX-License-Identifier: Apache-2.0
//! poll_oneoff: wait for the first of several clocks and descriptors.

const std = @import("std");
const assert = std.debug.assert;
const clock = @import("clock.zig");
const errno = @import("errno.zig");
const features = @import("features");
const guest = @import("../guest.zig");
const network = @import("../network.zig");
const platform = @import("../platform.zig");
const table = @import("table.zig");
const types = @import("types.zig");

/// Limit on subscriptions of one call: three per descriptor would be plenty.
pub const subscriptions_max = 4096;

pub fn poll_oneoff(in: u32, out: u32, count: u32, result: u32) errno.Error!void {
    if (count == 0 or count > subscriptions_max) return error.Inval;
    const subscriptions = try guest.array(types.Subscription, in, count);
    const events = try guest.array(types.Event, out, count);
    const place = try guest.place(u32, result);
    const started_ns = platform.clockNowNs(.monotonic);
    var done: u32 = 0;
    // Once, unless somebody sets the wall clock back meanwhile, or the network needs more time.
    while (done == 0) {
        const plan: Plan = .make(subscriptions, started_ns);
        const stdin_ready = plan.wait();
        done = report(subscriptions, events, stdin_ready);
    }
    assert(done <= count);
    place.* = done;
}

/// Writes an event for each subscription whose wait is over and returns how many those are.
fn report(
    subscriptions: []align(1) const types.Subscription,
    events: []align(1) types.Event,
    stdin_ready: bool,
) u32 {
    const now_ns = platform.clockNowNs(.monotonic);
    var done: u32 = 0;
    for (subscriptions, states[0..subscriptions.len]) |*subscription, *state| {
        var event = state.eventAt(now_ns, stdin_ready) orelse continue;
        event.userdata = subscription.userdata;
        event.tag = subscription.tag;
        events[done] = event;
        done += 1;
    }
    return done;
}

/// Of the call that is running; there is one at a time.
var states: [subscriptions_max]State = undefined;

/// What one subscription waits for.
const State = union(enum) {
    /// Monotonic time.
    deadline_ns: u64,
    stdin,
    ready,
    socket: if (features.sockets) network.Interest else noreturn,
    failed: errno.Error,

    fn of(subscription: *align(1) const types.Subscription, now_ns: u64) State {
        const kind = std.enums.fromInt(types.Eventtype, subscription.tag) orelse
            return .{ .failed = error.Inval };
        return switch (kind) {
            .clock => ofClock(subscription, now_ns),
            .fd_read, .fd_write => ofDescriptor(subscription.subject, kind),
        };
    }

    fn ofClock(subscription: *align(1) const types.Subscription, now_ns: u64) State {
        const known = clock.byNumber(subscription.subject) catch |failure|
            return .{ .failed = failure };
        const absolute = subscription.flags & types.subscription_clock_absolute != 0;
        if (!absolute) return .{ .deadline_ns = now_ns +| subscription.timeout_ns };
        return switch (known) {
            .monotonic => .{ .deadline_ns = subscription.timeout_ns },
            .realtime => .{ .deadline_ns = deadlineOfRealtime(subscription.timeout_ns) },
            // Time that only passes while the program runs: waiting for it would never end.
            .process_cpu, .thread_cpu => .{ .failed = error.Notsup },
        };
    }

    /// 0 for a time that has come. Read in this order, the deadline is not too early.
    fn deadlineOfRealtime(time_ns: u64) u64 {
        const left_ns = time_ns -| platform.clockNowNs(.realtime);
        return if (left_ns == 0) 0 else platform.clockNowNs(.monotonic) +| left_ns;
    }

    fn ofDescriptor(number: u32, kind: types.Eventtype) State {
        const descriptor = table.get(number) catch |failure| return .{ .failed = failure };
        descriptor.require(.{ .poll_fd_readwrite = true }) catch |failure|
            return .{ .failed = failure };
        return switch (descriptor.object) {
            .stdin => if (kind == .fd_read) .stdin else .{ .failed = error.Badf },
            .stdout, .stderr => if (kind == .fd_write) .ready else .{ .failed = error.Badf },
            .directory => .{ .failed = error.Badf },
            .file => .ready,
            .socket => |socket| .{ .socket = .{
                .socket = socket.handle,
                .read = kind == .fd_read,
                .write = kind == .fd_write,
            } },
        };
    }

    /// Null: not yet.
    fn eventAt(state: *const State, now_ns: u64, stdin_ready: bool) ?types.Event {
        const code: errno.Errno = switch (state.*) {
            .deadline_ns => |deadline_ns| if (deadline_ns <= now_ns) .success else return null,
            .stdin => if (stdin_ready) .success else return null,
            .ready => .success,
            .socket => |interest| return eventOf(interest),
            .failed => |failure| errno.codeOf(failure),
        };
        return .{
            .userdata = 0,
            .errno = @backingInt(code),
            .tag = 0,
            // How much there is to read is not known before reading; at least this.
            .readable_bytes = if (state.* == .stdin) 1 else 0,
        };
    }

    fn eventOf(interest: network.Interest) ?types.Event {
        const ready = network.readiness(interest.socket);
        var event: types.Event = .{ .userdata = 0, .errno = 0, .tag = 0 };
        if (interest.write) return if (ready.writable) event else null;
        // A socket that is not connected is hung up, and reading it does not have to wait.
        if (!ready.readable and !ready.hangup) return null;
        event.readable_bytes = ready.readable_bytes;
        // Only here: one who still sends to a peer that has sent all must not be told to stop.
        if (ready.hangup) event.flags = types.event_hangup;
        return event;
    }
};

/// When the call may return.
const Plan = struct {
    started_ns: u64,
    /// Monotonic; null: only standard input or a socket ends the wait.
    deadline_ns: ?u64,
    waits_for_stdin: bool,
    interests: if (features.sockets) []const network.Interest else void,

    /// Of the call that is running; there is one at a time.
    var interest_list: [subscriptions_max]network.Interest = undefined;

    fn make(subscriptions: []align(1) const types.Subscription, started_ns: u64) Plan {
        var plan: Plan = .{
            .started_ns = started_ns,
            .deadline_ns = null,
            .waits_for_stdin = false,
            .interests = if (features.sockets) &.{} else {},
        };
        var count: usize = 0;
        for (subscriptions, states[0..subscriptions.len]) |*subscription, *state| {
            state.* = .of(subscription, plan.started_ns);
            const deadline_ns = switch (state.*) {
                .deadline_ns => |deadline_ns| deadline_ns,
                .ready, .failed => 0,
                .stdin => {
                    plan.waits_for_stdin = true;
                    continue;
                },
                .socket => |interest| {
                    interest_list[count] = interest;
                    count += 1;
                    continue;
                },
            };
            plan.deadline_ns = @min(plan.deadline_ns orelse deadline_ns, deadline_ns);
        }
        if (features.sockets) plan.interests = interest_list[0..count];
        assert(plan.waits_for_stdin or plan.deadline_ns != null or count > 0);
        return plan;
    }

    /// True when standard input can be read.
    fn wait(plan: Plan) bool {
        if (features.sockets) {
            // Also without interests: connections are kept alive while a program sleeps.
            network.wait(plan.interests, plan.waits_for_stdin, plan.deadline_ns);
            return plan.waits_for_stdin and platform.waitStdinUntilMonotonicNs(0);
        }
        if (plan.waits_for_stdin) return platform.waitStdinUntilMonotonicNs(plan.deadline_ns);
        const deadline_ns = plan.deadline_ns.?;
        if (deadline_ns > plan.started_ns) platform.sleepUntilMonotonicNs(deadline_ns);
        return false;
    }
};
