// Who may have signal events: libevent delivers signals to one base in the process.
#pragma once

#include "loop/signal_handler.h"

namespace bitcoin_support {

class EventBase;

enum class SignalClaim {
  kGranted,
  kOtherBase,  ///< another base has signal events now
  kForeign,    ///< somebody else has a handler for it, which would be replaced
  kRefused     ///< libuv cannot listen for it
};

/// Counts one more pending signal event of `base` for `signal_number`, before its event_add(). Thread-safe,
/// as the others. `error` is libuv's when it is refused.
SignalClaim ClaimSignal(EventBase& base, int signal_number, int& error);

/// Called when the event_add() of a granted claim has succeeded.
void SettleSignal(int signal_number);

/// Takes one ClaimSignal() back, after the event's event_del().
void ReleaseSignal(EventBase& base, int signal_number);

/// Installs the handlers of `base`'s signals again where something has replaced them. Costs next to nothing
/// for a base without signal events.
void KeepSignals(const EventBase& base);

}  // namespace bitcoin_support
