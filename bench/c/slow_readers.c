/* Opens so many connections to an HTTP server on the loopback address, asks on each for GET of a path, and
   reads the replies at so many bytes a second each, for so many seconds. Then it prints how many bytes came
   on all of them. Arguments: port, connections, path, bytes a second, seconds. */
#include "loopback.h"

enum { kTicksPerSecond = 20 };

int main(int argc, char** argv) {
  static char bytes[1 << 20];
  char request[256];
  int count, i, tick, ticks;
  size_t share, length;
  double total = 0;
  struct timespec next;
  int* fds;
  if (argc != 6) return 2;
  count = atoi(argv[2]);
  share = strtoul(argv[4], NULL, 10) / kTicksPerSecond;
  ticks = (int)(atof(argv[5]) * kTicksPerSecond);
  fds = calloc((size_t)count, sizeof *fds);
  if (fds == NULL || share > sizeof bytes) return 2;
  length = (size_t)snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: bench\r\n\r\n", argv[3]);
  for (i = 0; i < count; ++i) {
    fds[i] = connect_to(atoi(argv[1]));
    if (send(fds[i], request, length, MSG_NOSIGNAL) < 0) fail("send");
  }
  clock_gettime(CLOCK_MONOTONIC, &next);
  for (tick = 0; tick < ticks; ++tick) {
    for (i = 0; i < count; ++i) {
      ssize_t n = recv(fds[i], bytes, share, 0);
      if (n < 0 && would_block()) continue;
      if (n < 0) fail("recv");
      if (n == 0) refuse("the server has closed a connection");
      total += (double)n;
    }
    next.tv_nsec += 1000000000 / kTicksPerSecond;
    if (next.tv_nsec >= 1000000000) {
      next.tv_nsec -= 1000000000;
      next.tv_sec += 1;
    }
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
  }
  printf("{\"bytes\":%.0f}\n", total);
  return 0;
}
