#include "secure/purge.h"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <mutex>

#include "secure/region_registry.h"
#include "secure/secure_buffer_table.h"

namespace bitcoin_support {

void PurgeAll() noexcept {
  if (SecureBufferTable* const table = SecureBufferTable::IfMade()) return table->Purge();
  region_registry::WipeAll();
}

void PurgeFromSignal() noexcept {
  if (SecureBufferTable* const table = SecureBufferTable::IfMade()) return table->PurgeFromSignal();
  region_registry::WipeAll();
}

namespace {

std::atomic<bool> g_exiting{false};

}  // namespace

void PurgeAtExit() noexcept {
  std::atexit([] {
    g_exiting.store(true, std::memory_order_relaxed);
    PurgeAll();
  });
}

bool IsExiting() noexcept { return g_exiting.load(std::memory_order_relaxed); }

#ifdef _WIN32

bool PurgeOnSignals(std::span<const int>) noexcept { return false; }
void PurgeFirstAgain() noexcept {}
PurgeAside::PurgeAside(int signal) noexcept : m_signal(signal) {}
PurgeAside::~PurgeAside() = default;

#else

namespace {

constexpr int kSignals = 65;

struct Watched {
  std::atomic<bool> asked{false};
  /// The action that our handler was installed over. The handler reads before[current], while Install()
  /// writes the other one.
  std::array<struct sigaction, 2> before;
  std::atomic<int> current{0};
};

std::array<Watched, kSignals> g_watched;
std::mutex g_mutex;

bool HandlerOf(const struct sigaction& action, void (*handler)(int)) noexcept {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

// Signals whose default action is to do nothing.
bool DoesNothing(int number) noexcept {
  return number == SIGCHLD || number == SIGURG || number == SIGWINCH || number == SIGCONT;
}

void OnSignal(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  PurgeFromSignal();
  const Watched& watched = g_watched[static_cast<size_t>(number)];
  const struct sigaction& before = watched.before[static_cast<size_t>(watched.current.load())];
  const bool default_action = HandlerOf(before, SIG_DFL);
  if (default_action && DoesNothing(number)) {
    // The default action has nothing to do.
  } else if (default_action || (before.sa_flags & SA_RESETHAND) != 0) {
    // This handler blocks the signal. When it returns, the signal comes again and ends the process, or stops
    // it.
    sigaction(number, &before, nullptr);
    raise(number);
  } else if ((before.sa_flags & SA_SIGINFO) != 0) {
    before.sa_sigaction(number, info, context);
  } else if (before.sa_handler != SIG_IGN) {
    before.sa_handler(number);
  }
  errno = saved_errno;
}

bool IsOurs(const struct sigaction& action) noexcept {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

// Called with the lock held. @returns true also when our handler is first already, or the signal is ignored
bool Install(int number) noexcept {
  struct sigaction found{};
  if (sigaction(number, nullptr, &found) != 0) return false;
  if (IsOurs(found) || HandlerOf(found, SIG_IGN)) return true;
  Watched& watched = g_watched[static_cast<size_t>(number)];
  const int next = 1 - watched.current.load();
  watched.before[static_cast<size_t>(next)] = found;
  watched.current.store(next);
  struct sigaction action{};
  action.sa_sigaction = OnSignal;
  // Flags that the other handler relies on.
  action.sa_flags = SA_SIGINFO | (found.sa_flags & (SA_RESTART | SA_ONSTACK | SA_NOCLDSTOP | SA_NOCLDWAIT));
  sigfillset(&action.sa_mask);
  return sigaction(number, &action, nullptr) == 0;
}

bool Watch(int number) noexcept {
  if (number <= 0 || number >= kSignals) return false;
  const std::lock_guard lock(g_mutex);
  if (!Install(number)) return false;
  g_watched[static_cast<size_t>(number)].asked.store(true);
  return true;
}

bool IsAsked(int number) noexcept {
  return number > 0 && number < kSignals && g_watched[static_cast<size_t>(number)].asked.load();
}

}  // namespace

bool PurgeOnSignals(std::span<const int> signals) noexcept {
  bool all = true;
  for (const int number : signals) all = Watch(number) && all;
  return all;
}

void PurgeFirstAgain() noexcept {
  const std::lock_guard lock(g_mutex);
  for (int number = 1; number < kSignals; ++number) {
    if (IsAsked(number)) Install(number);
  }
}

PurgeAside::PurgeAside(int signal) noexcept : m_signal(signal) {
  if (!IsAsked(signal)) return;
  const std::lock_guard lock(g_mutex);
  struct sigaction found{};
  if (sigaction(signal, nullptr, &found) != 0 || !IsOurs(found)) return;
  const Watched& watched = g_watched[static_cast<size_t>(signal)];
  sigaction(signal, &watched.before[static_cast<size_t>(watched.current.load())], nullptr);
}

PurgeAside::~PurgeAside() {
  if (!IsAsked(m_signal)) return;
  const std::lock_guard lock(g_mutex);
  Install(m_signal);
}

#endif

}  // namespace bitcoin_support
