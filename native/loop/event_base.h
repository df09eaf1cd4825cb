// struct event_base behind the EventBase handle.
#pragma once

#include <event2/event.h>
#include <napi.h>

#include <climits>
#include <functional>
#include <memory>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "napi/callback_host.h"
#include "napi/fork_count.h"
#include "napi/handle.h"
#include "napi/handle_table.h"

namespace bitcoin_support {

class BaseChild;
class BaseShare;
class LibEvent;
class LoopTimer;
class LoopWaker;
class TurnEvents;

/// What obtainEventBase() may set.
struct EventBaseOptions {
  int priorities = 1;
  int required_features = 0;
  bool precise_timer = true;
  bool changelist = false;
  double max_interval_ms = -1;  ///< negative: none
  int max_callbacks = -1;       ///< negative: none
  int min_priority = 0;
  std::vector<std::string> avoid_methods;
};

/// Owns one event_base and, through BaseChild, everything that lives on it.
class EventBase final : public Handle, public CallbackHost {
 public:
  static constexpr HandleKind kKind = HandleKind::kEventBase;

  /// @throws EventError ERR_EV_LIBEVENT when no backend has what is asked for.
  EventBase(Environment& env, const EventBaseOptions& options);
  ~EventBase() override;

  void Dispose() override;

  void* Address() const override { return m_base; }
  bool forked() const override { return m_forks != ForkCount(); }

  /// Makes the backend anew, and all that is shared with the parent process.
  /// @throws EventError ERR_EV_STATE, ERR_EV_LIBEVENT
  void Reinit();

  /// Forgets an event of its own that has the priority of the middle: before there are fewer priorities.
  void ForgetRelease();

  event_base* base() const { return m_base; }
  /// Whether the backend can watch `fd`.
  bool HasRoomFor(int fd) const { return fd < m_first_beyond; }
  /// @throws EventError ERR_EV_LIBEVENT with EMFILE when it cannot
  void CheckRoomFor(int fd, const char* syscall) const;
  /// The same for the descriptor that libevent is about to open.
  void CheckRoomForNext(const char* syscall) const;

  /// Marks libevent as being on the stack with something of this base, so that nothing it holds is
  /// freed under it. The outermost scope's end frees what was put off, the base itself included.
  class BusyScope {
   public:
    explicit BusyScope(EventBase& base) : m_base(base) { ++m_base.m_busy; }
    ~BusyScope() { m_base.LeaveBusy(); }
    BusyScope(const BusyScope&) = delete;
    BusyScope& operator=(const BusyScope&) = delete;

   private:
    EventBase& m_base;
  };
  bool busy() const { return m_busy > 0; }

  /// Something that is put off until a callback returns.
  class Postponed {
   public:
    explicit Postponed(EventBase& base) : m_base(base), m_outer(std::exchange(base.m_postponed, this)) {}
    Postponed(const Postponed&) = delete;
    Postponed& operator=(const Postponed&) = delete;

   protected:
    ~Postponed() { m_base.m_postponed = m_outer; }

   private:
    friend class EventBase;
    /// Leaves it to libevent.
    virtual void GiveUp() = 0;

    EventBase& m_base;
    Postponed* const m_outer;
  };
  /// Has nothing put off any more, as it is in C: before a loop that a callback runs, and whenever somebody
  /// looks at what is pending.
  void GiveUpPostponed();

  /// Runs `release` now, or, while libevent is on the stack with more than its loop, as soon as it no longer
  /// is.
  void WhenIdle(std::function<void()> release);

  /// Has JsCallback::kBuffersChanged called when the callback of libevent's that is running has returned.
  void ReportBufferChangesSoon();
  /// Something that has ended, and that callbacks which libevent has put off to a later turn still look at.
  class Lingering {
   public:
    /// Whether it may be released as soon as no such callback waits.
    virtual bool MayBeReleased() const = 0;
    /// Such callbacks have run, or they will never run because the base goes.
    virtual void Release() = 0;

   protected:
    ~Lingering() = default;
  };
  /// Has `thing` released in a later turn, or when the base goes.
  void Linger(Lingering& thing) { m_lingering.push_back(&thing); }
  /// Has the loop look for what may be released now.
  void LookForQuiet();

  /// `timeout` in the form that lets libevent keep all events with that very timeout in a queue instead of a
  /// heap: for timeouts that many events share.
  timeval CommonTimeout(const timeval& timeout);
  /// @returns false when the base has no room for one more.
  bool InitCommonTimeout(const timeval& timeout);
  /// CommonTimeout() if that was called for this very timeout before, else `timeout`.
  timeval MaybeCommonTimeout(const timeval& timeout);

  // --- C ----------------------------------------------------------------------------------------------
  /// event_base_once() with a callback in C.
  void OnceInC(int fd, int what, double id, double ms, event_callback_fn function, void* arg);
  /// Called after each callback in C: ends the turn when its time is up.
  void CountNativeCallback();

  // --- events on one descriptor -------------------------------------------------------------------------
  /// The events that were added for a descriptor: those that are edge-triggered and the others.
  struct Watchers {
    std::unordered_set<LibEvent*> edge;
    std::unordered_set<LibEvent*> level;
  };
  Watchers& WatchersOf(int fd) { return m_watchers[fd]; }
  void RemoveWatcher(int fd, LibEvent& event);

  // --- other threads ------------------------------------------------------------------------------------
  /// Lets other threads have messages delivered to this base, which keeps its loop going until Unshare().
  /// @returns its token and the key that JsCallback::kOnce is given, negated, for each message.
  std::pair<uint64_t, double> Share();
  /// Ends a share. @returns its key, 0 when the token is none of this base's.
  double Unshare(uint64_t token);
  /// What wakes a loop that waits, made on first use.
  LoopWaker& waker();
  std::vector<uint8_t> TakeMessage() { return std::exchange(m_message, {}); }
  /// Whether a loop is to go on though nothing is pending: messages may come from other threads.
  bool AwaitsMessages() const;
  /// Has the loop see to it that it ends, or does not, as the tokens that are open now have it.
  void NoteTokens();
  /// JavaScript takes `message` in JsCallback::kOnce.
  void Deliver(double key, std::vector<uint8_t> message);

  // --- running -----------------------------------------------------------------------------------

  /// One event_base_loop() on behalf of Node's loop. @returns as event_base_loop().
  int RunTurn(int flags, uint64_t budget_ns);
  /// libevent's own blocking loop. @returns as event_base_loop().
  int RunSync(int flags);
  void BreakLoop() override;
  /// Has the running turn end when its time is up, though only events of C are active, of which we never
  /// hear.
  void GuardTurn() { ArmGuard(kGuardNs); }
  /// Has the guard of a turn that is over wake nobody: for a base in which the thread does not wait.
  void EndGuard();
  void CountCallback() override;

  bool dispatching() const { return m_dispatching; }
  /// Starting to dispatch forgets how an earlier loop ended: a loopbreak() before is lost, as in C.
  void set_dispatching(bool on);
  /// Has a dispatch() go on though nothing is pending.
  void set_keep_alive(bool on) { m_keep_alive = on; }
  /// Whether the base keeps the process alive while it is dispatched, as Node's handles do.
  bool has_ref() const { return m_has_ref; }
  void set_has_ref(bool on) { m_has_ref = on; }
  /// Whether a loop is to end by itself: nothing is active, nothing is pending that has a reference, and no
  /// other thread may send anything.
  bool NothingLeft() const;
  /// When it was attached, among those of its thread; LoopDriver's own.
  uint64_t dispatch_order() const { return m_dispatch_order; }
  void set_dispatch_order(uint64_t order) { m_dispatch_order = order; }
  bool precise_timer() const { return m_precise_timer; }
  /// Whether the last turn called JavaScript.
  bool ran_callbacks() const { return m_turn_callbacks > 0 || m_ran_c; }
  bool got_break() const { return m_got_break; }
  bool got_exit() const { return m_got_exit; }
  bool ended_by_user() const { return m_got_break || m_got_exit; }

  /// The events that join this base to libuv's loop while it is its poller; made on first use.
  std::unique_ptr<TurnEvents>& turn_events() { return m_turn_events; }
  /// Descriptor of the backend, -1 while not looked for or not found.
  int backend_fd() const { return m_backend_fd; }
  void set_backend_fd(int fd) { m_backend_fd = fd; }
  /// The descriptor that the backend is likely to have.
  int likely_backend_fd() const { return m_likely_backend_fd; }

  bool AnyChild(const std::function<bool(const BaseChild&)>& matches) const;
  bool lingering() const { return !m_lingering.empty(); }
  // --- children, oldest first ----------------------------------------------------------------------
  void Adopt(BaseChild& child);
  void Disown(BaseChild& child);
  /// Whether what `child` waits for keeps a loop going.
  void SetChildRef(BaseChild& child, bool on);

  static void Export(Napi::Env env, Napi::Object exports, Environment& environment);

 private:
  struct OnceEntry;
  class InLoop;

  // When a turn that waits no more is looked at again.
  static constexpr uint64_t kGuardNs = 5'000'000;

  void LeaveBusy();
  void ReleaseAll();
  void ReleaseInSyncLoop();
  void RunLastTurns();
  [[noreturn]] void ThrowNoBackend(int error) const;
  void ReleaseLingering();
  void Loopbreak();
  void Loopexit(double ms);
  void Once(int fd, int what, double id, double ms);
  void AddOnce(int fd, int what, double ms, std::unique_ptr<OnceEntry> entry);
  void ArmGuard(uint64_t ns);
  void BeginLoop();
  void NoteLoopEnd();
  /// libevent knows nothing of tokens and references. Where there are any, the end of a loop is looked for
  /// here.
  bool EndsLoopsItself() const { return !m_unreferenced.empty() || AwaitsMessages(); }
  void NoteEndRulesChanged();
  int RunWhole(int flags);

  static int KeepsGoing(const event_base* base, const event* ev, void* arg);

  static void OnOnce(evutil_socket_t fd, short what, void* arg);
  static void OnLookForQuiet(evutil_socket_t fd, short what, void* arg);
  static void OnBufferChangesDue(evutil_socket_t fd, short what, void* arg);
  static void OnGuard(evutil_socket_t fd, short what, void* arg);

  static Napi::Value NewNapi(const Napi::CallbackInfo& info);
  static Napi::Value DispatchNapi(const Napi::CallbackInfo& info);
  static Napi::Value DriveNapi(const Napi::CallbackInfo& info);
  static Napi::Value StopDrivingNapi(const Napi::CallbackInfo& info);
  static Napi::Value LoopSyncNapi(const Napi::CallbackInfo& info);
  static Napi::Value LoopbreakNapi(const Napi::CallbackInfo& info);
  static Napi::Value LoopcontinueNapi(const Napi::CallbackInfo& info);
  static Napi::Value LoopexitNapi(const Napi::CallbackInfo& info);
  static Napi::Value GotBreakNapi(const Napi::CallbackInfo& info);
  static Napi::Value GotExitNapi(const Napi::CallbackInfo& info);
  static Napi::Value OnceNapi(const Napi::CallbackInfo& info);
  static Napi::Value OnceInCNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetMethodNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetFeaturesNapi(const Napi::CallbackInfo& info);
  static Napi::Value GetNumEventsNapi(const Napi::CallbackInfo& info);

  uint32_t m_forks = ForkCount();  // when the backend was made
  event_base* m_base = nullptr;
  BaseChild* m_first_child = nullptr;
  BaseChild* m_last_child = nullptr;
  std::unordered_map<double, std::unique_ptr<OnceEntry>> m_once;
  std::vector<timeval> m_common_timeouts;
  std::vector<std::function<void()>> m_when_idle;
  Postponed* m_postponed = nullptr;
  std::unique_ptr<TurnEvents> m_turn_events;
  event* m_release = nullptr;
  unsigned m_busy = 0;
  std::vector<Lingering*> m_lingering;
  event* m_quiet = nullptr;  // looks for a turn in which they may go
  int m_backend_fd = -1;
  int m_first_beyond = INT_MAX;  // of the descriptors that the backend can watch
  int m_likely_backend_fd = -1;
  uint64_t m_dispatch_order = 0;
  const bool m_precise_timer;
  bool m_dispatching = false;
  bool m_keep_alive = false;
  bool m_has_ref = true;
  bool m_found_nothing = false;      // the loop has ended by that, and not libevent's
  bool m_end_rules_changed = false;  // while a blocking loop of libevent's runs by the old ones
  std::vector<BaseChild*> m_unreferenced;
  bool m_got_break = false;
  bool m_got_exit = false;
  bool m_turn_broken = false;
  bool m_delete_when_idle = false;
  bool m_ran_last_turns = false;
  bool m_buffer_changes_due = false;
  bool m_ran_c = false;
  // Ends a turn in which events of C that we never see make each other active.
  std::unique_ptr<LoopTimer> m_guard;
  bool m_guard_armed = false;
  std::unordered_map<int, Watchers> m_watchers;
  std::unique_ptr<LoopWaker> m_waker;
  // They stay until the event_base has gone, which may still call back for their messages.
  std::vector<std::shared_ptr<BaseShare>> m_shares;
  std::vector<uint8_t> m_message;
  // The running turn's budget.
  uint32_t m_turn_callbacks = 0;
  uint64_t m_turn_deadline_ns = 0;
};

/// A handle that lives on a base, or on something that does. The base keeps the list.
class BaseChild : public Handle {
 public:
  EventBase& base() const { return *m_base; }
  /// What callbacks name it by to JavaScript.
  double slot() const { return HandleTable::SlotOf(number()); }
  bool forked() const override { return m_base != nullptr && m_base->forked(); }
  /// Whether `ev` is what it waits with: for those that may be without a reference.
  virtual bool WaitsWith(const event*) const { return false; }
  bool has_ref() const { return m_has_ref; }

 protected:
  BaseChild(EventBase& base, HandleType& type, HandleKind kind);
  /// One that joins its base later; until then base() must not be called.
  BaseChild(Environment& env, HandleType& type, HandleKind kind) : Handle(env, type, kind) {}
  ~BaseChild() override;

  void JoinBase(EventBase& base);

  /// Retire() and leave the base's list.
  void RetireChild();

 private:
  friend class EventBase;
  EventBase* m_base = nullptr;
  BaseChild* m_previous = nullptr;
  BaseChild* m_next = nullptr;
  bool m_has_ref = true;
};

}  // namespace bitcoin_support
