#include "block_cache.h"

#include <array>
#include <cstdlib>

namespace bitcoin_support {
namespace {

// malloc serves smaller blocks from a cache of its own. evbuffer's chains for reading are just above, and
// there malloc splits and joins its free chunks at every request.
constexpr std::size_t kStep = 1024;
constexpr std::size_t kClasses = 8;  // class c holds blocks of c … c+1 KiB, from 1 KiB
constexpr std::size_t kBlocksPerClass = 8;

#if defined(__SANITIZE_ADDRESS__)
// A block in here would look alive to the sanitizer.
constexpr bool kEnabled = false;
#else
constexpr bool kEnabled = true;
#endif

struct Class {
  std::array<void*, kBlocksPerClass> blocks{};
  std::size_t count = 0;
};

struct Cache {
  ~Cache() {
    for (Class& entry : classes) {
      while (entry.count > 0) std::free(entry.blocks[--entry.count]);
    }
    closed = true;
  }

  std::array<Class, kClasses> classes;
  bool closed = false;  // the thread is ending
};

Cache& ThreadCache() {
  thread_local Cache cache;
  return cache;
}

}  // namespace

void* TakeCachedBlock(std::size_t size) {
  if (!kEnabled || size <= kStep || size > kClasses * kStep) return nullptr;
  // Rounded up, where CacheBlock() rounds down: every block of the class is large enough.
  Class& entry = ThreadCache().classes[(size + kStep - 1) / kStep - 1];
  return entry.count > 0 ? entry.blocks[--entry.count] : nullptr;
}

bool CacheBlock(void* ptr, std::size_t usable) {
  if (!kEnabled || usable < kStep || usable >= (kClasses + 1) * kStep) return false;
  Cache& cache = ThreadCache();
  Class& entry = cache.classes[usable / kStep - 1];
  if (cache.closed || entry.count == kBlocksPerClass) return false;
  entry.blocks[entry.count++] = ptr;
  return true;
}

}  // namespace bitcoin_support
