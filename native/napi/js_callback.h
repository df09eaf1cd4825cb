// The way from libevent back into JavaScript.
#pragma once

#include <napi.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <utility>

namespace bitcoin_support {

class AsyncContext;
class CallbackHost;
class Environment;

/// The functions that JavaScript registers once: see tables.def. Each takes the base's slot first; handles
/// are numbers.
enum class JsCallback : uint8_t {
#define JS_CALLBACK(callback, name, comes_from, parameters) callback,
#include "napi/tables.def"
  kCount,
};

/// Calls into JavaScript and deals with what it throws.
class JsCallbacks {
 public:
  explicit JsCallbacks(Environment& env) : m_env(env) {}

  /// Takes the functions, and appends them to `kept`, which keeps them alive.
  void Configure(const Napi::Object& functions, Napi::Array kept);

  /// Calls the function with numbers. Afterwards promises and nextTicks have run, unless JavaScript is
  /// further up the stack on its own (then they run when that returns).
  ///
  /// What it throws: inside a synchronous loop, of whichever base, it stops the innermost one and is kept for
  /// RethrowPending(); otherwise it becomes Node's `uncaughtException`. Never throws itself, so it may be
  /// called from libevent's callbacks. Does nothing while the environment closes.
  ///
  /// `context`: the one to run in; without one JavaScript sees to it itself.
  void Call(CallbackHost& base, JsCallback which, std::initializer_list<double> args,
            const AsyncContext* context = nullptr) noexcept;

  /// Sets whether changes of buffers wait for kBuffersChanged.
  void set_buffers_changed(bool on) { m_buffers_changed = on; }

  /// Calls kBuffersChanged as Call() does, if there is something to report. Call() does so first.
  void ReportBufferChanges(CallbackHost& base) noexcept;

  /// Reports them at the end of a native function that JavaScript has called.
  /// @throws what JavaScript throws
  void ReportBufferChangesToCaller();

  /// Spans a synchronous loop of the base's.
  class SyncLoop {
   public:
    SyncLoop(JsCallbacks& callbacks, CallbackHost& base)
        : m_callbacks(callbacks), m_outer(std::exchange(callbacks.m_sync_loop, &base)) {}
    ~SyncLoop() { m_callbacks.m_sync_loop = m_outer; }
    SyncLoop(const SyncLoop&) = delete;
    SyncLoop& operator=(const SyncLoop&) = delete;

   private:
    JsCallbacks& m_callbacks;
    CallbackHost* const m_outer;
  };

  /// Rethrows what a callback threw inside the synchronous loop that has just ended.
  /// @returns whether there was something; then the native function returns at once.
  bool RethrowPending();

  /// Keeps `error` for RethrowPending(), unless something is kept already.
  void Keep(napi_value error);

  /// Anything that was thrown, in an object that can be referred to.
  static Napi::ObjectReference Box(Napi::Env env, napi_value error);
  static napi_value Unbox(const Napi::ObjectReference& box);

 private:
  /// Whether the functions are there: while a handle lives they are, once they have been handed over.
  bool callable() const;
  void CallOne(CallbackHost& base, JsCallback which, std::initializer_list<double> args,
               const AsyncContext* context) noexcept;
  bool Invoke(JsCallback which, napi_value* argv, size_t argc, const AsyncContext* context, bool drain_ticks);
  /// Runs nextTicks and promises. What they throw is Node's `uncaughtException`.
  /// @returns false when the thread is being terminated
  bool DrainTicks();

  Environment& m_env;
  // Weak: see Environment.
  std::array<Napi::FunctionReference, static_cast<size_t>(JsCallback::kCount)> m_functions;
  Napi::FunctionReference m_drain_ticks;
  Napi::ObjectReference m_receiver;
  Napi::ObjectReference m_pending;
  CallbackHost* m_sync_loop = nullptr;  ///< the innermost on the stack
  bool m_buffers_changed = false;
};

}  // namespace bitcoin_support
