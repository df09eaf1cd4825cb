#ifndef _WIN32
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <functional>

#include "check.h"
#include "secure/purge.h"
#include "secure/secure_buffer.h"

namespace bitcoin_support::test {
namespace {

constexpr size_t kCapacity = 64;

int InChild(const std::function<void()>& child) {
  const pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0) {
    child();
    _exit(100);
  }
  int status = 0;
  CHECK(waitpid(pid, &status, 0) == pid);
  return status;
}

const volatile unsigned char* g_secret = nullptr;

void MakeSecret() {
  SecureBufferTable& table = SecureBufferTable::Instance();
  const BufferNumber number = table.New(kCapacity);
  SecureBuffer(number).Fill(0x77);
  g_secret = table.Find(number)->slot.data;
}

bool SecretIsWiped() {
  for (size_t i = 0; i < kCapacity; ++i) {
    if (g_secret[i] != 0) return false;
  }
  return true;
}

TEST("signals: memory is wiped before the handler that was there") {
  const int status = InChild([] {
    std::signal(SIGTERM, [](int) { _exit(SecretIsWiped() ? 0 : 1); });
    MakeSecret();
    if (SecretIsWiped() || !PurgeOnSignals(std::array{SIGTERM})) _exit(2);
    raise(SIGTERM);
  });
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST("signals: without one, the signal ends the process as ever") {
  for (const int number : {SIGTERM, SIGINT, SIGABRT, SIGSEGV}) {
    const int status = InChild([number] {
      std::signal(number, SIG_DFL);
      MakeSecret();
      if (!PurgeOnSignals(std::array{number})) _exit(2);
      raise(number);
    });
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == number);
  }
}

TEST("signals: one that is ignored stays ignored and purges nothing") {
  const int status = InChild([] {
    std::signal(SIGHUP, SIG_IGN);
    MakeSecret();
    if (!PurgeOnSignals(std::array{SIGHUP})) _exit(2);
    raise(SIGHUP);
    _exit(SecretIsWiped() ? 1 : 0);
  });
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST("signals: one that cannot be caught, or does not exist, is refused") {
  CHECK(!PurgeOnSignals(std::array{SIGKILL}));
  CHECK(!PurgeOnSignals(std::array{0}));
  CHECK(!PurgeOnSignals(std::array{1000}));
  CHECK(!PurgeOnSignals(std::array{-1}));
}

}  // namespace
}  // namespace bitcoin_support::test
#endif
