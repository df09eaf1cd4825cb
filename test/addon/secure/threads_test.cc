// Several threads on the same buffers; the drivers run these under ThreadSanitizer too.
#include <array>
#include <atomic>
#include <cstring>
#include <functional>
#include <thread>
#include <vector>

#include "check.h"
#include "fake_pages.h"
#include "secure/buffer_use.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support::test {
namespace {

constexpr int kPairs = 200'000;
constexpr size_t kCapacity = 4096;
using Block = std::array<unsigned char, kCapacity>;

struct Fixture {
  Fixture() : pool(std::make_unique<HeapPages>(100, 100)), table(pool) {}
  LockedPool pool;
  SecureBufferTable table;
};

/// Runs functions in threads that begin at the same time.
void Together(const std::vector<std::function<void()>>& functions) {
  std::atomic<size_t> ready{0};
  std::vector<std::thread> threads;
  for (const auto& function : functions) {
    threads.emplace_back([&ready, &functions, &function] {
      ready.fetch_add(1);
      while (ready.load() < functions.size()) std::this_thread::yield();
      function();
    });
  }
  for (std::thread& thread : threads) thread.join();
}

bool Uniform(const Block& block) {
  for (const unsigned char byte : block) {
    if (byte != block[0]) return false;
  }
  return true;
}

TEST("threads: 200,000 concurrent pairs of write and read, and no read is torn") {
  Fixture fixture;
  const BufferNumber number = fixture.table.New(kCapacity);
  SecureBuffer buffer(fixture.table, number);
  CHECK(buffer.Fill(0));
  int torn = 0;
  int read = 0;
  int written = 0;
  Together({[&] {
              Block block;
              for (int i = 0; i < kPairs; ++i) {
                block.fill(static_cast<unsigned char>(i));
                written += SecureBuffer(fixture.table, number).Write(block) ? 1 : 0;
              }
            },
            [&] {
              Block block;
              for (int i = 0; i < kPairs; ++i) {
                read += SecureBuffer(fixture.table, number).Read(block) == kCapacity ? 1 : 0;
                torn += Uniform(block) ? 0 : 1;
              }
            }});
  CHECK(written == kPairs);
  CHECK(read == kPairs);
  CHECK(torn == 0);
}

TEST("threads: two writers and two readers share a buffer") {
  Fixture fixture;
  const BufferNumber number = fixture.table.New(kCapacity);
  CHECK(SecureBuffer(fixture.table, number).Fill(0));
  std::atomic<int> wrong{0};
  const auto write = [&] {
    Block block;
    for (int i = 0; i < kPairs / 20; ++i) {
      block.fill(static_cast<unsigned char>(i));
      if (!SecureBuffer(fixture.table, number).Write(block)) ++wrong;
    }
  };
  const auto read = [&] {
    Block block;
    for (int i = 0; i < kPairs / 20; ++i) {
      if (SecureBuffer(fixture.table, number).Read(block) != kCapacity || !Uniform(block)) ++wrong;
      if (SecureBuffer(fixture.table, number).Equals(block) == std::nullopt) ++wrong;
    }
  };
  Together({write, write, read, read});
  CHECK(wrong == 0);
}

TEST("threads: a read against a destroy gives all of the content or fails") {
  Fixture fixture;
  for (int round = 0; round < 300; ++round) {
    const BufferNumber number = fixture.table.New(kCapacity);
    CHECK(SecureBuffer(fixture.table, number).Fill(0x5a));
    std::atomic<bool> destroyed{false};
    int wrong = 0;
    Together({[&] { destroyed = fixture.table.Destroy(number); },
              [&] {
                Block block;
                for (;;) {
                  const auto count = SecureBuffer(fixture.table, number).Read(block);
                  if (!count.has_value()) break;
                  if (*count != kCapacity || !Uniform(block) || block[0] != 0x5a) ++wrong;
                }
              }});
    CHECK(destroyed);
    CHECK(wrong == 0);
  }
  CHECK(fixture.table.live() == 0);
}

TEST("threads: a write against a destroy is whole or fails") {
  Fixture fixture;
  for (int round = 0; round < 300; ++round) {
    const BufferNumber number = fixture.table.New(kCapacity);
    Together({[&] { fixture.table.Destroy(number); },
              [&] {
                Block block;
                block.fill(0x5a);
                while (SecureBuffer(fixture.table, number).Write(block)) {
                }
              }});
    const BufferNumber next = fixture.table.New(kCapacity);
    CHECK(SecureBuffer(fixture.table, next).IsZero() == true);
    CHECK(fixture.table.Destroy(next));
  }
}

TEST("threads: of several destroys of a buffer one succeeds") {
  Fixture fixture;
  for (int round = 0; round < 400; ++round) {
    const BufferNumber number = fixture.table.New(32);
    std::atomic<int> succeeded{0};
    const auto destroy = [&] { succeeded += fixture.table.Destroy(number) ? 1 : 0; };
    Together({destroy, destroy, destroy});
    CHECK(succeeded == 1);
    CHECK(fixture.table.live() == 0);
  }
}

TEST("threads: of several releases of two holders' buffer two succeed, and it is gone") {
  Fixture fixture;
  for (int round = 0; round < 400; ++round) {
    const BufferNumber number = fixture.table.New(32);
    CHECK(fixture.table.Retain(number));
    std::atomic<int> succeeded{0};
    const auto release = [&] { succeeded += fixture.table.Release(number) ? 1 : 0; };
    Together({release, release, release});
    CHECK(succeeded == 2);
    CHECK(fixture.table.live() == 0);
  }
}

TEST("threads: a stale number never reaches the buffer that has taken its place") {
  Fixture fixture;
  std::atomic<BufferNumber> stale{fixture.table.New(kCapacity)};
  std::atomic<bool> done{false};
  std::atomic<int> wrong{0};
  // 0x01 is written only through a number that has just been destroyed, 0x02 only through a live one.
  Together({[&] {
              Block live;
              live.fill(2);
              for (int i = 0; i < 20'000; ++i) {
                const BufferNumber old = stale.load();
                fixture.table.Destroy(old);
                const BufferNumber number = fixture.table.New(kCapacity);
                if (!SecureBuffer(fixture.table, number).Write(live)) ++wrong;
                Block block;
                if (SecureBuffer(fixture.table, number).Read(block) != kCapacity || block != live) ++wrong;
                fixture.table.Destroy(number);
                stale = fixture.table.New(kCapacity);
                fixture.table.Destroy(stale);
              }
              done = true;
            },
            [&] {
              Block other;
              other.fill(1);
              while (!done) {
                SecureBuffer(fixture.table, stale.load() - (BufferNumber{1} << 24)).Write(other);
              }
            }});
  CHECK(wrong == 0);
}

TEST("threads: buffers are made, used and destroyed by all at once") {
  Fixture fixture;
  std::atomic<int> wrong{0};
  const auto work = [&] {
    std::vector<BufferNumber> mine(64, 0);
    uint32_t random = 0x12345678;
    for (int i = 0; i < 20'000; ++i) {
      random ^= random << 13;
      random ^= random >> 17;
      random ^= random << 5;
      BufferNumber& number = mine[random % mine.size()];
      if (number == 0) {
        number = fixture.table.New(1 + random % 3000);
        SecureBuffer buffer(fixture.table, number);
        if (buffer.IsZero() != true || !buffer.Fill(static_cast<unsigned char>(number))) ++wrong;
      } else {
        unsigned char first = 0;
        if (SecureBuffer(fixture.table, number).Read(std::span(&first, 1)) != 1) ++wrong;
        if (first != static_cast<unsigned char>(number)) ++wrong;
        if (!fixture.table.Destroy(number)) ++wrong;
        number = 0;
      }
    }
    for (const BufferNumber number : mine) {
      if (number != 0) fixture.table.Destroy(number);
    }
  };
  Together({work, work, work});
  CHECK(wrong == 0);
  CHECK(fixture.table.live() == 0);
}

TEST("threads: a read inside a use goes on while a writer waits for the use to end") {
  Fixture fixture;
  const BufferNumber number = fixture.table.New(kCapacity);
  CHECK(SecureBuffer(fixture.table, number).Fill(1));
  std::atomic<bool> written{false};
  std::thread writer;
  {
    const BufferUse use(fixture.table, number);
    writer = std::thread([&] {
      Block block;
      block.fill(2);
      written = SecureBuffer(fixture.table, number).Write(block);
    });
    // The writer has announced itself, and waits.
    while ((fixture.table.Find(number)->state() & ControlBlock::kWriter) == 0) std::this_thread::yield();
    Block block;
    CHECK(SecureBuffer(fixture.table, number).Read(block) == kCapacity);
    CHECK(block[0] == 1 && Uniform(block));
    CHECK(!written);
  }
  writer.join();
  CHECK(written);
}

TEST("threads: a destroy waits for another thread's use to end") {
  Fixture fixture;
  const BufferNumber number = fixture.table.New(kCapacity);
  CHECK(SecureBuffer(fixture.table, number).Fill(1));
  std::atomic<bool> destroyed{false};
  std::thread destroyer;
  {
    const BufferUse use(fixture.table, number);
    destroyer = std::thread([&] { destroyed = fixture.table.Destroy(number); });
    while ((fixture.table.Find(number)->state() & ControlBlock::kClosing) == 0) std::this_thread::yield();
    CHECK(!SecureBuffer(fixture.table, number).IsValid());
    CHECK(use.data()[0] == 1);
    CHECK(!destroyed);
  }
  destroyer.join();
  CHECK(destroyed);
  CHECK(fixture.table.live() == 0);
}

}  // namespace
}  // namespace bitcoin_support::test
