// What libevent logs, on its way to JavaScript.
#pragma once

#include <napi.h>

#include <optional>
#include <string>
#include <thread>

#include "libevent/unique_fd.h"
#include "loop/internal_event.h"

namespace bitcoin_support {

class Environment;
class EventBase;

/// An environment's part in libevent's log, which there is once in the process: the environment that has set
/// a callback last hears all of it.
///
/// A message of its own thread reaches JavaScript at once, inside the libevent function that logs. So nothing
/// in JavaScript may call this addon until it returns: libevent is in the middle of something. A message of
/// another thread, or one that comes when JavaScript cannot be called, is queued and delivered by the
/// thread's own loop.
///
/// What the callback throws cannot pass through libevent. It is thrown by the native function that called
/// libevent, or by the blocking loop, which it ends; where no JavaScript is below, it becomes Node's
/// `uncaughtException`.
class LogRelay {
 public:
  explicit LogRelay(Environment& env) : m_env(env) {}
  ~LogRelay();
  LogRelay(const LogRelay&) = delete;
  LogRelay& operator=(const LogRelay&) = delete;

  /// Has libevent log through here, for the whole process.
  static void Install();
  /// The last error that this thread has logged; empty when there was none.
  static const char* LastError();

  /// A function becomes the receiver of the process's log; anything else gives it back to stderr.
  void SetCallback(const Napi::Value& callback);

  /// Spans each call from JavaScript.
  class CallScope {
   public:
    /// @throws EventError ERR_EV_REENTRANT inside the callback
    explicit CallScope(LogRelay& relay) : m_relay(relay) {
      if (t_in_callback) relay.ThrowReentrant();
      ++relay.m_depth;
    }
    ~CallScope() { --m_relay.m_depth; }
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

    /// Throws what the callback threw during this call.
    void Rethrow() {
      if (m_relay.m_thrown_at >= m_relay.m_depth) m_relay.ThrowKept();
    }

   private:
    LogRelay& m_relay;
  };

  /// Spans a run of a base's loop.
  class LoopScope {
   public:
    LoopScope(LogRelay& relay, EventBase& base);
    ~LoopScope();
    LoopScope(const LoopScope&) = delete;
    LoopScope& operator=(const LoopScope&) = delete;

   private:
    friend class LogRelay;
    static void OnWake(evutil_socket_t fd, short what, void* arg);
    /// Makes Wake() end the loop.
    void Watch();

    LogRelay& m_relay;
    EventBase& m_base;
    LoopScope* const m_outer;
    const unsigned m_depth;  // calls from JavaScript under it
    std::optional<InternalEvent> m_woken;
  };

 private:
  struct Message;

  static void OnLog(int severity, const char* text);
  static void OnQueued(napi_env env, napi_value, void* context, void* data);
  static void OnCleanup(void* data);

  bool OpenQueue();
  /// Under the process's lock.
  void Queue(int severity, const char* text);
  void Deliver(int severity, const char* text);
  void Call(int severity, const char* text);
  void Keep(napi_value error);
  void RaiseLater(napi_value error);
  [[noreturn]] void ThrowReentrant() const;
  void ThrowKept();

  Environment& m_env;
  Napi::FunctionReference m_callback;
  // An array of one, because what is thrown may be anything.
  Napi::ObjectReference m_kept;
  napi_threadsafe_function m_queue = nullptr;
  std::thread::id m_thread;
  // What a blocking loop waits for besides: libevent's own ways to end one need locks that it holds as it
  // logs.
  UniqueFd m_wake_read{-1};
  UniqueFd m_wake_write{-1};
  LoopScope* m_loop = nullptr;  // the innermost one
  unsigned m_depth = 0;         // calls from JavaScript that are on the stack
  unsigned m_thrown_at = 0;     // the depth of what is kept, 0 when nothing is
  // Whose ever it is: what it calls may be another instance's in this thread.
  static inline constinit thread_local bool t_in_callback __attribute__((tls_model("initial-exec"))) = false;
};

}  // namespace bitcoin_support
