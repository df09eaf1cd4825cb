#include "loop/signal_claim.h"

#include <atomic>
#include <map>
#include <mutex>

#include "loop/event_base.h"
#include "loop/loop_driver.h"
#include "napi/environment.h"

namespace bitcoin_support {
namespace {

struct Claims {
  std::mutex mutex;
  std::atomic<const EventBase*> owner = nullptr;  // written under the mutex
  unsigned total = 0;
  std::map<int, unsigned> by_signal;
};

Claims& GetClaims() {
  static Claims* const claims = new Claims;
  return *claims;
}

}  // namespace

SignalClaim ClaimSignal(EventBase& base, int signal_number, int& error) {
  Claims& claims = GetClaims();
  const std::lock_guard lock(claims.mutex);
  if (claims.total > 0 && claims.owner != &base) return SignalClaim::kOtherBase;
  if (!claims.by_signal.contains(signal_number)) {
    switch (BeginListening(LoopDriver::Of(base.env()), signal_number, error)) {
      case SignalStart::kReady:
        break;
      case SignalStart::kForeign:
        return SignalClaim::kForeign;
      case SignalStart::kRefused:
        return SignalClaim::kRefused;
    }
  }
  ++claims.by_signal[signal_number];
  ++claims.total;
  claims.owner = &base;
  return SignalClaim::kGranted;
}

void SettleSignal(int signal_number) {
  const std::lock_guard lock(GetClaims().mutex);
  ListenBeside(signal_number);
}

void ReleaseSignal(EventBase& base, int signal_number) {
  Claims& claims = GetClaims();
  const std::lock_guard lock(claims.mutex);
  const auto entry = claims.by_signal.find(signal_number);
  if (entry == claims.by_signal.end()) return;
  if (--entry->second == 0) {
    claims.by_signal.erase(entry);
    EndListening(LoopDriver::Of(base.env()), signal_number);
  }
  if (--claims.total == 0) claims.owner = nullptr;
}

void KeepSignals(const EventBase& base) {
  Claims& claims = GetClaims();
  if (claims.owner.load(std::memory_order_relaxed) != &base) return;
  const std::lock_guard lock(claims.mutex);
  for (const auto& [signal_number, count] : claims.by_signal) ListenAgain(signal_number);
}

}  // namespace bitcoin_support
