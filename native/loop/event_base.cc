#include "loop/event_base.h"

#include <event2/event_struct.h>
#include <fcntl.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <optional>
#include <utility>

#include "libevent/libevent_runtime.h"
#include "libevent/log_relay.h"
#include "loop/backend_descriptors.h"
#include "loop/event_share.h"
#include "loop/lib_event.h"
#include "loop/loop_driver.h"
#include "loop/loop_timer.h"
#include "loop/select_guard.h"
#include "loop/signal_claim.h"
#include "loop/termination_watch.h"
#include "loop/turn_events.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/handle_table.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// A turn ends after this many JavaScript callbacks at the latest, whatever their time.
constexpr uint32_t kTurnCallbacks = 1024;

// libevent looks for new I/O and due timers after this many callbacks of one priority, so that events
// which activate each other in C for ever cannot keep out the ones that end a turn.
constexpr int kDispatchCallbacks = 1024;

// libevent has room for 256 in a base and warns of the next.
constexpr size_t kCommonTimeouts = 64;

struct ConfigDeleter {
  void operator()(event_config* config) const { event_config_free(config); }
};

// How many callbacks are waiting that libevent has put off: what is active and no event.
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

}  // namespace

struct EventBase::OnceEntry {
  EventBase* base;
  double id;
  event_callback_fn function = nullptr;  // in C; null for JavaScript
  void* arg = nullptr;
};

EventBase::EventBase(Environment& env, const EventBaseOptions& options)
    : Handle(env, env.type_for(kKind), kKind),
      CallbackHost(HandleTable::SlotOf(number())),
      m_precise_timer(options.precise_timer) {
  const std::unique_ptr<event_config, ConfigDeleter> config(event_config_new());
  if (config == nullptr) ThrowEventError(env, code::kLibevent, "event_config_new failed");
  // Only the thread of the base is ever in libevent with it: others leave a message with its LoopWaker.
  int flags = EVENT_BASE_FLAG_NOLOCK;
  if (options.precise_timer) flags |= EVENT_BASE_FLAG_PRECISE_TIMER;
  if (options.changelist) flags |= EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST;
  event_config_set_flag(config.get(), flags);
  for (const std::string& method : options.avoid_methods) {
    event_config_avoid_method(config.get(), method.c_str());
  }
  if (options.required_features != 0) {
    event_config_require_features(config.get(), options.required_features);
  }
  const auto interval = TimevalFromMs(options.max_interval_ms);
  event_config_set_max_dispatch_interval(
      config.get(), interval ? &*interval : nullptr,
      options.max_callbacks >= 0 ? options.max_callbacks : kDispatchCallbacks, options.min_priority);

  const BackendRoom room = LookForBackendRoom();
  if (room.error != 0) ThrowNoBackend(room.error);
  m_likely_backend_fd = room.first_free;
  m_base = NewEventBase(config.get());
  if (m_base == nullptr) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) ThrowNoBackend(errno);
    ThrowEventError(env, code::kLibevent,
                    "event_base_new_with_config failed: no backend has the required features");
  }
  m_first_beyond = GuardSelect(m_base);
  if (options.priorities > 1 && event_base_priority_init(m_base, options.priorities) != 0) {
    event_base_free(m_base);
    m_base = nullptr;
    ThrowEventError(env, code::kLibevent, "event_base_priority_init failed");
  }
}

void EventBase::ThrowNoBackend(int error) const {
  ThrowSystemError(env(), code::kLibevent, "event_base_new_with_config", error, "no backend can be made");
}

void EventBase::CheckRoomFor(int fd, const char* syscall) const {
  if (fd < m_first_beyond) return;
  ThrowSystemError(env(), code::kLibevent, syscall, EMFILE,
                   "select has no room for descriptor " + std::to_string(fd));
}

void EventBase::CheckRoomForNext(const char* syscall) const {
  if (m_first_beyond == INT_MAX) return;
  const BackendRoom room = LookForBackendRoom();
  if (room.error == 0) CheckRoomFor(room.first_free, syscall);
}

EventBase::~EventBase() {
  if (m_base == nullptr) return;
  m_turn_events.reset();
  m_guard.reset();
  m_waker.reset();
  m_once.clear();
  if (m_release != nullptr) event_free(m_release);
  if (m_quiet != nullptr) event_free(m_quiet);
  event_base_free(m_base);
}

void EventBase::Dispose() {
  if (!live()) return;
  {
    const Environment::EndScope ends(env(), EndReason::kWithBase);
    while (m_last_child != nullptr) m_last_child->Dispose();
  }
  for (const auto& share : m_shares) share->Close();
  // What is still to run in this turn belonged to the base; nothing of it may call JavaScript.
  if (in_loop()) event_base_loopbreak(m_base);
  LoopDriver::Of(env()).Detach(*this);
  Retire();
  m_delete_when_idle = true;
  // The end of the outermost scope deletes it: here, or further up the stack.
  const BusyScope scope(*this);
}

void EventBase::Reinit() {
  if (busy() || dispatching()) ThrowEventError(env(), code::kState, "the base is being run");
  if (const BackendRoom room = LookForBackendRoom(); room.error != 0) {
    ThrowSystemError(env(), code::kLibevent, "event_reinit", room.error, "no backend can be made");
  }
  // The backend is made anew, and with it its descriptor.
  m_backend_fd = m_likely_backend_fd = -1;
  CloseSignalPair(m_base);
  errno = 0;
  if (event_reinit(m_base) != 0) {
    if (errno != 0) ThrowSystemError(env(), code::kLibevent, "event_reinit", errno, "an event was not added");
    ThrowEventError(env(), code::kLibevent, "event_reinit failed");
  }
  m_forks = ForkCount();
  // Its descriptor is shared with the parent process, whose expirations it would take.
  m_guard.reset();
  m_guard_armed = false;
  if (m_waker != nullptr && m_waker->forked()) m_waker->Renew();
}

void EventBase::WhenIdle(std::function<void()> release) {
  if (busy()) {
    m_when_idle.push_back(std::move(release));
    ReleaseInSyncLoop();
    return;
  }
  // What is released may call back, and what that disposes has to wait for it.
  const BusyScope scope(*this);
  const FreeingScope freeing(*this);
  release();
}

// A blocking loop may go on for as long as what waits to be released keeps something pending, so that is
// released in an event of its own: then nothing is on the stack but the loop.
void EventBase::ReleaseInSyncLoop() {
  if (loop_state() != Loop::kBlocking) return;
  if (m_release == nullptr) {
    const auto on_release = [](evutil_socket_t, short, void* arg) {
      EventBase& self = *static_cast<EventBase*>(arg);
      if (self.m_busy == 1) self.ReleaseAll();
    };
    m_release = event_new(m_base, -1, 0, on_release, this);
  }
  if (m_release != nullptr) event_active(m_release, EV_TIMEOUT, 1);
}

void EventBase::ForgetRelease() {
  if (m_release != nullptr) event_free(m_release);
  m_release = nullptr;
  if (m_quiet != nullptr && m_lingering.empty()) {
    event_free(m_quiet);
    m_quiet = nullptr;
  }
}

void EventBase::ReleaseAll() {
  const FreeingScope freeing(*this);
  while (!m_when_idle.empty()) {
    const auto releases = std::exchange(m_when_idle, {});
    for (const auto& release : releases) release();
  }
}

void EventBase::LeaveBusy() {
  if (m_busy > 1) {
    --m_busy;
    return;
  }
  // Still busy while these run: freeing a server closes its connections, whose callbacks may dispose
  // more.
  if (m_release != nullptr) event_del(m_release);
  do {
    ReleaseAll();
    if (m_delete_when_idle) RunLastTurns();
    if (env().has_dropped()) env().callbacks().Call(*this, JsCallback::kDropped, {});
    env().callbacks().ReportBufferChanges(*this);
  } while (!m_when_idle.empty());
  m_busy = 0;
  EndUnwinding();
  if (m_delete_when_idle) delete this;
}

void EventBase::ReportBufferChangesSoon() {
  if (m_buffer_changes_due || !live()) return;
  m_buffer_changes_due = event_base_once(m_base, -1, EV_TIMEOUT, OnBufferChangesDue, this, nullptr) == 0;
}

void EventBase::OnBufferChangesDue(evutil_socket_t, short, void* arg) {
  EventBase& self = *static_cast<EventBase*>(arg);
  self.m_buffer_changes_due = false;
  if (self.live()) self.env().callbacks().ReportBufferChanges(self);
}

// libevent puts off the end of bufferevents and the answers of its resolver to a later turn. What is left of
// them when the base is freed would never be. C may have events on the base that make each other active for
// ever, so each turn ends after one pass through what is active, and all of them after a time.
void EventBase::RunLastTurns() {
  constexpr uint64_t kMaxNs = 1'000'000'000;
  constexpr timeval kNow{0, 0};
  constexpr timeval kLatest{0, 20'000};
  if (m_ran_last_turns) return;
  const auto over = [](evutil_socket_t, short, void* arg) {
    event_base_loopbreak(static_cast<event_base*>(arg));
  };
  try {
    // At the lowest priority that there is, so that what is active now comes first. The other one ends a turn
    // that never gets that far.
    InternalEvent pass(m_base, -1, 0, over, m_base, event_base_get_npriorities(m_base) - 1);
    InternalEvent latest(m_base, -1, 0, over, m_base);
    const uint64_t deadline_ns = uv_hrtime() + kMaxNs;
    while (event_base_get_num_events(m_base, EVENT_BASE_COUNT_ACTIVE) > 0) {
      m_ran_last_turns = uv_hrtime() >= deadline_ns;
      if (m_ran_last_turns || !pass.Add(&kNow) || !latest.Add(&kLatest) ||
          event_base_loop(m_base, EVLOOP_ONCE | EVLOOP_NONBLOCK) < 0) {
        break;
      }
    }
  } catch (const std::bad_alloc&) {
    // Then the base goes as it is.
  }
  // Nothing that looks at these runs any more.
  while (!m_lingering.empty()) {
    Lingering* const thing = m_lingering.back();
    m_lingering.pop_back();
    thing->Release();
  }
}

// At the lowest priority that there is by then: what is put off has to come first, and of several priorities
// libevent runs the highest alone before it looks for due timers again. All that lingers has one event,
// because several would see each other as something that still has to run.
void EventBase::LookForQuiet() {
  constexpr timeval kNextTurn{0, 0};
  if (m_delete_when_idle) return;
  if (m_quiet == nullptr) m_quiet = event_new(m_base, -1, 0, OnLookForQuiet, this);
  if (m_quiet == nullptr) return;  // it goes with the base
  event_priority_set(m_quiet, event_base_get_npriorities(m_base) - 1);
  event_add(m_quiet, &kNextTurn);
}

void EventBase::OnLookForQuiet(evutil_socket_t, short, void* arg) {
  EventBase& self = *static_cast<EventBase*>(arg);
  if (CountDeferred(self.m_base) > 0) {
    self.LookForQuiet();
  } else {
    self.ReleaseLingering();
  }
}

void EventBase::ReleaseLingering() {
  const auto first = std::stable_partition(m_lingering.begin(), m_lingering.end(),
                                           [](const Lingering* thing) { return !thing->MayBeReleased(); });
  const std::vector<Lingering*> released(first, m_lingering.end());
  m_lingering.erase(first, m_lingering.end());
  for (Lingering* const thing : released) thing->Release();
}

bool EventBase::InitCommonTimeout(const timeval& timeout) {
  const auto same = [&](const timeval& known) {
    return known.tv_sec == timeout.tv_sec && known.tv_usec == timeout.tv_usec;
  };
  if (std::none_of(m_common_timeouts.begin(), m_common_timeouts.end(), same)) {
    if (m_common_timeouts.size() == kCommonTimeouts) return false;
    m_common_timeouts.push_back(timeout);
  }
  return true;
}

timeval EventBase::CommonTimeout(const timeval& timeout) {
  if (!InitCommonTimeout(timeout)) return timeout;
  const timeval* const common = event_base_init_common_timeout(m_base, &timeout);
  return common != nullptr ? *common : timeout;
}

timeval EventBase::MaybeCommonTimeout(const timeval& timeout) {
  for (const timeval& known : m_common_timeouts) {
    if (known.tv_sec == timeout.tv_sec && known.tv_usec == timeout.tv_usec) return CommonTimeout(timeout);
  }
  return timeout;
}

void EventBase::RemoveWatcher(int fd, LibEvent& event) {
  const auto entry = m_watchers.find(fd);
  if (entry == m_watchers.end()) return;
  Watchers& watchers = entry->second;
  watchers.edge.erase(&event);
  watchers.level.erase(&event);
  if (watchers.edge.empty() && watchers.level.empty()) m_watchers.erase(entry);
}

std::pair<uint64_t, double> EventBase::Share() {
  const double key = static_cast<double>(m_shares.size() + 1);
  auto share = std::make_shared<BaseShare>(*this, waker(), key);
  m_shares.push_back(share);
  uint64_t token = 0;
  try {
    token = RegisterShare(share);
  } catch (...) {
    m_shares.pop_back();
    throw;
  }
  share->Await();
  NoteTokens();
  return {token, key};
}

double EventBase::Unshare(uint64_t token) {
  const auto share = std::find_if(m_shares.begin(), m_shares.end(), [&](const auto& candidate) {
    return candidate->open() && candidate->token() == token;
  });
  if (share == m_shares.end()) return 0;
  (*share)->Withdraw();
  NoteTokens();
  return (*share)->key();
}

LoopWaker& EventBase::waker() {
  if (m_waker == nullptr) m_waker = std::make_unique<LoopWaker>(m_base);
  return *m_waker;
}

// A blocking loop waits for other threads alone, those included that are still to open a token: in its own
// nobody could send anything. What has been sent before a token was closed is in the queue by the time that
// the token no longer counts.
bool EventBase::AwaitsMessages() const {
  if (m_waker == nullptr) return false;
  const TokenCount& tokens = m_waker->tokens();
  return (in_sync_loop() ? tokens.AnyElsewhere() : tokens.Any()) || m_waker->HasPosted();
}

void EventBase::NoteTokens() {
  if (!in_turn()) {
    NoteEndRulesChanged();
  } else if (!AwaitsMessages()) {
    BreakLoop();  // the next one knows
  }
}

void EventBase::Deliver(double key, std::vector<uint8_t> message) {
  if (!live()) return;
  const BusyScope busy(*this);
  m_message = std::move(message);
  env().callbacks().Call(*this, JsCallback::kOnce, {-key, EV_TIMEOUT});
  MemoryCleanse(m_message.data(), m_message.size());
  m_message.clear();
}

/// Spans a run of libevent's loop.
class EventBase::InLoop {
 public:
  InLoop(EventBase& base, Loop loop) : m_base(base), m_scope(base, loop) {}
  ~InLoop() { m_base.NoteLoopEnd(); }
  InLoop(const InLoop&) = delete;
  InLoop& operator=(const InLoop&) = delete;

 private:
  EventBase& m_base;
  const LoopScope m_scope;
};

int EventBase::RunTurn(int flags, uint64_t budget_ns) {
  const BusyScope busy_scope(*this);
  BeginLoop();
  m_turn_callbacks = 0;
  m_ran_c = false;
  if ((flags & EVLOOP_NONBLOCK) != 0) ArmGuard(budget_ns);
  m_turn_deadline_ns = uv_hrtime() + budget_ns;
  // One for all callbacks: a scope each costs more than what they leave in it, until the turn ends.
  const Napi::HandleScope handles(env().napi());
  const InLoop in_loop(*this, Loop::kTurn);
  const LogRelay::LoopScope log_scope(env().State<LogRelay>(), *this, m_base);
  if (m_waker != nullptr) m_waker->RunPosted();
  const bool may_end = (flags & EVLOOP_NO_EXIT_ON_EMPTY) == 0;
  if (!m_keep_alive && !EndsLoopsItself()) return event_base_loop(m_base, flags);
  if (may_end && NothingLeft()) {
    m_found_nothing = true;
    return 1;
  }
  return event_base_loop(m_base, flags | EVLOOP_NO_EXIT_ON_EMPTY);
}

// libevent's blocking loop. Where it would not find its end, it is run turn by turn.
int EventBase::RunWhole(int flags) {
  const bool may_end = (flags & EVLOOP_NO_EXIT_ON_EMPTY) == 0;
  const bool to_the_end = (flags & (EVLOOP_ONCE | EVLOOP_NONBLOCK)) == 0;
  for (;;) {
    m_end_rules_changed = false;
    const bool by_turns = EndsLoopsItself();
    int turn_flags = flags;
    if (by_turns) {
      if (may_end && NothingLeft()) {
        m_found_nothing = true;
        return 1;
      }
      turn_flags |= EVLOOP_NO_EXIT_ON_EMPTY | (to_the_end ? EVLOOP_ONCE : 0);
    }
    const int result = event_base_loop(m_base, turn_flags);
    if (result != 0 || !to_the_end || event_base_got_exit(m_base) != 0) return result;
    if (m_end_rules_changed) continue;
    if (!by_turns || event_base_got_break(m_base) != 0) return result;
  }
}

void EventBase::NoteEndRulesChanged() {
  if (!in_loop() || !in_sync_loop() || event_base_got_break(m_base) != 0) return;
  m_end_rules_changed = true;
  event_base_loopbreak(m_base);
}

bool EventBase::NothingLeft() const {
  if (m_keep_alive || AwaitsMessages()) return false;
  constexpr int kAll = EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ACTIVE;
  if (event_base_get_num_events(m_base, kAll) == 0) return true;
  if (m_unreferenced.empty()) return false;
  if (event_base_get_num_events(m_base, EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ACTIVE) > 0) return false;
  return event_base_foreach_event(m_base, KeepsGoing, const_cast<EventBase*>(this)) == 0;
}

int EventBase::KeepsGoing(const event_base*, const event* ev, void* arg) {
  if ((ev->ev_evcallback.evcb_flags & EVLIST_INTERNAL) != 0) return 0;
  if (const LibEvent* const handle = LibEvent::Of(ev)) return handle->has_ref() ? 1 : 0;
  const auto& unreferenced = static_cast<EventBase*>(arg)->m_unreferenced;
  const auto waits = [ev](const BaseChild* child) { return child->WaitsWith(ev); };
  return std::none_of(unreferenced.begin(), unreferenced.end(), waits) ? 1 : 0;
}

void EventBase::SetChildRef(BaseChild& child, bool on) {
  if (child.m_has_ref == on) return;
  child.m_has_ref = on;
  if (on) {
    std::erase(m_unreferenced, &child);
  } else {
    m_unreferenced.push_back(&child);
    NoteEndRulesChanged();
  }
}

int EventBase::RunSync(int flags) {
  const JsCallbacks::SyncLoop sync_loop(env().callbacks(), *this);
  const BusyScope busy_scope(*this);
  std::optional<TerminationWatch> termination;
  if ((flags & EVLOOP_NONBLOCK) == 0 && LoopDriver::Of(env()).in_worker()) termination.emplace(*this);
  BeginLoop();
  const InLoop in_loop(*this, m_busy == 1 ? Loop::kBlocking : Loop::kNestedBlocking);
  const LogRelay::LoopScope log_scope(env().State<LogRelay>(), *this, m_base);
  if (m_waker != nullptr) m_waker->RunPosted();
  return RunWhole(flags);
}

void EventBase::BeginLoop() {
  m_got_break = m_got_exit = m_turn_broken = m_found_nothing = false;
  KeepSignals(*this);
  GiveUpPostponed();
}

void EventBase::GiveUpPostponed() {
  for (Postponed* each = m_postponed; each != nullptr; each = each->m_outer) each->GiveUp();
}

void EventBase::NoteLoopEnd() {
  // libevent's answers are those of its last loop.
  if (m_found_nothing) return;
  m_got_exit = event_base_got_exit(m_base) != 0;
  m_got_break = event_base_got_break(m_base) != 0 && !m_turn_broken;
}

void EventBase::set_dispatching(bool on) {
  m_dispatching = on;
  if (!on) m_keep_alive = false;
  if (on) BeginLoop();
}

void EventBase::BreakLoop() {
  // A break that is already set is the user's.
  if (!in_loop() || event_base_got_break(m_base)) return;
  m_turn_broken = true;
  event_base_loopbreak(m_base);
}

void EventBase::CountCallback() {
  if (!in_turn()) {
    KeepSignals(*this);
    return;
  }
  if (++m_turn_callbacks >= kTurnCallbacks || uv_hrtime() >= m_turn_deadline_ns) {
    BreakLoop();
  } else {
    GuardTurn();
  }
}

void EventBase::CountNativeCallback() {
  if (!in_turn()) return;
  m_ran_c = true;
  if (uv_hrtime() >= m_turn_deadline_ns) BreakLoop();
}

// A turn that waits needs no guard: what libuv waits for ends it. But once something may have changed that,
// it does. The guard stays armed beyond its turn, so that it costs next to nothing when turns are short.
void EventBase::ArmGuard(uint64_t ns) {
  if (m_guard_armed) return;
  try {
    if (m_guard == nullptr) m_guard = std::make_unique<LoopTimer>(m_base, OnGuard, this);
  } catch (const std::bad_alloc&) {
    return;  // the next one
  }
  m_guard_armed = m_guard->Set(ns);
}

void EventBase::EndGuard() {
  if (!std::exchange(m_guard_armed, false)) return;
  m_guard->Unset();
}

void EventBase::OnGuard(evutil_socket_t, short, void* arg) {
  EventBase& self = *static_cast<EventBase*>(arg);
  self.m_guard_armed = false;
  if (!self.in_turn()) return;
  const uint64_t now = uv_hrtime();
  // Where nothing else is active the turn ends as well: what wanted it to end may have taken this for more to
  // run.
  if (now >= self.m_turn_deadline_ns ||
      event_base_get_num_events(self.m_base, EVENT_BASE_COUNT_ACTIVE) == 0) {
    self.BreakLoop();
  } else {
    self.ArmGuard(self.m_turn_deadline_ns - now);
  }
}

void EventBase::Loopbreak() {
  if (in_loop()) {
    m_turn_broken = m_end_rules_changed = false;
    event_base_loopbreak(m_base);
  } else if (m_dispatching) {
    m_got_break = true;
  }
  // Otherwise it is lost, as in C.
}

void EventBase::Loopexit(double ms) {
  const auto after = TimevalFromMs(ms);
  if (event_base_loopexit(m_base, after ? &*after : nullptr) != 0) {
    ThrowEventError(env(), code::kLibevent, "event_base_loopexit failed");
  }
}

void EventBase::Once(int fd, int what, double id, double ms) {
  AddOnce(fd, what, ms, std::make_unique<OnceEntry>(OnceEntry{this, id}));
}

void EventBase::OnceInC(int fd, int what, double id, double ms, event_callback_fn function, void* arg) {
  AddOnce(fd, what, ms, std::make_unique<OnceEntry>(OnceEntry{this, id, function, arg}));
}

void EventBase::AddOnce(int fd, int what, double ms, std::unique_ptr<OnceEntry> once) {
  if (m_once.contains(once->id)) ThrowEventError(env(), code::kState, "a once id is in use");
  if ((what & (EV_READ | EV_WRITE | EV_CLOSED)) != 0 && fcntl(fd, F_GETFD) == -1) {
    ThrowSystemError(env(), code::kLibevent, "event_base_once", errno, "descriptor " + std::to_string(fd));
  }
  const double id = once->id;
  const auto entry = m_once.emplace(id, std::move(once)).first;
  const auto after = TimevalFromMs(ms);
  errno = 0;
  if (event_base_once(m_base, fd, static_cast<short>(what), OnOnce, entry->second.get(),
                      after ? &*after : nullptr) != 0) {
    const int error = errno;
    m_once.erase(entry);
    if (error != 0) {
      ThrowSystemError(env(), code::kLibevent, "event_base_once", error, "descriptor " + std::to_string(fd));
    }
    ThrowEventError(env(), code::kLibevent,
                    "event_base_once failed: it takes EV_TIMEOUT, or EV_READ, EV_WRITE and EV_CLOSED");
  }
}

void EventBase::OnOnce(evutil_socket_t fd, short what, void* arg) {
  const OnceEntry entry = *static_cast<OnceEntry*>(arg);
  EventBase& base = *entry.base;
  base.m_once.erase(entry.id);
  if (!base.live()) return;
  const BusyScope busy(base);
  if (entry.function != nullptr) {
    entry.function(fd, what, entry.arg);
    base.CountNativeCallback();
    return;
  }
  base.env().callbacks().Call(base, JsCallback::kOnce,
                              {entry.id, static_cast<double>(static_cast<unsigned short>(what))});
}

void EventBase::Adopt(BaseChild& child) {
  child.m_previous = m_last_child;
  (m_last_child != nullptr ? m_last_child->m_next : m_first_child) = &child;
  m_last_child = &child;
}

bool EventBase::AnyChild(const std::function<bool(const BaseChild&)>& matches) const {
  for (const BaseChild* child = m_first_child; child != nullptr; child = child->m_next) {
    if (matches(*child)) return true;
  }
  return false;
}

void EventBase::Disown(BaseChild& child) {
  if (!child.m_has_ref) std::erase(m_unreferenced, &child);
  (child.m_previous != nullptr ? child.m_previous->m_next : m_first_child) = child.m_next;
  (child.m_next != nullptr ? child.m_next->m_previous : m_last_child) = child.m_previous;
}

BaseChild::BaseChild(EventBase& base, HandleType& type, HandleKind kind) : Handle(base.env(), type, kind) {
  JoinBase(base);
}

BaseChild::~BaseChild() {
  if (live() && m_base != nullptr) m_base->Disown(*this);
}

void BaseChild::JoinBase(EventBase& base) {
  m_base = &base;
  base.Adopt(*this);
}

void BaseChild::RetireChild() {
  if (!live()) return;
  m_base->Disown(*this);
  Retire();
}

}  // namespace bitcoin_support
