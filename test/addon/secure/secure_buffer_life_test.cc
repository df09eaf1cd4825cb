// How long a buffer can be used, and by whom.
#include <limits>
#include <optional>

#include "buffer_fixture.h"
#include "check.h"

namespace bitcoin_support::test {
namespace {

// Calls every function with a number that is not open.
void CheckGone(Fixture& fixture, BufferNumber number) {
  SecureBuffer buffer = fixture.On(number);
  Vector into(10, 0xee);
  CHECK(!buffer.IsValid());
  CHECK(!buffer.IsLocked());
  CHECK(!buffer.Lock());
  CHECK(!buffer.Unlock());
  CHECK(!buffer.Write(into));
  CHECK(buffer.Append(into) == SecureBuffer::Growth::kFailed);
  CHECK(buffer.Insert(0, into) == SecureBuffer::Growth::kFailed);
  CHECK(!buffer.Truncate(0));
  CHECK(!buffer.Pop());
  CHECK(!buffer.Fill(1));
  CHECK(!buffer.FillRandom());
  CHECK(!buffer.Clear());
  CHECK(!buffer.Zeroize());
  CHECK(!buffer.Read(into).has_value());
  CHECK(!buffer.ReadWhole(into).has_value());
  CHECK(into == Vector(10, 0xee));
  CHECK(!buffer.Length().has_value());
  CHECK(!buffer.Capacity().has_value());
  CHECK(!buffer.IsZero().has_value());
  CHECK(!buffer.IntegrityCheck().has_value());
  CHECK(!buffer.Equals(into).has_value());
  CHECK(!buffer.Equals(buffer).has_value());
  CHECK(!fixture.table.Retain(number));
  CHECK(!fixture.table.Release(number));
  CHECK(!fixture.table.Destroy(number));
  CHECK(!BufferUse(fixture.table, number));
}

TEST("secure buffer: after destroy every function fails, also when the slot lives again") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  CHECK(fixture.On(number).Write(Counting(10)));
  CHECK(fixture.table.Destroy(number));
  CHECK(fixture.table.live() == 0);
  CheckGone(fixture, number);
  const BufferNumber next = fixture.New(10);
  CHECK((next ^ number) >> SecureBufferTable::kIndexBits != 0);
  CHECK(((next ^ number) & 0xffffff) == 0);
  CHECK(fixture.On(next).Write(Counting(7)));
  CheckGone(fixture, number);
  CHECK(fixture.On(next).Equals(fixture.On(number)) == std::nullopt);
  CHECK(ContentOf(fixture.On(next)) == Counting(7));
}

TEST("secure buffer: zero and forged numbers fail as stale ones do") {
  Fixture fixture;
  CheckGone(fixture, 0);
  const BufferNumber number = fixture.New(10);
  CheckGone(fixture, 0);
  for (const BufferNumber forged :
       {number + 1, number - (BufferNumber{1} << 24), number + (BufferNumber{1} << 24),
        number | BufferNumber{1} << 53, number | BufferNumber{1} << 63, number & 0xffffff,
        std::numeric_limits<BufferNumber>::max(), BufferNumber{0xffffff}}) {
    CheckGone(fixture, forged);
  }
  CHECK(fixture.On(number).IsValid());
}

TEST("secure buffer: destroy leaves nothing in memory") {
  Fixture fixture;
  for (const size_t capacity : {size_t{32}, size_t{1000}, size_t{20'000}}) {
    const BufferNumber number = fixture.New(capacity);
    const BufferNumber neighbour = fixture.New(capacity);
    CHECK(fixture.On(number).Fill(0xab));
    const unsigned char* const data = fixture.table.Find(number)->slot.data;
    CHECK(fixture.table.Destroy(number));
    for (size_t i = 0; i < capacity + 32; ++i) CHECK(data[i] == 0);
    CHECK(fixture.table.Destroy(neighbour));
  }
}

TEST("secure buffer: a used-up generation retires its place") {
  Fixture fixture;
  const BufferNumber first = fixture.New(10);
  CHECK(fixture.table.Destroy(first));
  fixture.table.Find(first)->set_generation(ControlBlock::kLastGeneration);
  const BufferNumber last = fixture.New(10);
  CHECK(last >> SecureBufferTable::kIndexBits == ControlBlock::kLastGeneration);
  CHECK(last < uint64_t{1} << 53);
  CHECK(fixture.table.Destroy(last));
  const BufferNumber next = fixture.New(10);
  CHECK((next & 0xffffff) != (last & 0xffffff));
  CheckGone(fixture, last);
}

TEST("secure buffer: the last holder's release destroys it") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  CHECK(fixture.table.Retain(number));
  CHECK(fixture.table.Release(number));
  CHECK(fixture.On(number).IsValid());
  CHECK(fixture.table.Release(number));
  CheckGone(fixture, number);
}

TEST("secure buffer: one holder's destroy ends it for all") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  CHECK(fixture.table.Retain(number));
  CHECK(fixture.table.Destroy(number));
  CheckGone(fixture, number);
}

TEST("secure buffer: inside a use it can be read but not written, and no call waits for ever") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  SecureBuffer buffer = fixture.On(number);
  CHECK(buffer.Write(Counting(10)));
  {
    const BufferUse use(fixture.table, number);
    const BufferUse inner(fixture.table, number);
    CHECK(use.length() == 10);
    CHECK(!buffer.Write(Counting(3)));
    CHECK(!buffer.Clear());
    CHECK(!buffer.FillRandom());
    CHECK(ContentOf(buffer) == Counting(10));
    CHECK(buffer.Equals(buffer) == true);
  }
  CHECK(buffer.Write(Counting(3)));
}

TEST("secure buffer: a destroy inside a use keeps everyone out, and wipes it when the use ends") {
  Fixture fixture;
  const BufferNumber number = fixture.New(10);
  CHECK(fixture.On(number).Write(Counting(10)));
  const unsigned char* data = nullptr;
  {
    const BufferUse use(fixture.table, number);
    {
      const BufferUse inner(fixture.table, number);
      CHECK(fixture.table.Destroy(number));
      CheckGone(fixture, number);
    }
    data = use.data();
    CHECK(Vector(data, data + 10) == Counting(10));
    CHECK(fixture.table.live() == 1);
  }
  CHECK(fixture.table.live() == 0);
  CHECK(Vector(data, data + 42) == Vector(42));
}

TEST("secure buffer: uses of two buffers end in any order") {
  Fixture fixture;
  const BufferNumber first = fixture.New(10);
  const BufferNumber second = fixture.New(10);
  std::optional<BufferUse> outer(std::in_place, fixture.table, first);
  std::optional<BufferUse> inner(std::in_place, fixture.table, second);
  outer.reset();
  CHECK(fixture.On(first).Write(Counting(1)));
  CHECK(!fixture.On(second).Write(Counting(1)));
  inner.reset();
  CHECK(fixture.On(second).Write(Counting(1)));
}

TEST("secure buffer: a control block takes at most 40 bytes") { CHECK(sizeof(ControlBlock) <= 40); }

}  // namespace
}  // namespace bitcoin_support::test
