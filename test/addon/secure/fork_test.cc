#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <optional>
#include <thread>
#include <vector>

#include "check.h"
#include "secure/buffer_use.h"
#include "secure/locked_pool_manager.h"
#include "secure/purge.h"
#include "secure/secure_allocator.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support::test {
namespace {

/// @returns the status that a forked child ends with: 0 when `child` returns true
int InChild(const std::function<bool()>& child) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) _exit(child() ? 0 : 1);
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

bool WorksFromScratch() {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = table.New(100);
  SecureBuffer buffer(number);
  return number != 0 && buffer.IsLocked() && buffer.IsZero() == true && buffer.Fill(7) && table.live() == 1 &&
         table.Destroy(number) && table.live() == 0;
}

TEST("fork: the parent's numbers are stale in the child, which begins with an empty pool") {
  const BufferNumber number = SecureBufferTable::Instance().New(100);
  CHECK(SecureBuffer(number).Fill(1));
  CHECK(InChild([&] {
          return !SecureBuffer(number).IsValid() && !SecureBufferTable::Instance().Destroy(number) &&
                 LockedPoolManager::Instance().GetStats().total == 0 && WorksFromScratch();
        }) == 0);
  CHECK(SecureBuffer(number).IsValid());
}

TEST("fork: a purge in the child leaves the parent's memory alone") {
  const BufferNumber number = SecureBufferTable::Instance().New(100);
  CHECK(SecureBuffer(number).Fill(1));
  CHECK(InChild([] {
          PurgeAll();
          PurgeFromSignal();
          return true;
        }) == 0);
  unsigned char first = 0;
  CHECK(SecureBuffer(number).Read(std::span(&first, 1)) == 1);
  CHECK(first == 1);
}

/// Makes a secret with a backend, and lets a child read the parent's address.
int ChildLooksAt(BackendChoice choice, Backend& backend) {
  // Usually each test runs in a process of its own. When all share one, the first has chosen the backend.
  LockedPoolManager::Instance().Configure(LockPolicy::kAllow, choice);
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = table.New(100);
  CHECK(SecureBuffer(number).Fill(0x77));
  backend = LockedPoolManager::Instance().GetStats().backend;
  const volatile unsigned char* const data = table.Find(number)->slot.data;
  return InChild([data] {
    for (int i = 0; i < 100; ++i) {
      if (data[i] != 0) return false;
    }
    return true;
  });
}

TEST("fork: the child finds zeros where the parent's mlock pages are") {
  Backend backend = Backend::kNone;
  const int status = ChildLooksAt(BackendChoice::kMlock, backend);
  if (backend == Backend::kMlock) CHECK(status == 0);
}

TEST("fork: the child finds nothing where the parent's memfd_secret pages are") {
  Backend backend = Backend::kNone;
  const int status = ChildLooksAt(BackendChoice::kMemfdSecret, backend);
  // Without the call in the kernel, the pages are private, and wiped in the child.
  if (backend == Backend::kMemfdSecret) {
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
  } else {
    CHECK(status == 0);
  }
}

TEST("fork: a use that was open ends in both processes") {
  const BufferNumber number = SecureBufferTable::Instance().New(100);
  int status = -1;
  {
    std::optional<BufferUse> use(std::in_place, SecureBufferTable::Instance(), number);
    status = InChild([&] {
      use.reset();
      return WorksFromScratch();
    });
  }
  CHECK(status == 0);
  CHECK(SecureBuffer(number).Fill(1));
}

TEST("fork: containers of the parent's locked memory can be destroyed in the child") {
  std::optional<std::vector<char, SecureAllocator<char>>> bytes(std::in_place, 100, 'x');
  CHECK(InChild([&] {
          bytes.reset();
          return WorksFromScratch();
        }) == 0);
  CHECK((*bytes)[99] == 'x');
}

TEST("fork: another thread's work does not leave the child's pool locked") {
  SecureBufferTable& table = SecureBufferTable::Instance();
  std::atomic<bool> done{false};
  std::thread other([&] {
    while (!done) table.Destroy(table.New(1024));
  });
  bool sound = true;
  for (int i = 0; i < 50; ++i) sound = InChild(WorksFromScratch) == 0 && sound;
  done = true;
  other.join();
  CHECK(sound);
}

}  // namespace
}  // namespace bitcoin_support::test
#endif
