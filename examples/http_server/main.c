// SPDX-License-Identifier: Apache-2.0
// An HTTP/1.1 server for files, on the sockets that the program starts with: one loop around
// poll_oneoff, no memory allocated and one call to send per response.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <wasi/api.h>

#include "files.h"
#include "request.h"

enum {
  // What descriptors are left for, when there are some listeners and directories.
  CONNECTIONS_MAX = 1008,
  LISTENERS_MAX = 16,
  INPUT_BYTES = 8192,
  TAIL_BYTES = 128,
  HEAD_BYTES = 160,
  FIRST_LISTENER = 3,
};

struct connection {
  __wasi_fd_t fd;
  // Where its subscription is.
  uint32_t position;
  uint32_t input_bytes;
  // The last round of the loop in which something came or went.
  uint64_t round;
  bool is_open;
  bool closes_after_output;
  // Of a request's body, which nobody reads.
  uint64_t body_left;
  // What is left to send: head, tail, content.
  uint32_t output_count;
  __wasi_ciovec_t output[3];
  char tail[TAIL_BYTES];
  char input[INPUT_BYTES];
};

static struct connection connections[CONNECTIONS_MAX];
static uint16_t free_list[CONNECTIONS_MAX];
static uint32_t free_count;
// Listeners first, then one for each connection.
static __wasi_subscription_t subscriptions[LISTENERS_MAX + CONNECTIONS_MAX];
static __wasi_event_t events[LISTENERS_MAX + CONNECTIONS_MAX];
static uint32_t listener_count, subscription_count;
static bool is_stopping;
static uint64_t current_round;
// Ends every head: the date, and what becomes of the connection.
static char kept_tail[TAIL_BYTES], closed_tail[TAIL_BYTES];
static size_t kept_bytes, closed_bytes;
static time_t dated;

static void update_tails(void) {
  time_t now = time(NULL);
  if (now == dated) return;
  dated = now;
  char date[64];
  strftime(date, sizeof date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", gmtime(&now));
  // HTTP/1.0 clients are told too that the connection stays.
  kept_bytes = (size_t)snprintf(kept_tail, TAIL_BYTES, "%sConnection: keep-alive\r\n\r\n", date);
  closed_bytes = (size_t)snprintf(closed_tail, TAIL_BYTES, "%sConnection: close\r\n\r\n", date);
}

static void subscribe(uint32_t position, uint8_t tag, __wasi_fd_t fd, uint64_t userdata) {
  __wasi_subscription_t *subscription = &subscriptions[position];
  subscription->userdata = userdata;
  subscription->u.tag = tag;
  // fd_read and fd_write have one layout.
  subscription->u.u.fd_read.file_descriptor = fd;
}

static void close_connection(struct connection *connection) {
  (void)!__wasi_fd_close(connection->fd);
  connection->is_open = false;
  uint32_t last = --subscription_count;
  subscriptions[connection->position] = subscriptions[last];
  connections[subscriptions[last].userdata].position = connection->position;
  free_list[free_count++] = (uint16_t)(connection - connections);
}

// Sends what is left; false when the connection is gone.
static bool flush(struct connection *connection) {
  while (connection->output_count > 0) {
    __wasi_size_t sent;
    __wasi_errno_t code = __wasi_sock_send(
        connection->fd, connection->output, connection->output_count, 0, &sent);
    if (code == __WASI_ERRNO_AGAIN) break;
    if (code != __WASI_ERRNO_SUCCESS) {
      close_connection(connection);
      return false;
    }
    uint32_t done = 0;
    while (done < connection->output_count && sent >= connection->output[done].buf_len)
      sent -= connection->output[done++].buf_len;
    connection->output_count -= done;
    memmove(connection->output, connection->output + done,
            connection->output_count * sizeof connection->output[0]);
    connection->output[0].buf += sent;
    connection->output[0].buf_len -= sent;
  }
  if (connection->output_count == 0 && connection->closes_after_output) {
    close_connection(connection);
    return false;
  }
  return true;
}

static bool is_within(const uint8_t *pointer, const char *buffer) {
  return (const char *)pointer >= buffer && (const char *)pointer < buffer + TAIL_BYTES;
}

// What was not sent at once may be sent when the tails have another date: keep this one.
static void keep_tail(struct connection *connection) {
  for (uint32_t i = 0; i < connection->output_count; i++) {
    __wasi_ciovec_t *part = &connection->output[i];
    if (!is_within(part->buf, kept_tail) && !is_within(part->buf, closed_tail)) continue;
    memcpy(connection->tail, part->buf, part->buf_len);
    part->buf = (const uint8_t *)connection->tail;
  }
}

struct response {
  const char *head;
  size_t head_bytes;
  const char *content;
  size_t content_bytes;
};

// False when the connection is gone.
static bool respond(struct connection *connection, const struct response *response,
                    const struct request *request) {
  bool closes = is_stopping || !request->keep_alive;
  bool has_content = response->content_bytes > 0 && !request->is_head;
  connection->closes_after_output = closes;
  connection->output[0] = (__wasi_ciovec_t){(const uint8_t *)response->head, response->head_bytes};
  connection->output[1] = (__wasi_ciovec_t){
      (const uint8_t *)(closes ? closed_tail : kept_tail), closes ? closed_bytes : kept_bytes};
  connection->output[2] =
      (__wasi_ciovec_t){(const uint8_t *)response->content, response->content_bytes};
  connection->output_count = has_content ? 3 : 2;
  if (!flush(connection)) return false;
  if (connection->output_count > 0) keep_tail(connection);
  return true;
}

static struct { int status; const char *reason, *header; char head[HEAD_BYTES]; } failures[] = {
    {404, "404 Not Found", "", ""},
    {400, "400 Bad Request", "", ""},
    {405, "405 Method Not Allowed", "Allow: GET, HEAD\r\n", ""},
    {414, "414 URI Too Long", "", ""},
    {431, "431 Request Header Fields Too Large", "", ""},
    {501, "501 Not Implemented", "", ""},
    {505, "505 HTTP Version Not Supported", "", ""},
};

static void prepare_failures(void) {
  for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
    snprintf(failures[i].head, HEAD_BYTES,
             "HTTP/1.1 %s\r\n%sContent-Type: text/plain\r\nContent-Length: %zu\r\n",
             failures[i].reason, failures[i].header, strlen(failures[i].reason));
}

static bool respond_failure(struct connection *connection, int status,
                            const struct request *request) {
  uint32_t i = 0;
  while (failures[i].status != status) i++;
  const char *reason = failures[i].reason;
  struct response response = {failures[i].head, strlen(failures[i].head), reason, strlen(reason)};
  return respond(connection, &response, request);
}

static bool respond_file(struct connection *connection, const struct request *request) {
  const struct file *file = find_file(request->path, request->path_length);
  if (!file) return respond_failure(connection, 404, request);
  struct response response = {file->head, file->head_bytes, file->content, file->content_bytes};
  return respond(connection, &response, request);
}

static void consume(struct connection *connection, size_t count) {
  connection->input_bytes -= count;
  memmove(connection->input, connection->input + count, connection->input_bytes);
}

// Answers every whole request of the input, one after the other, as long as the peer takes the
// answers; false when the connection is gone.
static bool serve(struct connection *connection) {
  while (connection->output_count == 0) {
    if (connection->body_left > 0) {
      uint64_t left = connection->body_left;
      size_t count = left < connection->input_bytes ? (size_t)left : connection->input_bytes;
      connection->body_left -= count;
      consume(connection, count);
    }
    if (connection->input_bytes == 0) return true;
    struct request request;
    int status = parse_request(connection->input, connection->input_bytes, &request);
    if (status == INCOMPLETE && connection->input_bytes < INPUT_BYTES) return true;
    if (status != 200) {
      // Where the next request would begin is not known.
      request.keep_alive = request.is_head = false;
      return respond_failure(connection, status == INCOMPLETE ? 431 : status, &request);
    }
    consume(connection, request.head_bytes);
    connection->body_left = request.body_bytes;
    if (!respond_file(connection, &request)) return false;
  }
  return true;
}

static bool receive(struct connection *connection) {
  __wasi_iovec_t buffer = {(uint8_t *)connection->input + connection->input_bytes,
                           INPUT_BYTES - connection->input_bytes};
  __wasi_size_t count;
  __wasi_roflags_t flags;
  __wasi_errno_t code = __wasi_sock_recv(connection->fd, &buffer, 1, 0, &count, &flags);
  if (code == __WASI_ERRNO_AGAIN) return true;
  if (code != __WASI_ERRNO_SUCCESS || count == 0) {
    close_connection(connection);
    return false;
  }
  connection->input_bytes += count;
  return serve(connection);
}

// An idle connection is closed when the server stops; all others after their answer.
static bool is_idle(const struct connection *connection) {
  return connection->input_bytes == 0 && connection->output_count == 0;
}

// Who wants to connect when there is no room takes the place of the one that was idle longest.
static struct connection *find_longest_idle(void) {
  struct connection *found = NULL;
  for (uint32_t i = listener_count; i < subscription_count; i++) {
    struct connection *connection = &connections[subscriptions[i].userdata];
    if (is_idle(connection) && (!found || connection->round < found->round)) found = connection;
  }
  return found;
}

static void stop(void) {
  is_stopping = true;
  for (uint32_t i = 0; i < listener_count; i++)
    (void)!__wasi_fd_close(subscriptions[i].u.u.fd_read.file_descriptor);
  for (uint32_t i = subscription_count; i-- > listener_count;) {
    struct connection *connection = &connections[subscriptions[i].userdata];
    if (is_idle(connection)) close_connection(connection);
  }
}

static void accept_all(__wasi_fd_t listener) {
  struct connection *idle = free_count == 0 ? find_longest_idle() : NULL;
  if (idle) close_connection(idle);
  while (!is_stopping && free_count > 0) {
    __wasi_fd_t fd;
    __wasi_errno_t code = __wasi_sock_accept(listener, __WASI_FDFLAGS_NONBLOCK, &fd);
    if (code == __WASI_ERRNO_CANCELED) stop();
    if (code == __WASI_ERRNO_CONNABORTED) continue;
    if (code != __WASI_ERRNO_SUCCESS) return;
    uint32_t index = free_list[--free_count];
    struct connection *connection = &connections[index];
    connection->fd = fd;
    connection->round = current_round;
    connection->is_open = true;
    connection->input_bytes = connection->output_count = 0;
    connection->body_left = 0;
    connection->closes_after_output = false;
    connection->position = subscription_count++;
    subscribe(connection->position, __WASI_EVENTTYPE_FD_READ, fd, index);
  }
}

static void handle(const __wasi_event_t *event) {
  if (event->userdata >= CONNECTIONS_MAX) {
    __wasi_fd_t listener = (__wasi_fd_t)(event->userdata - CONNECTIONS_MAX);
    if (event->fd_readwrite.flags & __WASI_EVENTRWFLAGS_FD_READWRITE_HANGUP) stop();
    else accept_all(listener);
    return;
  }
  struct connection *connection = &connections[event->userdata];
  // An event of the same poll may have made the server stop, which closes idle connections.
  if (!connection->is_open) return;
  connection->round = current_round;
  // Between the two only one direction is waited for: a peer that does not read is not read from.
  bool is_open = event->type == __WASI_EVENTTYPE_FD_WRITE
                     ? flush(connection) && serve(connection)
                     : receive(connection);
  if (!is_open) return;
  subscriptions[connection->position].u.tag = connection->output_count > 0
                                                  ? __WASI_EVENTTYPE_FD_WRITE
                                                  : __WASI_EVENTTYPE_FD_READ;
}

static int start(void) {
  const char *listeners = getenv("LISTEN_FDS");
  listener_count = listeners ? (uint32_t)atoi(listeners) : 0;
  if (listener_count == 0 || listener_count > LISTENERS_MAX) {
    fprintf(stderr, "http_server: no socket to listen on; start it with one\n");
    return 2;
  }
  for (uint32_t i = 0; i < listener_count; i++) {
    __wasi_fd_t fd = FIRST_LISTENER + i;
    (void)!__wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_NONBLOCK);
    subscribe(i, __WASI_EVENTTYPE_FD_READ, fd, CONNECTIONS_MAX + fd);
  }
  subscription_count = listener_count;
  for (uint32_t i = CONNECTIONS_MAX; i > 0; i--) free_list[free_count++] = (uint16_t)(i - 1);
  prepare_failures();
  return 0;
}

// Usage: http_server [DIRECTORY]
int main(int argc, char **argv) {
  int code = start();
  if (code != 0) return code;
  int files = load_files(argc > 1 ? argv[1] : "/");
  if (files < 0) return 1;
  fprintf(stderr, "http_server: %d files\n", files);
  while (!is_stopping || subscription_count > listener_count) {
    // Without room for a connection nobody is accepted; the system keeps some waiting.
    bool has_room = free_count > 0 || find_longest_idle();
    uint32_t first = is_stopping || !has_room ? listener_count : 0;
    __wasi_size_t count;
    __wasi_errno_t failure = __wasi_poll_oneoff(
        subscriptions + first, events, subscription_count - first, &count);
    if (failure != __WASI_ERRNO_SUCCESS) {
      fprintf(stderr, "http_server: poll: %s\n", strerror(failure));
      return 1;
    }
    update_tails();
    current_round++;
    for (__wasi_size_t i = 0; i < count; i++) handle(&events[i]);
  }
  return 0;
}
