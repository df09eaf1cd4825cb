// What libevent logs, on its way to JavaScript.
#pragma once

#include <napi.h>

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include "libevent/internal_event.h"
#include "libevent/unique_fd.h"

namespace bitcoin_support {

class CallbackHost;
class Environment;

/// An environment's part in libevent's log. The process has one log: the environment that has set a callback
/// last receives all of it.
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
  /// Where a message of libevent's goes; Install() sets it as libevent's callback.
  static void OnLog(int severity, const char* text);
  /// Whether libevent logs debug messages, in this process.
  static void SetDebug(bool on);
  static bool debug() { return s_debug.load(std::memory_order_relaxed); }
  /// The last error that this thread has logged; empty when there was none.
  static const char* LastError();

  /// A function becomes the receiver of the process's log; anything else gives it back to stderr.
  void SetCallback(const Napi::Value& callback);

  /// Spans a run of a base's loop.
  class LoopScope {
   public:
    /// `host` is what the loop of `base` calls back for.
    LoopScope(LogRelay& relay, CallbackHost& host, event_base* base);
    ~LoopScope();
    LoopScope(const LoopScope&) = delete;
    LoopScope& operator=(const LoopScope&) = delete;

   private:
    friend class LogRelay;
    static void OnWake(evutil_socket_t fd, short what, void* arg);
    /// Has a write to m_wake_write end the loop.
    void Watch();

    LogRelay& m_relay;
    CallbackHost& m_host;
    event_base* const m_base;
    LoopScope* const m_outer;
    const unsigned m_depth;  ///< calls from JavaScript under it
    std::optional<InternalEvent> m_woken;
  };

 private:
  struct Message;
  static inline std::atomic<bool> s_debug = false;

  static void OnQueued(napi_env env, napi_value, void* context, void* data);
  static void OnCleanup(void* data);

  bool OpenQueue();
  /// Under the process's lock.
  void Queue(int severity, const char* text);
  void Deliver(int severity, const char* text);
  void Call(int severity, const char* text);
  void Keep(napi_value error);
  void RaiseLater(napi_value error);

  Environment& m_env;
  Napi::FunctionReference m_callback;
  napi_threadsafe_function m_queue = nullptr;
  std::thread::id m_thread;
  // What a blocking loop waits for besides: libevent's own ways to end one need locks that it holds as it
  // logs.
  UniqueFd m_wake_read{-1};
  UniqueFd m_wake_write{-1};
  LoopScope* m_loop = nullptr;  ///< the innermost one
};

}  // namespace bitcoin_support
