// How secure pages are kept out of swap, and what to do when they cannot be.
#pragma once

#include <cstdint>

namespace bitcoin_support {

/// What keeps a region of pages in memory, from the weakest to the strongest. A pool with several reports the
/// weakest.
enum class Backend : uint8_t {
  kNone,         ///< nothing: the pages may be swapped out
  kMlock,        ///< mlock(2)
  kVirtualLock,  ///< VirtualLock of Windows
  kMemfdSecret,  ///< memfd_secret(2): the kernel cannot reach them either, and no core dump has them
};

/// Which backend to use.
enum class BackendChoice : uint8_t {
  kAuto,         ///< the best that the system has
  kMlock,        ///< mlock(2), or VirtualLock on Windows
  kMemfdSecret,  ///< memfd_secret(2) only
};

/// What to do with pages that cannot be locked.
enum class LockPolicy : uint8_t {
  kRequire,  ///< fail the allocation
  kWarn,     ///< warn once per process and go on
  kAllow,    ///< go on
};

/// The name that statistics show: `memfd_secret`, `mlock`, `VirtualLock` or `none`.
constexpr const char* NameOf(Backend backend) noexcept {
  switch (backend) {
    case Backend::kMemfdSecret:
      return "memfd_secret";
    case Backend::kMlock:
      return "mlock";
    case Backend::kVirtualLock:
      return "VirtualLock";
    case Backend::kNone:
      break;
  }
  return "none";
}

}  // namespace bitcoin_support
