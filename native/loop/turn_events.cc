#include "loop/turn_events.h"

#include "loop/event_base.h"

namespace bitcoin_support {

TurnEvents::TurnEvents(EventBase& base, int uv_backend_fd)
    : m_base(base),
      m_uv(base.base(), uv_backend_fd, EV_READ | EV_PERSIST, OnWanted, this),
      m_timer(base.base(), OnTimer, this) {
  m_uv.Add();
}

void TurnEvents::ArmTimer(uint64_t now_ms, int ms) {
  const uint64_t due_ms = now_ms + static_cast<uint64_t>(ms);
  if (m_timer_due_ms != 0 && m_timer_due_ms <= due_ms) return;
  m_timer_due_ms = m_timer.Set(static_cast<uint64_t>(ms) * 1'000'000) ? due_ms : 0;
}

void TurnEvents::OnTimer(evutil_socket_t fd, short what, void* arg) {
  static_cast<TurnEvents*>(arg)->m_timer_due_ms = 0;
  OnWanted(fd, what, arg);
}

bool TurnEvents::Watch(double number, int backend_fd) {
  if (m_watched.contains(number)) return true;
  auto watch =
      std::make_unique<InternalEvent>(m_base.base(), backend_fd, EV_READ | EV_PERSIST, OnWanted, this);
  if (!watch->Add()) return false;
  m_watched.insert_or_assign(number, std::move(watch));
  return true;
}

// libuv or another base has work. Lets ready events run once, so that a busy libuv cannot starve them. On the
// second request in a turn, breaks the loop: events are activating each other.
void TurnEvents::OnWanted(evutil_socket_t, short, void* arg) {
  TurnEvents& self = *static_cast<TurnEvents*>(arg);
  const bool more = event_base_get_num_events(self.m_base.base(), EVENT_BASE_COUNT_ACTIVE) > 0;
  if (!more || self.m_wanted) {
    self.m_base.BreakLoop();
  } else {
    self.m_base.budget().Guard();
  }
  self.m_wanted = true;
}

}  // namespace bitcoin_support
