#include "loop/select_guard.h"

#include <event2/event.h>
#include <event2/util.h>
#include <sys/select.h>

#include <cerrno>
#include <climits>
#include <cstring>

namespace bitcoin_support {
namespace {

// libevent's struct eventop, and how its struct event_base begins (event-internal.h, the same in all of 2.x).
struct Backend {
  const char* name;
  void* (*init)(event_base*);
  int (*add)(event_base*, evutil_socket_t fd, short old, short events, void* fdinfo);
  int (*del)(event_base*, evutil_socket_t fd, short old, short events, void* fdinfo);
  int (*dispatch)(event_base*, timeval*);
  void (*dealloc)(event_base*);
  int need_reinit;
  event_method_feature features;
  size_t fdinfo_len;
};
struct BaseHead {
  const Backend* backend;
};

// libevent's own, whose add() the guarded one calls.
const Backend* g_select = nullptr;

int AddWithRoom(event_base* base, evutil_socket_t fd, short old, short events, void* fdinfo) {
  if (fd >= FD_SETSIZE) {
    errno = EMFILE;
    return -1;
  }
  return g_select->add(base, fd, old, events, fdinfo);
}

// There is one select in a process, so all bases share this.
const Backend* Guarded(const Backend* select) {
  static const Backend guarded = [select] {
    g_select = select;
    Backend copy = *select;
    copy.add = AddWithRoom;
    return copy;
  }();
  return &guarded;
}

}  // namespace

int GuardSelect(event_base* base) {
  const char* const method = event_base_get_method(base);
  if (std::strcmp(method, "select") != 0) return INT_MAX;
  auto* const head = reinterpret_cast<BaseHead*>(base);
  // libevent has the name from there: so this is where the backend stands.
  if (head->backend != nullptr && head->backend->name == method) head->backend = Guarded(head->backend);
  return FD_SETSIZE;
}

}  // namespace bitcoin_support
