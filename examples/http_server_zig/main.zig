// SPDX-License-Identifier: Apache-2.0
//! A JSON service over HTTP/1.1, on a socket that the program opens itself (sockets.zig).
//!
//!     GET  /                  what there is
//!     POST /echo              the body, and who sent it
//!     GET  /resolve?NAME      addresses of a host
//!     GET  /status            what has happened so far

const std = @import("std");
const sockets = @import("sockets.zig");
const wasi = std.os.wasi;

const port = 8080;
const connections_max = 64;

const Connection = struct {
    socket: wasi.fd_t,
    input: [16 << 10]u8 = undefined,
    input_size: usize = 0,
    output: [20 << 10]u8 = undefined,
    output_size: usize = 0,
    sent: usize = 0,
    closes: bool = false,
};

var connections: [connections_max]?Connection = @splat(null);
var served: u64 = 0;

/// A failed check is a trap, which the system reports: no code to print it is in the program.
pub const panic = std.debug.no_panic;

pub fn main() u8 {
    serve() catch return 1;
    return 0;
}

fn serve() !void {
    const listener = try sockets.listen(port);
    var accepts = true;
    while (true) {
        var waits: [connections_max + 1]wasi.subscription_t = undefined;
        const count = subscribe(if (accepts) listener else null, &waits);
        // Stopped, and nobody is left to serve.
        if (count == 0) return;
        var events: [connections_max + 1]wasi.event_t = undefined;
        var ready: usize = undefined;
        if (wasi.poll_oneoff(&waits[0], &events[0], count, &ready) != .SUCCESS) return error.Poll;
        for (events[0..ready]) |event| {
            if (event.userdata < connections_max) {
                const slot = &connections[@intCast(event.userdata)];
                advance(&slot.*.?) catch {
                    sockets.close(slot.*.?.socket);
                    slot.* = null;
                };
            } else acceptAll(listener) catch |failure| {
                if (failure != error.Canceled) return failure;
                accepts = false;
                closeIdle();
            };
        }
    }
}

/// What to wait for: connections, and new ones while there is room.
fn subscribe(listener: ?wasi.fd_t, waits: *[connections_max + 1]wasi.subscription_t) usize {
    var count: usize = 0;
    var is_full = true;
    for (&connections, 0..) |*slot, index| {
        if (slot.*) |*connection| {
            const sends = connection.output_size > 0;
            waits[count] = wait(connection.socket, index, if (sends) .FD_WRITE else .FD_READ);
            count += 1;
        } else is_full = false;
    }
    const socket = listener orelse return count;
    if (is_full) return count;
    waits[count] = wait(socket, connections_max, .FD_READ);
    return count + 1;
}

fn wait(socket: wasi.fd_t, index: usize, tag: wasi.eventtype_t) wasi.subscription_t {
    return .{
        .userdata = index,
        // The two have one layout.
        .u = .{ .tag = tag, .u = .{ .fd_read = .{ .fd = socket } } },
    };
}

/// Canceled: this server is asked to end.
fn acceptAll(listener: wasi.fd_t) sockets.Error!void {
    for (&connections) |*slot| {
        if (slot.* != null) continue;
        const socket = sockets.accept(listener) catch |failure|
            return if (failure == error.Again) {} else failure;
        slot.* = .{ .socket = socket };
    }
}

fn closeIdle() void {
    for (&connections) |*slot| {
        const connection = if (slot.*) |*open| open else continue;
        if (connection.input_size > 0 or connection.output_size > 0) {
            connection.closes = true;
            continue;
        }
        sockets.close(connection.socket);
        slot.* = null;
    }
}

const ConnectionError = sockets.Error || error{Over};

/// Sends what is left, or receives and answers; an error ends the connection.
fn advance(connection: *Connection) ConnectionError!void {
    if (connection.output_size == 0) {
        const room = connection.input[connection.input_size..];
        const count = sockets.receive(connection.socket, room) catch |failure|
            return if (failure == error.Again) {} else failure;
        if (count == 0) return error.Over;
        connection.input_size += count;
    }
    while (true) {
        try flush(connection);
        if (connection.output_size > 0 or !try answer(connection)) return;
    }
}

fn flush(connection: *Connection) ConnectionError!void {
    while (connection.sent < connection.output_size) {
        const rest = connection.output[connection.sent..connection.output_size];
        connection.sent += sockets.send(connection.socket, rest) catch |failure|
            return if (failure == error.Again) {} else failure;
    }
    if (connection.output_size > 0 and connection.closes) return error.Over;
    connection.output_size = 0;
    connection.sent = 0;
}

/// Writes the response to the first request of the input; false when that is not all there.
fn answer(connection: *Connection) ConnectionError!bool {
    const input = connection.input[0..connection.input_size];
    const head_size = (std.mem.find(u8, input, "\r\n\r\n") orelse return isOpen(input)) + 4;
    const head = input[0..head_size];
    const body_size = bodySize(head) orelse return error.Over;
    if (body_size > connection.input.len - head_size) return error.Over;
    if (input.len < head_size + body_size) return false;
    if (std.ascii.findIgnoreCase(head, "\r\nconnection: close\r\n") != null) {
        connection.closes = true;
    }
    respond(connection, head, input[head_size..][0..body_size]);
    const rest = input[head_size + body_size ..];
    std.mem.copyForwards(u8, &connection.input, rest);
    connection.input_size = rest.len;
    served += 1;
    return true;
}

/// False while there is room for the rest of a request.
fn isOpen(input: []const u8) ConnectionError!bool {
    return if (input.len == (16 << 10)) error.Over else false;
}

/// Null when the body's end cannot be told.
fn bodySize(head: []const u8) ?usize {
    if (std.ascii.findIgnoreCase(head, "\r\ntransfer-encoding:") != null) return null;
    const name = "\r\ncontent-length:";
    const start = (std.ascii.findIgnoreCase(head, name) orelse return 0) + name.len;
    const end = std.mem.findPos(u8, head, start, "\r\n").?;
    return std.fmt.parseUnsigned(usize, std.mem.trim(u8, head[start..end], " \t"), 10) catch null;
}

fn respond(connection: *Connection, head: []const u8, body: []const u8) void {
    var words = std.mem.splitScalar(u8, head[0..std.mem.find(u8, head, "\r\n").?], ' ');
    const method = words.first();
    const target = words.next() orelse "";
    const question = std.mem.findScalar(u8, target, '?');
    const path = target[0 .. question orelse target.len];
    const query = if (question) |at| target[at + 1 ..] else "";
    var json: [18 << 10]u8 = undefined;
    var writer: std.Io.Writer = .fixed(&json);
    var status: []const u8 = "413 Content Too Large";
    var content: []const u8 = "{\"error\":\"the answer would be too large\"}\n";
    if (write(&writer, connection.socket, method, path, query, body)) |done| {
        status = done;
        content = writer.buffered();
    } else |_| {}
    const text = std.fmt.bufPrint(
        &connection.output,
        "HTTP/1.1 {s}\r\nContent-Type: application/json\r\nContent-Length: {d}\r\n{s}\r\n{s}",
        .{ status, content.len, if (connection.closes) "Connection: close\r\n" else "", content },
    ) catch unreachable;
    connection.output_size = text.len;
}

/// Writes the JSON of a response and returns its status.
fn write(
    writer: *std.Io.Writer,
    socket: wasi.fd_t,
    method: []const u8,
    path: []const u8,
    query: []const u8,
    body: []const u8,
) std.Io.Writer.Error![]const u8 {
    const is_get = std.mem.eql(u8, method, "GET");
    if (is_get and std.mem.eql(u8, path, "/")) {
        try writer.writeAll("{\"paths\":[\"/echo\",\"/resolve?NAME\",\"/status\"]}\n");
    } else if (is_get and std.mem.eql(u8, path, "/status")) {
        var open: usize = 0;
        for (&connections) |*slot| open += @intFromBool(slot.* != null);
        try writer.print("{{\"served\":{d},\"connections\":{d}}}\n", .{ served, open });
    } else if (is_get and std.mem.eql(u8, path, "/resolve")) {
        return writeAddresses(writer, query);
    } else if (std.mem.eql(u8, method, "POST") and std.mem.eql(u8, path, "/echo")) {
        if (!std.unicode.utf8ValidateSlice(body)) {
            try writer.writeAll("{\"error\":\"the body is not UTF-8\"}\n");
            return "400 Bad Request";
        }
        const peer = sockets.peerOf(socket) catch return "500 Internal Server Error";
        try writer.writeAll("{\"from\":\"");
        try writeAddress(writer, peer.bytes);
        try writer.print(":{d}\",\"body\":", .{peer.port});
        try std.json.Stringify.encodeJsonString(body, .{}, writer);
        try writer.writeAll("}\n");
    } else {
        try writer.writeAll("{\"error\":\"not found\"}\n");
        return "404 Not Found";
    }
    return "200 OK";
}

fn writeAddresses(writer: *std.Io.Writer, name: []const u8) std.Io.Writer.Error![]const u8 {
    var found: [sockets.addresses_max][4]u8 = undefined;
    const count = sockets.resolve(name, &found) catch {
        try writer.writeAll("{\"error\":\"no such host\"}\n");
        return "404 Not Found";
    };
    try writer.writeAll("{\"addresses\":[");
    for (found[0..count], 0..) |address, index| {
        if (index > 0) try writer.writeByte(',');
        try writer.writeByte('"');
        try writeAddress(writer, address);
        try writer.writeByte('"');
    }
    try writer.writeAll("]}\n");
    return "200 OK";
}

fn writeAddress(writer: *std.Io.Writer, bytes: [4]u8) std.Io.Writer.Error!void {
    try writer.print("{d}.{d}.{d}.{d}", .{ bytes[0], bytes[1], bytes[2], bytes[3] });
}
