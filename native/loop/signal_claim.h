// Who may have signal events: libevent delivers signals to one base in the process.
#pragma once

#include <signal.h>

namespace bitcoin_support {

class EventBase;

enum class SignalClaim {
  kGranted,
  kOtherBase,     ///< another base has signal events now
  kHandledByNode  ///< someone outside libevent has a handler for it
};

/// Counts one more pending signal event of `base` for `signal_number`. Thread-safe.
SignalClaim ClaimSignal(const EventBase& base, int signal_number);

/// Takes one ClaimSignal() back.
void ReleaseSignal(int signal_number);

/// Learns libevent's handler: called when the event_add() of a granted claim has put it in place.
void NoteSignalHandler(int signal_number);

/// Spans an event_del() of a signal event. With the last one libevent puts back what was there before
/// its own handler, over whatever someone has installed since: libuv, when Node begins to listen for the
/// signal or to wait for a child process. That one keeps its place.
class ForeignHandlerGuard {
 public:
  explicit ForeignHandlerGuard(int signal_number);
  ~ForeignHandlerGuard();
  ForeignHandlerGuard(const ForeignHandlerGuard&) = delete;
  ForeignHandlerGuard& operator=(const ForeignHandlerGuard&) = delete;

 private:
  const int m_signal;
  struct sigaction m_found{};
  bool m_foreign = false;
};

}  // namespace bitcoin_support
