/* Like libevent's own bench. It writes to some pipes at once; each byte that is read causes a write to
 * another pipe, until all writes are done. Prints the nanoseconds for each event, one line for each round.
 *
 * usage: cascade PIPES ROUNDS */
#include <event2/event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static struct event_base* base;
static int (*pipes)[2];
static int count, fired, writes;

static void on_read(evutil_socket_t fd, short what, void* arg) {
  const int index = (int)(intptr_t)arg;
  char byte;
  (void)what;
  if (read(fd, &byte, 1) != 1) abort();
  if (writes > 0) {
    writes--;
    if (write(pipes[(index + 1) % count][1], "e", 1) != 1) abort();
  }
  if (++fired == count * 10) event_base_loopbreak(base);
}

int main(int argc, char** argv) {
  if (argc != 3) return 1;
  count = atoi(argv[1]);
  base = event_base_new();
  pipes = calloc(count, sizeof *pipes);
  for (int i = 0; i < count; i++) {
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pipes[i]) != 0) return 1;
    event_add(event_new(base, pipes[i][0], EV_READ | EV_PERSIST, on_read, (void*)(intptr_t)i), NULL);
  }
  for (int round = 0; round < atoi(argv[2]); round++) {
    struct timespec start, end;
    const int active = count / 10;
    fired = 0;
    writes = count * 10 - active;
    clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < active; i++) {
      if (write(pipes[i * 10][1], "e", 1) != 1) return 1;
    }
    event_base_dispatch(base);
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n", ((end.tv_sec - start.tv_sec) * 1e9 + (end.tv_nsec - start.tv_nsec)) / (count * 10));
  }
  return 0;
}
