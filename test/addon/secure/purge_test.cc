#include "secure/purge.h"

#include <cstring>
#include <vector>

#include "check.h"
#include "secure/buffer_use.h"
#include "secure/locked_pool_manager.h"
#include "secure/secure_allocator.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support::test {
namespace {

using Vector = std::vector<unsigned char>;

bool AllZero(const unsigned char* bytes, size_t size) { return Vector(bytes, bytes + size) == Vector(size); }

BufferNumber Filled(size_t capacity) {
  const BufferNumber number = SecureBufferTable::Instance().New(capacity);
  CHECK(number != 0);
  CHECK(SecureBuffer(number).Fill(0x77));
  return number;
}

TEST("purge: every buffer is wiped and gone, and so is all other locked memory") {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber small = Filled(32);
  const BufferNumber large = Filled(20'000);
  Filled(500'000);
  const unsigned char* const small_data = table.Find(small)->slot.data;
  const unsigned char* const large_data = table.Find(large)->slot.data;
  const std::vector<unsigned char, SecureAllocator<unsigned char>> other(100, 0x55);
  PurgeAll();
  CHECK(table.live() == 0);
  CHECK(!SecureBuffer(small).IsValid());
  CHECK(!SecureBuffer(large).IsValid());
  CHECK(AllZero(small_data, 32));
  CHECK(AllZero(large_data, 20'000));
  CHECK(AllZero(other.data(), 100));
  CHECK(LockedPoolManager::Instance().GetStats().regions == 0);
}

TEST("purge: what is made after it is as good as before") {
  PurgeAll();
  const BufferNumber number = Filled(100);
  CHECK(SecureBuffer(number).IntegrityCheck() == true);
  CHECK(SecureBufferTable::Instance().Destroy(number));
  PurgeAll();
  CHECK(SecureBufferTable::Instance().live() == 0);
}

TEST("purge: it does not wait for a use, which finds zeros and wipes what it writes") {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = Filled(100);
  const unsigned char* data = nullptr;
  {
    const BufferUse use(table, number);
    data = use.data();
    PurgeAll();
    CHECK(!SecureBuffer(number).IsValid());
    CHECK(!table.Destroy(number));
    CHECK(AllZero(data, 132));
    std::memset(use.data(), 0x99, 100);
    CHECK(table.live() == 1);
  }
  CHECK(AllZero(data, 132));
  CHECK(table.live() == 0);
}

TEST("purge: a signal's purge closes and wipes without a lock") {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = Filled(100);
  const unsigned char* const data = table.Find(number)->slot.data;
  // The state in which a signal handler may find them.
  table.LockForFork();
  PurgeFromSignal();
  table.UnlockAfterFork();
  CHECK(!SecureBuffer(number).IsValid());
  CHECK(AllZero(data, 132));
}

}  // namespace
}  // namespace bitcoin_support::test
