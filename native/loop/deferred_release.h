// Releases what belongs to a base once libevent has finished with it.
#pragma once

#include <event2/util.h>

#include <functional>
#include <vector>

struct event;

namespace bitcoin_support {

class EventBase;

/// Delays frees until libevent has returned, or until its deferred callbacks have run. Each base has one. It
/// counts the BusyScopes that are on the stack.
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
  /// Runs the releases that wait, and those that are added meanwhile. Called inside the outermost scope.
  void ReleaseAll();
  /// Cancels the release event; the caller calls ReleaseAll() itself.
  void EndEvent();

  // --- until libevent's deferred callbacks have run -----------------------------------------------------
  /// An object that has ended, and that deferred callbacks still read.
  class Lingering {
   public:
    /// Whether it may be released as soon as no callback is deferred.
    virtual bool MayBeReleased() const = 0;
    /// Deferred callbacks have run, or will never run because the base goes.
    virtual void Release() = 0;

   protected:
    ~Lingering() = default;
  };
  /// Releases `thing` in a later turn, or when the base goes.
  void Linger(Lingering& thing) { m_lingering.push_back(&thing); }
  bool lingering() const { return !m_lingering.empty(); }
  /// Releases what lingers and may go, in the first turn in which no callback is deferred.
  void ReleaseLingeringSoon();

  /// Runs the deferred callbacks of a base that ends, since libevent would never free them, then releases
  /// what lingers. @returns false when that took too long; then it must not be called again
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
  static void OnReleaseLingering(evutil_socket_t fd, short what, void* arg);

  EventBase& m_base;
  unsigned m_depth = 0;
  std::vector<std::function<void()>> m_when_idle;
  event* m_release = nullptr;  ///< calls ReleaseAll() in a blocking loop
  std::vector<Lingering*> m_lingering;
  event* m_release_lingering = nullptr;  ///< runs ReleaseLingering() when no callback is deferred
};

}  // namespace bitcoin_support
