// libevent as the poller of Node's loop.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>
#include <unordered_map>

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
  /// The driver of this thread, for one more environment: two of them would not let each other wait.
  static LoopDriver& Join(napi_env env);
  /// What Join() began, when the environment's bases have gone. The last one closes libuv's handles; `closed`
  /// is called when the environment has no more use for the driver.
  void Leave(std::function<void()> closed);

  /// Starts dispatching `base`; its end is told through JsCallback::kDispatchEnd.
  void Attach(EventBase& base, bool keep_alive);
  /// Whether `base` keeps the process alive while it is dispatched.
  void SetRef(EventBase& base, bool on);
  /// Stops without telling. Does nothing when it is not attached.
  void Detach(EventBase& base);

  /// libuv's loop of this thread.
  uv_loop_t* loop() const { return m_loop; }
  /// Whether the thread is a worker, which may be told to end from outside.
  bool in_worker() const { return loop() != uv_default_loop(); }

  /// Has libuv listen for a signal, beside whoever else does in the process, and do nothing about it. The
  /// process may end meanwhile. @returns libuv's error, 0 for none
  int StartSignal(int signal_number);
  void StopSignal(int signal_number);

 private:
  struct Entry {
    Environment* env;
    double number;
  };

  void OnPrepare();
  void RunOthers(int& timeout_ms);
  void RunPoller(int timeout_ms);
  bool RunOther(double number, int& timeout_ms);
  bool Watch(EventBase& other);
  int ProbeBackend(EventBase& other);
  EventBase* Attached(double number);
  EventBase* Poller();
  void Finish(EventBase& base, int result);
  void UpdateRef();

  explicit LoopDriver(uv_loop_t* loop) : m_loop(loop) {}
  ~LoopDriver() = default;
  void Close();
  void End();

  unsigned m_environments = 0;
  std::map<uint64_t, Entry> m_entries;  // by when they were attached; the first one is the poller
  std::unordered_map<double, Environment*> m_environment_of;  // those of m_entries, by number
  uint64_t m_last_order = 0;
  uv_loop_t* const m_loop;
  uv_prepare_t m_prepare{};
  uv_idle_t m_idle{};
  bool m_has_loop_handles = false;
  std::map<int, uv_signal_t> m_signals;
  unsigned m_open_handles = 0;
  std::function<void()> m_closed;
};

}  // namespace bitcoin_support
