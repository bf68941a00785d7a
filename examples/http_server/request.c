// SPDX-License-Identifier: Apache-2.0
#include "request.h"

#include <string.h>
#include <strings.h>

struct text {
  const char *start;
  size_t length;
};

static bool equals(struct text text, const char *word) {
  return text.length == strlen(word) && strncasecmp(text.start, word, text.length) == 0;
}

// Cuts `rest` at the first `separator`: what was before it is the result.
static struct text take(struct text *rest, char separator) {
  const char *found = memchr(rest->start, separator, rest->length);
  struct text taken = {rest->start, found ? (size_t)(found - rest->start) : rest->length};
  size_t used = taken.length + (found ? 1 : 0);
  rest->start += used;
  rest->length -= used;
  return taken;
}

static struct text trim(struct text text) {
  while (text.length > 0 && strchr(" \t", text.start[0])) text.start++, text.length--;
  while (text.length > 0 && strchr(" \t", text.start[text.length - 1])) text.length--;
  return text;
}

static int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static int parse_target(struct text target, struct request *request) {
  if (target.length > 7 && strncasecmp(target.start, "http://", 7) == 0) {
    // The absolute form: the host is not looked at.
    target.start += 7, target.length -= 7;
    const char *slash = memchr(target.start, '/', target.length);
    if (!slash) return 400;
    target.length -= (size_t)(slash - target.start);
    target.start = slash;
  }
  struct text path = take(&target, '?');
  if (path.length == 0 || path.start[0] != '/') return 400;
  request->path_length = 0;
  for (size_t i = 0; i < path.length; i++) {
    char c = path.start[i];
    if (c == '%') {
      if (i + 2 >= path.length) return 400;
      int high = hex_digit(path.start[i + 1]), low = hex_digit(path.start[i + 2]);
      if (high < 0 || low < 0 || high + low == 0) return 400;
      c = (char)(high << 4 | low);
      i += 2;
    } else if (c <= ' ' || c == 0x7f) {
      return 400;
    }
    if (request->path_length == PATH_BYTES_MAX) return 414;
    request->path[request->path_length++] = c;
  }
  return 200;
}

static int parse_request_line(struct text line, struct request *request, bool *is_1_1) {
  struct text method = take(&line, ' ');
  struct text target = take(&line, ' ');
  if (method.length == 0 || target.length == 0) return 400;
  if (line.length != 8 || memcmp(line.start, "HTTP/", 5) != 0) return 400;
  if (memcmp(line.start, "HTTP/1.", 7) != 0) return 505;
  *is_1_1 = line.start[7] >= '1';
  request->keep_alive = *is_1_1;
  request->is_head = equals(method, "HEAD");
  int status = parse_target(target, request);
  if (status == 200 && !request->is_head && !equals(method, "GET")) return 405;
  return status;
}

static bool parse_length(struct text value, uint64_t *length) {
  *length = 0;
  for (size_t i = 0; i < value.length; i++) {
    char c = value.start[i];
    if (c < '0' || c > '9' || *length > UINT64_MAX / 10 - 10) return false;
    *length = *length * 10 + (uint64_t)(c - '0');
  }
  return value.length > 0;
}

// What this server does not look at may hold anything but control characters.
static bool is_clean(struct text value) {
  for (size_t i = 0; i < value.length; i++) {
    unsigned char c = (unsigned char)value.start[i];
    if ((c < ' ' && c != '\t') || c == 0x7f) return false;
  }
  return true;
}

struct seen {
  int hosts, lengths;
  bool closes;
};

static int parse_header(struct text line, struct request *request, struct seen *seen) {
  struct text name = take(&line, ':');
  struct text value = trim(line);
  // No white space before the colon, and no lines that go on with the one above (RFC 9112, 5).
  if (name.length == 0 || !is_clean(name) || !is_clean(value)) return 400;
  if (memchr(name.start, ' ', name.length) || memchr(name.start, '\t', name.length)) return 400;
  if (name.start + name.length == line.start) return 400;
  if (equals(name, "host")) {
    seen->hosts++;
  } else if (equals(name, "content-length")) {
    uint64_t length;
    if (!parse_length(value, &length)) return 400;
    if (seen->lengths++ > 0 && length != request->body_bytes) return 400;
    request->body_bytes = length;
  } else if (equals(name, "transfer-encoding")) {
    return 501;
  } else if (equals(name, "connection")) {
    while (value.length > 0) {
      struct text option = trim(take(&value, ','));
      if (equals(option, "close")) request->keep_alive = false, seen->closes = true;
      else if (equals(option, "keep-alive") && !seen->closes) request->keep_alive = true;
    }
  }
  return 200;
}

int parse_request(const char *bytes, size_t count, struct request *request) {
  // An empty line or two may precede a request (RFC 9112, 2.2).
  size_t skipped = 0;
  while (skipped < count && (bytes[skipped] == '\r' || bytes[skipped] == '\n')) skipped++;
  const char *end = memmem(bytes + skipped, count - skipped, "\r\n\r\n", 4);
  if (!end) return INCOMPLETE;
  request->head_bytes = (size_t)(end - bytes) + 4;
  request->body_bytes = 0;
  struct text rest = {bytes + skipped, (size_t)(end - bytes) + 2 - skipped};
  struct seen seen = {0, 0, false};
  bool is_first = true, is_1_1 = false;
  while (rest.length > 0) {
    struct text line = take(&rest, '\n');
    if (line.length == 0 || line.start[line.length - 1] != '\r') return 400;
    line.length--;
    int status = is_first ? parse_request_line(line, request, &is_1_1)
                          : parse_header(line, request, &seen);
    if (status != 200) return status;
    is_first = false;
  }
  if (is_1_1 ? seen.hosts != 1 : seen.hosts > 1) return 400;
  return 200;
}
