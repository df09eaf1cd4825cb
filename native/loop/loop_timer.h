// A timer of the runtime's own.
#pragma once

#include <cstdint>
#include <memory>

#include "libevent/internal_event.h"
#include "libevent/unique_fd.h"

namespace bitcoin_support {

/// A timer that is not in libevent's heap: there it would change the order in which the user's timers run
/// that are due at one and the same microsecond. So libevent waits for a descriptor of the system's, a
/// timerfd. Where there is none, or none is left, it is a timer in the heap all the same.
class LoopTimer {
 public:
  /// `callback` is called with EV_READ or EV_TIMEOUT. The system is asked for nothing before the first Set().
  LoopTimer(event_base* base, event_callback_fn callback, void* arg)
      : m_base(base), m_callback(callback), m_arg(arg) {}
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  /// Runs the callback once, in `ns` from now. @returns false when libevent or the system refuses
  bool Set(uint64_t ns);
  /// Cancels that.
  void Unset();

 private:
  void Open();
  static void OnExpired(evutil_socket_t fd, short what, void* arg);

  event_base* const m_base;
  const event_callback_fn m_callback;
  void* const m_arg;
  UniqueFd m_fd{-1};
  std::unique_ptr<InternalEvent> m_event;
};

}  // namespace bitcoin_support
