/* GET / on evhttp in plain C, with a base as event_base_new() makes it. Prints its port; SIGTERM ends it. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>

static void hello(struct evhttp_request* request, void* arg) {
  struct evbuffer* body = evbuffer_new();
  (void)arg;
  evbuffer_add(body, "hello\n", 6);
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain");
  evhttp_send_reply(request, 200, "OK", body);
  evbuffer_free(body);
}

int main(void) {
  struct event_base* base = event_base_new();
  struct evhttp* http = evhttp_new(base);
  struct evhttp_bound_socket* bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  if (bound == NULL) return 1;
  evhttp_set_gencb(http, hello, NULL);
  if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr*)&address, &length) != 0) return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return event_base_dispatch(base) < 0;
}
