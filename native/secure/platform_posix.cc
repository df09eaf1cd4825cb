#ifndef _WIN32
#include "secure/platform_posix.h"

#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>
#ifdef __linux__
#include <sys/syscall.h>
#endif
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <limits>

#include "secure/platform.h"

namespace bitcoin_support::platform {

size_t PageSize() noexcept {
  static const auto size = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  return size;
}

// The hard limit: LockPages() raises the soft limit to it.
size_t LockLimit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_max == RLIM_INFINITY) {
    return std::numeric_limits<size_t>::max();
  }
  return static_cast<size_t>(limit.rlim_max) / PageSize() * PageSize();
}

bool RaiseLockLimit() noexcept {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return false;
  limit.rlim_cur = limit.rlim_max;
  return setrlimit(RLIMIT_MEMLOCK, &limit) == 0;
}

bool LockPages(void* address, size_t size) noexcept {
  const auto lock = [=] {
#ifdef __linux__
    // The mlock() of AddressSanitizer's runtime does nothing and returns success.
    return syscall(SYS_mlock, address, size) == 0;
#else
    return mlock(address, size) == 0;
#endif
  };
  return lock() || (RaiseLockLimit() && lock());
}

unsigned char* ReserveGuarded(size_t size) noexcept {
  const size_t guard = PageSize();
  if (size > std::numeric_limits<size_t>::max() - 2 * guard) return nullptr;
  void* const address = mmap(nullptr, size + 2 * guard, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return address == MAP_FAILED ? nullptr : static_cast<unsigned char*>(address) + guard;
}

void UnmapLocked(void* address, size_t size) noexcept {
  const size_t guard = PageSize();
  munmap(static_cast<unsigned char*>(address) - guard, size + 2 * guard);
}

void ReplaceLocked(void* address, size_t size) noexcept {
  // If it fails, the old pages stay: they are wiped.
  mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}

void Warn(const char* message) noexcept {
  // When stderr cannot be written, there is no other way to report it.
  [[maybe_unused]] const auto written = write(STDERR_FILENO, message, std::strlen(message));
}

void Die(const char* message) noexcept {
  Warn(message);
  std::abort();
}

void AtFork(void (*prepare)(), void (*parent)(), void (*child)()) noexcept {
  pthread_atfork(prepare, parent, child);
}

bool ForbidCores() noexcept {
  const rlimit none{0, 0};
  return setrlimit(RLIMIT_CORE, &none) == 0;
}

}  // namespace bitcoin_support::platform
#endif
