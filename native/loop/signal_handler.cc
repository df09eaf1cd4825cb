#include "loop/signal_handler.h"

#include <uv.h>

#include <array>
#include <atomic>
#include <cerrno>

#include "loop/loop_driver.h"

namespace bitcoin_support {
namespace {

using PlainHandler = void (*)(int);

struct Signal {
  /// Whether it has events. Otherwise our handler may still be called by one that was installed over it, and
  /// the signal does what it did before.
  std::atomic<bool> listening{false};
  struct sigaction before{};
};

std::array<Signal, NSIG> g_signals;
// Each has one handler for all signals.
std::atomic<PlainHandler> g_libevent{nullptr};
std::atomic<PlainHandler> g_libuv{nullptr};

void OnSignal(int number, siginfo_t*, void*) {
  const int saved_errno = errno;
  Signal& signal = g_signals[static_cast<size_t>(number)];
  if (signal.listening) {
    if (const PlainHandler libevent = g_libevent) libevent(number);
    if (const PlainHandler libuv = g_libuv) libuv(number);
  } else {
    // It comes again when this handler has returned and no longer blocks it.
    sigaction(number, &signal.before, nullptr);
    raise(number);
  }
  errno = saved_errno;
}

bool Find(int number, struct sigaction& found) {
  return number > 0 && number < NSIG && sigaction(number, nullptr, &found) == 0;
}

bool IsOurs(const struct sigaction& action) {
  return (action.sa_flags & SA_SIGINFO) != 0 && action.sa_sigaction == OnSignal;
}

bool Is(const struct sigaction& action, PlainHandler handler) {
  return (action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == handler;
}

bool IsDefault(const struct sigaction& action) {
  // What Node does where nobody listens: it sets the terminal right and ends the process by the same signal.
  return Is(action, SIG_DFL) || (action.sa_flags & SA_RESETHAND) != 0;
}

bool IsForeign(const struct sigaction& action) {
  return !IsOurs(action) && !IsDefault(action) && !Is(action, SIG_IGN) && !Is(action, g_libuv) &&
         !Is(action, g_libevent);
}

bool Install(int number) {
  struct sigaction action{};
  action.sa_sigaction = OnSignal;
  action.sa_flags = SA_RESTART | SA_SIGINFO;
  sigfillset(&action.sa_mask);
  return sigaction(number, &action, nullptr) == 0;
}

// Finds libuv's handler by listening briefly for an unused signal. The first candidates are ignored by
// default.
void LearnLibuv(LoopDriver& loop) {
  if (g_libuv != nullptr) return;
  constexpr int kCandidates[] = {SIGURG, SIGWINCH, SIGCONT, SIGCHLD, SIGIO, SIGXFSZ, SIGXCPU, SIGUSR2};
  for (const int number : kCandidates) {
    struct sigaction found{};
    if (!Find(number, found) || !Is(found, SIG_DFL) || loop.StartSignal(number) != 0) continue;
    if (Find(number, found)) g_libuv = found.sa_handler;
    loop.StopSignal(number);
    return;
  }
}

}  // namespace

SignalStart BeginListening(LoopDriver& loop, int number, int& error) {
  error = 0;
  struct sigaction found{};
  if (!Find(number, found)) return SignalStart::kRefused;
  LearnLibuv(loop);
  if (IsForeign(found)) return SignalStart::kForeign;
  error = loop.StartSignal(number);
  if (error != 0) return SignalStart::kRefused;
  if (!IsOurs(found)) g_signals[static_cast<size_t>(number)].before = found;
  Install(number);
  return SignalStart::kReady;
}

void ListenBeside(int number) {
  struct sigaction found{};
  if (!Find(number, found)) return;
  if (!IsOurs(found)) {
    // Nobody has replaced it yet: it is the one of the event_add() just now.
    if (g_libevent == nullptr) g_libevent = found.sa_handler;
    if (IsForeign(found)) return;
    Install(number);
  }
  g_signals[static_cast<size_t>(number)].listening = true;
}

void EndListening(LoopDriver& loop, int number) {
  Signal& signal = g_signals[static_cast<size_t>(number)];
  // libuv's own handler, for which a signal without a listener is nothing, until it is known whether Node
  // listens.
  struct sigaction libuv{};
  libuv.sa_handler = g_libuv;
  libuv.sa_flags = SA_RESTART;
  sigfillset(&libuv.sa_mask);
  sigaction(number, &libuv, nullptr);
  loop.StopSignal(number);
  struct sigaction found{};
  if (!Find(number, found)) return;
  if (!IsDefault(found)) {
    signal.before = libuv;
  } else {
    // As libuv leaves it when the last listener of Node's has gone.
    if (Is(signal.before, g_libuv)) signal.before = found;
    sigaction(number, &signal.before, nullptr);
  }
  signal.listening = false;
}

void ListenAgain(int number) {
  struct sigaction found{};
  if (Find(number, found) && !IsOurs(found) && !IsForeign(found)) Install(number);
}

ForeignHandlerGuard::ForeignHandlerGuard(int number) : m_signal(number) {
  m_foreign = Find(number, m_found) && IsForeign(m_found);
}

ForeignHandlerGuard::~ForeignHandlerGuard() {
  if (m_foreign) sigaction(m_signal, &m_found, nullptr);
}

}  // namespace bitcoin_support
