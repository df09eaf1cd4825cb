#include "loop/loop_driver.h"

#include <event2/event.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <iterator>
#include <new>
#include <utility>
#include <vector>

#include "loop/backend_descriptors.h"
#include "loop/dispatch.h"
#include "loop/event_base.h"
#include "loop/next_timeout.h"
#include "loop/sparing_epoll.h"
#include "loop/turn_events.h"
#include "napi/environment.h"
#include "napi/shared_constants.h"

namespace bitcoin_support {
namespace {

// How long one base may keep the thread in a turn before libuv and the others have theirs.
constexpr uint64_t kTurnBudgetNs = 5'000'000;

// How often in a row a poller that has used up its budget goes on without polling.
constexpr unsigned kMostSparedPolls = 16;

// kDispatchEnd's results beside libevent's 0 and 1.
constexpr int kFailed = kDispatchFailed;
constexpr int kBackendNotFound = kDispatchUnwatchable;

thread_local LoopDriver* t_driver = nullptr;

}  // namespace

/// An environment's part in the driver of its thread.
class LoopDriver::Membership final : public AsyncState {
 public:
  explicit Membership(Environment& env) : m_driver(Join(env.napi())) {}
  Membership(const Membership&) = delete;
  Membership& operator=(const Membership&) = delete;

  LoopDriver& driver() const { return m_driver; }

  /// The environment's bases have gone.
  void Leave(std::function<void()> left) override { m_driver.Leave(std::move(left)); }

 private:
  LoopDriver& m_driver;
};

LoopDriver& LoopDriver::Of(Environment& env) { return env.State<Membership>().driver(); }

LoopDriver& LoopDriver::Join(napi_env env) {
  if (t_driver == nullptr) {
    uv_loop_t* loop = nullptr;
    napi_get_uv_event_loop(env, &loop);
    t_driver = new LoopDriver(loop);
  }
  ++t_driver->m_environments;
  return *t_driver;
}

void LoopDriver::Leave(std::function<void()> closed) {
  if (--m_environments > 0) {
    closed();
    return;
  }
  t_driver = nullptr;
  m_closed = std::move(closed);
  Close();
}

void LoopDriver::Attach(EventBase& base, bool keep_alive) {
  if (!m_has_loop_handles) {
    uv_prepare_init(loop(), &m_prepare);
    uv_idle_init(loop(), &m_idle);
    m_prepare.data = m_idle.data = this;
    m_has_loop_handles = true;
    m_open_handles += 2;
  }
  Dispatch& dispatch = base.dispatch();
  m_attached.emplace(m_last_order + 1, &base);
  dispatch.m_order = ++m_last_order;
  dispatch.m_keep_alive = keep_alive;
  base.BeginLoop();
  CountReferences(dispatch.has_ref() ? 1 : 0);
  uv_prepare_start(&m_prepare,
                   [](uv_prepare_t* handle) { static_cast<LoopDriver*>(handle->data)->OnPrepare(); });
  uv_idle_start(&m_idle, [](uv_idle_t*) {});
}

void LoopDriver::Detach(EventBase& base) {
  Dispatch& dispatch = base.dispatch();
  if (!dispatch.on()) return;
  EventBase& poller = Poller();
  if (&poller != &base && poller.dispatch().m_turn_events != nullptr) {
    poller.dispatch().m_turn_events->Unwatch(base.number());
  }
  m_attached.erase(dispatch.m_order);
  dispatch.m_order = 0;
  dispatch.m_keep_alive = false;
  CountReferences(dispatch.has_ref() ? -1 : 0);
  // The turn's events may be on the stack: a base that is disposed in its own callback.
  base.WhenIdle([&dispatch] { dispatch.m_turn_events.reset(); });
  if (m_attached.empty()) {
    uv_prepare_stop(&m_prepare);
    uv_idle_stop(&m_idle);
  }
}

void LoopDriver::SetKeepAlive(EventBase& base, bool on) { base.dispatch().m_keep_alive = on; }

void LoopDriver::OnPrepare() {
  const uint64_t began_ns = uv_hrtime();
  int timeout_ms = TimeoutOfLibuv();
  try {
    do {
      RunOthers(timeout_ms);
      if (!m_attached.empty()) RunPoller(timeout_ms);
    } while (MayRunAnotherTurn(began_ns) && (timeout_ms = TimeoutOfLibuv()) != 0);
  } catch (const std::bad_alloc&) {
    // The next turn tries again; libuv does not wait for it.
  }
  if (m_attached.empty()) uv_idle_stop(&m_idle);
  uv_update_time(m_loop);
}

// How long libuv would wait: 0 when it has something to do, or nothing to wait for.
int LoopDriver::TimeoutOfLibuv() {
  // While idle is active the answer is always 0.
  uv_idle_stop(&m_idle);
  uv_update_time(m_loop);
  const int timeout_ms = uv_backend_timeout(m_loop);
  uv_idle_start(&m_idle, [](uv_idle_t*) {});
  return timeout_ms;
}

// A turn of libuv's own costs a system call, which is spared as long as it would find nothing.
bool LoopDriver::MayRunAnotherTurn(uint64_t began_ns) {
  if (m_attached.size() != 1 || uv_hrtime() - began_ns >= kTurnBudgetNs) return false;
  const TurnEvents* const turn_events = Poller().dispatch().m_turn_events.get();
  return turn_events != nullptr && !turn_events->wanted();
}

// Lowers `timeout_ms` to what the other bases allow the poller to wait.
void LoopDriver::RunOthers(int& timeout_ms) {
  if (m_attached.size() < 2) return;
  // Callbacks may attach and detach, so this goes by a copy.
  std::vector<uint64_t> others;
  for (auto entry = std::next(m_attached.begin()); entry != m_attached.end(); ++entry) {
    others.push_back(entry->first);
  }
  bool any_ran = false;
  for (const uint64_t order : others) any_ran |= RunOther(order, timeout_ms);
  // Their callbacks may have changed a base that had its turn before.
  if (any_ran) timeout_ms = 0;
}

// @returns whether JavaScript ran.
bool LoopDriver::RunOther(uint64_t order, int& timeout_ms) {
  EventBase* base = Attached(order);
  if (base == nullptr) return false;
  if (base->ended_by_user()) {
    Finish(*base, 0);
    return true;
  }
  if (base->dispatch().m_backend_fd < 0) {
    const int fd = ProbeBackend(*base);
    base = Attached(order);
    if (base == nullptr) return true;
    if (fd < 0 || base->ended_by_user()) {
      Finish(*base, base->ended_by_user() ? 0 : kBackendNotFound);
      return true;
    }
    base->dispatch().m_backend_fd = fd;
  }
  const int result = base->RunTurn(EVLOOP_ONCE | EVLOOP_NONBLOCK, kTurnBudgetNs);
  base = Attached(order);
  if (base == nullptr) return true;
  if (result != 0 || base->ended_by_user()) {
    Finish(*base, base->ended_by_user() ? 0 : result == 1 ? 1 : kFailed);
    return true;
  }
  base->budget().EndGuard();
  if (!Watch(*base)) {
    Finish(*base, kBackendNotFound);
    return true;
  }
  const int next_ms = NextTimeoutMs(base->base(), base->precise_timer());
  if (next_ms >= 0 && (timeout_ms < 0 || next_ms < timeout_ms)) timeout_ms = next_ms;
  // Nothing wakes the poller for what this turn has done. Its last event may have ended, which the next turn
  // reports, or libevent may have deferred callbacks, which are no events.
  if (base->NothingLeft() || event_base_get_num_events(base->base(), EVENT_BASE_COUNT_ACTIVE) > 0) {
    timeout_ms = 0;
  }
  return base->budget().ran_callbacks();
}

void LoopDriver::RunPoller(int timeout_ms) {
  const uint64_t order = m_attached.begin()->first;
  EventBase* base = Attached(order);
  if (base->ended_by_user()) {
    Finish(*base, 0);
    return;
  }
  std::unique_ptr<TurnEvents>& turn_events = base->dispatch().m_turn_events;
  if (turn_events == nullptr) {
    turn_events = std::make_unique<TurnEvents>(*base, uv_backend_fd(m_loop));
    // The others have to be watched by this base before it may wait.
    if (m_attached.size() > 1) timeout_ms = 0;
  }
  turn_events->BeginTurn();
  // Now and then the poll takes place all the same: a timer of the loop's may have come.
  if (base->budget().ran_out() && ++m_spared_polls % kMostSparedPolls != 0) SpareNextPoll(base->base());
  if (timeout_ms > 0) turn_events->ArmTimer(uv_now(m_loop), timeout_ms);
  const int result =
      base->RunTurn(timeout_ms == 0 ? EVLOOP_ONCE | EVLOOP_NONBLOCK : EVLOOP_ONCE, kTurnBudgetNs);
  base = Attached(order);
  if (base == nullptr) return;
  if (result != 0 || base->ended_by_user()) {
    Finish(*base, base->ended_by_user() ? 0 : result == 1 ? 1 : kFailed);
  }
}

// Makes the poller watch `other`'s backend. Run a turn of `other` first, so that it stops watching the
// poller: epoll refuses instances that watch each other. @returns false when the kernel refuses
bool LoopDriver::Watch(EventBase& other) {
  EventBase& poller = Poller();
  if (&poller == &other) return true;
  TurnEvents* const turn_events = poller.dispatch().m_turn_events.get();
  // Without them it watches the others from its next turn on.
  return turn_events == nullptr || turn_events->Watch(other.number(), other.dispatch().m_backend_fd);
}

// Runs one turn of `other`, so that a probe reaches the kernel even when a change list is on.
int LoopDriver::ProbeBackend(EventBase& other) {
  const int probe_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (probe_fd < 0) return -1;
  int backend_fd = -1;
  {
    const EventBase::BusyScope busy(other);  // outlives the probe, though a callback disposes `other`
    InternalEvent probe(other.base(), probe_fd, EV_READ, [](evutil_socket_t, short, void*) {}, nullptr);
    if (probe.Add()) {
      // An empty base has to reach its backend too; its next turn says that nothing is pending.
      other.RunTurn(EVLOOP_ONCE | EVLOOP_NONBLOCK | EVLOOP_NO_EXIT_ON_EMPTY, kTurnBudgetNs);
      const int likely = other.dispatch().m_likely_backend_fd;
      backend_fd = likely >= 0 && IsEpollWatching(likely, probe_fd) ? likely : FindEpollWatching(probe_fd);
    }
  }
  close(probe_fd);
  return backend_fd;
}

void LoopDriver::SetRef(EventBase& base, bool on) {
  Dispatch& dispatch = base.dispatch();
  if (dispatch.m_has_ref == on) return;
  dispatch.m_has_ref = on;
  if (dispatch.on()) CountReferences(on ? 1 : -1);
}

// libuv's loop, and with it the process, goes on for as long as one of the bases has a reference.
void LoopDriver::CountReferences(int more) {
  m_referenced += more;
  for (uv_handle_t* const handle :
       {reinterpret_cast<uv_handle_t*>(&m_prepare), reinterpret_cast<uv_handle_t*>(&m_idle)}) {
    if (m_referenced > 0) {
      uv_ref(handle);
    } else {
      uv_unref(handle);
    }
  }
}

EventBase* LoopDriver::Attached(uint64_t order) {
  const auto entry = m_attached.find(order);
  return entry == m_attached.end() ? nullptr : entry->second;
}

EventBase& LoopDriver::Poller() { return *m_attached.begin()->second; }

void LoopDriver::Finish(EventBase& base, int result) {
  Detach(base);
  const EventBase::BusyScope busy(base);
  base.env().callbacks().Call(base, JsCallback::kDispatchEnd, {static_cast<double>(result)});
}

int LoopDriver::StartSignal(int signal_number) {
  auto entry = m_signals.find(signal_number);
  if (entry == m_signals.end()) {
    entry = m_signals.emplace(signal_number, uv_signal_t{}).first;
    if (const int error = uv_signal_init(loop(), &entry->second); error != 0) {
      m_signals.erase(entry);
      return error;
    }
    entry->second.data = this;
    uv_unref(reinterpret_cast<uv_handle_t*>(&entry->second));
    ++m_open_handles;
  }
  return uv_signal_start(&entry->second, [](uv_signal_t*, int) {}, signal_number);
}

void LoopDriver::StopSignal(int signal_number) {
  const auto entry = m_signals.find(signal_number);
  if (entry != m_signals.end()) uv_signal_stop(&entry->second);
}

void LoopDriver::Close() {
  if (m_open_handles == 0) {
    End();
    return;
  }
  const auto on_close = [](uv_handle_t* handle) {
    LoopDriver* const self = static_cast<LoopDriver*>(handle->data);
    if (--self->m_open_handles == 0) self->End();
  };
  if (m_has_loop_handles) {
    uv_close(reinterpret_cast<uv_handle_t*>(&m_prepare), on_close);
    uv_close(reinterpret_cast<uv_handle_t*>(&m_idle), on_close);
  }
  for (auto& [number, watcher] : m_signals) uv_close(reinterpret_cast<uv_handle_t*>(&watcher), on_close);
}

void LoopDriver::End() {
  const std::function<void()> closed = std::move(m_closed);
  delete this;
  closed();
}

}  // namespace bitcoin_support
