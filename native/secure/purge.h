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

/// Has PurgeFromSignal() called when one of the signals arrives, after which the signal does what it did
/// before. A signal that is ignored stays ignored. False when the system refuses one of them, or has no
/// signals that end processes (Windows).
bool PurgeOnSignals(std::span<const int> signals) noexcept;

}  // namespace bitcoin_support
