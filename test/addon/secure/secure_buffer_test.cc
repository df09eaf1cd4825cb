#include "secure/secure_buffer.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <limits>
#include <numeric>
#include <string_view>
#include <vector>

#include "buffer_fixture.h"
#include "check.h"

namespace bitcoin_support::test {
namespace {

TEST("secure buffer: a new one is valid, locked, empty and zero") {
  Fixture fixture;
  const BufferNumber number = fixture.New(100);
  const SecureBuffer buffer = fixture.On(number);
  CHECK(buffer.IsValid());
  CHECK(buffer.IsLocked());
  CHECK(buffer.Length() == 0);
  CHECK(buffer.Capacity() == 100);
  CHECK(buffer.IsZero() == true);
  CHECK(buffer.IntegrityCheck() == true);
  CHECK(AllBytesOf(fixture, number) == Vector(100));
  CHECK(fixture.table.live() == 1);
}

TEST("secure buffer: a capacity of 0 or above INT32_MAX makes none") {
  Fixture fixture;
  CHECK(fixture.table.New(0) == 0);
  CHECK(fixture.table.New(size_t{1} << 31) == 0);
  CHECK(fixture.table.New(std::numeric_limits<size_t>::max()) == 0);
  CHECK(fixture.table.live() == 0);
  CHECK(fixture.pool.GetStats().total == 0);
}

TEST("secure buffer: without memory none is made, and the next one is sound") {
  Fixture fixture(1);
  CHECK(fixture.table.New(1'000'000) != 0);
  CHECK(fixture.table.New(1'000'000) == 0);
  CHECK(fixture.table.New(32) == 0);
  CHECK(fixture.table.live() == 1);
}

TEST("secure buffer: numbers fit 53 bits and none is used twice") {
  Fixture fixture;
  std::vector<BufferNumber> seen;
  for (int i = 0; i < 1000; ++i) {
    const BufferNumber number = fixture.New(16);
    CHECK(number < uint64_t{1} << 53);
    seen.push_back(number);
    if (i % 2 == 0) CHECK(fixture.table.Destroy(number));
  }
  std::sort(seen.begin(), seen.end());
  CHECK(std::adjacent_find(seen.begin(), seen.end()) == seen.end());
}

TEST("secure buffer: it gives back what was written") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(64));
  const Vector bytes = Counting(40);
  CHECK(buffer.Write(bytes));
  CHECK(buffer.Length() == 40);
  CHECK(ContentOf(buffer) == bytes);
  CHECK(buffer.IsZero() == false);
}

TEST("secure buffer: a shorter write leaves nothing of the content before it") {
  Fixture fixture;
  const BufferNumber number = fixture.New(64);
  SecureBuffer buffer = fixture.On(number);
  CHECK(buffer.Write(Counting(64)));
  CHECK(buffer.Write(Counting(5)));
  Vector expected(64);
  std::iota(expected.begin(), expected.begin() + 5, static_cast<unsigned char>(1));
  CHECK(AllBytesOf(fixture, number) == expected);
  CHECK(buffer.Length() == 5);
}

TEST("secure buffer: a write of more than the capacity fails, and the content stays") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(10));
  CHECK(buffer.Write(Counting(10)));
  CHECK(!buffer.Write(Counting(11)));
  CHECK(ContentOf(buffer) == Counting(10));
}

TEST("secure buffer: a write of nothing clears") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(10));
  CHECK(buffer.Write(Counting(10)));
  CHECK(buffer.Write(SecureBuffer::Bytes()));
  CHECK(buffer.Length() == 0);
  CHECK(buffer.IsZero() == true);
}

TEST("secure buffer: pieces are written as one, or not at all") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(10));
  const Vector bytes = Counting(10);
  const std::span<const unsigned char> whole(bytes);
  const std::array<SecureBuffer::Bytes, 3> pieces{whole.first(3), SecureBuffer::Bytes(), whole.subspan(3)};
  CHECK(buffer.Write(pieces));
  CHECK(ContentOf(buffer) == bytes);
  const std::array<SecureBuffer::Bytes, 2> too_many{whole, whole.first(1)};
  CHECK(!buffer.Write(too_many));
  CHECK(ContentOf(buffer) == bytes);
}

TEST("secure buffer: an append adds to the content, and enlarges the capacity when there is no room") {
  using Growth = SecureBuffer::Growth;
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  SecureBuffer buffer = fixture.On(number);
  const Vector bytes = Counting(10);
  CHECK(buffer.Append(std::span(bytes).first(4)) == Growth::kFits);
  CHECK(buffer.Append(std::span(bytes).subspan(4)) == Growth::kFits);
  CHECK(ContentOf(buffer) == bytes);
  CHECK(buffer.Append(SecureBuffer::Bytes()) == Growth::kFits);
  CHECK(buffer.Capacity() == 10u);
  const unsigned char* const before = fixture.table.Find(number)->slot.data;
  CHECK(buffer.Append(std::span(bytes).first(1)) == Growth::kMoved);
  CHECK(buffer.Capacity() == 20u);
  CHECK(buffer.Length() == 11u);
  const unsigned char* const after = fixture.table.Find(number)->slot.data;
  CHECK(after != before);
  // Slots stay mapped, so the old place can be read: it is wiped.
  for (int i = 0; i < 10; ++i) CHECK(before[i] == 0);
  CHECK(std::equal(bytes.begin(), bytes.end(), after));
  CHECK(after[10] == 1);
  CHECK(buffer.IntegrityCheck() == true);
  CHECK(fixture.table.Destroy(number));
  CHECK(fixture.table.live() == 0);
}

TEST("secure buffer: a content that cannot move stays as it is") {
  Fixture fixture(1);
  SecureBuffer buffer = fixture.On(fixture.New(10));
  const Vector bytes = Counting(10);
  CHECK(buffer.Write(bytes));
  const Vector large(LockedPool::kArenaSize);
  CHECK(buffer.Append(large) == SecureBuffer::Growth::kFailed);
  CHECK(ContentOf(buffer) == bytes);
  CHECK(buffer.Capacity() == 10u);
}

TEST("secure buffer: a buffer that moves says whether its new pages are locked") {
  Fixture fixture(100, 1);
  SecureBuffer buffer = fixture.On(fixture.New(10));
  CHECK(buffer.IsLocked());
  const Vector large(LockedPool::kArenaSize);
  CHECK(buffer.Append(large) == SecureBuffer::Growth::kMoved);
  CHECK(!buffer.IsLocked());
}

TEST("secure buffer: characters are put in, cut off and taken back as a whole") {
  using Growth = SecureBuffer::Growth;
  const auto bytes = [](std::string_view text) { return Vector(text.begin(), text.end()); };
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(1));
  CHECK(buffer.Append(bytes("a\xc3\xa9z")) == Growth::kMoved);
  CHECK(buffer.Insert(2, bytes("x")) == Growth::kFailed);
  CHECK(buffer.Insert(5, bytes("x")) == Growth::kFailed);
  CHECK(buffer.Insert(0, bytes("1")) == Growth::kMoved);
  CHECK(buffer.Insert(2, bytes("2")) == Growth::kFits);
  CHECK(buffer.Insert(6, bytes("3")) == Growth::kFits);
  CHECK(ContentOf(buffer) == bytes("1a2\xc3\xa9z3"));
  CHECK(buffer.Truncate(100));
  CHECK(!buffer.Truncate(4));
  CHECK(buffer.Truncate(5));
  CHECK(ContentOf(buffer) == bytes("1a2\xc3\xa9"));
  CHECK(buffer.Pop());
  CHECK(ContentOf(buffer) == bytes("1a2"));
  CHECK(buffer.Truncate(0));
  CHECK(!buffer.Pop());
  CHECK(buffer.IsZero() == true);
}

TEST("secure buffer: a content is read as a whole or not at all") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(10));
  CHECK(buffer.Write(Counting(6)));
  Vector into(5, 0xee);
  CHECK(buffer.ReadWhole(into) == 6u);
  CHECK(into == Vector(5, 0xee));
  into.resize(7, 0xee);
  CHECK(buffer.ReadWhole(into) == 6u);
  CHECK(Vector(into.begin(), into.begin() + 6) == Counting(6));
  CHECK(into[6] == 0xee);
}

TEST("secure buffer: its own bytes can be written to it") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  SecureBuffer buffer = fixture.On(number);
  CHECK(buffer.Write(Counting(10)));
  unsigned char* const data = fixture.table.Find(number)->slot.data;
  CHECK(buffer.Write(SecureBuffer::Bytes(data + 2, 5)));
  CHECK(ContentOf(buffer) == Vector({3, 4, 5, 6, 7}));
}

TEST("secure buffer: a read copies what fits and leaves the rest alone") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(10));
  CHECK(buffer.Write(Counting(4)));
  Vector large(6, 0xee);
  CHECK(buffer.Read(large) == 4);
  CHECK(large == Vector({1, 2, 3, 4, 0xee, 0xee}));
  Vector small(2, 0xee);
  CHECK(buffer.Read(small) == 2);
  CHECK(small == Vector({1, 2}));
  CHECK(buffer.Read(std::span<unsigned char>()) == 0);
}

TEST("secure buffer: clear and zeroize leave an empty buffer of zeros that can be written") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  SecureBuffer buffer = fixture.On(number);
  for (const auto wipe : {&SecureBuffer::Clear, &SecureBuffer::Zeroize}) {
    CHECK(buffer.Write(Counting(10)));
    CHECK((buffer.*wipe)());
    CHECK(AllBytesOf(fixture, number) == Vector(10));
    CHECK(buffer.Length() == 0);
    CHECK(buffer.IsValid());
  }
}

TEST("secure buffer: fill and random fill the capacity") {
  Fixture fixture;
  const BufferNumber number = fixture.New(1000);
  SecureBuffer buffer = fixture.On(number);
  CHECK(buffer.Fill(0xab));
  CHECK(buffer.Length() == 1000);
  CHECK(AllBytesOf(fixture, number) == Vector(1000, 0xab));
  CHECK(buffer.FillRandom());
  const Vector first = AllBytesOf(fixture, number);
  CHECK(buffer.FillRandom());
  CHECK(first != AllBytesOf(fixture, number));
  CHECK(buffer.IntegrityCheck() == true);
}

TEST("secure buffer: equality is that of the contents, whatever the capacities") {
  Fixture fixture;
  SecureBuffer small = fixture.On(fixture.New(40));
  SecureBuffer large = fixture.On(fixture.New(5000));
  CHECK(small.Equals(large) == true);
  CHECK(small.Write(Counting(37)));
  CHECK(small.Equals(large) == false);
  CHECK(large.Write(Counting(37)));
  CHECK(small.Equals(large) == true);
  CHECK(large.Equals(small) == true);
  CHECK(small.Equals(small) == true);
  for (size_t i = 0; i < 37; ++i) {
    Vector other = Counting(37);
    other[i] ^= 0x80;
    CHECK(large.Write(other));
    CHECK(small.Equals(large) == false);
    CHECK(small.Equals(other) == false);
  }
  // The same bytes, except for the number of zeros at the end.
  CHECK(small.Write(Vector(3)));
  CHECK(large.Write(Vector(4)));
  CHECK(small.Equals(large) == false);
}

TEST("secure buffer: equality with bytes from elsewhere") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(100));
  CHECK(buffer.Equals(Vector()) == true);
  CHECK(buffer.Write(Counting(77)));
  CHECK(buffer.Equals(Counting(77)) == true);
  CHECK(buffer.Equals(Counting(76)) == false);
  CHECK(buffer.Equals(Counting(78)) == false);
  CHECK(buffer.Equals(Counting(100)) == false);
  CHECK(buffer.Equals(Counting(500)) == false);
  Vector padded = Counting(77);
  padded.resize(100);
  CHECK(buffer.Equals(padded) == false);
}

TEST("secure buffer: a single bit anywhere makes it not zero") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(77));
  for (size_t i = 0; i < 77; ++i) {
    Vector bytes(77);
    bytes[i] = 1;
    CHECK(buffer.Write(bytes));
    CHECK(buffer.IsZero() == false);
  }
  CHECK(buffer.Write(Vector(77)));
  CHECK(buffer.IsZero() == true);
}

TEST("secure buffer: the lock is a wish that neighbours do not notice") {
  Fixture fixture;
  SecureBuffer buffer = fixture.On(fixture.New(10));
  SecureBuffer neighbour = fixture.On(fixture.New(10));
  const size_t locked = fixture.pool.GetStats().locked;
  CHECK(buffer.Unlock());
  CHECK(!buffer.IsLocked());
  CHECK(neighbour.IsLocked());
  CHECK(fixture.pool.GetStats().locked == locked);
  CHECK(buffer.Lock());
  CHECK(buffer.IsLocked());
}

TEST("secure buffer: pages that are not locked are never said to be") {
  Fixture fixture(100, 0);
  SecureBuffer buffer = fixture.On(fixture.New(10));
  CHECK(!buffer.IsLocked());
  CHECK(!buffer.Lock());
  CHECK(!buffer.IsLocked());
  CHECK(buffer.Write(Counting(10)));
}

TEST("secure buffer: the integrity check sees a byte past the end") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  unsigned char* const data = fixture.table.Find(number)->slot.data;
  data[10] ^= 1;
  CHECK(fixture.On(number).IntegrityCheck() == false);
  data[10] ^= 1;
  CHECK(fixture.On(number).IntegrityCheck() == true);
}

}  // namespace
}  // namespace bitcoin_support::test
