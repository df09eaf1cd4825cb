/* The servers of bench/servers/ in plain C: GET /, GET /N, POST / and POST /rpc on evhttp, on a base of
   event_base_new(). The argument is the login for /rpc. Prints its port; SIGTERM ends it. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <jansson.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void Reply(struct evhttp_request* request, const char* type, const char* text, size_t length) {
  struct evbuffer* body = evbuffer_new();
  evbuffer_add(body, text, length);
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", type);
  evhttp_send_reply(request, 200, "OK", body);
  evbuffer_free(body);
}

/* Answers so many bytes, which the reply refers to and does not copy. */
static void ReplySized(struct evhttp_request* request, size_t size) {
  static char* bytes = NULL;
  static size_t room = 0;
  struct evbuffer* body;
  if (size > room) {
    /* The one before stays: a reply may refer to it. */
    bytes = malloc(size);
    if (bytes == NULL) exit(1);
    memset(bytes, 'x', size);
    room = size;
  }
  body = evbuffer_new();
  evbuffer_add_reference(body, bytes, size, NULL, NULL);
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Type", "text/plain");
  evhttp_send_reply(request, 200, "OK", body);
  evbuffer_free(body);
}

static void Hello(struct evhttp_request* request, void* arg) {
  const char* const uri = evhttp_request_get_uri(request);
  (void)arg;
  if (evhttp_request_get_command(request) == EVHTTP_REQ_POST) {
    const int empty = evbuffer_get_length(evhttp_request_get_input_buffer(request)) == 0;
    Reply(request, "text/plain", empty ? "empty" : "ok", empty ? 5 : 2);
  } else if (uri[1] != '\0') {
    ReplySized(request, strtoul(uri + 1, NULL, 10));
  } else {
    Reply(request, "text/plain", "hello\n", 6);
  }
}

/* In constant time. */
static int IsAuthorized(const char* given, const char* expected) {
  const size_t length = strlen(expected);
  if (given == NULL || strlen(given) != length) return 0;
  unsigned char differences = 0;
  for (size_t i = 0; i < length; ++i) differences |= (unsigned char)(given[i] ^ expected[i]);
  return differences == 0;
}

/* @returns the reply as a line, as bitcoind's, which the caller frees; NULL when the call is not JSON */
static char* Answer(const char* body, size_t body_length, size_t* length) {
  json_t* const call = json_loadb(body, body_length, 0, NULL);
  if (call == NULL) return NULL;
  const char* const method = json_string_value(json_object_get(call, "method"));
  const int known = method != NULL && strcmp(method, "getblockcount") == 0;
  json_t* const reply = json_pack("{s:s, s:o, s:O?}", "jsonrpc", "2.0", "result",
                                  known ? json_integer(170) : json_null(), "id", json_object_get(call, "id"));
  json_decref(call);
  char* const text = json_dumps(reply, JSON_COMPACT);
  json_decref(reply);
  if (text == NULL) return NULL;
  *length = strlen(text);
  text[(*length)++] = '\n';
  return text;
}

static void Rpc(struct evhttp_request* request, void* authorization) {
  const char* header = evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");
  if (!IsAuthorized(header, authorization)) {
    evhttp_add_header(evhttp_request_get_output_headers(request), "WWW-Authenticate",
                      "Basic realm=\"jsonrpc\"");
    evhttp_send_reply(request, 401, "Unauthorized", NULL);
    return;
  }
  struct evbuffer* input = evhttp_request_get_input_buffer(request);
  size_t length = 0;
  char* const text = Answer((const char*)evbuffer_pullup(input, -1), evbuffer_get_length(input), &length);
  if (text == NULL) {
    evhttp_send_error(request, 400, NULL);
    return;
  }
  Reply(request, "application/json", text, length);
  free(text);
}

int main(int argc, char** argv) {
  struct event_base* base = event_base_new();
  struct evhttp* http = evhttp_new(base);
  struct evhttp_bound_socket* bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  int one = 1;
  if (argc != 2 || bound == NULL) return 1;
  evhttp_set_gencb(http, Hello, NULL);
  evhttp_set_cb(http, "/rpc", Rpc, argv[1]);
  /* Connections have it from the listener. Without it a reply of more than one write waits for an
   * acknowledgement. */
  setsockopt(evhttp_bound_socket_get_fd(bound), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  signal(SIGPIPE, SIG_IGN);
  if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr*)&address, &length) != 0) return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return event_base_dispatch(base) < 0;
}
