// SPDX-License-Identifier: Apache-2.0
//! Every limit that a program or whoever starts it can meet, by the names of
//! docs/reference/limits.md. The numbers are those that the code itself uses.

const abi = @import("generated/abi.zig");
const features = @import("features");
const filesystem = @import("filesystem.zig");
const guest = @import("guest.zig");
const linear = @import("mem/linear.zig");
const log = @import("log.zig");
const paths = @import("wasi/path.zig");
const poll = @import("wasi/poll.zig");
const table = @import("wasi/table.zig");
const tables = @import("mem/table.zig");

const Limit = struct { name: []const u8, value: u64 };

const of_every_image = [_]Limit{
    .{ .name = "buffers of a call", .value = guest.Vectors.count_max },
    .{ .name = "subscriptions of a call", .value = poll.subscriptions_max },
    .{ .name = "open descriptors", .value = table.descriptors_max },
    .{ .name = "configuration bytes", .value = abi.config_bytes_max },
    .{ .name = "pages of a memory", .value = abi.max_memory_pages },
    .{ .name = "memories", .value = 1 + linear.extra_memories_max },
    .{ .name = "tables that grow", .value = tables.tables_max },
};

const of_files = [_]Limit{
    .{ .name = "preopens", .value = abi.preopens_max },
    .{ .name = "path bytes", .value = filesystem.path_max - 1 },
    .{ .name = "name bytes", .value = filesystem.name_max },
    .{ .name = "directories of a path", .value = paths.depth_max },
    .{ .name = "links of a path", .value = paths.links_max },
};

const all = if (features.filesystem) of_every_image ++ of_files else of_every_image;

/// One line of log level debug for each.
pub fn logAll() void {
    for (all) |limit| log.debug("limit: {s}: {d}", .{ limit.name, limit.value });
}
