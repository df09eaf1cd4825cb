// Every region of locked pages that is mapped, so that a purge finds them without a lock.
#pragma once

#include <cstddef>

namespace bitcoin_support::region_registry {

/// Makes a region known. False when no more regions can be known (there is no memory): the caller must not
/// use it.
bool Add(void* address, size_t size) noexcept;

/// Forgets a region that is about to be unmapped. Returns only when no purge is writing to it.
void Remove(void* address) noexcept;

/// Wipes all known regions in place. Async-signal-safe: it takes no lock and allocates nothing.
void WipeAll() noexcept;

/// Forgets all regions and frees its own memory: for the end of the library, when no purge can come.
void Close() noexcept;

/// Forgets all regions without touching them: for a forked child, where they are wiped or unmapped.
void ForgetAll() noexcept;

}  // namespace bitcoin_support::region_registry
