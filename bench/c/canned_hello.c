// Answers every GET with the same bytes. It only looks for the end of a request, so that clients that are
// measured with it never wait for the server. Prints its port; SIGTERM ends it.
#define _GNU_SOURCE
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { kMaxDescriptors = 1024, kMaxEvents = 64 };

static const char kReply[] =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\n"
    "hello\n";
static const char kEnd[] = "\r\n\r\n";

// How much of kEnd each connection has received.
static unsigned char matched[kMaxDescriptors];

static void Check(int result, const char* what) {
  if (result >= 0) return;
  perror(what);
  exit(1);
}

static void Accept(int epoll, int listener) {
  const int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd < 0) return;
  if (fd >= kMaxDescriptors) {
    close(fd);
    return;
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  matched[fd] = 0;
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  Check(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

static void Serve(int fd) {
  char bytes[4096];
  const ssize_t count = read(fd, bytes, sizeof bytes);
  if (count <= 0) {
    close(fd);
    return;
  }
  for (ssize_t i = 0; i < count; ++i) {
    if (bytes[i] == kEnd[matched[fd]]) {
      ++matched[fd];
    } else {
      matched[fd] = bytes[i] == kEnd[0];
    }
    if (matched[fd] < sizeof kEnd - 1) continue;
    matched[fd] = 0;
    // So few bytes always fit, as long as the client reads them.
    if (write(fd, kReply, sizeof kReply - 1) != (ssize_t)(sizeof kReply - 1)) {
      close(fd);
      return;
    }
  }
}

int main(void) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  Check(listener, "socket");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  Check(bind(listener, (struct sockaddr*)&address, length), "bind");
  Check(listen(listener, 128), "listen");
  Check(getsockname(listener, (struct sockaddr*)&address, &length), "getsockname");
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  Check(epoll, "epoll_create1");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  Check(epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  for (;;) {
    struct epoll_event events[kMaxEvents];
    const int count = epoll_wait(epoll, events, kMaxEvents, -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.fd == listener) {
        Accept(epoll, listener);
      } else {
        Serve(events[i].data.fd);
      }
    }
  }
}
