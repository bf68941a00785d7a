// SPDX-License-Identifier: Apache-2.0
//! Between which two ends a connection is, and what can travel there.

pub const Family = enum(u8) { ip4, ip6 };

/// In network order; of an IPv4 address the first four bytes count, the others are zero.
pub const Address = [16]u8;

pub const any_address: Address = @splat(0);

pub const Endpoint = struct {
    family: Family,
    address: Address,
    port: u16,
};

/// The addresses of a packet as this machine sees them.
pub const Addresses = struct {
    family: Family,
    local: Address,
    remote: Address,
};

pub const Path = struct {
    local: Address,
    remote: Address,
    local_port: u16,
    remote_port: u16,
    family: Family,

    pub fn equals(path: *const Path, other: *const Path) bool {
        return path.local_port == other.local_port and path.remote_port == other.remote_port and
            wide(path.remote) == wide(other.remote) and wide(path.local) == wide(other.local) and
            path.family == other.family;
    }

    pub fn localEnd(path: *const Path) Endpoint {
        return .{ .family = path.family, .address = path.local, .port = path.local_port };
    }

    pub fn remoteEnd(path: *const Path) Endpoint {
        return .{ .family = path.family, .address = path.remote, .port = path.remote_port };
    }

    /// Spreads paths over a table. The keys are secret: nobody can aim at one place of it.
    pub fn hash(path: *const Path, keys: *const [2]u64) u32 {
        const ports = @as(u64, path.local_port) << 16 | path.remote_port;
        const remote: [2]u64 = @bitCast(path.remote);
        const local: [2]u64 = @bitCast(path.local);
        var mixed = fold(remote[0] ^ keys[0], ports ^ keys[1]);
        mixed = fold(local[0] ^ mixed, keys[0]);
        if (path.family == .ip6) mixed = fold(remote[1] ^ mixed, local[1] ^ keys[1]);
        return @truncate(mixed ^ mixed >> 32);
    }
};

fn fold(one: u64, other: u64) u64 {
    const product = @as(u128, one) * other;
    return @truncate(product ^ product >> 64);
}

pub fn wide(address: Address) u128 {
    return @bitCast(address);
}

/// What the way to a peer can carry, as the stack knows it.
pub const Route = struct {
    /// Largest payload of a segment without TCP options: the MTU less IP's header and 20.
    mss: u16,
    /// The device cuts larger segments.
    cuts_segments: bool = false,
};
