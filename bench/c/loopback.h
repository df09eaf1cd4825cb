/* What the bench's C programs have in common: sockets on the loopback address, and the time. Included before
 * all else. */
#ifndef BENCH_LOOPBACK_H
#define BENCH_LOOPBACK_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static inline void fail(const char* what) {
  perror(what);
  exit(1);
}

/* Ends the program for a reason that errno does not have. */
static inline void refuse(const char* why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static inline void send_at_once(int fd) {
  int one = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
}

/* @returns a connected socket that does not block */
static inline int connect_to(int port) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  address.sin_port = htons((uint16_t)port);
  if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) != 0) fail("connect");
  send_at_once(fd);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/* Prints the port. @returns a listening socket that does not block */
static inline int listen_anywhere(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, length) != 0 || listen(fd, SOMAXCONN) != 0)
    fail("listen");
  if (getsockname(fd, (struct sockaddr*)&address, &length) != 0) fail("getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

static inline int new_epoll(void) {
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  if (epoll < 0) fail("epoll_create1");
  return epoll;
}

static inline void watch(int epoll, uint32_t events, int fd, void* data) {
  struct epoll_event event = {.events = events, .data.ptr = data};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

/* @returns whether a call that returned -1 has only to wait for the socket */
static inline int would_block(void) { return errno == EAGAIN || errno == EINTR; }

static inline int compare_floats(const void* a, const void* b) {
  float left = *(const float*)a, right = *(const float*)b;
  return left < right ? -1 : left > right;
}

/* Sorts them. @returns the value that `share` of all do not exceed, 0 of none */
static inline double quantile(float* values, size_t count, double share) {
  if (count == 0) return 0;
  qsort(values, count, sizeof *values, compare_floats);
  return (double)values[(size_t)((double)(count - 1) * share)];
}

/* A list of floats that grows. */
struct samples {
  float* values;
  size_t count, room;
};

static inline void add_sample(struct samples* samples, double value) {
  if (samples->count == samples->room) {
    samples->room = samples->room == 0 ? 1 << 16 : samples->room * 2;
    samples->values = realloc(samples->values, samples->room * sizeof *samples->values);
    if (samples->values == NULL) fail("realloc");
  }
  samples->values[samples->count++] = (float)value;
}

#endif
