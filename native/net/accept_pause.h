// A pause in accepting connections.
#pragma once

#include <event2/event.h>

struct evconnlistener;

namespace bitcoin_support {

/// Disables a listener for a while. A listener that cannot accept, because the process is out of descriptors
/// or memory, reports the same error again and again and takes the whole thread. Destroy this before the
/// listener.
class AcceptPause {
 public:
  /// After an error.
  static constexpr timeval kAfterError{0, 100'000};

  /// @throws std::bad_alloc
  AcceptPause(event_base* base, evconnlistener* listener);
  ~AcceptPause();
  AcceptPause(const AcceptPause&) = delete;
  AcceptPause& operator=(const AcceptPause&) = delete;

  /// Disables the listener and enables it again later.
  void Begin(const timeval& duration);
  /// Whether `ev` is the timer of a pause.
  bool WaitsWith(const event* ev) const { return ev == m_accept_again; }
  /// Stops the timer; the listener stays as it is, enabled or not.
  void Cancel();

 private:
  evconnlistener* const m_listener;
  event* const m_accept_again;
};

}  // namespace bitcoin_support
