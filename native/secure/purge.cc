#include "purge.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstddef>
#include <cstdlib>

#include "region_registry.h"
#include "secure_buffer_table.h"

namespace bitcoin_support {

void PurgeAll() noexcept {
  if (SecureBufferTable* const table = SecureBufferTable::IfMade()) return table->Purge();
  region_registry::WipeAll();
}

void PurgeFromSignal() noexcept {
  if (SecureBufferTable* const table = SecureBufferTable::IfMade()) return table->PurgeFromSignal();
  region_registry::WipeAll();
}

void PurgeAtExit() noexcept {
  std::atexit([] { PurgeAll(); });
}

#ifdef _WIN32

bool PurgeOnSignals(std::span<const int>) noexcept { return false; }

#else

namespace {

constexpr std::size_t kSignals = 65;

std::array<struct sigaction, kSignals> g_before;
std::array<std::atomic<bool>, kSignals> g_watched{};

// The signal comes again with the disposition it had, when this handler has returned and it is no longer
// blocked.
void OnSignal(int number) {
  PurgeFromSignal();
  sigaction(number, &g_before[static_cast<std::size_t>(number)], nullptr);
  raise(number);
}

bool Watch(int number) noexcept {
  if (number <= 0 || static_cast<std::size_t>(number) >= kSignals) return false;
  const auto index = static_cast<std::size_t>(number);
  if (g_watched[index].exchange(true)) return true;
  struct sigaction action{};
  action.sa_handler = OnSignal;
  sigfillset(&action.sa_mask);
  if (sigaction(number, nullptr, &g_before[index]) == 0) {
    if ((g_before[index].sa_flags & SA_SIGINFO) == 0 && g_before[index].sa_handler == SIG_IGN) return true;
    if (sigaction(number, &action, nullptr) == 0) return true;
  }
  g_watched[index].store(false);
  return false;
}

}  // namespace

bool PurgeOnSignals(std::span<const int> signals) noexcept {
  bool all = true;
  for (const int number : signals) all = Watch(number) && all;
  return all;
}

#endif

}  // namespace bitcoin_support
