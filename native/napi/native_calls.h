// The native functions that JavaScript has called and that have not returned.
#pragma once

#include <napi.h>

#include <utility>

namespace bitcoin_support {

class Environment;

/// The calls of one environment. Stores errors raised under libevent. The innermost native call rethrows
/// them.
class NativeCalls {
 public:
  explicit NativeCalls(Environment& env) : m_env(env) {}
  NativeCalls(const NativeCalls&) = delete;
  NativeCalls& operator=(const NativeCalls&) = delete;

  /// The environment of the innermost call of this thread; null for none.
  static Environment* Calling() { return t_innermost == nullptr ? nullptr : &t_innermost->m_env; }

  /// How many calls are on the stack.
  unsigned depth() const { return m_depth; }

  /// Whether the innermost call has looked a handle up: from then on it may run no JavaScript.
  bool looked_up() const { return m_looked_up; }
  void NoteLookup() { m_looked_up = true; }

  /// Has the innermost call throw `error` when it returns, unless an earlier error waits for that. There must
  /// be a call.
  void ThrowAtReturn(napi_value error);

  /// Spans a native function that JavaScript has called.
  class Scope {
   public:
    /// @throws EventError ERR_EV_REENTRANT inside a RefuseScope
    explicit Scope(NativeCalls& calls)
        : m_calls(Permitted(calls)),
          m_outer(std::exchange(t_innermost, &calls)),
          m_outer_looked_up(std::exchange(calls.m_looked_up, false)) {
      ++calls.m_depth;
    }
    ~Scope() {
      --m_calls.m_depth;
      m_calls.m_looked_up = m_outer_looked_up;
      t_innermost = m_outer;
    }
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;

    /// Throws what ThrowAtReturn() has kept for this call.
    void Rethrow() {
      if (m_calls.m_thrown_at >= m_calls.m_depth) m_calls.ThrowKept();
    }

   private:
    static NativeCalls& Permitted(NativeCalls& calls) {
      if (t_refusing) calls.ThrowReentrant();
      return calls;
    }

    NativeCalls& m_calls;
    NativeCalls* const m_outer;
    const bool m_outer_looked_up;
  };

  /// While it lives, this thread's JavaScript may not call the addon, whichever environment it belongs to.
  class RefuseScope {
   public:
    RefuseScope() : m_outer(std::exchange(t_refusing, true)) {}
    ~RefuseScope() { t_refusing = m_outer; }
    RefuseScope(const RefuseScope&) = delete;
    RefuseScope& operator=(const RefuseScope&) = delete;

   private:
    const bool m_outer;
  };
  static bool refusing() { return t_refusing; }

 private:
  [[noreturn]] void ThrowReentrant() const;
  void ThrowKept();

  // Read and written at each call: the general model of thread-local memory would cost two calls more.
  static inline constinit thread_local NativeCalls* t_innermost __attribute__((tls_model("initial-exec"))) =
      nullptr;
  static inline constinit thread_local bool t_refusing __attribute__((tls_model("initial-exec"))) = false;

  Environment& m_env;
  unsigned m_depth = 0;
  unsigned m_thrown_at = 0;      ///< the depth of the call that throws m_kept, 0 for none
  Napi::ObjectReference m_kept;  ///< see JsCallbacks::Box()
  bool m_looked_up = false;
};

}  // namespace bitcoin_support
