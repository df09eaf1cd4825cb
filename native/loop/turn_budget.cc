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
  if (!waits) Arm(ns);
  m_deadline_ns = uv_hrtime() + ns;
}

bool TurnBudget::TimeIsUp() const { return uv_hrtime() >= m_deadline_ns; }

void TurnBudget::CountCallback() {
  if (++m_callbacks >= kMostCallbacks || TimeIsUp()) {
    m_base.BreakLoop();
  } else {
    Guard();
  }
}

void TurnBudget::CountNativeCallback() {
  ++m_native_callbacks;
  if (TimeIsUp()) m_base.BreakLoop();
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
  const uint64_t now = uv_hrtime();
  // End the turn even if only the guard is active.
  if (now >= self.m_deadline_ns ||
      event_base_get_num_events(self.m_base.base(), EVENT_BASE_COUNT_ACTIVE) == 0) {
    self.m_base.BreakLoop();
  } else {
    self.Arm(self.m_deadline_ns - now);
  }
}

}  // namespace bitcoin_support
