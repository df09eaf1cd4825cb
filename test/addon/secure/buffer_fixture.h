// A table of buffers over ordinary memory whose bytes a test can read.
#pragma once

#include <memory>
#include <numeric>
#include <vector>

#include "check.h"
#include "fake_pages.h"
#include "secure/buffer_use.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support::test {

using Vector = std::vector<unsigned char>;

struct Fixture {
  explicit Fixture(int pages = 100, int locked = 100)
      : pool(std::make_unique<HeapPages>(pages, locked)), table(pool) {}

  BufferNumber New(size_t capacity) {
    const BufferNumber number = table.New(capacity);
    CHECK(number != 0);
    return number;
  }
  SecureBuffer On(BufferNumber number) { return SecureBuffer(table, number); }

  LockedPool pool;
  SecureBufferTable table;
};

inline Vector Counting(size_t size) {
  Vector bytes(size);
  std::iota(bytes.begin(), bytes.end(), static_cast<unsigned char>(1));
  return bytes;
}

inline Vector ContentOf(const SecureBuffer& buffer, size_t room = 4096) {
  Vector bytes(room);
  bytes.resize(buffer.Read(bytes).value());
  return bytes;
}

inline Vector AllBytesOf(Fixture& fixture, BufferNumber number) {
  const BufferUse use(fixture.table, number);
  return Vector(use.data(), use.data() + use.capacity());
}

}  // namespace bitcoin_support::test
