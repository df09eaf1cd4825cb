// The events that join a base to libuv's loop while it does the waiting for it.
#pragma once

#include <event2/event.h>

#include <map>
#include <memory>

#include "loop/internal_event.h"

namespace bitcoin_support {

class EventBase;

/// Lives with the base that waits: one event for libuv's backend, one timer for the turn, one event for
/// each other base that is dispatched in this thread.
class TurnEvents {
 public:
  TurnEvents(EventBase& base, int uv_backend_fd);

  /// Ends the turn in `ms` at the latest.
  void ArmTimer(int ms);
  void DisarmTimer();

  /// Does nothing when it watches that already. @returns false when the backend cannot be watched.
  bool Watch(double number, int backend_fd);
  void Unwatch(double number) { m_watched.erase(number); }

  /// Forgets what an earlier turn saw.
  void BeginTurn() { m_wanted = false; }

 private:
  static void OnWanted(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  bool m_wanted = false;
  InternalEvent m_uv;
  InternalEvent m_timer;
  std::map<double, std::unique_ptr<InternalEvent>> m_watched;
};

}  // namespace bitcoin_support
