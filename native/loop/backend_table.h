// libevent's table of a backend's functions, and where a base has it.
#pragma once

#include <event2/event.h>
#include <event2/util.h>

#include <cstddef>

namespace bitcoin_support {

/// libevent's struct eventop (event-internal.h, the same in all of 2.x).
struct BackendTable {
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

/// How libevent's struct event_base begins.
struct BaseHead {
  const BackendTable* backend;
  void* state;  // the backend's own

  /// Null when libevent's struct begins in another way.
  static BaseHead* Of(event_base* base) {
    auto* const head = reinterpret_cast<BaseHead*>(base);
    // libevent has the name from there.
    const bool found = head->backend != nullptr && head->backend->name == event_base_get_method(base);
    return found ? head : nullptr;
  }
};

}  // namespace bitcoin_support
