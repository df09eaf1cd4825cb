// Releases what belongs to a base once libevent has finished with it.
#pragma once

#include <event2/util.h>

#include <functional>
#include <vector>

struct event;

namespace bitcoin_support {

class EventBase;

/// What libevent uses must not be freed while libevent is on the stack with it, and some of it only in a
/// later turn. Each base has one, which counts how deep libevent is on the stack with something of the base.
class DeferredRelease {
 public:
  explicit DeferredRelease(EventBase& base) : m_base(base) {}
  DeferredRelease(const DeferredRelease&) = delete;
  DeferredRelease& operator=(const DeferredRelease&) = delete;

  // --- until libevent is off the stack: see EventBase::BusyScope --------------------------------------
  void Enter() { ++m_depth; }
  void Leave() { --m_depth; }
  bool busy() const { return m_depth > 0; }
  /// One scope alone is on the stack.
  bool outermost() const { return m_depth == 1; }

  /// Runs `release` now, or, while busy, when ReleaseAll() is called next. Callbacks from C call it, so it
  /// throws nothing. @returns false when there is no memory for that; then `release` never runs
  bool WhenIdle(std::function<void()> release) noexcept;
  bool waiting() const { return !m_when_idle.empty(); }
  /// Runs what waits, and what comes to wait meanwhile. Called inside the outermost scope.
  void ReleaseAll();
  /// Keeps the loop from calling ReleaseAll() for what waits now: the caller is about to call it.
  void EndEvent();

  // --- until callbacks have run that libevent has put off to a later turn -------------------------------
  /// Something that has ended, and that such callbacks still look at.
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
  bool lingering() const { return !m_lingering.empty(); }
  /// Has the loop look for what may be released now.
  void LookForQuiet();

  /// The base goes: runs what libevent has put off, which otherwise would never be freed, then releases what
  /// lingers. @returns false when that took too long; then it must not be called again
  bool RunLastTurns();

  /// Frees those of its events that nothing waits for: they may have a priority that is about to go.
  void ForgetIdleEvents();
  /// Frees its events. The event_base goes next.
  void FreeEvents();

 private:
  void ReleaseInLoop();
  void ReleaseLingering();
  void RunDeferredCallbacks(bool& in_time);

  static void OnRelease(evutil_socket_t fd, short what, void* arg);
  static void OnLookForQuiet(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  unsigned m_depth = 0;
  std::vector<std::function<void()>> m_when_idle;
  event* m_release = nullptr;  // calls ReleaseAll() in a blocking loop
  std::vector<Lingering*> m_lingering;
  event* m_quiet = nullptr;  // looks for a turn in which they may go
};

}  // namespace bitcoin_support
