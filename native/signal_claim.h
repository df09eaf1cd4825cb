// Who may have signal events: libevent delivers signals to one base in the process.
#pragma once

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

}  // namespace bitcoin_support
