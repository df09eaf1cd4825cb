#include "secure/memory_cleanse.h"

#ifdef _WIN32
#include <windows.h>
#else
#include <cstring>
#endif

namespace bitcoin_support {

void MemoryCleanse(void* ptr, size_t size) noexcept {
  if (size == 0) return;
#ifdef _WIN32
  SecureZeroMemory(ptr, size);
#else
  std::memset(ptr, 0, size);
  // The compiler must assume that the asm reads the bytes, so it keeps the stores. A loop over volatile bytes
  // would be ten times slower than memset().
  __asm__ __volatile__("" : : "r"(ptr) : "memory");
#endif
}

}  // namespace bitcoin_support
