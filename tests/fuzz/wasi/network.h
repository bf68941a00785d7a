// SPDX-License-Identifier: Apache-2.0
// Random calls on sockets, all of which stay within this machine: addresses that a call may send
// to are loopback ones. No call waits: a descriptor that might is made not to, or is not used.
enum { PENDING_SOCKETS = 16, FD_NONBLOCK = 4, PORT_BASE = 28100, CALLS_PER_SOCKETS = 64 };

// One that listens, one for datagrams, the last one connected and the last accepted.
static uint32_t known_fds[4], listener_port, datagram_port;
enum { LISTENER, DATAGRAMS, CONNECTED, ACCEPTED };

static uint8_t *fd_type(void) { return (uint8_t *)fdstat; }

static uint32_t not_waiting(uint32_t fd) {
    if (fd_fdstat_get(fd, AT(fdstat)) != SUCCESS) return fd;
    if (*fd_type() != 5 && *fd_type() != 6) return fd;
    fd_fdstat_set_flags(fd, FD_NONBLOCK);
    fd_fdstat_get(fd, AT(fdstat));
    return ((uint16_t *)fdstat)[1] & FD_NONBLOCK ? fd : NOWHERE;
}

static uint32_t socket_fd(void) {
    return not_waiting(one_in(3) ? any_fd() : known_fds[below(4)]);
}

static uint8_t home_bytes[4] = {127, 0, 0, 1};
static struct vector home = {AT(home_bytes), 4};

static uint32_t open_known(uint32_t kind, uint32_t *port) {
    static struct vector found = {AT(text), 16};
    static uint32_t fd, family;
    if (sock_open(IP4, kind, AT(&fd)) != SUCCESS) return NOWHERE;
    if (sock_bind(fd, AT(&home), 0) != SUCCESS) return NOWHERE;
    if (kind == STREAM && sock_listen(fd, PENDING_SOCKETS) != SUCCESS) return NOWHERE;
    if (sock_getlocaladdr_v1(fd, AT(&found), AT(&family), AT(port)) != SUCCESS) return NOWHERE;
    return not_waiting(fd);
}

// New ones: the others may have been closed, or be of no use any more.
static void begin_sockets(void) {
    static struct vector words = {AT("words"), 5};
    static uint32_t client;
    for (uint32_t i = 0; i < 4; i++)
        if (known_fds[i] >= TOP + top_count) fd_close(known_fds[i]);
    known_fds[LISTENER] = open_known(STREAM, &listener_port);
    known_fds[DATAGRAMS] = open_known(DATAGRAM, &datagram_port);
    known_fds[ACCEPTED] = NOWHERE;
    if (known_fds[LISTENER] == NOWHERE || known_fds[DATAGRAMS] == NOWHERE) proc_exit(104);
    sock_send_to(known_fds[DATAGRAMS], AT(&words), 1, AT(&home), datagram_port, 0, AT(&client));
    if (sock_open(IP4, STREAM, AT(&client)) != SUCCESS) proc_exit(105);
    known_fds[CONNECTED] = client;
    if (sock_connect(client, AT(&home), listener_port) != SUCCESS) proc_exit(106);
    if (sock_send(client, AT(&words), 1, 0, AT(text)) != SUCCESS) proc_exit(107);
}

static int overlaps(uint32_t left, uint32_t left_size, uint32_t right, uint32_t right_size) {
    return left < right + right_size && right < left + left_size;
}

// Puts bytes where nothing is that has been put for this call.
static uint32_t put_apart(const void *bytes, uint32_t size) {
    uint32_t place, i;
    do {
        do place = any_pointer(size);
        while (!is_inside(place, size) || is_own(place, size));
        for (i = 0; i < input_count; i++)
            if (overlaps(place, size, inputs[i].start, inputs[i].size)) break;
    } while (i < input_count);
    return put_at(place, bytes, size);
}

// A record that points to an address, or is wrong. Nothing may be put anywhere after it.
static uint32_t address(void) {
    static const uint32_t sizes[] = {4, 16, 128};
    uint32_t size = sizes[one_in(2) ? 0 : below(3)], family = size == 16 ? 2 : 1;
    for (uint32_t i = 0; i < size; i++) text[i] = 0;
    uint8_t *bytes = (uint8_t *)text + (size == 128 ? 2 : 0);
    if (size == 128) *(uint16_t *)text = (uint16_t)(one_in(8) ? flags(3) : family);
    if (size == 16) bytes[15] = 1;
    else if (!one_in(8)) bytes[0] = 127, bytes[3] = 1;
    struct vector record = {put_apart(text, size), size};
    if (one_in(10)) record.pointer = memory_end - below(4);
    if (one_in(10)) record.size = one_in(2) ? 0 : 5 + below(10);
    if (one_in(10)) return memory_end - below(8);
    return put_apart(&record, 8);
}

// Where a call may write an address.
static uint32_t address_buffer(void) {
    static const uint32_t sizes[] = {4, 16, 128};
    struct vector record = {0, one_in(10) ? length() : sizes[below(3)]};
    record.pointer = pointer(record.size);
    note(outputs, &output_count, record.pointer, record.size);
    return one_in(10) ? memory_end - below(8) : put_apart(&record, 8);
}

static uint32_t port(uint32_t known) {
    if (one_in(10)) return number();
    return one_in(2) ? known : one_in(2) ? 0 : PORT_BASE + below(4);
}

static uint32_t on_option(uint32_t which) {
    uint32_t fd = socket_fd(), size = one_in(2) ? 4 : one_in(2) ? 16 : below(40), value, at;
    uint32_t level = one_in(8) ? 6 : flags(0), name = level == 6 ? flags(1) : flags(14);
    if (which == N_sock_setsockopt) {
        value = one_in(8) ? pointer(size) : put(&state, size < 8 ? size : 8);
        return sock_setsockopt(fd, level, name, value, size);
    }
    value = out(size);
    at = one_in(8) ? memory_end - below(4) : put_apart(&size, 4);
    note(outputs, &output_count, at, 4);
    return sock_getsockopt(fd, level, name, value, at);
}

struct sockaddr { uint32_t family, size, data; };
struct addrinfo { uint16_t flags; uint8_t family, kind, protocol, gap[3]; uint32_t rest[5]; };

// A list of records, some of them outside; returns its length. What lies elsewhere is none: read as
// one it might say that anything may be written.
static uint32_t make_list(uint32_t *first) {
    uint32_t count = below(4), next_record = one_in(2) ? 0 : 0u - below(64);
    for (uint32_t i = 0; i < count; i++) {
        struct sockaddr name = {0, 0, out(26)};
        // An address of IPv4 takes less, for which there may be room.
        note(outputs, &output_count, name.data, 14);
        uint32_t at = one_in(16) ? memory_end - below(12) : put_apart(&name, 12);
        note(outputs, &output_count, at, 12);
        struct addrinfo record = {.rest = {0, at, 0, 0, next_record}};
        next_record = one_in(16) ? memory_end - below(28) : put_apart(&record, 28);
        note(outputs, &output_count, next_record, 28);
    }
    *first = next_record;
    return one_in(8) ? number() : count;
}

static uint32_t on_names(void) {
    static const char *const hosts[] = {"127.0.0.1", "localhost", "::1", "", "a..b", "1..2"};
    static const char *const services[] = {"80", "http", "", "65536", "x"};
    const char *host = hosts[below(6)], *service = services[one_in(2) ? 0 : below(5)];
    struct addrinfo hint = {
        .flags = (uint16_t)(one_in(4) ? flags(127) : 0), .family = (uint8_t)flags(2),
        .kind = (uint8_t)flags(2), .protocol = (uint8_t)flags(2),
    };
    uint32_t first, host_size = 0, service_size = 0, length_of_list = make_list(&first);
    while (host[host_size]) host_size++;
    while (service[service_size]) service_size++;
    uint32_t where = one_in(16) ? pointer(host_size) : put_apart(host, host_size);
    uint32_t port_text = one_in(16) ? pointer(service_size) : put_apart(service, service_size);
    uint32_t hints = one_in(16) ? memory_end - below(28) : put_apart(&hint, 28);
    uint32_t list = one_in(16) ? memory_end - below(4) : put_apart(&first, 4);
    return sock_getaddrinfo(where, host_size, port_text, service_size, hints, list, length_of_list,
                            out(4));
}

static uint32_t remember(uint32_t code, uint32_t which, uint32_t place) {
    // The number may lie anywhere.
    if (code == SUCCESS) __builtin_memcpy(&known_fds[which], (void *)(uintptr_t)place, 4);
    return code;
}

static uint32_t on_connection(uint32_t which) {
    uint32_t fd = one_in(2) ? not_waiting(known_fds[LISTENER]) : socket_fd(), place = out(4), code;
    switch (which) {
    case N_sock_accept:
        return remember(sock_accept(fd, one_in(4) ? number() : FD_NONBLOCK, place), ACCEPTED,
                        place);
    case N_sock_accept_v1: return remember(sock_accept_v1(fd, place), ACCEPTED, place);
    case N_sock_open:
        code = sock_open(1 + flags(1), 1 + flags(1), place);
        return one_in(2) ? remember(code, CONNECTED, place) : code;
    case N_sock_listen: return sock_listen(socket_fd(), number());
    case N_sock_shutdown: return sock_shutdown(one_in(8) ? fd : any_fd(), flags(3));
    }
    fd = socket_fd();
    uint32_t to = port(listener_port), at = address();
    return which == N_sock_bind ? sock_bind(fd, at, to) : sock_connect(fd, at, to);
}

static uint32_t on_transfer(uint32_t which) {
    uint32_t fd = socket_fd(), from, to, how = flags(3);
    struct span list = buffers(which != N_sock_send && which != N_sock_send_to);
    switch (which) {
    case N_sock_recv: return sock_recv(fd, list.start, list.size, how, out(4), out(2));
    case N_sock_send: return sock_send(fd, list.start, list.size, flags(0), out(4));
    case N_sock_send_to:
        to = port(datagram_port), from = address();
        return sock_send_to(fd, list.start, list.size, from, to, flags(0), out(4));
    }
    from = address_buffer();
    if (which == N_sock_recv_from_v1)
        return sock_recv_from_v1(fd, list.start, list.size, from, how, out(4), out(2));
    return sock_recv_from_v2(fd, list.start, list.size, from, how, out(2), out(4), out(2));
}

static uint32_t on_socket(uint32_t which) {
    uint32_t fd, buffer;
    switch (which) {
    case N_sock_recv: case N_sock_send: case N_sock_send_to:
    case N_sock_recv_from_v1: case N_sock_recv_from_v2: return on_transfer(which);
    case N_sock_getsockopt: case N_sock_setsockopt: return on_option(which);
    case N_sock_getaddrinfo: return on_names();
    case N_sock_getlocaladdr_v1: case N_sock_getlocaladdr_v2:
    case N_sock_getpeeraddr_v1: case N_sock_getpeeraddr_v2: break;
    default: return on_connection(which);
    }
    fd = socket_fd(), buffer = address_buffer();
    switch (which) {
    case N_sock_getlocaladdr_v1: return sock_getlocaladdr_v1(fd, buffer, out(4), out(4));
    case N_sock_getlocaladdr_v2: return sock_getlocaladdr_v2(fd, buffer, out(4));
    case N_sock_getpeeraddr_v1: return sock_getpeeraddr_v1(fd, buffer, out(4), out(4));
    default: return sock_getpeeraddr_v2(fd, buffer, out(4));
    }
}
