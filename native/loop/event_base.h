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

#include "loop/common_timeouts.h"
#include "loop/deferred_release.h"
#include "loop/dispatch.h"
#include "loop/turn_budget.h"
#include "napi/callback_host.h"
#include "napi/fork_count.h"
#include "napi/handle.h"

namespace bitcoin_support {

class BaseChild;
class BaseShare;
class LibEvent;
class LoopWaker;

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
///
///     live ── Dispose() ──> ended ── the last BusyScope ends ──> deleted
///
/// A base that has ended, !live(), calls JavaScript no more. What it still has on libevent's stack is
/// released when libevent returns. Beside that, CallbackHost::Loop says which loop is on the stack, Dispatch
/// whether Node's loop runs the base, and LoopEnd what ends its loop.
class EventBase final : public Handle, public CallbackHost {
 public:
  static constexpr HandleKind kKind = HandleKind::kEventBase;

  /// @throws EventError ERR_EV_LIBEVENT when no backend has what is asked for.
  EventBase(Environment& env, const EventBaseOptions& options);
  ~EventBase() override;

  void Dispose() override;

  void* GiveToC() override { return m_base; }
  bool forked() const override { return m_forks != ForkCount(); }

  /// Makes the backend and all else new that the base shares with the parent process.
  /// @throws EventError ERR_EV_STATE, ERR_EV_LIBEVENT
  void Reinit();

  /// event_base_priority_init() frees the queues, even the running one. An event whose priority no longer
  /// exists aborts the process.
  /// @throws EventError ERR_EV_STATE when that might happen
  void SetPriorities(int count);

  event_base* base() const { return m_base; }
  /// Whether the backend can watch `fd`.
  bool HasRoomFor(int fd) const { return fd < m_first_unwatchable; }
  /// @throws EventError ERR_EV_LIBEVENT with EMFILE when it cannot
  void CheckRoomFor(int fd, const char* syscall) const;
  /// CheckRoomFor() the descriptor that libevent is about to open.
  void CheckRoomForNext(const char* syscall) const;

  /// Marks libevent as being on the stack with something of this base, so that nothing it holds is
  /// freed under it. The end of the outermost scope runs the releases that wait, the base's own included.
  class BusyScope {
   public:
    explicit BusyScope(EventBase& base) : m_base(base) { m_base.m_releases.Enter(); }
    ~BusyScope() { m_base.LeaveBusy(); }
    BusyScope(const BusyScope&) = delete;
    BusyScope& operator=(const BusyScope&) = delete;

   private:
    EventBase& m_base;
  };
  bool busy() const { return m_releases.busy(); }

  /// Work that waits until a callback returns.
  class Postponed {
   public:
    explicit Postponed(EventBase& base) : m_base(base), m_outer(std::exchange(base.m_postponed, this)) {}
    Postponed(const Postponed&) = delete;
    Postponed& operator=(const Postponed&) = delete;

   protected:
    ~Postponed() { m_base.m_postponed = m_outer; }

   private:
    friend class EventBase;
    /// Hands the postponed work back to libevent.
    virtual void GiveUp() = 0;

    EventBase& m_base;
    Postponed* const m_outer;
  };
  /// Gives all postponed work back to libevent, whose state is then what C would see. Call this before a
  /// loop that a callback runs, and before reading what is pending.
  void GiveUpPostponed();

  /// Runs `release` now, or when the last BusyScope ends. In a blocking loop an event runs it, once libevent
  /// has nothing but the loop on the stack. @returns false when there is no memory to wait for that; then
  /// `release` never runs
  bool WhenIdle(std::function<void()> release) noexcept { return m_releases.WhenIdle(std::move(release)); }

  /// Schedules JsCallback::kBuffersChanged for when the running callback of libevent's has returned.
  void ReportBufferChangesSoon();
  using Lingering = DeferredRelease::Lingering;
  /// Releases `thing` in a later turn, or when the base goes.
  void Linger(Lingering& thing) { m_releases.Linger(thing); }
  /// Releases what lingers and may go, in the first turn in which no callback is deferred.
  void ReleaseLingeringSoon() { m_releases.ReleaseLingeringSoon(); }

  CommonTimeouts& common_timeouts() { return m_common_timeouts; }

  /// event_base_once() that calls JsCallback::kOnce with `id`. `ms`: negative for no timeout.
  /// @throws EventError ERR_EV_LIBEVENT, ERR_EV_STATE when the id is in use
  void Once(int fd, int what, double id, double ms);

  // --- C ----------------------------------------------------------------------------------------------
  /// Once() with a callback in C.
  void OnceInC(int fd, int what, double id, double ms, event_callback_fn function, void* arg);
  /// Called after each callback in C: ends the turn when its time is up.
  void CountNativeCallback();

  // --- events on one descriptor -------------------------------------------------------------------------
  /// The events that were added for a descriptor, by whether they are edge-triggered.
  struct Watchers {
    std::unordered_set<LibEvent*> edge;
    std::unordered_set<LibEvent*> level;
  };
  /// Made on first use.
  Watchers& ObtainWatchers(int fd) { return m_watchers[fd]; }
  void RemoveWatcher(int fd, LibEvent& event);

  // --- other threads ------------------------------------------------------------------------------------
  /// Lets other threads have messages delivered to this base, which keeps its loop going until Unshare().
  /// @returns its token and the key that JsCallback::kOnce is given, negated, for each message.
  std::pair<uint64_t, double> Share();
  /// Ends a share. @returns its key, 0 when the token is none of this base's.
  double Unshare(uint64_t token);
  /// Wakes the base's loop from other threads. Made on first use.
  LoopWaker& ObtainWaker();
  std::vector<uint8_t> TakeMessage() { return std::exchange(m_message, {}); }
  /// Whether open tokens keep the loop running.
  bool AwaitsMessages() const;
  /// Rechecks whether the loop may end, after a token was opened or closed.
  void NoteTokens();
  /// JavaScript takes `message` in JsCallback::kOnce.
  void Deliver(double key, std::vector<uint8_t> message);

  // --- running -----------------------------------------------------------------------------------

  /// One event_base_loop() on behalf of Node's loop. @returns as event_base_loop().
  int RunTurn(int flags, uint64_t budget_ns);
  /// libevent's own blocking loop. @returns as event_base_loop().
  int RunSync(int flags);
  /// As event_base_loopbreak(); between the turns of a dispatch it ends that.
  void Loopbreak();
  /// As event_base_loopexit(), in `ms`, or now when it is negative. @throws EventError ERR_EV_LIBEVENT
  void Loopexit(double ms);
  void BreakLoop() override;
  void CountCallback() override;

  /// Forgets how an earlier loop ended. A loopbreak() before the loop has no effect, as in C.
  void BeginLoop();
  TurnBudget& budget() { return m_budget; }
  Dispatch& dispatch() { return m_dispatch; }
  const Dispatch& dispatch() const { return m_dispatch; }
  /// Whether a loop ends by itself: no event is active, no pending event has a reference, and no other thread
  /// may send a message.
  bool NothingLeft() const;
  bool precise_timer() const { return m_precise_timer; }
  bool got_break() const { return m_got_break; }
  bool got_exit() const { return m_got_exit; }
  bool ended_by_user() const { return m_got_break || m_got_exit; }

  bool AnyChild(const std::function<bool(const BaseChild&)>& matches) const;
  // --- children, oldest first ----------------------------------------------------------------------
  void Adopt(BaseChild& child);
  void Disown(BaseChild& child);
  /// Sets whether the events of `child` keep a loop going.
  void SetChildRef(BaseChild& child, bool on);

  static void Export(Napi::Env env, Napi::Object exports, Environment& environment);

 private:
  struct OnceEntry;
  class InLoop;

  /// What ends the loop that runs, or has ended the last one. BeginLoop() starts with kByLibevent.
  ///
  ///     kByLibevent   ── BreakLoop() ──> kBroken
  ///     kByLibevent   ── NoteEndRulesChanged() ──> kRulesChanged ── the loop goes on ──> kByLibevent
  ///     kByLibevent   ── NothingLeft() ──> kNothingLeft
  ///     kRulesChanged ── BreakLoop() ──> kBroken
  ///     any           ── Loopbreak() ──> kByLibevent
  enum class LoopEnd : uint8_t {
    kByLibevent,    ///< libevent's own rules, or its loopbreak and loopexit: libevent knows which
    kBroken,        ///< our own event_base_loopbreak(); gotBreak() hides it
    kRulesChanged,  ///< our own loopbreak, so that RunWhole() applies other rules
    kNothingLeft    ///< found by NothingLeft(): what libevent says is of an earlier loop
  };

  void LeaveBusy();
  [[noreturn]] void ThrowNoBackend(int error) const;
  bool MayHavePriorityFrom(int limit) const;
  void AddOnce(int fd, int what, double ms, std::unique_ptr<OnceEntry> entry);
  bool BrokenAlready() const;
  void NoteLoopEnd();
  /// Whether NothingLeft() decides when a loop ends: libevent knows nothing of tokens and references.
  bool EndsLoopsItself() const { return !m_unreferenced.empty() || AwaitsMessages(); }
  void NoteEndRulesChanged();
  int RunWhole(int flags);

  static int IsWithReference(const event_base* base, const event* ev, void* arg);

  static void OnOnce(evutil_socket_t fd, short what, void* arg);
  static void OnBufferChangesDue(evutil_socket_t fd, short what, void* arg);

  uint32_t m_forks = ForkCount();  ///< when the backend was made
  event_base* m_base = nullptr;
  BaseChild* m_first_child = nullptr;
  BaseChild* m_last_child = nullptr;
  std::unordered_map<double, std::unique_ptr<OnceEntry>> m_once;
  CommonTimeouts m_common_timeouts;
  DeferredRelease m_releases{*this};
  Postponed* m_postponed = nullptr;
  int m_first_unwatchable = INT_MAX;  ///< of the descriptors that the backend can watch
  const bool m_precise_timer;
  Dispatch m_dispatch;
  TurnBudget m_budget{*this};
  LoopEnd m_loop_end = LoopEnd::kByLibevent;
  bool m_got_break = false;
  bool m_got_exit = false;
  std::vector<BaseChild*> m_unreferenced;
  bool m_buffer_changes_due = false;
  std::unordered_map<int, Watchers> m_watchers;
  std::unique_ptr<LoopWaker> m_waker;
  // They stay until the event_base has gone, which may still call back for their messages.
  std::vector<std::shared_ptr<BaseShare>> m_shares;
  std::vector<uint8_t> m_message;
};

}  // namespace bitcoin_support
