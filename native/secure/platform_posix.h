// What platform_linux.cc and platform_macos.cc share besides the functions of platform.h.
#pragma once

#include <cstddef>

namespace bitcoin_support::platform {

/// Reserves addresses for `size` bytes and a guard page at each end; every access to them faults.
/// @returns the first byte between the guard pages, or null
unsigned char* ReserveGuarded(size_t size) noexcept;

/// Locks pages. If need be, raises the soft limit of locked memory to the hard limit.
bool LockPages(void* address, size_t size) noexcept;

/// Raises the soft limit of locked memory to the hard limit. @returns false when that is not possible
bool RaiseLockLimit() noexcept;

/// Sets RLIMIT_CORE to 0.
bool ForbidCores() noexcept;

}  // namespace bitcoin_support::platform
