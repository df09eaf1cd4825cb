// What secure memory needs of the operating system. platform_linux.cc, platform_macos.cc and
// platform_windows.cc implement it.
#pragma once

#include <cstddef>

#include "secure/locked_page_allocator.h"

namespace bitcoin_support::platform {

/// The size of a page in bytes.
size_t PageSize() noexcept;

/// Maps `size` bytes (whole pages) between two guard pages, which fault at every access, and locks them if
/// possible.
LockedPages MapLocked(size_t size, BackendChoice choice) noexcept;

/// Undoes MapLocked().
void UnmapLocked(void* address, size_t size) noexcept;

/// Replaces the pages of MapLocked() by ordinary ones, between the same guard pages.
void ReplaceLocked(void* address, size_t size) noexcept;

/// See LockedPageAllocator::GetLimit().
size_t LockLimit() noexcept;

/// @returns how many mappings the process may have; the largest size_t where that is unknown
size_t MappingLimit() noexcept;

/// Fills `size` bytes from the system's random generator. @returns false when that has failed; then the bytes
/// are undefined
bool RandomBytes(void* into, size_t size) noexcept;

/// Writes a message to stderr without allocating, then aborts.
[[noreturn]] void Die(const char* message) noexcept;

/// Writes a message to stderr without allocating.
void Warn(const char* message) noexcept;

/// Registers functions for fork(), where the system has that: before it, then in the parent, then in the
/// child.
void AtFork(void (*prepare)(), void (*parent)(), void (*child)()) noexcept;

/// Forbids core dumps and debuggers of the same user: RLIMIT_CORE 0 and, on Linux, PR_SET_DUMPABLE 0.
/// @returns false when the system has refused, or has no such thing
bool HardenProcess() noexcept;

}  // namespace bitcoin_support::platform
