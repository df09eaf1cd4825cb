#ifdef __linux__
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <limits>

#include "secure/platform.h"
#include "secure/platform_posix.h"

namespace bitcoin_support::platform {
namespace {

// Older headers lack the number, which is the same on every architecture that has the call.
#ifdef SYS_memfd_secret
constexpr long kMemfdSecret = SYS_memfd_secret;
#else
constexpr long kMemfdSecret = 447;
#endif
constexpr unsigned kCloseOnExec = 02000000;

// Maps memfd_secret pages over a reservation. @returns false when the kernel has none or the limit forbids
// more; then there is the reservation, or pages that must not be used
bool MapSecret(unsigned char* address, size_t size) noexcept {
  const auto fd = static_cast<int>(syscall(kMemfdSecret, kCloseOnExec));
  if (fd < 0) return false;
  void* pages = MAP_FAILED;
  if (ftruncate(fd, static_cast<off_t>(size)) == 0) {
    const auto map = [&] { return mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0); };
    pages = map();
    if (pages == MAP_FAILED && errno == EAGAIN && RaiseLockLimit()) pages = map();
  }
  close(fd);
  if (pages == MAP_FAILED) return false;
  // Map them elsewhere first: a MAP_FIXED that fails may leave a hole, which another thread's mapping could
  // fill.
  if (mremap(pages, size, size, MREMAP_MAYMOVE | MREMAP_FIXED, address) == MAP_FAILED) {
    munmap(pages, size);
    return false;
  }
  // The kernel refuses MADV_WIPEONFORK for shared pages, so a child gets no mapping at all. Without that it
  // could read the secrets, and the pages must not be used.
  if (madvise(address, size, MADV_DONTFORK) != 0) return false;
  // Get the memory now: at the first write of a secret, a lack of memory would be a SIGBUS.
  for (size_t offset = 0; offset < size; offset += PageSize()) {
    static_cast<volatile unsigned char*>(address)[offset] = 0;
  }
  return true;
}

// Maps private pages over a reservation, or over what MapSecret() has left.
bool MapPrivate(unsigned char* address, size_t size) noexcept {
  if (mmap(address, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
      MAP_FAILED) {
    return false;
  }
  // Where the kernel lacks one of them, the other protections are as good as before.
  madvise(address, size, MADV_DONTDUMP);
  madvise(address, size, MADV_WIPEONFORK);
  return true;
}

}  // namespace

LockedPages MapLocked(size_t size, BackendChoice choice) noexcept {
  unsigned char* const address = ReserveGuarded(size);
  if (address == nullptr) return {};
  if (choice != BackendChoice::kMlock && MapSecret(address, size))
    return {address, size, Backend::kMemfdSecret};
  if (!MapPrivate(address, size)) {
    UnmapLocked(address, size);
    return {};
  }
  if (choice == BackendChoice::kMemfdSecret) return {address, size, Backend::kNone};
  return {address, size, LockPages(address, size) ? Backend::kMlock : Backend::kNone};
}

size_t MappingLimit() noexcept {
  size_t limit = 0;
  const int fd = open("/proc/sys/vm/max_map_count", O_RDONLY | O_CLOEXEC);
  if (fd >= 0) {
    char text[32];
    const ssize_t count = read(fd, text, sizeof text);
    close(fd);
    for (ssize_t i = 0; i < count && text[i] >= '0' && text[i] <= '9'; ++i) {
      limit = limit * 10 + static_cast<size_t>(text[i] - '0');
    }
  }
  return limit > 0 ? limit : std::numeric_limits<size_t>::max();
}

bool RandomBytes(void* into, size_t size) noexcept {
  auto* out = static_cast<unsigned char*>(into);
  while (size > 0) {
    const ssize_t count = getrandom(out, size, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    out += count;
    size -= static_cast<size_t>(count);
  }
  return true;
}

bool HardenProcess() noexcept {
  const bool no_cores = ForbidCores();
  return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 && no_cores;
}

}  // namespace bitcoin_support::platform
#endif
