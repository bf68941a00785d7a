// SPDX-License-Identifier: Apache-2.0
//! Root for `zig test`: every file whose parts can be tested without a machine.

test {
    _ = @import("arch/x86_64/rtc.zig");
    _ = @import("backtrace.zig");
    _ = @import("config.zig");
    _ = @import("drivers/virtio/listing.zig");
    _ = @import("drivers/virtio/network_tests.zig");
    _ = @import("drivers/virtio/queue_tests.zig");
    _ = @import("fs/archive.zig");
    _ = @import("fs/fat/crash_tests.zig");
    _ = @import("fs/fat/damage_tests.zig");
    _ = @import("fs/fat/fat_tests.zig");
    _ = @import("fs/fat/name.zig");
    _ = @import("fs/fat/time.zig");
    _ = @import("fs/memory_tests.zig");
    _ = @import("fs/mounts_tests.zig");
    _ = @import("fs/ninep_messages.zig");
    _ = @import("fs/ninep_tests.zig");
    _ = @import("fs/preopens.zig");
    _ = @import("listener.zig");
    _ = @import("mem/frames.zig");
    _ = @import("names.zig");
    _ = @import("net/address.zig");
    _ = @import("net/blocks.zig");
    _ = @import("net/checksum.zig");
    _ = @import("net/neighbors.zig");
    _ = @import("net/tcp/congestion.zig");
    _ = @import("net/tcp/rtt.zig");
    _ = @import("net/tcp/scoreboard.zig");
    _ = @import("net/tcp/secrets.zig");
    _ = @import("net/tcp/segment.zig");
    _ = @import("net/tcp/table.zig");
    _ = @import("net/tcp/timers.zig");
    _ = @import("net/view.zig");
    _ = @import("runtime_tests.zig");
    _ = @import("text.zig");
    _ = @import("trap.zig");
    _ = @import("wasi/errno.zig");
}
