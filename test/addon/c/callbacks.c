/* C functions that get pointers from JavaScript, and C callbacks. */
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT __attribute__((visibility("default")))

/* --- calls of an event_callback_fn ------------------------------------------------------------- */

struct tally {
  intptr_t calls;
  intptr_t fd;
  intptr_t what;
  struct event* other;
};

EXPORT void* tally_new(void) { return calloc(1, sizeof(struct tally)); }

EXPORT void tally_free(struct tally* tally) { free(tally); }

EXPORT intptr_t tally_calls(const struct tally* tally) { return tally->calls; }

EXPORT intptr_t tally_fd(const struct tally* tally) { return tally->fd; }

EXPORT intptr_t tally_what(const struct tally* tally) { return tally->what; }

EXPORT void tally_set_other(struct tally* tally, struct event* other) { tally->other = other; }

EXPORT void count(evutil_socket_t fd, short what, void* arg) {
  struct tally* tally = arg;
  if (tally == NULL) return;
  tally->calls++;
  tally->fd = fd;
  tally->what = what;
}

/* Makes another event active, which may be the one that is running. */
EXPORT void pass_on(evutil_socket_t fd, short what, void* arg) {
  struct tally* tally = arg;
  count(fd, what, tally);
  event_active(tally->other, EV_READ, 1);
}

/* An event that makes itself active again as long as its base runs it. C owns its memory. */
struct restless {
  intptr_t calls;
  struct event* ev;
};

static void again(evutil_socket_t fd, short what, void* arg) {
  struct restless* restless = arg;
  (void)fd;
  restless->calls++;
  event_active(restless->ev, what, 1);
}

EXPORT void* restless_new(struct event_base* base) {
  struct restless* restless = calloc(1, sizeof *restless);
  restless->ev = calloc(1, event_get_struct_event_size());
  event_assign(restless->ev, base, -1, 0, again, restless);
  event_active(restless->ev, EV_TIMEOUT, 1);
  return restless;
}

/* Frees it, after its base was freed. Returns how often it was called. */
EXPORT intptr_t restless_free(struct restless* restless) {
  const intptr_t calls = restless->calls;
  free(restless->ev);
  free(restless);
  return calls;
}

/* --- handles by their address ------------------------------------------------------------------ */

EXPORT intptr_t fd_of(const struct event* ev) { return event_get_fd(ev); }

EXPORT const void* base_of(const struct event* ev) { return event_get_base(ev); }

EXPORT intptr_t events_of(struct event_base* base) {
  return event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED);
}

EXPORT intptr_t add_event(struct event* ev, intptr_t ms) {
  const struct timeval after = {ms / 1000, ms % 1000 * 1000};
  return event_add(ev, &after);
}

/* --- events that only C knows -------------------------------------------------------------------- */

struct storm {
  struct event* events[2];
  intptr_t calls;
};

static void blow(evutil_socket_t fd, short what, void* arg) {
  struct storm* storm = arg;
  (void)fd;
  event_active(storm->events[storm->calls++ % 2], what, 1);
}

EXPORT void* storm_start(struct event_base* base) {
  struct storm* storm = calloc(1, sizeof *storm);
  storm->events[0] = event_new(base, -1, 0, blow, storm);
  storm->events[1] = event_new(base, -1, 0, blow, storm);
  event_active(storm->events[1], EV_TIMEOUT, 1);
  return storm;
}

EXPORT intptr_t storm_calls(const struct storm* storm) { return storm->calls; }

EXPORT void storm_stop(struct storm* storm) {
  event_free(storm->events[0]);
  event_free(storm->events[1]);
  free(storm);
}

/* --- HTTP ------------------------------------------------------------------------------------------ */

/* Replies with the URI; arg is the status, 0 for 200. */
EXPORT void answer(struct evhttp_request* request, void* arg) {
  const int status = arg == NULL ? HTTP_OK : (int)(intptr_t)arg;
  struct evbuffer* body = evbuffer_new();
  evbuffer_add_printf(body, "C has seen %s", evhttp_request_get_uri(request));
  evhttp_add_header(evhttp_request_get_output_headers(request), "X-From", "C");
  evhttp_send_reply(request, status, NULL, body);
  evbuffer_free(body);
}

/* Stores the request where arg points to. */
EXPORT void hold(struct evhttp_request* request, void* arg) { *(struct evhttp_request**)arg = request; }

EXPORT void* held(void* place) { return *(void**)place; }

EXPORT intptr_t command_of(const struct evhttp_request* request) {
  return evhttp_request_get_command(request);
}

EXPORT void* connection_of(struct evhttp_request* request) { return evhttp_request_get_connection(request); }

EXPORT intptr_t port_of_peer(struct evhttp_connection* connection) {
  char* address = NULL;
  ev_uint16_t port = 0;
  evhttp_connection_get_peer(connection, &address, &port);
  return port;
}

EXPORT intptr_t serve(struct evhttp* http, intptr_t status) {
  return evhttp_set_cb(http, "/set/in/c", answer, (void*)status);
}
