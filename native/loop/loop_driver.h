// libevent as the poller of Node's loop.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>

namespace bitcoin_support {

class Environment;
class EventBase;

/// Runs the bases of one thread that are being dispatched, inside libuv's loop.
///
/// libuv calls back just before it would wait (uv_prepare_t). There one base, the *poller*, waits for
/// both: it watches libuv's backend descriptor beside its own events and wakes for libuv's next timer.
/// An active uv_idle_t makes libuv's own poll return at once. Further bases run without blocking before
/// the poller waits, and the poller watches their backends and knows their next timeout.
class LoopDriver {
 public:
  /// The driver of the environment's thread. The environments of a thread share one: two drivers would not
  /// let each other wait. It closes libuv's handles when the last environment that has asked for it leaves.
  static LoopDriver& Of(Environment& env);

  /// Starts dispatching `base`; JsCallback::kDispatchEnd reports the end. With `keep_alive` the dispatch goes
  /// on though nothing is pending.
  void Attach(EventBase& base, bool keep_alive);
  /// Changes `keep_alive` of a dispatch.
  void SetKeepAlive(EventBase& base, bool on);
  /// Whether `base` keeps the process alive while it is dispatched.
  void SetRef(EventBase& base, bool on);
  /// Stops without a report. Does nothing when it is not attached.
  void Detach(EventBase& base);

  /// libuv's loop of this thread.
  uv_loop_t* loop() const { return m_loop; }
  /// Whether the thread is a worker, which other threads may terminate.
  bool in_worker() const { return loop() != uv_default_loop(); }

  /// Adds a no-op uv_signal_t, so that libuv keeps its handler installed. It does not keep the process alive.
  /// @returns libuv's error, 0 for none
  int StartSignal(int signal_number);
  void StopSignal(int signal_number);

 private:
  class Membership;

  void OnPrepare();
  int TimeoutOfLibuv();
  bool MayRunAnotherTurn(uint64_t began_ns);
  void RunOthers(int& timeout_ms);
  void RunPoller(int timeout_ms);
  bool RunOther(uint64_t order, int& timeout_ms);
  bool Watch(EventBase& other);
  int ProbeBackend(EventBase& other);
  /// Null when it has been detached: callbacks may detach and dispose any base.
  EventBase* Attached(uint64_t order);
  /// There must be an attached base.
  EventBase& Poller();
  void Finish(EventBase& base, int result);
  void CountReferences(int more);

  explicit LoopDriver(uv_loop_t* loop) : m_loop(loop) {}
  ~LoopDriver() = default;
  static LoopDriver& Join(napi_env env);
  void Leave(std::function<void()> closed);
  void Close();
  void End();

  unsigned m_environments = 0;
  // By when they were attached; the first one is the poller.
  std::map<uint64_t, EventBase*> m_attached;
  uint64_t m_last_order = 0;
  int m_referenced = 0;  ///< attached bases that keep the process alive
  uv_loop_t* const m_loop;
  uv_prepare_t m_prepare{};
  uv_idle_t m_idle{};
  bool m_has_loop_handles = false;
  std::map<int, uv_signal_t> m_signals;
  unsigned m_open_handles = 0;
  unsigned m_spared_polls = 0;
  std::function<void()> m_closed;
};

}  // namespace bitcoin_support
