// What platform_linux.cc and platform_macos.cc have in common besides the functions of platform.h.
#pragma once

#include <cstddef>

namespace bitcoin_support::platform {

/// Reserves `size` bytes and a page at each end, none of which can be touched. Returns the first byte between
/// the guards, or null.
unsigned char* ReserveGuarded(size_t size) noexcept;

/// Locks pages, raising the soft limit of locked memory to the hard one if that is what it takes.
bool LockPages(void* address, size_t size) noexcept;

/// Raises the soft limit of locked memory; false when it is as high as it can be.
bool RaiseLockLimit() noexcept;

/// RLIMIT_CORE 0.
bool ForbidCores() noexcept;

}  // namespace bitcoin_support::platform
