// The events that join a base to libuv's loop while it does the waiting for it.
#pragma once

#include <event2/event.h>

#include <cstdint>
#include <map>
#include <memory>

#include "libevent/internal_event.h"
#include "loop/loop_timer.h"

namespace bitcoin_support {

class EventBase;

/// Lives with the base that waits: one event for libuv's backend, one timer for the turn, one event for
/// each other base that is dispatched in this thread.
class TurnEvents {
 public:
  TurnEvents(EventBase& base, int uv_backend_fd);

  /// Ends the turn that is to begin when libuv's clock, which says `now_ms`, has gone on by `ms` at the
  /// latest. The timer is left alone when it will come before that, because it mostly does so for the same
  /// reason.
  void ArmTimer(uint64_t now_ms, int ms);

  /// Does nothing when it watches that already. @returns false when the backend cannot be watched.
  bool Watch(double number, int backend_fd);
  void Unwatch(double number) { m_watched.erase(number); }

  /// Forgets what an earlier turn saw.
  void BeginTurn() { m_wanted = false; }
  /// Whether the turn has seen that libuv, or another base, has something to do.
  bool wanted() const { return m_wanted; }

 private:
  static void OnTimer(evutil_socket_t fd, short what, void* arg);
  static void OnWanted(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  bool m_wanted = false;
  InternalEvent m_uv;
  LoopTimer m_timer;
  uint64_t m_timer_due_ms = 0;  ///< 0: not set
  std::map<double, std::unique_ptr<InternalEvent>> m_watched;
};

}  // namespace bitcoin_support
