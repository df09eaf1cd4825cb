// The addon's own operator new, which nobody else in the process sees. No exception may leave a callback of
// libevent's, so a `new` in one must not fail before libevent does: when malloc has nothing left, it gets
// what libevent would get.
#include <cstdlib>
#include <new>

#include "libevent/scrubbing_heap.h"

#if !defined(__has_feature)
#define __has_feature(feature) 0
#endif
// A sanitizer wants to see its own. Elsewhere than on Linux the linker does not keep it to the addon.
#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer)

void* operator new(size_t size) {
  void* const ptr = bitcoin_support::MallocUnderPressure(size == 0 ? 1 : size);
  if (ptr == nullptr) throw std::bad_alloc();
  return ptr;
}

void* operator new[](size_t size) { return operator new(size); }

void operator delete(void* ptr) noexcept { std::free(ptr); }
void operator delete(void* ptr, size_t) noexcept { std::free(ptr); }
void operator delete[](void* ptr) noexcept { std::free(ptr); }
void operator delete[](void* ptr, size_t) noexcept { std::free(ptr); }

#endif
