#include "loop/signal_claim.h"

#include <atomic>
#include <map>
#include <mutex>

namespace bitcoin_support {
namespace {

struct Claims {
  std::mutex mutex;
  const EventBase* owner = nullptr;
  unsigned total = 0;
  std::map<int, unsigned> by_signal;
};

Claims& GetClaims() {
  static Claims* const claims = new Claims;
  return *claims;
}

// libevent has one handler for all signals.
std::atomic<void (*)(int)> g_libevent_handler{nullptr};

bool HasHandler(int signal_number) {
  struct sigaction action{};
  if (sigaction(signal_number, nullptr, &action) != 0) return false;  // event_add will say it
  // What Node does where nobody listens: it sets the terminal right and ends the process by the same signal.
  if ((action.sa_flags & SA_RESETHAND) != 0) return false;
  if ((action.sa_flags & SA_SIGINFO) != 0) return true;
  return action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN;
}

}  // namespace

SignalClaim ClaimSignal(const EventBase& base, int signal_number) {
  Claims& claims = GetClaims();
  const std::lock_guard lock(claims.mutex);
  if (claims.total > 0 && claims.owner != &base) return SignalClaim::kOtherBase;
  unsigned& count = claims.by_signal[signal_number];
  if (count == 0 && HasHandler(signal_number)) {
    claims.by_signal.erase(signal_number);
    return SignalClaim::kHandledByNode;
  }
  ++count;
  ++claims.total;
  claims.owner = &base;
  return SignalClaim::kGranted;
}

void ReleaseSignal(int signal_number) {
  Claims& claims = GetClaims();
  const std::lock_guard lock(claims.mutex);
  const auto entry = claims.by_signal.find(signal_number);
  if (entry == claims.by_signal.end()) return;
  if (--entry->second == 0) claims.by_signal.erase(entry);
  if (--claims.total == 0) claims.owner = nullptr;
}

void NoteSignalHandler(int signal_number) {
  // Only the first time is it certain that nobody has replaced it yet.
  if (g_libevent_handler != nullptr) return;
  struct sigaction action{};
  if (sigaction(signal_number, nullptr, &action) == 0) g_libevent_handler = action.sa_handler;
}

ForeignHandlerGuard::ForeignHandlerGuard(int signal_number) : m_signal(signal_number) {
  m_foreign = sigaction(signal_number, nullptr, &m_found) == 0 && m_found.sa_handler != g_libevent_handler;
}

ForeignHandlerGuard::~ForeignHandlerGuard() {
  if (m_foreign) sigaction(m_signal, &m_found, nullptr);
}

}  // namespace bitcoin_support
