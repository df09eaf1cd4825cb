// The process's handler for signals that have events: it calls both libevent's and Node's.
#pragma once

#include <signal.h>

namespace bitcoin_support {

class LoopDriver;

/// What BeginListening() has found.
enum class SignalStart {
  kReady,
  kForeign,  ///< a handler that is neither Node's nor libevent's
  kRefused   ///< there is no such signal, or nobody may catch it
};

// libevent and libuv each install a handler of their own when they begin to listen for a signal, over
// whatever is there, and put something else back when they end. So while a signal has events, this handler is
// installed instead, and calls both. libuv leaves it alone: it installs its handler with the first of its
// watchers for a signal and takes it away with the last, and meanwhile one of ours is among them.
//
// One thread at a time may be in these functions.

/// Called before the first event_add() for a signal. libevent then finds our handler and puts that back with
/// its last event_del(), so at no time does the signal do what it does by default. `error` is libuv's,
/// negative when it cannot listen.
SignalStart BeginListening(LoopDriver& loop, int signal_number, int& error);

/// Called after an event_add(): installs our handler over libevent's.
void ListenBeside(int signal_number);

/// Called after the last event_del(), or when the first event_add() has failed: the signal is as it was
/// before, unless Node listens for it.
void EndListening(LoopDriver& loop, int signal_number);

/// Installs our handler again where Node has put back its default one, as it does after a script with
/// `breakOnSigint`, or where libevent has made its signals anew.
void ListenAgain(int signal_number);

/// Spans event_del() and EndListening(). A handler that somebody else has installed over ours keeps its
/// place: it may call ours.
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
