// Written from the documentation of the calls, and never run: the tests run on Linux, and the Windows code
// under wine.
#ifdef __APPLE__
#include <mach/vm_inherit.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <limits>

#include "secure/platform.h"
#include "secure/platform_posix.h"

namespace bitcoin_support::platform {

// macOS has no memfd_secret: with that choice the pages count as unlocked.
LockedPages MapLocked(size_t size, BackendChoice choice) noexcept {
  unsigned char* const address = ReserveGuarded(size);
  if (address == nullptr) return {};
  if (mprotect(address, size, PROT_READ | PROT_WRITE) != 0) {
    UnmapLocked(address, size);
    return {};
  }
#ifdef MADV_ZERO_WIRED_PAGES
  madvise(address, size, MADV_ZERO_WIRED_PAGES);
#endif
  // A forked child does not inherit the pages. Only HardenProcess() keeps them out of core dumps.
  minherit(address, size, VM_INHERIT_NONE);
  if (choice == BackendChoice::kMemfdSecret) return {address, size, Backend::kNone};
  return {address, size, LockPages(address, size) ? Backend::kMlock : Backend::kNone};
}

size_t MappingLimit() noexcept { return std::numeric_limits<size_t>::max(); }

bool RandomBytes(void* into, size_t size) noexcept {
  constexpr size_t kAtOnce = 256;
  auto* out = static_cast<unsigned char*>(into);
  while (size > 0) {
    const size_t count = std::min(size, kAtOnce);
    if (getentropy(out, count) != 0) return false;
    out += count;
    size -= count;
  }
  return true;
}

bool HardenProcess() noexcept {
  const bool no_cores = ForbidCores();
  return ptrace(PT_DENY_ATTACH, 0, nullptr, 0) == 0 && no_cores;
}

}  // namespace bitcoin_support::platform
#endif
