// All mapped regions of locked pages, in a form that a purge can read without a lock.
#pragma once

#include <cstddef>

namespace bitcoin_support::region_registry {

/// Adds a region. @returns false without memory for that: then the caller must not use the region
bool Add(void* address, size_t size) noexcept;

/// Removes a region that is about to be unmapped. Waits while a purge writes to it.
void Remove(void* address) noexcept;

/// Wipes all regions in place. Async-signal-safe: it takes no lock and allocates nothing.
void WipeAll() noexcept;

/// Removes all regions and frees its own memory: for the unloading of the library, when no purge can come.
void Close() noexcept;

/// Removes all regions without touching them: for a forked child, where they are wiped or unmapped.
void ForgetAll() noexcept;

}  // namespace bitcoin_support::region_registry
