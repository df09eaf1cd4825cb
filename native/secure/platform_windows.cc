#ifdef _WIN32
// windows.h must come before the headers that build on it.
// clang-format off
#include <windows.h>
#include <bcrypt.h>
// clang-format on

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "secure/platform.h"

namespace bitcoin_support::platform {
namespace {

// Makes room for `size` bytes more: a process may lock little more than its minimum working set.
bool GrowWorkingSet(size_t size) noexcept {
  SIZE_T least = 0;
  SIZE_T most = 0;
  DWORD flags = 0;
  const HANDLE process = GetCurrentProcess();
  if (!GetProcessWorkingSetSizeEx(process, &least, &most, &flags)) return false;
  return SetProcessWorkingSetSizeEx(process, least + size, std::max(most, least + size) + size, flags) != 0;
}

bool LockPages(void* address, size_t size) noexcept {
  return VirtualLock(address, size) != 0 || (GrowWorkingSet(size) && VirtualLock(address, size) != 0);
}

}  // namespace

size_t PageSize() noexcept {
  static const size_t size = [] {
    SYSTEM_INFO info;
    GetSystemInfo(&info);
    return static_cast<size_t>(info.dwPageSize);
  }();
  return size;
}

// Windows has no memfd_secret: with that choice the pages count as unlocked.
LockedPages MapLocked(size_t size, BackendChoice choice) noexcept {
  const size_t guard = PageSize();
  if (size > std::numeric_limits<size_t>::max() - 2 * guard) return {};
  auto* const whole =
      static_cast<unsigned char*>(VirtualAlloc(nullptr, size + 2 * guard, MEM_RESERVE, PAGE_NOACCESS));
  if (whole == nullptr) return {};
  unsigned char* const address = whole + guard;
  // The guards stay reserved and uncommitted, so that every access to them faults.
  if (VirtualAlloc(address, size, MEM_COMMIT, PAGE_READWRITE) == nullptr) {
    VirtualFree(whole, 0, MEM_RELEASE);
    return {};
  }
  if (choice == BackendChoice::kMemfdSecret) return {address, size, Backend::kNone};
  return {address, size, LockPages(address, size) ? Backend::kVirtualLock : Backend::kNone};
}

// Releasing pages unlocks them.
void UnmapLocked(void* address, size_t) noexcept {
  VirtualFree(static_cast<unsigned char*>(address) - PageSize(), 0, MEM_RELEASE);
}

// Keeps the pages, which are wiped, and unlocks them.
void ReplaceLocked(void* address, size_t size) noexcept { VirtualUnlock(address, size); }

// No limit: LockPages() grows the working set when it must.
size_t LockLimit() noexcept { return std::numeric_limits<size_t>::max(); }

size_t MappingLimit() noexcept { return std::numeric_limits<size_t>::max(); }

bool RandomBytes(void* into, size_t size) noexcept {
  auto* out = static_cast<unsigned char*>(into);
  while (size > 0) {
    const auto count = static_cast<ULONG>(std::min<size_t>(size, std::numeric_limits<ULONG>::max()));
    if (BCryptGenRandom(nullptr, out, count, BCRYPT_USE_SYSTEM_PREFERRED_RNG) < 0) return false;
    out += count;
    size -= count;
  }
  return true;
}

void Warn(const char* message) noexcept {
  DWORD written = 0;
  WriteFile(GetStdHandle(STD_ERROR_HANDLE), message, static_cast<DWORD>(std::strlen(message)), &written,
            nullptr);
}

void Die(const char* message) noexcept {
  Warn(message);
  std::abort();
}

void AtFork(void (*)(), void (*)(), void (*)()) noexcept {}

bool HardenProcess() noexcept {
  SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
  return false;
}

}  // namespace bitcoin_support::platform
#endif
