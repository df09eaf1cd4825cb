// Wiping all secrets at once, at the end of the process.
#pragma once

#include <span>

namespace bitcoin_support {

/// Closes all secure buffers and wipes all locked memory, in place and without waiting for users. New buffers
/// can be made afterwards.
void PurgeAll() noexcept;

/// PurgeAll() for a signal handler: takes no lock and allocates nothing. The memory is not used again, so
/// this is for a process that is about to end.
void PurgeFromSignal() noexcept;

/// Registers PurgeAll() for the normal end of the process. To be called once.
void PurgeAtExit() noexcept;

/// Whether the exit handlers have begun. When a library is unloaded, its destructors run before its exit
/// handlers, and when the process ends, after them.
bool IsExiting() noexcept;

/// Installs a handler that calls PurgeFromSignal() when one of the signals arrives, and then does what the
/// signal did before: it calls the handler that was there. A signal that is ignored stays ignored.
/// Thread-safe.
/// @returns false when the system refuses one of them, or has no signals that end processes (Windows)
bool PurgeOnSignals(std::span<const int> signals) noexcept;

/// Puts the handler of PurgeOnSignals() first again for all its signals, after somebody has installed another
/// one over it, which is then called by it. Thread-safe.
void PurgeFirstAgain() noexcept;

/// Removes the handler of PurgeOnSignals() while other code, which need not know of it, installs or removes a
/// handler for the signal; then puts it first again. Does nothing for a signal that PurgeOnSignals() was not
/// called for.
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
