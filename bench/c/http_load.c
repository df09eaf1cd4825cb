/* Keeps so many connections to an HTTP server on the loopback address busy for so long, each with one request
   after another, and prints how many replies came, how many a second, and how long they took. Arguments:
   port, seconds, connections, a file that holds the request as it is sent, and `spare` or `take`.

   With `spare` it costs as little as it can, so that the server is what everybody waits for: a reply's body
   is dropped inside the kernel. With `take` the body is copied into memory, as a client needs it that has a
   use for it: the least that a client can cost.

   The clock starts when each connection has had one reply. Every reply must be a 200 with a
   Content-Length. */
#include "loopback.h"

#include <sys/resource.h>

/* Connections are opened in batches, of fewer than wait in a listener's backlog. */
enum { kHead = 16384, kMaxEvents = 256, kWithHead = 1 << 18, kBatch = 100, kPatience = 60 };

struct connection {
  int fd;
  /* How much of the request has been sent. */
  size_t sent;
  /* Of the reply: whether its head has come, and how much of its body is missing. */
  int has_head;
  size_t missing;
  double begin;
};

static char* request;
static size_t request_length;
static int spare;

/* Where what is received goes. */
static char* incoming;
static size_t incoming_room;

static unsigned long replies;
/* Whether the clock runs: a connection asks again when it has its reply. */
static int running;
static struct samples times;

static void send_rest(struct connection* self) {
  while (self->sent < request_length) {
    const size_t rest = request_length - self->sent;
    ssize_t n = send(self->fd, request + self->sent, rest, MSG_NOSIGNAL);
    if (n < 0 && would_block()) return;
    if (n < 0) fail("send");
    self->sent += (size_t)n;
  }
}

static void ask(struct connection* self) {
  self->begin = now();
  self->sent = 0;
  self->has_head = 0;
  send_rest(self);
}

/* @returns how much of the reply's body came with its head */
static size_t take_head(struct connection* self, size_t length) {
  char *end, *field;
  size_t head;
  incoming[length] = '\0';
  end = strstr(incoming, "\r\n\r\n");
  if (end == NULL) refuse("a head in two pieces");
  *end = '\0';
  head = (size_t)(end + 4 - incoming);
  field = strcasestr(incoming, "\r\nContent-Length:");
  if (strncmp(incoming, "HTTP/1.1 200", 12) != 0 || field == NULL) refuse(incoming);
  self->missing = strtoul(field + 17, NULL, 10);
  self->has_head = 1;
  if (!spare && self->missing > incoming_room) {
    incoming_room = self->missing;
    incoming = realloc(incoming, incoming_room);
    if (incoming == NULL) fail("realloc");
  }
  return length - head;
}

static void end_reply(struct connection* self) {
  ++replies;
  if (!running) return;
  add_sample(&times, now() - self->begin);
  ask(self);
}

static void receive(struct connection* self) {
  for (;;) {
    const int is_head = !self->has_head;
    const size_t want = is_head ? (spare ? kHead : kWithHead) - 1 : self->missing;
    ssize_t n = recv(self->fd, incoming, want, !is_head && spare ? MSG_TRUNC : 0);
    if (n < 0 && would_block()) return;
    if (n < 0) fail("recv");
    if (n == 0) refuse("the server has closed a connection");
    self->missing -= is_head ? take_head(self, (size_t)n) : (size_t)n;
    if (self->missing == 0) {
      end_reply(self);
      return;
    }
    /* The socket was empty: an edge comes with the next bytes. */
    if ((size_t)n < want) return;
  }
}

/* Waits until `end` at most for something to do, and does it. */
static void turn(int epoll, double end) {
  struct epoll_event events[kMaxEvents];
  const double left = end - now();
  int ready, i;
  if (left <= 0) return;
  ready = epoll_wait(epoll, events, kMaxEvents, (int)(left * 1000) + 1);
  for (i = 0; i < ready; ++i) {
    struct connection* self = events[i].data.ptr;
    send_rest(self);
    receive(self);
  }
}

/* Opens the connections, and has one reply on each. */
static void open_all(int epoll, int port, struct connection* connections, unsigned long count) {
  unsigned long i;
  for (i = 0; i < count; ++i) {
    connections[i].fd = connect_to(port);
    watch(epoll, EPOLLET | EPOLLIN | EPOLLOUT, connections[i].fd, &connections[i]);
    ask(&connections[i]);
    if ((i + 1) % kBatch == 0 || i + 1 == count) {
      const double end = now() + kPatience;
      while (replies <= i && now() < end) turn(epoll, end);
      if (replies <= i) refuse("a connection had no reply within a minute");
    }
  }
}

static void read_request(const char* path) {
  FILE* file = fopen(path, "rb");
  if (file == NULL) fail(path);
  fseek(file, 0, SEEK_END);
  request_length = (size_t)ftell(file);
  rewind(file);
  request = malloc(request_length);
  if (request == NULL || fread(request, 1, request_length, file) != request_length) fail(path);
  fclose(file);
}

int main(int argc, char** argv) {
  unsigned long count, before, i;
  double seconds, begin, end, cpu;
  struct connection* connections;
  struct rusage usage;
  int epoll = new_epoll();
  if (argc != 6) return 2;
  seconds = atof(argv[2]);
  count = strtoul(argv[3], NULL, 10);
  read_request(argv[4]);
  spare = strcmp(argv[5], "spare") == 0;
  incoming_room = kWithHead;
  incoming = malloc(incoming_room);
  connections = calloc(count, sizeof *connections);
  if (incoming == NULL || connections == NULL) fail("malloc");
  open_all(epoll, atoi(argv[1]), connections, count);
  before = replies;
  running = 1;
  begin = now();
  end = begin + seconds;
  for (i = 0; i < count; ++i) ask(&connections[i]);
  while (now() < end) turn(epoll, end);
  end = now();
  if (replies == before) refuse("no reply came in time");
  getrusage(RUSAGE_SELF, &usage);
  cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
        (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  printf("{\"answers\":%lu,\"perSecond\":%.1f,\"loadMicroseconds\":%.3f,\"p50\":%.1f,\"p99\":%.1f}\n",
         replies, (double)(replies - before) / (end - begin), cpu / (double)replies,
         quantile(times.values, times.count, 0.5) * 1e6, quantile(times.values, times.count, 0.99) * 1e6);
  return 0;
}
