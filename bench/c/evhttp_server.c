/* GET / and POST /rpc on evhttp in plain C, with a base as event_base_new() makes it: what bench/servers/
   does in TypeScript. Takes the login that /rpc wants; prints its port; SIGTERM ends it. */
#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <jansson.h>
#include <netinet/in.h>
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

static void Hello(struct evhttp_request* request, void* arg) {
  (void)arg;
  Reply(request, "text/plain", "hello\n", 6);
}

/* In constant time. */
static int IsAuthorized(const char* given, const char* expected) {
  size_t i;
  const size_t length = strlen(expected);
  unsigned char differences = 0;
  if (given == NULL || strlen(given) != length) return 0;
  for (i = 0; i < length; ++i) differences |= (unsigned char)(given[i] ^ expected[i]);
  return differences == 0;
}

static void Rpc(struct evhttp_request* request, void* authorization) {
  struct evbuffer* input = evhttp_request_get_input_buffer(request);
  const size_t length = evbuffer_get_length(input);
  const char* header = evhttp_find_header(evhttp_request_get_input_headers(request), "Authorization");
  json_t* call;
  json_t* id;
  json_t* result;
  json_t* reply;
  const char* method;
  char* text;
  if (!IsAuthorized(header, authorization)) {
    evhttp_add_header(evhttp_request_get_output_headers(request), "WWW-Authenticate",
                      "Basic realm=\"jsonrpc\"");
    evhttp_send_reply(request, 401, "Unauthorized", NULL);
    return;
  }
  call = json_loadb((const char*)evbuffer_pullup(input, -1), length, 0, NULL);
  if (call == NULL) {
    evhttp_send_error(request, 400, NULL);
    return;
  }
  method = json_string_value(json_object_get(call, "method"));
  id = json_object_get(call, "id");
  result = method != NULL && strcmp(method, "getblockcount") == 0 ? json_integer(170) : json_null();
  reply = json_pack("{s:s, s:o, s:O?}", "jsonrpc", "2.0", "result", result, "id", id);
  json_decref(call);
  text = json_dumps(reply, JSON_COMPACT);
  json_decref(reply);
  if (text == NULL) {
    evhttp_send_error(request, 500, NULL);
    return;
  }
  /* A line, as bitcoind's. */
  {
    const size_t end = strlen(text);
    text[end] = '\n';
    Reply(request, "application/json", text, end + 1);
  }
  free(text);
}

int main(int argc, char** argv) {
  struct event_base* base = event_base_new();
  struct evhttp* http = evhttp_new(base);
  struct evhttp_bound_socket* bound = evhttp_bind_socket_with_handle(http, "127.0.0.1", 0);
  struct sockaddr_in address;
  socklen_t length = sizeof address;
  if (argc != 2 || bound == NULL) return 1;
  evhttp_set_gencb(http, Hello, NULL);
  evhttp_set_cb(http, "/rpc", Rpc, argv[1]);
  if (getsockname(evhttp_bound_socket_get_fd(bound), (struct sockaddr*)&address, &length) != 0) return 1;
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  return event_base_dispatch(base) < 0;
}
