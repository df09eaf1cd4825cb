// What the core asks of the operating system; platform_linux.cc, platform_macos.cc and platform_windows.cc
// answer.
#pragma once

#include <cstddef>

#include "locked_page_allocator.h"

namespace bitcoin_support::platform {

/// The size of a page in bytes.
size_t PageSize() noexcept;

/// Maps `size` bytes (whole pages) between two pages that nobody can touch, and locks them if possible.
LockedPages MapLocked(size_t size, BackendChoice choice) noexcept;

/// Undoes MapLocked().
void UnmapLocked(void* address, size_t size) noexcept;

/// Puts ordinary pages in the place of those of MapLocked(), between the same guards.
void ReplaceLocked(void* address, size_t size) noexcept;

/// See LockedPageAllocator::GetLimit().
size_t LockLimit() noexcept;

/// How many mappings the process may have; the largest size_t where that is unknown.
size_t MappingLimit() noexcept;

/// Fills `size` bytes from the system's random generator; false when it has failed, and the bytes are
/// undefined.
bool RandomBytes(void* into, size_t size) noexcept;

/// Writes a message to stderr without allocating, then aborts.
[[noreturn]] void Die(const char* message) noexcept;

/// Writes a message to stderr without allocating.
void Warn(const char* message) noexcept;

/// Has the functions called around a fork(), where the system forks: before it in the parent, then in each.
void AtFork(void (*prepare)(), void (*parent)(), void (*child)()) noexcept;

/// No core dumps, and no debugger of the same user: RLIMIT_CORE 0 and, on Linux, PR_SET_DUMPABLE 0. False
/// when the system has refused or has no such thing.
bool HardenProcess() noexcept;

}  // namespace bitcoin_support::platform
