// The behaviour that Bitcoin Core's allocator_tests require of a LockedPool, and what this pool adds.
#include "secure/locked_pool.h"

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "check.h"
#include "fake_pages.h"
#include "secure/locked_pool_manager.h"
#include "secure/secure_allocator.h"
#include "secure/zero_after_free_allocator.h"

namespace bitcoin_support::test {
namespace {

constexpr size_t kArena = LockedPool::kArenaSize;

TEST("locked pool: it takes nothing before it is asked") {
  const LockedPool pool(std::make_unique<FakePages>(3, 1));
  const LockedPool::Stats stats = pool.GetStats();
  CHECK(stats.total == 0);
  CHECK(stats.locked == 0);
  CHECK(stats.backend == Backend::kNone);
}

TEST("locked pool: 0 bytes and more than an arena are null without taking an arena") {
  LockedPool pool(std::make_unique<FakePages>(3, 1));
  CHECK(pool.Alloc(0) == nullptr);
  CHECK(pool.Alloc(kArena + 1) == nullptr);
  const LockedPool::Stats stats = pool.GetStats();
  CHECK(stats.used == 0);
  CHECK(stats.free == 0);
  CHECK(stats.total == 0);
}

TEST("locked pool: six halves fill three arenas, a seventh chunk fails, and one arena is locked") {
  LockedPool pool(std::make_unique<FakePages>(3, 1));
  std::vector<void*> halves;
  for (int i = 0; i < 6; ++i) {
    halves.push_back(pool.Alloc(kArena / 2));
    CHECK(halves.back() != nullptr);
    CHECK(pool.GetStats().locked == kArena);
  }
  CHECK(pool.Alloc(16) == nullptr);
  CHECK(pool.GetStats().total == 3 * kArena);
  CHECK(pool.GetStats().backend == Backend::kNone);
  for (const int i : {0, 2, 4, 1, 3, 5}) pool.Free(halves[static_cast<size_t>(i)]);
  const LockedPool::Stats stats = pool.GetStats();
  CHECK(stats.total == kArena);
  CHECK(stats.locked == kArena);
  CHECK(stats.used == 0);
  CHECK(stats.free == kArena);
  CHECK(stats.chunks_used == 0);
  CHECK(stats.chunks_free == 1);
  CHECK(stats.arenas == 1);
  CHECK(stats.lock_failures == 2);
  CHECK(stats.backend == Backend::kMlock);
}

TEST("locked pool: arenas that nothing is in go back, except one, the best") {
  LockedPool pool(std::make_unique<FakePages>(10, 4));
  std::vector<void*> chunks;
  for (int i = 0; i < 6; ++i) chunks.push_back(pool.Alloc(kArena));
  CHECK(pool.arenas() == 6);
  // The arenas of 4 and 5 are not locked: none is kept while there is another one.
  pool.Free(chunks[5]);
  CHECK(pool.arenas() == 5);
  pool.Free(chunks[0]);
  CHECK(pool.arenas() == 5);
  pool.Free(chunks[1]);
  CHECK(pool.arenas() == 4);
  pool.Free(chunks[4]);
  CHECK(pool.arenas() == 3);
  pool.Free(chunks[2]);
  pool.Free(chunks[3]);
  CHECK(pool.arenas() == 1);
  CHECK(pool.GetStats().locked == kArena);
  // A chunk that comes and goes makes no arena and frees none.
  const size_t growths = pool.growths();
  for (int i = 0; i < 100; ++i) pool.Free(pool.Alloc(kArena));
  CHECK(pool.growths() == growths);
}

TEST("locked pool: an arena that nothing is in goes back when there is much room in another") {
  LockedPool pool(std::make_unique<FakePages>(3, 3));
  void* const small = pool.Alloc(16);
  void* const large = pool.Alloc(kArena);
  CHECK(pool.arenas() == 2);
  pool.Free(large);
  CHECK(pool.arenas() == 1);
  pool.Free(small);
  CHECK(pool.arenas() == 1);
}

TEST("locked pool: an arena that is not locked stays when it is the only one") {
  LockedPool pool(std::make_unique<FakePages>(1, 0));
  for (int i = 0; i < 3; ++i) {
    void* const chunk = pool.Alloc(16);
    CHECK(chunk != nullptr);
    pool.Free(chunk);
  }
  CHECK(pool.arenas() == 1);
}

TEST("locked pool: the oldest arena is used first, so that the others empty") {
  LockedPool pool(std::make_unique<FakePages>(3, 3));
  void* const first = pool.Alloc(kArena);
  void* const second = pool.Alloc(kArena / 4 * 3);
  pool.Free(first);
  void* const third = pool.Alloc(16);
  CHECK(pool.ArenaOf(third).base == first);
  CHECK(pool.ArenaOf(third).used == 16);
  pool.Free(second);
  pool.Free(third);
  CHECK(pool.arenas() == 1);
}

TEST("locked pool: what it has not handed out is not freed") {
  LockedPool pool(std::make_unique<FakePages>(1, 1));
  auto* const chunk = static_cast<char*>(pool.Alloc(32));
  CHECK(Throws<std::runtime_error>([&] { pool.Free(chunk + 16); }));
  int elsewhere = 0;
  CHECK(Throws<std::runtime_error>([&] { pool.Free(&elsewhere); }));
  CHECK(Throws<std::runtime_error>([&] { pool.FreeRegion(chunk); }));
  pool.Free(chunk);
  CHECK(Throws<std::runtime_error>([&] { pool.Free(chunk); }));
  pool.Free(nullptr);
  pool.FreeRegion(nullptr);
}

TEST("locked pool: the first arena is no larger than what may be locked, the next ones are whole") {
  LockedPool pool(std::make_unique<FakePages>(2, 1, 8192));
  CHECK(pool.Alloc(4096) != nullptr);
  CHECK(pool.GetStats().total == 8192);
  CHECK(pool.Alloc(kArena) != nullptr);
  CHECK(pool.GetStats().total == 8192 + kArena);
  CHECK(pool.GetStats().locked == 8192);
}

TEST("locked pool: a request that the first arena is too small for gets a second") {
  LockedPool pool(std::make_unique<FakePages>(2, 1, 8192));
  CHECK(pool.Alloc(4096) != nullptr);
  CHECK(pool.Alloc(16384) != nullptr);
  CHECK(pool.GetStats().arenas == 2);
}

TEST("locked pool: every arena is no larger than what may still be locked, the reserve comes first") {
  LockedPool pool(std::make_unique<FakePages>(4, 4, 2 * kArena), nullptr, 16384);
  CHECK(pool.Alloc(16) != nullptr);
  CHECK(pool.GetStats().locked == kArena + 16384);
  CHECK(pool.GetStats().regions == 1);
  CHECK(pool.Alloc(kArena - 16) != nullptr);
  CHECK(pool.Alloc(16) != nullptr);
  const LockedPool::Stats stats = pool.GetStats();
  CHECK(stats.locked == 2 * kArena);
  CHECK(stats.arenas == 2);
}

TEST("locked pool: the reserve is there when nothing else may be locked, and comes back") {
  int refused = 0;
  LockedPool pool(
      std::make_unique<FakePages>(9, 2, 16384),
      [&] {
        ++refused;
        return false;
      },
      16384);
  CHECK(pool.Alloc(16) != nullptr);
  CHECK(pool.GetStats().locked == 16384);
  for (int i = 0; i < 3; ++i) {
    void* const lent = pool.AllocReserved(4096);
    CHECK(lent != nullptr);
    CHECK(pool.IsLocked(lent));
    CHECK(pool.SizeOfRegion(lent) == 4096);
    CHECK(pool.GetStats().used == 16 + 4096);
    CHECK(pool.AllocReserved(1) == nullptr);
    pool.FreeRegion(lent);
    CHECK(pool.GetStats().used == 16);
  }
  CHECK(refused == 3);
  CHECK(pool.AllocReserved(4097) == nullptr);
  CHECK(pool.GetStats().locked == 16384);
}

TEST("locked pool: the reserve is one user's also while that keeps it idle") {
  LockedPool pool(std::make_unique<FakePages>(4, 4), nullptr, 16384);
  void* const first = pool.AllocReserved(1);
  pool.SetIdle(first, true);
  void* const second = pool.AllocReserved(1);
  CHECK(second != nullptr);
  CHECK(second != first);
  pool.FreeRegion(first);
  CHECK(Throws<std::runtime_error>([&] { pool.FreeRegion(first); }));
  CHECK(pool.AllocReserved(1) == first);
}

TEST("locked pool: a reserve that is abandoned is made anew") {
  LockedPool pool(MakePlatformPageAllocator(BackendChoice::kMlock), nullptr, 16384);
  void* const first = pool.AllocReserved(1);
  const size_t size = pool.SizeOfRegion(first);
  pool.AbandonRegion(first);
  CHECK(!pool.Contains(first));
  CHECK(pool.GetStats().total == size);
  void* const second = pool.AllocReserved(1);
  CHECK(second != first);
  CHECK(pool.GetStats().total == size);
  CHECK(pool.GetStats().lock_failures == 0);
  pool.FreeRegion(second);
  pool.FreeAbandoned(first, size);
}

TEST("locked pool: a limit of nothing has no reserve, and no failure is counted for it") {
  LockedPool pool(std::make_unique<FakePages>(2, 0, 0), nullptr, 16384);
  void* const lent = pool.AllocReserved(1);
  CHECK(lent != nullptr);
  CHECK(!pool.IsLocked(lent));
  CHECK(pool.GetStats().lock_failures == 1);
  pool.FreeRegion(lent);
  CHECK(pool.GetStats().total == 0);
}

TEST("locked pool: a region counts in whole pages, which are what is locked") {
  LockedPool pool(MakePlatformPageAllocator(BackendChoice::kMlock));
  void* const region = pool.AllocRegion(1);
  const size_t size = pool.SizeOfRegion(region);
  CHECK(size >= 4096);
  CHECK(pool.GetStats().used == size);
  CHECK(pool.GetStats().locked == size);
  pool.FreeRegion(region);
  CHECK(pool.GetStats().total == 0);
}

TEST("locked pool: with a limit of nothing the first arena is whole") {
  LockedPool pool(std::make_unique<FakePages>(1, 0, 0));
  CHECK(pool.Alloc(16) != nullptr);
  CHECK(pool.GetStats().total == kArena);
  CHECK(pool.GetStats().locked == 0);
}

TEST("locked pool: the callback can refuse pages that are not locked") {
  int calls = 0;
  LockedPool pool(std::make_unique<FakePages>(3, 1), [&] {
    ++calls;
    return false;
  });
  void* const chunk = pool.Alloc(kArena);
  CHECK(chunk != nullptr);
  CHECK(calls == 0);
  CHECK(pool.Alloc(16) == nullptr);
  CHECK(pool.AllocRegion(16) == nullptr);
  CHECK(calls == 2);
  CHECK(pool.GetStats().lock_failures == 2);
  CHECK(pool.GetStats().total == kArena);
  CHECK(pool.GetStats().locked == kArena);
}

TEST("locked pool: the callback can let pages pass that are not locked") {
  int calls = 0;
  LockedPool pool(std::make_unique<FakePages>(1, 0), [&] {
    ++calls;
    return true;
  });
  void* const chunk = pool.Alloc(16);
  CHECK(chunk != nullptr);
  CHECK(!pool.IsLocked(chunk));
  CHECK(calls == 1);
}

TEST("locked pool: a region counts until it is freed") {
  LockedPool pool(std::make_unique<FakePages>(2, 2));
  void* const chunk = pool.Alloc(16);
  void* const region = pool.AllocRegion(kArena * 4);
  CHECK(pool.AllocRegion(0) == nullptr);
  CHECK(pool.IsLocked(region));
  CHECK(pool.IsLocked(static_cast<char*>(region) + kArena * 4 - 1));
  CHECK(!pool.IsLocked(static_cast<char*>(region) + kArena * 4));
  LockedPool::Stats stats = pool.GetStats();
  CHECK(stats.used == 16 + kArena * 4);
  CHECK(stats.total == kArena * 5);
  CHECK(stats.locked == kArena * 5);
  CHECK(stats.chunks_used == 2);
  CHECK(stats.regions == 1);
  CHECK(stats.backend == Backend::kMlock);
  CHECK(pool.Walk().find("region (mlock) length=1048576\n") != std::string::npos);
  pool.SetIdle(region, true);
  stats = pool.GetStats();
  CHECK(stats.used == 16);
  CHECK(stats.free == kArena - 16 + kArena * 4);
  CHECK(stats.chunks_used == 1);
  CHECK(stats.chunks_free == 2);
  CHECK(stats.locked == kArena * 5);
  pool.SetIdle(region, false);
  CHECK(pool.GetStats().used == 16 + kArena * 4);
  pool.FreeRegion(region);
  CHECK(Throws<std::runtime_error>([&] { pool.FreeRegion(region); }));
  CHECK(Throws<std::runtime_error>([&] { pool.SetIdle(region, true); }));
  CHECK(Throws<std::runtime_error>([&] { pool.AbandonRegion(region); }));
  stats = pool.GetStats();
  CHECK(stats.total == kArena);
  CHECK(stats.locked == kArena);
  CHECK(stats.regions == 0);
  pool.Free(chunk);
}

TEST("locked pool: an abandoned region is no more counted, and can still be touched") {
  for (const BackendChoice choice : {BackendChoice::kAuto, BackendChoice::kMlock}) {
    LockedPool pool(MakePlatformPageAllocator(choice));
    auto* const region = static_cast<unsigned char*>(pool.AllocRegion(10000));
    CHECK(region != nullptr);
    region[9999] = 1;
    pool.AbandonRegion(region);
    CHECK(pool.GetStats().total == 0);
    CHECK(pool.GetStats().locked == 0);
    CHECK(!pool.Contains(region));
#ifndef _WIN32
    CHECK(region[9999] == 0);
#endif
    region[9999] = 2;
    CHECK(region[9999] == 2);
  }
}

TEST("locked pool: the live one gives memory that can be used, and takes it back once") {
  LockedPool& pool = LockedPoolManager::Instance().pool();
  const LockedPool::Stats before = pool.GetStats();
  void* const chunk = pool.Alloc(16);
  CHECK(chunk != nullptr);
  std::memset(chunk, 0x12, 16);
  CHECK(static_cast<unsigned char*>(chunk)[15] == 0x12);
  pool.Free(chunk);
  CHECK(Throws<std::runtime_error>([&] { pool.Free(chunk); }));
  const LockedPool::Stats after = pool.GetStats();
  CHECK(after.total <= before.total + kArena);
  CHECK(after.used == before.used);
}

TEST("locked pool: the live one's pages are locked, by the system's own means") {
  LockedPool& pool = LockedPoolManager::Instance().pool();
  void* const chunk = pool.Alloc(16);
  CHECK(pool.IsLocked(chunk));
  const LockedPool::Stats stats = pool.GetStats();
  CHECK(stats.locked == stats.total);
  CHECK(stats.lock_failures == 0);
#ifdef _WIN32
  CHECK(stats.backend == Backend::kVirtualLock);
#else
  CHECK(stats.backend == Backend::kMlock || stats.backend == Backend::kMemfdSecret);
#endif
  pool.Free(chunk);
}

TEST("locked pool: policy and backend are chosen before the first use, not after it") {
  LockedPoolManager& manager = LockedPoolManager::Instance();
  if (manager.GetStats().total == 0) CHECK(manager.Configure(LockPolicy::kAllow, BackendChoice::kMlock));
  manager.pool().Free(manager.pool().Alloc(16));
  CHECK(!manager.Configure(LockPolicy::kRequire, BackendChoice::kAuto));
  CHECK(manager.policy() != LockPolicy::kRequire);
}

TEST("secure allocator: a vector's elements are in the pool, and leave no bytes behind") {
  std::vector<unsigned char, SecureAllocator<unsigned char>> bytes(1000, 0x5a);
  unsigned char* const data = bytes.data();
  CHECK(LockedPoolManager::Instance().pool().Contains(data));
  // The pool's memory stays mapped, so it can be read afterwards.
  bytes = {};
  bytes.shrink_to_fit();
  for (int i = 0; i < 1000; ++i) CHECK(data[i] == 0);
}

TEST("secure allocator: more than an arena holds has pages of its own, and too much throws") {
  LockedPool& pool = LockedPoolManager::Instance().pool();
  {
    const std::vector<char, SecureAllocator<char>> bytes(kArena * 2, 'x');
    CHECK(pool.GetStats().regions == 1);
    CHECK(pool.Contains(bytes.data() + kArena * 2 - 1));
  }
  CHECK(pool.GetStats().regions == 0);
  CHECK(Throws<std::bad_alloc>([] { (void)SecureAllocator<long>().allocate(size_t{1} << 62); }));
}

TEST("secure allocator: allocators of all types are equal and share the pool") {
  CHECK(SecureAllocator<int>() == SecureAllocator<int>(SecureAllocator<char>()));
  CHECK(ZeroAfterFreeAllocator<int>() == ZeroAfterFreeAllocator<int>(ZeroAfterFreeAllocator<char>()));
  int* const none = SecureAllocator<int>().allocate(0);
  CHECK(none != nullptr);
  SecureAllocator<int>().deallocate(none, 0);
}

TEST("zero-after-free allocator: a string grows and shrinks with it") {
  std::basic_string<char, std::char_traits<char>, ZeroAfterFreeAllocator<char>> text;
  for (int i = 0; i < 10'000; ++i) text += static_cast<char>('a' + i % 26);
  CHECK(text.size() == 10'000);
  text.clear();
  text.shrink_to_fit();
  CHECK(text.empty());
}

}  // namespace
}  // namespace bitcoin_support::test
