// Wiping everything at once, for the end of the process.
#pragma once

#include <span>

namespace bitcoin_support {

/// Closes all secure buffers and wipes all locked memory, in place and without waiting for who uses it. What
/// is made afterwards is as good as before.
void PurgeAll() noexcept;

/// The same, async-signal-safe: it takes no lock and allocates nothing. For a process that is about to end,
/// since the memory is not used again.
void PurgeFromSignal() noexcept;

/// Has PurgeAll() called when the process exits normally. Once is enough.
void PurgeAtExit() noexcept;

/// Whether that has begun. When a library is unloaded its destructors run before its exit handlers, and when
/// the process ends, after them.
bool IsExiting() noexcept;

/// Has PurgeFromSignal() called when one of the signals arrives, after which the signal does what it did
/// before: a handler that was there is called. A signal that is ignored stays ignored. False when the system
/// refuses one of them, or has no signals that end processes (Windows). Thread-safe.
bool PurgeOnSignals(std::span<const int> signals) noexcept;

/// Has the handler of PurgeOnSignals() come first again for all signals that it was asked for: somebody may
/// have installed another over it, which is called afterwards. Thread-safe.
void PurgeFirstAgain() noexcept;

/// Takes the handler of PurgeOnSignals() away while somebody, who may not know it, installs or removes one
/// for the signal, and puts it first again. Does nothing for a signal that was not asked for.
class PurgeAside {
 public:
  explicit PurgeAside(int signal) noexcept;
  ~PurgeAside();
  PurgeAside(const PurgeAside&) = delete;
  PurgeAside& operator=(const PurgeAside&) = delete;

 private:
  const int m_signal;
};

}  // namespace bitcoin_support
