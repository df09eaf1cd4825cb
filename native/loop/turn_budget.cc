#include "loop/turn_budget.h"

#include <event2/event.h>
#include <uv.h>

#include <new>
#include <utility>

#include "loop/event_base.h"

namespace bitcoin_support {
namespace {

// A turn ends after this many JavaScript callbacks at the latest, however short they are.
constexpr uint32_t kMostCallbacks = 1024;

}  // namespace

void TurnBudget::Begin(uint64_t ns, bool waits) {
  m_callbacks = m_native_callbacks = 0;
  m_ran_out = false;
  m_ns = ns;
  if (!waits) Arm(ns);
  m_deadline_ns = waits ? 0 : uv_hrtime() + ns;
}

bool TurnBudget::TimeIsUp() {
  const uint64_t now = uv_hrtime();
  // The time that a turn waits does not count.
  if (m_deadline_ns == 0) m_deadline_ns = now + m_ns;
  return now >= m_deadline_ns;
}

uint64_t TurnBudget::LeftNs() const {
  const uint64_t now = uv_hrtime();
  return m_deadline_ns > now ? m_deadline_ns - now : 1;
}

void TurnBudget::CountCallback() {
  if (++m_callbacks >= kMostCallbacks || TimeIsUp()) {
    End();
  } else {
    Guard();
  }
}

void TurnBudget::CountNativeCallback() {
  ++m_native_callbacks;
  if (TimeIsUp()) End();
}

void TurnBudget::End() {
  m_ran_out = true;
  m_base.BreakLoop();
}

void TurnBudget::Arm(uint64_t ns) {
  if (m_armed) return;
  try {
    if (m_guard == nullptr) m_guard = std::make_unique<LoopTimer>(m_base.base(), OnGuard, this);
  } catch (const std::bad_alloc&) {
    return;  // the next turn has one
  }
  m_armed = m_guard->Set(ns);
}

void TurnBudget::EndGuard() {
  if (std::exchange(m_armed, false)) m_guard->Unset();
}

void TurnBudget::Forget() {
  m_guard.reset();
  m_armed = false;
}

void TurnBudget::OnGuard(evutil_socket_t, short, void* arg) {
  TurnBudget& self = *static_cast<TurnBudget*>(arg);
  self.m_armed = false;
  if (!self.m_base.in_turn()) return;
  // End the turn even if only the guard is active.
  if (self.TimeIsUp() || event_base_get_num_events(self.m_base.base(), EVENT_BASE_COUNT_ACTIVE) == 0) {
    self.m_base.BreakLoop();
  } else {
    self.Arm(self.LeftNs());
  }
}

}  // namespace bitcoin_support
