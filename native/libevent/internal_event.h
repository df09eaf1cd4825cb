// Events of the runtime's own.
#pragma once

#include <event2/event.h>

namespace bitcoin_support {

/// An event that libevent does not count: it never keeps a loop alive and shows in no statistics, like
/// libevent's own notification event.
class InternalEvent {
 public:
  /// It has the highest priority unless another one is given.
  /// @throws std::bad_alloc
  InternalEvent(event_base* base, int fd, int what, event_callback_fn callback, void* arg, int priority = 0);
  ~InternalEvent();
  InternalEvent(const InternalEvent&) = delete;
  InternalEvent& operator=(const InternalEvent&) = delete;

  /// @returns false when libevent refuses, errno says why.
  bool Add(const timeval* timeout = nullptr);
  void Del();

 private:
  event* const m_event;
};

}  // namespace bitcoin_support
