#include "loop/event_base.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <fcntl.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include "libevent/libevent_runtime.h"
#include "libevent/log_relay.h"
#include "loop/backend_descriptors.h"
#include "loop/base_child.h"
#include "loop/lib_event.h"
#include "loop/loop_driver.h"
#include "loop/loop_timer.h"
#include "loop/loop_waker.h"
#include "loop/select_guard.h"
#include "loop/shares.h"
#include "loop/signal_claim.h"
#include "loop/sparing_epoll.h"
#include "loop/termination_watch.h"
#include "loop/turn_events.h"
#include "napi/arguments.h"
#include "napi/environment.h"
#include "napi/errors.h"
#include "napi/exports.h"
#include "napi/handle_exports.h"
#include "napi/handle_table.h"
#include "napi/js_callback.h"
#include "napi/list.h"
#include "secure/memory_cleanse.h"

namespace bitcoin_support {
namespace {

// libevent looks for new I/O and due timers after this many callbacks of one priority, so that events
// which activate each other in C for ever cannot keep out the ones that end a turn.
constexpr int kDispatchCallbacks = 1024;

struct ConfigDeleter {
  void operator()(event_config* config) const { event_config_free(config); }
};

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
  // Only the base's thread calls libevent with it. Other threads post to its LoopWaker.
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
  m_dispatch.ForgetBackend(room.first_free);
  m_base = NewEventBase(config.get());
  if (m_base == nullptr) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) ThrowNoBackend(errno);
    ThrowEventError(env, code::kLibevent,
                    "event_base_new_with_config failed: no backend has the required features");
  }
  m_first_unwatchable = GuardSelect(m_base);
  if (options.precise_timer) UseSparingEpoll(m_base);
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
  if (fd < m_first_unwatchable) return;
  ThrowSystemError(env(), code::kLibevent, syscall, EMFILE,
                   "select has no room for descriptor " + std::to_string(fd));
}

void EventBase::CheckRoomForNext(const char* syscall) const {
  if (m_first_unwatchable == INT_MAX) return;
  const BackendRoom room = LookForBackendRoom();
  if (room.error == 0) CheckRoomFor(room.first_free, syscall);
}

EventBase::~EventBase() {
  if (m_base == nullptr) return;
  // The turn's events have gone with Detach().
  m_budget.Forget();
  m_waker.reset();
  m_once.clear();
  m_releases.FreeEvents();
  ForgetTimer(m_base);
  event_base_free(m_base);
}

void EventBase::Dispose() {
  if (!live()) return;
  {
    const Environment::EndScope ends(env(), EndReason::kWithBase);
    while (m_last_child != nullptr) m_last_child->Dispose();
  }
  for (const auto& share : m_shares) share->Close();
  // The rest of this turn belongs to a base that has ended: it must not call JavaScript.
  if (in_loop()) event_base_loopbreak(m_base);
  if (m_dispatch.on()) LoopDriver::Of(env()).Detach(*this);
  Retire();
  // The end of the outermost scope deletes it: here, or further up the stack.
  const BusyScope scope(*this);
}

void EventBase::Reinit() {
  if (busy() || m_dispatch.on()) ThrowEventError(env(), code::kState, "the base is being run");
  if (const BackendRoom room = LookForBackendRoom(); room.error != 0) {
    ThrowSystemError(env(), code::kLibevent, "event_reinit", room.error, "no backend can be made");
  }
  // The backend is made anew, and with it its descriptor.
  m_dispatch.ForgetBackend(-1);
  CloseSignalPair(m_base);
  errno = 0;
  if (event_reinit(m_base) != 0) {
    if (errno != 0) ThrowSystemError(env(), code::kLibevent, "event_reinit", errno, "an event was not added");
    ThrowEventError(env(), code::kLibevent, "event_reinit failed");
  }
  if (m_precise_timer) UseSparingEpoll(m_base);
  m_forks = ForkCount();
  m_budget.Forget();
  if (m_waker != nullptr && m_waker->forked()) m_waker->Renew();
}

// Some parts of libevent do not report their priority.
bool EventBase::MayHavePriorityFrom(int limit) const {
  const auto child_may = [limit](const BaseChild& child) {
    if (child.kind() != HandleKind::kLibEvent) return true;
    return static_cast<const LibEvent&>(child).priority() >= limit;
  };
  const auto event_may = [](const event_base*, const event* ev, void* arg) {
    const bool internal = (ev->ev_evcallback.evcb_flags & EVLIST_INTERNAL) != 0;
    return !internal && event_get_priority(ev) >= *static_cast<const int*>(arg) ? 1 : 0;
  };
  return m_releases.lingering() || AnyChild(child_may) ||
         event_base_foreach_event(m_base, event_may, &limit) != 0;
}

void EventBase::SetPriorities(int count) {
  if (busy()) ThrowEventError(env(), code::kState, "the base is being run");
  if (count < event_base_get_npriorities(m_base) && MayHavePriorityFrom(count)) {
    ThrowEventError(env(), code::kState, "something on the base may have a priority that would go");
  }
  m_releases.ForgetIdleEvents();
  if (event_base_priority_init(m_base, count) != 0) {
    ThrowEventError(env(), code::kState, "event_base_priority_init failed: an event is active");
  }
}

void EventBase::LeaveBusy() {
  if (!m_releases.outermost()) {
    m_releases.Leave();
    return;
  }
  // Still busy while these run: freeing a server closes its connections, whose callbacks may dispose
  // more.
  m_releases.EndEvent();
  bool in_time = true;
  do {
    m_releases.ReleaseAll();
    if (!live() && in_time) in_time = m_releases.RunLastTurns();
    if (env().has_dropped()) env().callbacks().Call(*this, JsCallback::kDropped, {});
    env().callbacks().ReportBufferChanges(*this);
  } while (m_releases.waiting());
  m_releases.Leave();
  EndUnwinding();
  if (!live()) delete this;
}

void EventBase::ReportBufferChangesSoon() {
  if (m_buffer_changes_due || !live()) return;
  m_buffer_changes_due = event_base_once(m_base, -1, EV_TIMEOUT, OnBufferChangesDue, this, nullptr) == 0;
}

void EventBase::OnBufferChangesDue(evutil_socket_t, short, void* arg) {
  EventBase& self = *static_cast<EventBase*>(arg);
  self.m_buffer_changes_due = false;
  if (!self.live()) return;
  const BusyScope busy(self);
  self.env().callbacks().ReportBufferChanges(self);
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
  auto share = std::make_shared<BaseShare>(*this, ObtainWaker(), key);
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

LoopWaker& EventBase::ObtainWaker() {
  if (m_waker == nullptr) m_waker = std::make_unique<LoopWaker>(m_base);
  return *m_waker;
}

// A blocking loop counts only tokens of other threads and unopened ones: its own thread is blocked and cannot
// send. A sender queues its message before it releases its token, so no message is missed.
bool EventBase::AwaitsMessages() const {
  if (m_waker == nullptr) return false;
  const TokenCount& tokens = m_waker->tokens();
  return (in_sync_loop() ? tokens.AnyElsewhere() : tokens.Any()) || m_waker->HasPosted();
}

void EventBase::NoteTokens() {
  if (!in_turn()) {
    NoteEndRulesChanged();
  } else if (!AwaitsMessages()) {
    // The next turn finds no token.
    BreakLoop();
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
  m_budget.Begin(budget_ns, (flags & EVLOOP_NONBLOCK) == 0);
  // One HandleScope per turn is cheaper than one per callback.
  const Napi::HandleScope handles(env().napi());
  const InLoop in_loop(*this, Loop::kTurn);
  const LogRelay::LoopScope log_scope(env().State<LogRelay>(), *this, m_base);
  if (m_waker != nullptr) m_waker->RunPosted();
  const bool may_end = (flags & EVLOOP_NO_EXIT_ON_EMPTY) == 0;
  if (!m_dispatch.keep_alive() && !EndsLoopsItself()) return event_base_loop(m_base, flags);
  if (may_end && NothingLeft()) {
    m_loop_end = LoopEnd::kNothingLeft;
    return 1;
  }
  return event_base_loop(m_base, flags | EVLOOP_NO_EXIT_ON_EMPTY);
}

// libevent's blocking loop. Where libevent would not notice its end, it runs turn by turn.
int EventBase::RunWhole(int flags) {
  const bool may_end = (flags & EVLOOP_NO_EXIT_ON_EMPTY) == 0;
  const bool to_the_end = (flags & (EVLOOP_ONCE | EVLOOP_NONBLOCK)) == 0;
  for (;;) {
    if (m_loop_end == LoopEnd::kRulesChanged) m_loop_end = LoopEnd::kByLibevent;
    const bool by_turns = EndsLoopsItself();
    int turn_flags = flags;
    if (by_turns) {
      if (may_end && NothingLeft()) {
        m_loop_end = LoopEnd::kNothingLeft;
        return 1;
      }
      turn_flags |= EVLOOP_NO_EXIT_ON_EMPTY | (to_the_end ? EVLOOP_ONCE : 0);
    }
    const int result = event_base_loop(m_base, turn_flags);
    if (result != 0 || !to_the_end || event_base_got_exit(m_base) != 0) return result;
    if (m_loop_end == LoopEnd::kRulesChanged) continue;
    if (!by_turns || event_base_got_break(m_base) != 0) return result;
  }
}

void EventBase::NoteEndRulesChanged() {
  if (!in_loop() || !in_sync_loop() || BrokenAlready()) return;
  m_loop_end = LoopEnd::kRulesChanged;
  event_base_loopbreak(m_base);
}

bool EventBase::NothingLeft() const {
  if (m_dispatch.keep_alive() || AwaitsMessages()) return false;
  constexpr int kAll = EVENT_BASE_COUNT_ADDED | EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ACTIVE;
  if (event_base_get_num_events(m_base, kAll) == 0) return true;
  if (m_unreferenced.empty()) return false;
  if (event_base_get_num_events(m_base, EVENT_BASE_COUNT_VIRTUAL | EVENT_BASE_COUNT_ACTIVE) > 0) return false;
  return event_base_foreach_event(m_base, IsWithReference, const_cast<EventBase*>(this)) == 0;
}

int EventBase::IsWithReference(const event_base*, const event* ev, void* arg) {
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
  const InLoop in_loop(*this, m_releases.outermost() ? Loop::kBlocking : Loop::kNestedBlocking);
  const LogRelay::LoopScope log_scope(env().State<LogRelay>(), *this, m_base);
  if (m_waker != nullptr) m_waker->RunPosted();
  return RunWhole(flags);
}

void EventBase::BeginLoop() {
  m_got_break = m_got_exit = false;
  m_loop_end = LoopEnd::kByLibevent;
  KeepSignals(*this);
  GiveUpPostponed();
}

void EventBase::GiveUpPostponed() {
  for (Postponed* each = m_postponed; each != nullptr; each = each->m_outer) each->GiveUp();
}

void EventBase::NoteLoopEnd() {
  if (m_loop_end == LoopEnd::kNothingLeft) return;
  m_got_exit = event_base_got_exit(m_base) != 0;
  m_got_break = event_base_got_break(m_base) != 0 && m_loop_end != LoopEnd::kBroken;
}

bool EventBase::BrokenAlready() const { return event_base_got_break(m_base) != 0; }

void EventBase::BreakLoop() {
  if (!in_loop()) return;
  if (m_loop_end == LoopEnd::kRulesChanged) m_loop_end = LoopEnd::kBroken;
  // If a break is already set, the user called loopbreak(): keep it.
  if (BrokenAlready()) return;
  m_loop_end = LoopEnd::kBroken;
  event_base_loopbreak(m_base);
}

void EventBase::CountCallback() {
  if (in_turn()) {
    m_budget.CountCallback();
  } else {
    KeepSignals(*this);
  }
}

void EventBase::CountNativeCallback() {
  if (in_turn()) m_budget.CountNativeCallback();
}

void EventBase::Loopbreak() {
  if (in_loop()) {
    m_loop_end = LoopEnd::kByLibevent;
    event_base_loopbreak(m_base);
  } else if (m_dispatch.on()) {
    m_got_break = true;
  }
  // Without a loop it has no effect, as in C.
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

// --- the native functions ----------------------------------------------------------------------------

namespace {

EventBase& This(const Napi::CallbackInfo& info) { return Environment::From(info).Get<EventBase>(info[0]); }

void CheckMayRun(const EventBase& base) {
  if (base.in_loop() || base.dispatch().on()) {
    ThrowEventError(base.env(), code::kReentrant, "the base is being dispatched already");
  }
}

void CheckMayRunNow(const EventBase& base) {
  CheckMayRun(base);
  if (base.freeing()) {
    ThrowEventError(base.env(), code::kReentrant,
                    "the callback comes from a call of libevent's that has not returned yet");
  }
}

// --- making and running ------------------------------------------------------------------------------

// (priorities, features, preciseTimer, changelist, maxIntervalMs, maxCallbacks, minPriority, avoid)
Napi::Value NewNapi(const Napi::CallbackInfo& info) {
  EventBaseOptions options;
  options.priorities = IntArg(info, 0);
  options.required_features = IntArg(info, 1);
  options.precise_timer = BoolArg(info, 2);
  options.changelist = BoolArg(info, 3);
  options.max_interval_ms = NumberArg(info, 4);
  options.max_callbacks = IntArg(info, 5);
  options.min_priority = IntArg(info, 6);
  options.avoid_methods = ListArg(info, 7).Strings();
  auto* const base = new EventBase(Environment::From(info), options);
  return Napi::Number::New(info.Env(), base->number());
}

// (base, keep alive, whether it takes over what eventBaseDrive has begun)
Napi::Value DispatchNapi(const Napi::CallbackInfo& info) {
  const bool keep_alive = BoolArg(info, 1);
  const bool take_over = BoolArg(info, 2);
  EventBase& base = This(info);
  if (take_over && base.dispatch().on()) {
    LoopDriver::Of(base.env()).SetKeepAlive(base, keep_alive);
  } else {
    CheckMayRun(base);
    LoopDriver::Of(base.env()).Attach(base, keep_alive);
  }
  return info.Env().Undefined();
}

// (base): as dispatch, for promises that are pending on it -> false when it is being run already
Napi::Value DriveNapi(const Napi::CallbackInfo& info) {
  EventBase& base = This(info);
  const bool free = !base.in_loop() && !base.dispatch().on();
  if (free) LoopDriver::Of(base.env()).Attach(base, false);
  return Napi::Boolean::New(info.Env(), free);
}

// (base): ends what drive has begun, without a report -> false in the middle of a turn
Napi::Value StopDrivingNapi(const Napi::CallbackInfo& info) {
  EventBase& base = This(info);
  if (base.in_loop()) return Napi::Boolean::New(info.Env(), false);
  LoopDriver::Of(base.env()).Detach(base);
  return Napi::Boolean::New(info.Env(), true);
}

Napi::Value LoopSyncNapi(const Napi::CallbackInfo& info) {
  EventBase& base = This(info);
  const int flags = IntArg(info, 1);
  CheckMayRunNow(base);
  Environment& env = base.env();
  const int result = base.RunSync(flags);
  if (env.callbacks().RethrowPending()) return Napi::Value();
  if (result < 0) ThrowEventError(env, code::kLibevent, "event_base_loop failed");
  return Napi::Number::New(info.Env(), result);
}

Napi::Value LoopbreakNapi(const Napi::CallbackInfo& info) {
  This(info).Loopbreak();
  return info.Env().Undefined();
}

Napi::Value LoopcontinueNapi(const Napi::CallbackInfo& info) {
  event_base_loopcontinue(This(info).base());
  return info.Env().Undefined();
}

// (base, ms | negative)
Napi::Value LoopexitNapi(const Napi::CallbackInfo& info) {
  This(info).Loopexit(NumberArg(info, 1));
  return info.Env().Undefined();
}

Napi::Value GotBreakNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), This(info).got_break());
}

Napi::Value GotExitNapi(const Napi::CallbackInfo& info) {
  return Napi::Boolean::New(info.Env(), This(info).got_exit());
}

// (base, fd, what, id, ms | negative)
Napi::Value OnceNapi(const Napi::CallbackInfo& info) {
  This(info).Once(IntArg(info, 1), IntArg(info, 2), NumberArg(info, 3), NumberArg(info, 4));
  return info.Env().Undefined();
}

// (base, fd, what, id, ms | negative, function, arg)
Napi::Value OnceInCNapi(const Napi::CallbackInfo& info) {
  This(info).OnceInC(IntArg(info, 1), IntArg(info, 2), NumberArg(info, 3), NumberArg(info, 4),
                     FunctionArg<event_callback_fn>(info, 5), AddressArg(info, 6));
  return info.Env().Undefined();
}

// --- what it is and has ------------------------------------------------------------------------------

Napi::Value GetMethodNapi(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), event_base_get_method(This(info).base()));
}

Napi::Value GetFeaturesNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), event_base_get_features(This(info).base()));
}

Napi::Value GetNumEventsNapi(const Napi::CallbackInfo& info) {
  const auto flags = static_cast<unsigned>(IntArg(info, 1));
  EventBase& self = This(info);
  self.GiveUpPostponed();
  return Napi::Number::New(info.Env(), event_base_get_num_events(self.base(), flags));
}

double MsOf(const timeval& time) {
  return static_cast<double>(time.tv_sec) * 1000 + static_cast<double>(time.tv_usec) / 1000;
}

// (base, flags, clear) -> the most that there have been
Napi::Value GetMaxEventsNapi(const Napi::CallbackInfo& info) {
  const auto flags = static_cast<unsigned>(IntArg(info, 1));
  EventBase& self = This(info);
  self.GiveUpPostponed();
  return Napi::Number::New(info.Env(),
                           event_base_get_max_events(self.base(), flags, BoolArg(info, 2) ? 1 : 0));
}

// (base) -> slots of its LibEvents that are pending or active
Napi::Value ListEventsNapi(const Napi::CallbackInfo& info) {
  std::vector<uint32_t> slots;
  const auto collect = [](const event_base*, const event* ev, void* found) {
    if (const LibEvent* const handle = LibEvent::Of(ev); handle != nullptr && handle->live()) {
      static_cast<std::vector<uint32_t>*>(found)->push_back(HandleTable::SlotOf(handle->number()));
    }
    return 0;
  };
  event_base_foreach_event(This(info).base(), collect, &slots);
  std::vector<napi_value> list;
  list.reserve(slots.size());
  for (const uint32_t slot : slots) list.push_back(Napi::Number::New(info.Env(), slot));
  return NewList(info.Env(), list);
}

// (base) -> libevent's own listing
Napi::Value DumpEventsNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  char* text = nullptr;
  size_t length = 0;
  FILE* const stream = open_memstream(&text, &length);
  if (stream == nullptr) ThrowEventError(self.env(), code::kLibevent, "open_memstream failed");
  self.GiveUpPostponed();
  event_base_dump_events(self.base(), stream);
  std::fclose(stream);
  const std::unique_ptr<char, decltype(&std::free)> owner(text, std::free);
  return Napi::String::New(info.Env(), text, length);
}

// --- priorities --------------------------------------------------------------------------------------

Napi::Value GetNprioritiesNapi(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), event_base_get_npriorities(This(info).base()));
}

// (base, count)
Napi::Value PriorityInitNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  self.SetPriorities(IntArg(info, 1));
  return info.Env().Undefined();
}

// --- time --------------------------------------------------------------------------------------------

// (base) -> ms since 1970
Napi::Value GettimeofdayCachedNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  timeval now{};
  if (event_base_gettimeofday_cached(self.base(), &now) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "event_base_gettimeofday_cached failed");
  }
  return Napi::Number::New(info.Env(), MsOf(now));
}

Napi::Value UpdateCacheTimeNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  if (event_base_update_cache_time(self.base()) != 0) {
    ThrowEventError(self.env(), code::kLibevent, "event_base_update_cache_time failed");
  }
  return info.Env().Undefined();
}

// (base, ms)
Napi::Value InitCommonTimeoutNapi(const Napi::CallbackInfo& info) {
  EventBase& self = This(info);
  const auto timeout = TimevalFromMs(NumberArg(info, 1));
  if (!timeout) ThrowRangeError(info.Env(), "no time");
  if (!self.common_timeouts().Init(*timeout)) {
    ThrowEventError(self.env(), code::kState, "the base has no room for another common timeout");
  }
  return info.Env().Undefined();
}

// --- making things happen ----------------------------------------------------------------------------

// (base, fd, what)
Napi::Value ActiveByFdNapi(const Napi::CallbackInfo& info) {
  event_base_active_by_fd(This(info).base(), IntArg(info, 1), static_cast<short>(IntArg(info, 2)));
  return info.Env().Undefined();
}

// (base, signal)
Napi::Value ActiveBySignalNapi(const Napi::CallbackInfo& info) {
  event_base_active_by_signal(This(info).base(), IntArg(info, 1));
  return info.Env().Undefined();
}

// (base)
Napi::Value ReinitNapi(const Napi::CallbackInfo& info) {
  Environment::From(info).GetEvenForked<EventBase>(info[0]).Reinit();
  return info.Env().Undefined();
}

}  // namespace

void EventBase::Export(Napi::Env env, Napi::Object exports, Environment& state) {
  ExportFunction<NewNapi>(env, exports, "eventBaseNew", state);
  ExportFunction<DispatchNapi>(env, exports, "eventBaseDispatch", state);
  ExportFunction<DriveNapi>(env, exports, "eventBaseDrive", state);
  ExportFunction<StopDrivingNapi>(env, exports, "eventBaseStopDriving", state);
  ExportFunction<LoopSyncNapi>(env, exports, "eventBaseLoopSync", state);
  ExportFunction<LoopbreakNapi>(env, exports, "eventBaseLoopbreak", state);
  ExportFunction<LoopcontinueNapi>(env, exports, "eventBaseLoopcontinue", state);
  ExportFunction<LoopexitNapi>(env, exports, "eventBaseLoopexit", state);
  ExportFunction<GotBreakNapi>(env, exports, "eventBaseGotBreak", state);
  ExportFunction<GotExitNapi>(env, exports, "eventBaseGotExit", state);
  ExportFunction<OnceNapi>(env, exports, "eventBaseOnce", state);
  ExportFunction<OnceInCNapi>(env, exports, "eventBaseOnceInC", state);
  ExportFunction<GetMethodNapi>(env, exports, "eventBaseGetMethod", state);
  ExportFunction<GetFeaturesNapi>(env, exports, "eventBaseGetFeatures", state);
  ExportFunction<GetNumEventsNapi>(env, exports, "eventBaseGetNumEvents", state);
  ExportFunction<GetMaxEventsNapi>(env, exports, "eventBaseGetMaxEvents", state);
  ExportFunction<ListEventsNapi>(env, exports, "eventBaseListEvents", state);
  ExportFunction<DumpEventsNapi>(env, exports, "eventBaseDumpEvents", state);
  ExportFunction<GetNprioritiesNapi>(env, exports, "eventBaseGetNpriorities", state);
  ExportFunction<PriorityInitNapi>(env, exports, "eventBasePriorityInit", state);
  ExportFunction<GettimeofdayCachedNapi>(env, exports, "eventBaseGettimeofdayCached", state);
  ExportFunction<UpdateCacheTimeNapi>(env, exports, "eventBaseUpdateCacheTime", state);
  ExportFunction<InitCommonTimeoutNapi>(env, exports, "eventBaseInitCommonTimeout", state);
  ExportFunction<ActiveByFdNapi>(env, exports, "eventBaseActiveByFd", state);
  ExportFunction<ActiveBySignalNapi>(env, exports, "eventBaseActiveBySignal", state);
  ExportFunction<ReinitNapi>(env, exports, "eventBaseReinit", state);
  ExportShares(env, exports, state);
}

template void ExportHandleType<EventBase>(Napi::Env, Napi::Object, Environment&);

}  // namespace bitcoin_support
