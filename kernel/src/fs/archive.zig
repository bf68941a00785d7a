// SPDX-License-Identifier: Apache-2.0
//! The files that the link step puts into an image, as a cpio archive ("newc", Linux
//! Documentation/driver-api/early-userspace/buffer-format.rst). `mew.link.archive` writes it.

const std = @import("std");
const assert = std.debug.assert;

extern const mew_files_start: u8;
extern const mew_files_end: u8;

/// The archive of the running image; empty when it has no files.
pub fn ofImage() []const u8 {
    const first: [*]const u8 = @ptrCast(&mew_files_start);
    return first[0 .. @intFromPtr(&mew_files_end) - @intFromPtr(first)];
}

pub const Kind = enum { file, directory, symlink };

/// Slices of the archive. Of a symbolic link the content is its target.
pub const Record = struct { path: []const u8, kind: Kind, content: []const u8 };

const magic = "070701";
/// The magic and 13 numbers of 8 hexadecimal digits.
const header_size = 110;
const field_mode = 1;
const field_content_size = 6;
const field_name_size = 11;
const last_name = "TRAILER!!!";

const mode_kind_mask = 0o170000;
const mode_directory = 0o040000;
const mode_file = 0o100000;
const mode_symlink = 0o120000;

/// Ends at the trailer, and at anything that is no record: nothing is read beyond the archive.
pub const Records = struct {
    rest: []const u8,

    pub fn next(records: *Records) ?Record {
        while (records.take()) |record| {
            if (record) |known| return known;
        }
        return null;
    }

    /// The next record; null inside when it is of a kind that there is no use for.
    fn take(records: *Records) ??Record {
        const text = records.rest;
        if (text.len < header_size or !std.mem.startsWith(u8, text, magic)) return null;
        const mode = number(text, field_mode) orelse return null;
        const name_size = number(text, field_name_size) orelse return null;
        const content_size = number(text, field_content_size) orelse return null;
        const content_start = aligned(header_size + name_size);
        const end = aligned(content_start + content_size);
        if (name_size == 0 or end > text.len) return null;
        const path = text[header_size..][0 .. name_size - 1];
        if (std.mem.eql(u8, path, last_name)) return null;
        records.rest = text[end..];
        const kind: Kind = switch (mode & mode_kind_mask) {
            mode_directory => .directory,
            mode_file => .file,
            mode_symlink => .symlink,
            else => return @as(?Record, null),
        };
        const content = text[content_start..][0..content_size];
        return @as(?Record, .{ .path = path, .kind = kind, .content = content });
    }
};

fn number(header: []const u8, field: usize) ?usize {
    assert(header.len >= header_size);
    const digits = header[magic.len + 8 * field ..][0..8];
    return std.fmt.parseInt(u32, digits, 16) catch null;
}

/// Names and contents begin at multiples of 4.
fn aligned(offset: usize) usize {
    return std.mem.alignForward(usize, offset, 4);
}

const testing = std.testing;

/// Made by `mew.link.archive`: file `a` with "hi", symbolic link `l` to `a`.
const sample =
    "0707010000000100" ++ "0081A4000000000000000000000001000000000000000200000000000000000000" ++
    "0000000000000000000200000000" ++ "a\x00" ++ "hi\x00\x00" ++
    "0707010000000200" ++ "00A1FF000000000000000000000001000000000000000100000000000000000000" ++
    "0000000000000000000200000000" ++ "l\x00" ++ "a\x00\x00\x00";

test "records, and the end of a cut archive" {
    var records: Records = .{ .rest = sample };
    const file = records.next().?;
    try testing.expectEqualStrings("a", file.path);
    try testing.expectEqualStrings("hi", file.content);
    try testing.expectEqual(.file, file.kind);
    const link = records.next().?;
    try testing.expectEqual(.symlink, link.kind);
    try testing.expectEqualStrings("a", link.content);
    try testing.expectEqual(null, records.next());
    for (0..sample.len) |size| {
        var cut: Records = .{ .rest = sample[0..size] };
        while (cut.next()) |record| try testing.expect(record.content.len <= 2);
    }
}
