// libevent as the poller of Node's loop.
#pragma once

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
  explicit LoopDriver(Environment& env) : m_env(env) {}

  /// Starts dispatching `base`; its end is told through JsCallback::kDispatchEnd.
  void Attach(EventBase& base);
  /// Stops without telling. Does nothing when it is not attached.
  void Detach(EventBase& base);

  /// libuv's loop of this thread.
  uv_loop_t* loop();
  /// Whether the thread is a worker, which may be told to end from outside.
  bool in_worker() { return loop() != uv_default_loop(); }

  /// Closes libuv's handles, then calls `closed`, which may delete the driver.
  void Close(std::function<void()> closed);

 private:
  void OnPrepare();
  void RunOthers(int& timeout_ms);
  void RunPoller(int timeout_ms);
  bool RunOther(double number, int& timeout_ms);
  bool Watch(EventBase& other);
  int ProbeBackend(EventBase& other);
  EventBase* Attached(double number);
  EventBase* Poller();
  void Finish(EventBase& base, int result);

  Environment& m_env;
  std::map<uint64_t, double> m_entries;  // numbers by when they were attached; the first one is the poller
  uint64_t m_last_order = 0;
  uv_loop_t* m_loop = nullptr;
  uv_prepare_t m_prepare{};
  uv_idle_t m_idle{};
  unsigned m_open_handles = 0;
  std::function<void()> m_closed;
};

}  // namespace bitcoin_support
