/* Keeps so many connections to a streaming server on the loopback address busy for so long, and prints how
   many MiB went over them, and how many a second. Arguments: port, seconds, connections, and `out` when the
   server sends or `in` when it receives. It costs as little as it can: what comes is dropped inside the
   kernel. */
#include "loopback.h"

enum { kPiece = 1 << 20, kMaxEvents = 64, kCallsInARow = 16 };

static char piece[kPiece];
static double total;

static void move_bytes(int fd, int out) {
  int calls;
  for (calls = 0; calls < kCallsInARow; ++calls) {
    ssize_t n = out ? recv(fd, NULL, kPiece, MSG_TRUNC) : send(fd, piece, kPiece, MSG_NOSIGNAL);
    if (n < 0 && would_block()) return;
    if (n < 0) fail(out ? "recv" : "send");
    if (n == 0) refuse("the server has closed a connection");
    total += (double)n;
    if (n < kPiece) return;
  }
}

int main(int argc, char** argv) {
  int epoll = new_epoll(), count, out, i;
  double begin, seconds;
  if (argc != 5) return 2;
  seconds = atof(argv[2]);
  count = atoi(argv[3]);
  out = strcmp(argv[4], "out") == 0;
  begin = now();
  for (i = 0; i < count; ++i) {
    int fd = connect_to(atoi(argv[1]));
    watch(epoll, out ? EPOLLIN : EPOLLOUT, fd, (void*)(intptr_t)fd);
  }
  for (;;) {
    struct epoll_event events[kMaxEvents];
    const double left = begin + seconds - now();
    int ready;
    if (left <= 0) break;
    ready = epoll_wait(epoll, events, kMaxEvents, (int)(left * 1000) + 1);
    for (i = 0; i < ready; ++i) move_bytes((int)(intptr_t)events[i].data.ptr, out);
  }
  printf("{\"answers\":%.3f,\"perSecond\":%.3f}\n", total / kPiece, total / kPiece / (now() - begin));
  return 0;
}
