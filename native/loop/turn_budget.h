// How much one turn of a base may do before libuv and the thread's other bases have their turn.
#pragma once

#include <event2/util.h>

#include <cstdint>
#include <memory>

#include "loop/loop_timer.h"

namespace bitcoin_support {

class EventBase;

/// Ends the base's turn after a number of callbacks or a time. Events of C that make each other active for
/// ever never reach this code: the *guard*, a timer, ends their turn. The guard stays armed beyond its turn,
/// so that it costs next to nothing when turns are short.
class TurnBudget {
 public:
  explicit TurnBudget(EventBase& base) : m_base(base) {}
  TurnBudget(const TurnBudget&) = delete;
  TurnBudget& operator=(const TurnBudget&) = delete;

  /// A turn begins that may take `ns`. One that waits needs no guard: what it waits for ends it.
  void Begin(uint64_t ns, bool waits);

  /// Called after each callback of the turn in JavaScript: ends it when the budget is used up.
  void CountCallback();
  /// Called after each callback of the turn in C.
  void CountNativeCallback();
  /// Whether the last turn has ended because its budget was used up.
  bool ran_out() const { return m_ran_out; }
  /// Whether the last turn has called anybody.
  bool ran_callbacks() const { return m_callbacks > 0 || m_native_callbacks > 0; }

  /// Arms the guard for a waiting turn whose wait condition may have changed.
  void Guard() { Arm(kGuardNs); }
  /// Disarms the guard after a turn, for a base in which the thread does not wait.
  void EndGuard();
  /// Frees the guard, for a base that is freed or forked: a child would consume its parent's expirations.
  void Forget();

 private:
  // How long after Guard() the guard checks the turn.
  static constexpr uint64_t kGuardNs = 5'000'000;

  void Arm(uint64_t ns);
  bool TimeIsUp();
  uint64_t LeftNs() const;
  void End();

  static void OnGuard(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  uint32_t m_callbacks = 0;
  uint32_t m_native_callbacks = 0;
  uint64_t m_ns = 0;
  uint64_t m_deadline_ns = 0;  ///< 0 until the first callback of a turn that waits
  std::unique_ptr<LoopTimer> m_guard;
  bool m_armed = false;
  bool m_ran_out = false;
};

}  // namespace bitcoin_support
