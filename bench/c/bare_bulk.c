/* What a server's bulk bytes cost at least: the kernel's calls alone. One thread waits, receives and sends,
   each with the largest call that the socket takes, from one buffer and into another, and parses no more than
   it needs. Its clients send no request before they have the reply to the last one.

   Without an argument it answers GET / with `hello\n`, GET /N with N bytes, and a POST with `ok` when its
   body has come. With `out` it sends to all who connect, with `in` it receives. Prints its port; SIGTERM
   ends it. */
#include "loopback.h"

#include <signal.h>
#include <sys/uio.h>

enum { kBytes = 128 << 20, kPiece = 1 << 20, kHead = 4096, kMaxEvents = 64, kCallsInARow = 16 };

enum mode { kHttp, kOut, kIn };

struct connection {
  int fd;
  /* Bytes of a request's body that have not come yet. */
  size_t missing;
  /* The reply: its head, and how much of head and body has been sent of how much. */
  char head[128];
  const char* body;
  size_t head_length, sent, total;
};

static char* outgoing;
static char* incoming;
static enum mode mode;

static void end(struct connection* self) {
  close(self->fd);
  free(self);
}

static void send_rest(struct connection* self) {
  while (self->sent < self->total) {
    struct iovec pieces[2];
    int count = 0;
    size_t of_body = self->sent > self->head_length ? self->sent - self->head_length : 0;
    ssize_t n;
    if (self->sent < self->head_length) {
      pieces[count].iov_base = self->head + self->sent;
      pieces[count++].iov_len = self->head_length - self->sent;
    }
    pieces[count].iov_base = (char*)self->body + of_body;
    pieces[count++].iov_len = self->total - self->head_length - of_body;
    n = writev(self->fd, pieces, count);
    if (n < 0 && would_block()) return;
    if (n < 0) {
      end(self);
      return;
    }
    self->sent += (size_t)n;
  }
}

static void reply(struct connection* self, const char* body, size_t length) {
  const char* head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n";
  if (length > kBytes) refuse("more bytes than there are");
  self->head_length = (size_t)snprintf(self->head, sizeof self->head, head, length);
  self->body = body;
  self->total = self->head_length + length;
  self->sent = 0;
  send_rest(self);
}

static void take_head(struct connection* self, char* text, size_t length) {
  char* end_of_head;
  text[length] = '\0';
  end_of_head = strstr(text, "\r\n\r\n");
  if (end_of_head == NULL) refuse("a head in two pieces");
  if (strncmp(text, "POST", 4) == 0) {
    const char* field = strcasestr(text, "\r\nContent-Length:");
    self->missing = field == NULL ? 0 : strtoul(field + 17, NULL, 10);
    self->missing -= length - (size_t)(end_of_head + 4 - text);
    if (self->missing == 0) reply(self, "ok", 2);
  } else if (text[5] == ' ') {
    reply(self, "hello\n", 6);
  } else {
    reply(self, outgoing, strtoul(text + 5, NULL, 10));
  }
}

static void serve(struct connection* self) {
  static char text[kHead + 1];
  if (self->sent < self->total) {
    send_rest(self);
    return;
  }
  for (;;) {
    const size_t missing = self->missing;
    ssize_t n = recv(self->fd, missing > 0 ? incoming : text, missing > 0 ? missing : kHead, 0);
    if (n < 0 && would_block()) return;
    if (n <= 0) {
      end(self);
      return;
    }
    if (missing == 0) {
      take_head(self, text, (size_t)n);
      if (n < kHead) return;
    } else {
      self->missing -= (size_t)n;
      if (self->missing == 0) reply(self, "ok", 2);
      /* Either the socket was empty, and an edge comes with the next bytes, or the client waits for the
       * reply. */
      return;
    }
  }
}

static void stream(struct connection* self) {
  int calls;
  for (calls = 0; calls < kCallsInARow; ++calls) {
    ssize_t n = mode == kOut ? send(self->fd, outgoing, kPiece, 0) : recv(self->fd, incoming, kPiece, 0);
    if (n < 0 && would_block()) return;
    if (n <= 0) {
      end(self);
      return;
    }
    if (n < kPiece) return;
  }
}

/* Connections have it from the listener. The system would let it grow to 4 MiB; what is on its way would not
   fit into the processor's cache then, and cost up to twice as much to copy. */
static void bound_send_buffer(int listener) {
  int bytes = 1 << 18;
  setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
}

static void accept_one(int epoll, int listener) {
  struct connection* self;
  int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  self = calloc(1, sizeof *self);
  if (self == NULL) fail("calloc");
  self->fd = fd;
  send_at_once(fd);
  watch(epoll, mode == kOut ? EPOLLOUT : mode == kIn ? EPOLLIN : EPOLLET | EPOLLIN | EPOLLOUT, fd, self);
}

int main(int argc, char** argv) {
  int listener, epoll = new_epoll();
  mode = argc < 2 ? kHttp : strcmp(argv[1], "out") == 0 ? kOut : kIn;
  signal(SIGPIPE, SIG_IGN);
  outgoing = malloc(kBytes);
  incoming = malloc(kBytes);
  if (outgoing == NULL || incoming == NULL) fail("malloc");
  memset(outgoing, 'x', kBytes);
  listener = listen_anywhere();
  bound_send_buffer(listener);
  watch(epoll, EPOLLIN, listener, NULL);
  for (;;) {
    struct epoll_event events[kMaxEvents];
    int count = epoll_wait(epoll, events, kMaxEvents, -1), i;
    for (i = 0; i < count; ++i) {
      struct connection* self = events[i].data.ptr;
      if (self == NULL) {
        accept_one(epoll, listener);
      } else if (mode == kHttp) {
        serve(self);
      } else {
        stream(self);
      }
    }
  }
}
