#include "loop/deferred_release.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <uv.h>

#include <algorithm>
#include <new>
#include <utility>

#include "libevent/catch_bad_alloc.h"
#include "libevent/internal_event.h"
#include "loop/event_base.h"

namespace bitcoin_support {
namespace {

// How many callbacks are deferred: they count as active, but are no events.
int CountDeferred(event_base* base) {
  const int active = event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE);
  if (active == 0) return 0;
  int events = 0;
  const auto count = [](const event_base*, const event* ev, void* arg) {
    if ((ev->ev_evcallback.evcb_flags & (EVLIST_ACTIVE | EVLIST_ACTIVE_LATER)) != 0)
      ++*static_cast<int*>(arg);
    return 0;
  };
  event_base_foreach_event(base, count, &events);
  return active - events;
}

void Free(event*& ev) {
  if (ev != nullptr) event_free(std::exchange(ev, nullptr));
}

}  // namespace

bool DeferredRelease::WhenIdle(std::function<void()> release) noexcept {
  if (busy()) {
    bool kept = true;
    CatchBadAlloc([&] { m_when_idle.push_back(std::move(release)); }, [&] { kept = false; });
    if (kept) ReleaseInLoop();
    return kept;
  }
  // `release` may call JavaScript, so hold a BusyScope.
  const EventBase::BusyScope scope(m_base);
  const CallbackHost::FreeingScope freeing(m_base);
  release();
  return true;
}

void DeferredRelease::ReleaseAll() {
  const CallbackHost::FreeingScope freeing(m_base);
  while (!m_when_idle.empty()) {
    const auto releases = std::exchange(m_when_idle, {});
    for (const auto& release : releases) release();
  }
}

// An object that waits for its release may keep a blocking loop going. So an event releases it, when nothing
// but the loop is on the stack.
void DeferredRelease::ReleaseInLoop() {
  if (!m_base.in_outermost_sync_loop()) return;
  if (m_release == nullptr) m_release = event_new(m_base.base(), -1, 0, OnRelease, this);
  if (m_release != nullptr) event_active(m_release, EV_TIMEOUT, 1);
}

void DeferredRelease::OnRelease(evutil_socket_t, short, void* arg) {
  DeferredRelease& self = *static_cast<DeferredRelease*>(arg);
  if (self.outermost()) self.ReleaseAll();
}

void DeferredRelease::EndEvent() {
  if (m_release != nullptr) event_del(m_release);
}

// Uses the lowest priority, so that deferred callbacks run first. One event serves all that lingers: several
// would count each other as pending.
void DeferredRelease::ReleaseLingeringSoon() {
  constexpr timeval kNextTurn{0, 0};
  if (!m_base.live()) return;
  if (m_release_lingering == nullptr)
    m_release_lingering = event_new(m_base.base(), -1, 0, OnReleaseLingering, this);
  // Without memory, what lingers is released with the base.
  if (m_release_lingering == nullptr) return;
  event_priority_set(m_release_lingering, event_base_get_npriorities(m_base.base()) - 1);
  event_add(m_release_lingering, &kNextTurn);
}

void DeferredRelease::OnReleaseLingering(evutil_socket_t, short, void* arg) {
  DeferredRelease& self = *static_cast<DeferredRelease*>(arg);
  if (CountDeferred(self.m_base.base()) > 0) {
    self.ReleaseLingeringSoon();
  } else {
    self.ReleaseLingering();
  }
}

void DeferredRelease::ReleaseLingering() {
  const auto first = std::stable_partition(m_lingering.begin(), m_lingering.end(),
                                           [](const Lingering* thing) { return !thing->MayBeReleased(); });
  const std::vector<Lingering*> released(first, m_lingering.end());
  m_lingering.erase(first, m_lingering.end());
  for (Lingering* const thing : released) thing->Release();
}

bool DeferredRelease::RunLastTurns() {
  bool in_time = true;
  try {
    RunDeferredCallbacks(in_time);
  } catch (const std::bad_alloc&) {
    // Without memory the base goes without its deferred callbacks.
  }
  // No callback that reads these runs any more.
  while (!m_lingering.empty()) {
    Lingering* const thing = m_lingering.back();
    m_lingering.pop_back();
    thing->Release();
  }
  return in_time;
}

// C may have events on the base that make each other active for ever, so each turn ends after one pass
// through what is active, and all of them after a time.
void DeferredRelease::RunDeferredCallbacks(bool& in_time) {
  constexpr uint64_t kMaxNs = 1'000'000'000;
  constexpr timeval kNow{0, 0};
  constexpr timeval kLatest{0, 20'000};
  event_base* const base = m_base.base();
  const auto over = [](evutil_socket_t, short, void* arg) {
    event_base_loopbreak(static_cast<event_base*>(arg));
  };
  // At the lowest priority, so that all active callbacks run first. The other one ends a turn that never
  // gets that far.
  InternalEvent pass(base, -1, 0, over, base, event_base_get_npriorities(base) - 1);
  InternalEvent latest(base, -1, 0, over, base);
  const uint64_t deadline_ns = uv_hrtime() + kMaxNs;
  while (event_base_get_num_events(base, EVENT_BASE_COUNT_ACTIVE) > 0) {
    in_time = uv_hrtime() < deadline_ns;
    if (!in_time || !pass.Add(&kNow) || !latest.Add(&kLatest) ||
        event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) < 0) {
      break;
    }
  }
}

void DeferredRelease::ForgetIdleEvents() {
  Free(m_release);
  if (m_lingering.empty()) Free(m_release_lingering);
}

void DeferredRelease::FreeEvents() {
  Free(m_release);
  Free(m_release_lingering);
}

}  // namespace bitcoin_support
