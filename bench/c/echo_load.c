/* Sends messages to an echo server on the loopback address, one after the other on each connection, and
   prints how many came back whole. Arguments: port, seconds, number of connections, bytes of a message. */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static char* message;
static size_t size;
static unsigned long messages;

struct connection {
  struct event* event;
  size_t received;
};

static void fail(const char* what) {
  perror(what);
  exit(1);
}

static void ask(int fd) {
  /* A message fits into the socket's buffer, so send() takes it at once. */
  if (send(fd, message, size, MSG_NOSIGNAL) != (ssize_t)size) fail("send");
}

static void on_readable(int fd, short what, void* arg) {
  static char buffer[1 << 16];
  struct connection* self = arg;
  ssize_t n = recv(fd, buffer, sizeof buffer, 0);
  (void)what;
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) fail("recv");
  if (self->received + (size_t)n > size || memcmp(buffer, message + self->received, (size_t)n) != 0) {
    fputs("something else came back\n", stderr);
    exit(1);
  }
  self->received += (size_t)n;
  if (self->received < size) return;
  self->received = 0;
  ++messages;
  ask(fd);
}

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

int main(int argc, char** argv) {
  struct event_base* base = event_base_new();
  struct sockaddr_in address;
  struct connection* connections;
  struct timeval duration;
  double begin;
  int count, i;
  if (argc != 5) return 2;
  count = atoi(argv[3]);
  size = (size_t)atol(argv[4]);
  message = malloc(size);
  connections = calloc((size_t)count, sizeof *connections);
  if (message == NULL || connections == NULL) return 1;
  for (i = 0; i < (int)size; ++i) message[i] = (char)(i * 31 + i / 256);
  memset(&address, 0, sizeof address);
  address.sin_family = AF_INET;
  address.sin_port = htons((unsigned short)atoi(argv[1]));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  for (i = 0; i < count; ++i) {
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) != 0) fail("connect");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    fcntl(fd, F_SETFL, O_NONBLOCK);
    connections[i].event = event_new(base, fd, EV_READ | EV_PERSIST, on_readable, &connections[i]);
    event_add(connections[i].event, NULL);
  }
  begin = now();
  for (i = 0; i < count; ++i) ask(event_get_fd(connections[i].event));
  duration.tv_sec = atoi(argv[2]);
  duration.tv_usec = 0;
  event_base_loopexit(base, &duration);
  event_base_dispatch(base);
  printf("{\"answers\":%lu,\"perSecond\":%.1f}\n", messages, (double)messages / (now() - begin));
  return 0;
}
