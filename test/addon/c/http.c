/* C functions that answer HTTP requests. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(__linux__)
#include <errno.h>
#include <linux/vm_sockets.h>
#include <sys/socket.h>
#include <unistd.h>
#endif

#define EXPORT __attribute__((visibility("default")))

enum { ROOM = 64 };

/* The requests that C has, and the callbacks that it got for them. */
struct desk {
  struct evhttp_request* waiting[ROOM];
  intptr_t taken;
  intptr_t given_back;
  intptr_t completed;
  intptr_t closed;
};

EXPORT void* desk_new(void) { return calloc(1, sizeof(struct desk)); }

EXPORT void desk_free(struct desk* desk) { free(desk); }

EXPORT intptr_t desk_taken(const struct desk* desk) { return desk->taken; }

EXPORT intptr_t desk_completed(const struct desk* desk) { return desk->completed; }

EXPORT intptr_t desk_closed(const struct desk* desk) { return desk->closed; }

/* The oldest request without a reply. */
EXPORT struct evhttp_request* desk_next(const struct desk* desk) {
  return desk->waiting[desk->given_back % ROOM];
}

static void note_completion(struct evhttp_request* request, void* arg) {
  struct desk* desk = arg;
  (void)request;
  desk->completed++;
}

static void note_close(struct evhttp_connection* connection, void* arg) {
  struct desk* desk = arg;
  (void)connection;
  desk->closed++;
}

/* "GET /path 3": the command, or its bit where it has no name here, the path, the length of the body. */
static struct evbuffer* describe(struct evhttp_request* request) {
  struct evbuffer* page = evbuffer_new();
  evbuffer_add_printf(page, "%d %s %zu", (int)evhttp_request_get_command(request),
                      evhttp_request_get_uri(request),
                      evbuffer_get_length(evhttp_request_get_input_buffer(request)));
  return page;
}

/* --- at once ------------------------------------------------------------------------------------- */

EXPORT void tell(struct evhttp_request* request, void* arg) {
  struct desk* desk = arg;
  struct evbuffer* page = describe(request);
  if (desk != NULL) desk->taken++;
  evhttp_send_reply(request, HTTP_OK, "OK", page);
  evbuffer_free(page);
}

/* Replies with the body of the request. */
EXPORT void echo(struct evhttp_request* request, void* arg) {
  (void)arg;
  evhttp_send_reply(request, HTTP_OK, NULL, evhttp_request_get_input_buffer(request));
}

/* Replies with the value of a header. */
EXPORT void tell_encoding(struct evhttp_request* request, void* arg) {
  struct evkeyvalq* headers = evhttp_request_get_input_headers(request);
  const char* encoding = evhttp_find_header(headers, "Transfer-Encoding");
  const char* length = evhttp_find_header(headers, "Content-Length");
  (void)arg;
  evbuffer_add_printf(evhttp_request_get_output_buffer(request), "%s %s",
                      encoding == NULL ? "none" : encoding, length == NULL ? "none" : length);
  evhttp_send_reply(request, HTTP_OK, NULL, NULL);
}

EXPORT void refuse(struct evhttp_request* request, void* arg) {
  evhttp_send_error(request, (int)(intptr_t)arg, NULL);
}

/* Sets callbacks of its own for the end of the request and of the connection. */
EXPORT void tell_and_listen(struct evhttp_request* request, void* arg) {
  evhttp_request_set_on_complete_cb(request, note_completion, arg);
  evhttp_connection_set_closecb(evhttp_request_get_connection(request), note_close, arg);
  tell(request, arg);
}

EXPORT void own_and_tell(struct evhttp_request* request, void* arg) {
  evhttp_request_own(request);
  tell(request, arg);
}

/* Frees the connection, and the request with it. */
EXPORT void hang_up(struct evhttp_request* request, void* arg) {
  struct desk* desk = arg;
  desk->taken++;
  evhttp_connection_free(evhttp_request_get_connection(request));
}

/* --- later --------------------------------------------------------------------------------------- */

EXPORT void keep(struct evhttp_request* request, void* arg) {
  struct desk* desk = arg;
  desk->waiting[desk->taken++ % ROOM] = request;
}

EXPORT void keep_and_listen(struct evhttp_request* request, void* arg) {
  evhttp_connection_set_closecb(evhttp_request_get_connection(request), note_close, arg);
  evhttp_request_set_on_complete_cb(request, note_completion, arg);
  keep(request, arg);
}

/* Replies to a stored request, with or without a connection. Returns whether there is one. */
EXPORT intptr_t answer_next(struct desk* desk) {
  struct evhttp_request* request = desk->waiting[desk->given_back++ % ROOM];
  const int there = evhttp_request_get_connection(request) != NULL;
  struct evbuffer* page = describe(request);
  evhttp_send_reply(request, HTTP_OK, NULL, page);
  evbuffer_free(page);
  return there;
}

/* The same in parts. */
EXPORT void start_next(struct desk* desk) {
  evhttp_send_reply_start(desk->waiting[desk->given_back % ROOM], HTTP_OK, NULL);
}

EXPORT void chunk_next(struct desk* desk) {
  struct evbuffer* chunk = describe(desk->waiting[desk->given_back % ROOM]);
  evhttp_send_reply_chunk(desk->waiting[desk->given_back % ROOM], chunk);
  evbuffer_free(chunk);
}

EXPORT void end_next(struct desk* desk) { evhttp_send_reply_end(desk->waiting[desk->given_back++ % ROOM]); }

static struct event_base* base_of_request(struct evhttp_request* request) {
  return evhttp_connection_get_base(evhttp_request_get_connection(request));
}

static void tell_in_time(evutil_socket_t fd, short what, void* arg) {
  (void)fd;
  (void)what;
  tell(arg, NULL);
}

/* Replies from a timer of its own. */
EXPORT void tell_later(struct evhttp_request* request, void* arg) {
  const struct timeval soon = {0, 2000};
  (void)arg;
  event_base_once(base_of_request(request), -1, EV_TIMEOUT, tell_in_time, request, &soon);
}

struct parts {
  struct evhttp_request* request;
  struct desk* desk;
  int left;
};

static void send_part(evutil_socket_t fd, short what, void* arg) {
  const struct timeval soon = {0, 1000};
  struct parts* parts = arg;
  struct evbuffer* chunk = evbuffer_new();
  (void)fd;
  (void)what;
  evbuffer_add_printf(chunk, "part %d\n", parts->left);
  evhttp_send_reply_chunk(parts->request, chunk);
  evbuffer_free(chunk);
  if (--parts->left > 0) {
    event_base_once(base_of_request(parts->request), -1, EV_TIMEOUT, send_part, parts, &soon);
    return;
  }
  evhttp_send_reply_end(parts->request);
  free(parts);
}

/* Replies in three parts, each from a timer. */
EXPORT void tell_in_parts(struct evhttp_request* request, void* arg) {
  struct parts* parts = calloc(1, sizeof *parts);
  parts->request = request;
  parts->desk = arg;
  parts->left = 3;
  evhttp_send_reply_start(request, HTTP_OK, NULL);
  send_part(-1, 0, parts);
}

/* Ends the reply when all of it has been written, so that libevent completes the request at once. Sets the
 * callback for that just before. */
static void end_written(struct evhttp_connection* connection, void* arg) {
  struct parts* parts = arg;
  (void)connection;
  evhttp_request_set_on_complete_cb(parts->request, note_completion, parts->desk);
  evhttp_send_reply_end(parts->request);
  free(parts);
}

EXPORT void tell_by_length(struct evhttp_request* request, void* arg) {
  struct parts* parts = calloc(1, sizeof *parts);
  struct evbuffer* body = evbuffer_new();
  parts->request = request;
  parts->desk = arg;
  evbuffer_add_printf(body, "known");
  evhttp_add_header(evhttp_request_get_output_headers(request), "Content-Length", "5");
  evhttp_send_reply_start(request, HTTP_OK, NULL);
  evhttp_send_reply_chunk_with_cb(request, body, end_written, parts);
  evbuffer_free(body);
}

/* --- what JavaScript hands over ------------------------------------------------------------------- */

EXPORT void listen_to_connection(struct evhttp_connection* connection, struct desk* desk) {
  evhttp_connection_set_closecb(connection, note_close, desk);
}

/* --- sockets whose peers have no name ------------------------------------------------------------ */

/* A socket that listens for virtual machines. Returns an errno, negative, where there are none. */
EXPORT intptr_t vsock_listener(void) {
#if defined(__linux__)
  struct sockaddr_vm any = {.svm_family = AF_VSOCK, .svm_cid = VMADDR_CID_ANY, .svm_port = VMADDR_PORT_ANY};
  const int fd = socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -errno;
  if (bind(fd, (struct sockaddr*)&any, sizeof any) == 0 && listen(fd, 1) == 0) return fd;
  const int error = errno;
  close(fd);
  return -error;
#else
  return -1;
#endif
}
