/* Opens so many connections to an HTTP server on the loopback address, has one reply on each, and leaves them
   idle until its standard input ends. Then it closes them, and ends when the server has closed its side of
   each. Prints a line when all of them are idle. Arguments: port, connections. */
#include "loopback.h"

/* Fewer than wait in a listener's backlog. */
enum { kBatch = 100 };

static const char kRequest[] = "GET / HTTP/1.1\r\nHost: bench\r\n\r\n";

/* Short replies come in one piece. @returns how much came, 0 at the end */
static size_t receive(int fd) {
  char bytes[4096];
  ssize_t n = recv(fd, bytes, sizeof bytes, 0);
  if (n < 0) fail("recv");
  if (n > 0 && strncmp(bytes, "HTTP/1.1 200", 12) != 0) refuse("no 200 came");
  return (size_t)n;
}

int main(int argc, char** argv) {
  int count, first, i;
  int* fds;
  char byte;
  if (argc != 3) return 2;
  count = atoi(argv[2]);
  fds = calloc((size_t)count, sizeof *fds);
  if (fds == NULL) fail("calloc");
  for (first = 0; first < count; first += kBatch) {
    const int end = first + kBatch < count ? first + kBatch : count;
    for (i = first; i < end; ++i) {
      fds[i] = connect_to(atoi(argv[1]));
      fcntl(fds[i], F_SETFL, 0);
      if (send(fds[i], kRequest, sizeof kRequest - 1, MSG_NOSIGNAL) < 0) fail("send");
    }
    for (i = first; i < end; ++i) {
      if (receive(fds[i]) == 0) refuse("the server has closed a connection");
    }
  }
  puts("idle");
  fflush(stdout);
  while (read(STDIN_FILENO, &byte, 1) > 0) continue;
  for (i = 0; i < count; ++i) {
    if (shutdown(fds[i], SHUT_WR) != 0) refuse("the server has closed a connection that was idle");
  }
  for (i = 0; i < count; ++i) {
    while (receive(fds[i]) > 0) continue;
  }
  return 0;
}
