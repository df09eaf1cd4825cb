/* The least that an echo server in Node can cost: an addon that waits, reads, calls back and sends. It stores
   nothing for a connection, handles one message at a time, and never returns to Node's loop. */
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <netinet/in.h>
#include <node_api.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static char message[1 << 16];
static ssize_t size;

static void fail(const char* what) {
  perror(what);
  exit(1);
}

/* (descriptor): sends the message back. */
static napi_value send_back(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  int fd = -1;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_int32(env, argument, &fd);
  if (send(fd, message, (size_t)size, MSG_NOSIGNAL) != size) fail("send");
  return NULL;
}

static void watch(int epoll, int fd) {
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) fail("epoll_ctl");
}

static int listen_anywhere(void) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (fd < 0 || bind(fd, (struct sockaddr*)&address, length) != 0 || listen(fd, 128) != 0) fail("listen");
  if (getsockname(fd, (struct sockaddr*)&address, &length) != 0) fail("getsockname");
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return fd;
}

/* (callback): calls it with the descriptor of each message that arrives. It never returns. */
static napi_value run(napi_env env, napi_callback_info info) {
  static struct epoll_event events[256];
  int listener = listen_anywhere();
  int epoll = epoll_create1(0);
  napi_value callback, receiver, name;
  napi_async_context context;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &callback, NULL, NULL);
  napi_create_object(env, &receiver);
  napi_create_string_utf8(env, "echo", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env, NULL, name, &context);
  watch(epoll, listener);
  for (;;) {
    int ready = epoll_wait(epoll, events, sizeof events / sizeof *events, -1), i;
    napi_handle_scope scope;
    napi_open_handle_scope(env, &scope);
    for (i = 0; i < ready; ++i) {
      int fd = events[i].data.fd;
      napi_value argument;
      if (fd == listener) {
        watch(epoll, accept4(listener, NULL, NULL, SOCK_NONBLOCK));
        continue;
      }
      size = recv(fd, message, sizeof message, 0);
      if (size <= 0) {
        close(fd);
        continue;
      }
      napi_create_int32(env, fd, &argument);
      if (napi_make_callback(env, context, receiver, callback, 1, &argument, NULL) != napi_ok) return NULL;
    }
    napi_close_handle_scope(env, scope);
  }
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "run", NAPI_AUTO_LENGTH, run, NULL, &function);
  napi_set_named_property(env, exports, "run", function);
  napi_create_function(env, "send", NAPI_AUTO_LENGTH, send_back, NULL, &function);
  napi_set_named_property(env, exports, "send", function);
  return exports;
}
