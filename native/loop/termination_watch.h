// The way out of a blocking loop for a worker that is to end.
#pragma once

#include "libevent/internal_event.h"
#include "loop/loop_timer.h"

namespace bitcoin_support {

class EventBase;

/// Spans a blocking loop in a worker. worker.terminate() and the end of the process reach a worker through
/// libuv's loop, which does not run meanwhile. So this watches uv_backend_fd. When it is readable, it checks
/// whether the worker is being terminated, and if so ends the loop.
class TerminationWatch {
 public:
  explicit TerminationWatch(EventBase& base);

 private:
  static void OnReadable(evutil_socket_t fd, short what, void* arg);
  static void OnLater(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  InternalEvent m_uv;
  LoopTimer m_later;
};

}  // namespace bitcoin_support
