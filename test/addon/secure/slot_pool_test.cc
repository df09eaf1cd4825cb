#include "secure/slot_pool.h"

#include <cstdint>
#include <cstring>
#include <set>
#include <vector>

#include "check.h"
#include "fake_pages.h"
#include "secure/locked_pool_manager.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support::test {
namespace {

const std::vector<size_t>& Capacities() {
  static const std::vector<size_t> capacities{1,     15,    16,    31,     32,     33,     100,    255,
                                              256,   257,   1000,  1024,   1025,   4096,   16383,  16384,
                                              16385, 65536, 99999, 131072, 131073, 262144, 262145, 1000001};
  return capacities;
}

bool AllZero(const unsigned char* bytes, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    if (bytes[i] != 0) return false;
  }
  return true;
}

struct Fixture {
  explicit Fixture(int pages = 100) : pool(std::make_unique<HeapPages>(pages, pages)), slots(pool) {}
  LockedPool pool;
  SlotPool slots;
};

TEST("slot pool: slots of all sizes are aligned to 32 bytes, zero and apart") {
  Fixture fixture;
  std::vector<std::pair<Slot, size_t>> taken;
  for (const size_t capacity : Capacities()) {
    for (int i = 0; i < 3; ++i) {
      const Slot slot = fixture.slots.Take(capacity);
      CHECK(slot.data != nullptr);
      CHECK(reinterpret_cast<uintptr_t>(slot.data) % 32 == 0);
      CHECK(AllZero(slot.data, capacity));
      std::memset(slot.data, 0xff, capacity);
      taken.emplace_back(slot, capacity);
    }
  }
  for (const auto& [slot, capacity] : taken) {
    CHECK(fixture.slots.CanaryIntact(slot, capacity));
    fixture.slots.Wipe(slot, capacity);
    fixture.slots.Return(slot);
  }
}

TEST("slot pool: a slot that comes back is zero, canary and all") {
  Fixture fixture;
  for (const size_t capacity : Capacities()) {
    const Slot first = fixture.slots.Take(capacity);
    std::memset(first.data, 0xff, capacity);
    fixture.slots.Wipe(first, capacity);
    if (capacity <= SlotPool::kLargestClass) CHECK(AllZero(first.data, first.slab->slot_size));
    fixture.slots.Return(first);
    const Slot second = fixture.slots.Take(capacity);
    CHECK(AllZero(second.data, capacity));
    fixture.slots.Wipe(second, capacity);
    fixture.slots.Return(second);
  }
}

TEST("slot pool: a byte too many shows, whichever byte of the canary it is") {
  Fixture fixture;
  for (const size_t capacity : {size_t{1}, size_t{32}, size_t{1000}, size_t{20000}}) {
    const Slot slot = fixture.slots.Take(capacity);
    for (size_t i = capacity; i < slot.slab->slot_size; ++i) {
      slot.data[i] ^= 0x01;
      CHECK(!fixture.slots.CanaryIntact(slot, capacity));
      slot.data[i] ^= 0x01;
    }
    CHECK(fixture.slots.CanaryIntact(slot, capacity));
    fixture.slots.Wipe(slot, capacity);
    fixture.slots.Return(slot);
  }
}

TEST("slot pool: at least 16 bytes follow every capacity that has no guard page behind it") {
  Fixture fixture;
  for (size_t capacity = 1; capacity <= 20'000; capacity += capacity < 300 ? 1 : 97) {
    const Slot slot = fixture.slots.Take(capacity);
    CHECK(slot.slab->slot_size - capacity >= 16);
    fixture.slots.Wipe(slot, capacity);
    fixture.slots.Return(slot);
  }
}

TEST("slot pool: canaries differ from slot to slot") {
  Fixture fixture;
  std::set<uint64_t> canaries;
  for (int i = 0; i < 100; ++i) {
    const Slot slot = fixture.slots.Take(32);
    uint64_t canary;
    std::memcpy(&canary, slot.data + 32, sizeof canary);
    canaries.insert(canary);
  }
  CHECK(canaries.size() == 100);
}

TEST("slot pool: 0 bytes and more than INT32_MAX are refused without taking memory") {
  Fixture fixture;
  CHECK(fixture.slots.Take(0).data == nullptr);
  CHECK(fixture.slots.Take(size_t{1} << 31).data == nullptr);
  CHECK(fixture.slots.Take(static_cast<size_t>(-1)).data == nullptr);
  CHECK(fixture.pool.GetStats().total == 0);
}

TEST("slot pool: no memory gives no slot, and later slots are sound") {
  Fixture fixture(1);
  std::vector<Slot> taken;
  for (;;) {
    const Slot slot = fixture.slots.Take(1024);
    if (slot.data == nullptr) break;
    taken.push_back(slot);
  }
  CHECK(taken.size() == LockedPool::kArenaSize / (16 * 1024) * 15);
  CHECK(fixture.slots.Take(200'000).data == nullptr);
  fixture.slots.Wipe(taken.back(), 1024);
  fixture.slots.Return(taken.back());
  CHECK(fixture.slots.Take(1024).data == taken.back().data);
}

TEST("slot pool: memory goes back to the pool, but for an empty slab of each class at most") {
  Fixture fixture;
  std::vector<Slot> taken;
  for (int i = 0; i < 10'000; ++i) taken.push_back(fixture.slots.Take(32));
  CHECK(fixture.pool.GetStats().used >= 10'000 * 64);
  for (const Slot& slot : taken) {
    fixture.slots.Wipe(slot, 32);
    fixture.slots.Return(slot);
  }
  CHECK(fixture.pool.GetStats().used <= 16 * 1024);
  CHECK(fixture.pool.arenas() == 1);
  const LockedPool::Stats stats = fixture.slots.GetStats();
  CHECK(stats.used == 0);
  CHECK(stats.chunks_used == 0);
  CHECK(stats.free == stats.total);
  const Slot large = fixture.slots.Take(1'000'000);
  CHECK(fixture.pool.GetStats().regions == 1);
  fixture.slots.Wipe(large, 1'000'000);
  fixture.slots.Return(large);
  CHECK(fixture.pool.GetStats().regions == 0);
}

TEST("slot pool: a burst leaves one arena, whatever classes it was of") {
  Fixture fixture(1000);
  std::vector<std::pair<Slot, size_t>> taken;
  for (int i = 0; i < 5000; ++i) {
    const size_t capacity = Capacities()[static_cast<size_t>(i) % 16];
    taken.emplace_back(fixture.slots.Take(capacity), capacity);
    CHECK(taken.back().first.data != nullptr);
  }
  CHECK(fixture.pool.arenas() > 20);
  for (const auto& [slot, capacity] : taken) {
    fixture.slots.Wipe(slot, capacity);
    fixture.slots.Return(slot);
  }
  CHECK(fixture.pool.arenas() == 1);
  const size_t growths = fixture.pool.growths();
  for (int i = 0; i < 1000; ++i) {
    const Slot slot = fixture.slots.Take(100);
    fixture.slots.Wipe(slot, 100);
    fixture.slots.Return(slot);
  }
  CHECK(fixture.pool.growths() == growths);
}

TEST("slot pool: a small arena has room for all classes that fit in it") {
  for (const size_t limit : {size_t{16} * 1024, size_t{64} * 1024, size_t{128} * 1024}) {
    LockedPool pool(std::make_unique<HeapPages>(1, 1, limit));
    SlotPool slots(pool);
    for (const size_t capacity : {32, 64, 100, 256, 1000}) {
      const Slot slot = slots.Take(capacity);
      CHECK(slot.data != nullptr);
      CHECK(slot.slab->locked);
      CHECK(slot.data + slot.slab->slot_size <= slot.slab->memory + slot.slab->size);
      CHECK(slots.CanaryIntact(slot, capacity));
    }
    CHECK(pool.GetStats().locked == limit);
  }
}

TEST("slot pool: taking and returning all sizes at random keeps every canary") {
  Fixture fixture(1000);
  std::vector<std::pair<Slot, size_t>> slots(512);
  uint64_t random = 0x9e3779b97f4a7c15;
  for (int i = 0; i < 50'000; ++i) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    auto& [slot, capacity] = slots[random % slots.size()];
    if (slot.data != nullptr) {
      CHECK(fixture.slots.CanaryIntact(slot, capacity));
      fixture.slots.Wipe(slot, capacity);
      fixture.slots.Return(slot);
      slot = {};
    } else {
      capacity = 1 + (random >> 20) % (size_t{1} << ((random >> 50) % 15));
      slot = fixture.slots.Take(capacity);
      CHECK(AllZero(slot.data, capacity));
      std::memset(slot.data, static_cast<int>(random >> 32), capacity);
    }
  }
}

unsigned char* DataOf(size_t capacity, BufferNumber& number) {
  SecureBufferTable& table = SecureBufferTable::Instance();
  number = table.New(capacity);
  return table.Find(number)->slot.data;
}

FATAL_TEST("slot pool: one byte past a buffer's end aborts at its destroy") {
  BufferNumber number = 0;
  volatile unsigned char* const data = DataOf(100, number);
  data[100] = static_cast<unsigned char>(~data[100]);
  SecureBufferTable::Instance().Destroy(number);
}

FATAL_TEST("slot pool: one byte past a large buffer's end aborts at its destroy") {
  BufferNumber number = 0;
  volatile unsigned char* const data = DataOf(1'000'001, number);
  data[1'000'001] = static_cast<unsigned char>(~data[1'000'001]);
  SecureBufferTable::Instance().Destroy(number);
}

FATAL_TEST("slot pool: one byte past a large buffer of whole words meets the guard page") {
  BufferNumber number = 0;
  volatile unsigned char* const data = DataOf(1'000'000 / 32 * 32, number);
  data[1'000'000 / 32 * 32] = 1;
}

FATAL_TEST("slot pool: one byte before a large buffer meets the guard page") {
  BufferNumber number = 0;
  volatile unsigned char* const data = DataOf(1 << 20, number);
  *(data - 1) = 1;
}

FATAL_TEST("slot pool: an overrun of an arena meets the guard page at its end") {
  auto* const chunk = static_cast<volatile unsigned char*>(LockedPoolManager::Instance().pool().Alloc(16));
  // Chunks are taken from the end, so the guard page follows the first one.
  chunk[16] = 1;
}

FATAL_TEST("slot pool: an underrun of an arena meets the guard page at its start") {
  LockedPool& pool = LockedPoolManager::Instance().pool();
  auto* const chunk = static_cast<volatile unsigned char*>(pool.Alloc(LockedPool::kArenaSize));
  *(chunk - 1) = 1;
}

}  // namespace
}  // namespace bitcoin_support::test
