// The behaviour that Bitcoin Core's allocator_tests require of an Arena, on an address range that is never
// touched.
#include "secure/arena.h"

#include <cstdint>
#include <limits>
#include <set>
#include <vector>

#include "check.h"

namespace bitcoin_support::test {
namespace {

constexpr size_t kSize = 1024 * 1024;

void* Base() { return reinterpret_cast<void*>(uintptr_t{0x08000000}); }

Arena Whole() { return Arena(Base(), kSize, 16); }

void CheckEmpty(const Arena& arena) {
  const Arena::Stats stats = arena.GetStats();
  CHECK(stats.used == 0);
  CHECK(stats.free == kSize);
  CHECK(stats.total == kSize);
  CHECK(stats.chunks_used == 0);
  CHECK(stats.chunks_free == 1);
}

TEST("arena: 1000 bytes use 1008, the next multiple of 16") {
  Arena arena = Whole();
  void* const chunk = arena.Alloc(1000);
  CHECK(chunk != nullptr);
  CHECK(arena.GetStats().used == 1008);
  CHECK(arena.GetStats().free == kSize - 1008);
  CHECK(arena.GetStats().total == kSize);
  arena.Free(chunk);
  CheckEmpty(arena);
}

TEST("arena: a double free throws and changes nothing") {
  Arena arena = Whole();
  void* const chunk = arena.Alloc(1000);
  arena.Free(chunk);
  CHECK(Throws<std::runtime_error>([&] { arena.Free(chunk); }));
  CheckEmpty(arena);
}

TEST("arena: an address inside a chunk or outside the range is not freed") {
  Arena arena = Whole();
  auto* const chunk = static_cast<char*>(arena.Alloc(64));
  CHECK(Throws<std::runtime_error>([&] { arena.Free(chunk + 16); }));
  CHECK(Throws<std::runtime_error>([&] { arena.Free(static_cast<char*>(Base()) + kSize); }));
  CHECK(arena.GetStats().used == 64);
}

TEST("arena: null is freed without effect") {
  Arena arena = Whole();
  arena.Free(nullptr);
  CheckEmpty(arena);
}

TEST("arena: 0 bytes are null and use nothing") {
  Arena arena = Whole();
  CHECK(arena.Alloc(0) == nullptr);
  CheckEmpty(arena);
}

TEST("arena: more than there is, or than can be rounded up, is null") {
  Arena arena = Whole();
  CHECK(arena.Alloc(kSize + 1) == nullptr);
  CHECK(arena.Alloc(std::numeric_limits<size_t>::max()) == nullptr);
  CHECK(arena.Alloc(std::numeric_limits<size_t>::max() - 15) == nullptr);
  CheckEmpty(arena);
}

TEST("arena: 128, 256 and 512 bytes come and go, and the free chunks join again") {
  Arena arena = Whole();
  void* const a128 = arena.Alloc(128);
  void* const a256 = arena.Alloc(256);
  void* const a512 = arena.Alloc(512);
  CHECK(arena.GetStats().used == 896);
  CHECK(arena.GetStats().chunks_used == 3);
  arena.Free(a128);
  CHECK(arena.GetStats().used == 768);
  arena.Free(a256);
  CHECK(arena.GetStats().used == 512);
  void* const again = arena.Alloc(128);
  CHECK(arena.GetStats().used == 640);
  arena.Free(a512);
  CHECK(arena.GetStats().used == 128);
  arena.Free(again);
  CheckEmpty(arena);
}

TEST("arena: the best fit is taken, not the first") {
  Arena arena = Whole();
  void* const large = arena.Alloc(512);
  void* const wall = arena.Alloc(16);
  void* const small = arena.Alloc(128);
  void* const other_wall = arena.Alloc(16);
  arena.Free(large);
  arena.Free(small);
  CHECK(arena.Alloc(112) == static_cast<char*>(small) + 16);
  CHECK(arena.Alloc(512) == large);
  arena.Free(wall);
  arena.Free(other_wall);
}

TEST("arena: 1024 times 1024 bytes fill it exactly") {
  Arena arena = Whole();
  std::vector<void*> chunks;
  for (int i = 0; i < 1024; ++i) chunks.push_back(arena.Alloc(1024));
  const std::set<void*> distinct(chunks.begin(), chunks.end());
  CHECK(distinct.size() == 1024);
  CHECK(distinct.count(nullptr) == 0);
  CHECK(arena.GetStats().free == 0);
  CHECK(arena.GetStats().chunks_free == 0);
  CHECK(arena.Alloc(1) == nullptr);
  CHECK(arena.Alloc(1024) == nullptr);
  for (void* const chunk : chunks) arena.Free(chunk);
  CheckEmpty(arena);
}

TEST("arena: what was taken is freed in the other direction") {
  Arena arena = Whole();
  std::vector<void*> chunks;
  for (int i = 0; i < 1024; ++i) chunks.push_back(arena.Alloc(1024));
  for (; !chunks.empty(); chunks.pop_back()) arena.Free(chunks.back());
  CheckEmpty(arena);
}

TEST("arena: a sweep through unequal sizes, freed in both directions") {
  Arena arena = Whole();
  for (const bool forwards : {true, false}) {
    std::vector<void*> chunks;
    for (size_t size = 1; size < 1024; ++size) {
      void* const chunk = arena.Alloc(size);
      CHECK(chunk != nullptr);
      CHECK(reinterpret_cast<uintptr_t>(chunk) % 16 == 0);
      chunks.push_back(chunk);
    }
    for (size_t i = 0; i < chunks.size(); ++i) {
      arena.Free(chunks[forwards ? i : chunks.size() - 1 - i]);
    }
    CheckEmpty(arena);
  }
}

TEST("arena: unequal chunks are freed haphazardly") {
  Arena arena = Whole();
  std::vector<void*> chunks;
  for (size_t i = 0; i < 2048; ++i) chunks.push_back(arena.Alloc(i + 1));
  for (size_t i = 0; i < 2048; ++i) arena.Free(chunks[((i * 23) % 2048) ^ 242]);
  CheckEmpty(arena);
}

TEST("arena: taking and freeing at random leaves it whole") {
  Arena arena = Whole();
  std::vector<void*> chunks(2048, nullptr);
  uint32_t random = 0x12345678;
  for (int i = 0; i < 5000; ++i) {
    void*& chunk = chunks[random & (chunks.size() - 1)];
    if ((random & 0x80000000) != 0) {
      arena.Free(chunk);
      chunk = nullptr;
    } else if (chunk == nullptr) {
      chunk = arena.Alloc((random >> 16) & 2047);
    }
    const bool low = (random & 1) != 0;
    random >>= 1;
    if (low) random ^= 0xf00f00f0;
    const Arena::Stats stats = arena.GetStats();
    CHECK(stats.used + stats.free == kSize);
  }
  for (void* const chunk : chunks) arena.Free(chunk);
  CheckEmpty(arena);
}

TEST("arena: it knows which addresses are its own") {
  const Arena arena = Whole();
  auto* const base = static_cast<char*>(Base());
  CHECK(arena.AddressInArena(base));
  CHECK(arena.AddressInArena(base + kSize - 1));
  CHECK(!arena.AddressInArena(base - 1));
  CHECK(!arena.AddressInArena(base + kSize));
}

TEST("arena: the walk shows each chunk's place and length") {
  Arena arena = Whole();
  CHECK(arena.Walk() == "offset=0 length=1048576 free\n");
  arena.Alloc(100);
  CHECK(arena.Walk() == "offset=0 length=1048464 free\noffset=1048464 length=112 used\n");
}

}  // namespace
}  // namespace bitcoin_support::test
