// The addon's state for one instance of the library's modules.
#pragma once

#include <napi.h>

#include <array>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "napi/handle.h"
#include "napi/handle_end.h"
#include "napi/handle_table.h"
#include "napi/js_callback.h"
#include "napi/module_states.h"
#include "napi/native_calls.h"
#include "napi/shared_numbers.h"
#include "napi/type_registry.h"

namespace bitcoin_support {

/// What tracing learns about a handle that has ended.
struct DroppedHandle {
  double number;
  uint32_t type_index;
  uint64_t id;
};

/// A thread usually has one: that of the main thread, or of a worker. It has more where the library's modules
/// are loaded several times, as test runners do in a context for each file; then each has its own handles,
/// callbacks and classes of errors. Everything in it belongs to its thread, and is destroyed when Node's
/// environment is cleaned up. The addon's other folders keep their own state in it by State().
///
/// Functions from JavaScript are held strongly only while a handle lives, so that a test runner's context can
/// be collected. Without a handle they live as long as the instance's `exports` do.
class Environment {
 public:
  /// Makes the state behind `exports` and hooks it to the clean-up of Node's environment.
  static Environment& Attach(Napi::Env env, Napi::Object exports);
  static Environment& From(const Napi::CallbackInfo& info) { return *static_cast<Environment*>(info.Data()); }

  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Napi::Env napi() const { return m_env; }
  HandleTable& table() { return m_table; }
  JsCallbacks& callbacks() { return m_callbacks; }
  NativeCalls& calls() { return m_calls; }
  SharedNumbers& numbers() { return m_numbers; }

  /// A module's state for this environment, such as `env.State<ServerConnections>()`. Made on first use.
  template <class T>
  T& State() {
    return m_states.Get<T>(*this);
  }

  /// The modules' own classes of errors. Each context has its own TypeError.
  enum class ErrorClass : uint8_t { kEventError, kTypeError, kRangeError, kCount };
  /// Null before Configure(), and once the modules have been collected.
  Napi::Function error_class(ErrorClass which) const {
    return m_error_classes[static_cast<size_t>(which)].Value();
  }

  /// False once the environment is being torn down: from then on JavaScript is not called.
  bool can_call_js() const { return !m_closing; }

  /// Receives what JavaScript hands over once: `{ EventError, TypeError, RangeError, callbacks }`.
  void Configure(const Napi::Object& config);
  bool configured() const { return m_configured; }

  /// Marks `name` as declared in this environment. @returns false when it was already.
  bool ClaimTypeName(const std::string& name) { return m_type_names.insert(name).second; }

  /// The built-in types, declared by JavaScript under these names like any other.
  HandleType& type_for(HandleKind kind) const { return *m_types[static_cast<size_t>(kind)]; }

  // What creation and drop leave for tracing.
  void NoteCreated(const Handle& handle);
  void NoteDropped(const Handle& handle);
  void set_drop_log(bool on) { m_drop_log_on = on; }
  bool has_dropped() const { return !m_dropped.empty(); }
  std::vector<DroppedHandle> TakeDropped() { return std::exchange(m_dropped, {}); }

  // Why handles end.
  /// Handles that end during its life do so for that reason, unless an outer scope has another. `disposed` is
  /// the handle that is disposed itself.
  class EndScope {
   public:
    EndScope(Environment& env, EndReason reason) : m_env(env), m_outer(env.m_ending) {
      if (m_outer.reason == EndReason::kUnknown) env.m_ending.reason = reason;
    }
    /// For a dispose() from JavaScript: sets its own reason and ignores outer scopes.
    EndScope(Environment& env, EndReason reason, const Handle* disposed) : m_env(env), m_outer(env.m_ending) {
      env.m_ending = {reason, disposed};
    }
    ~EndScope() { m_env.m_ending = m_outer; }
    EndScope(const EndScope&) = delete;
    EndScope& operator=(const EndScope&) = delete;

   private:
    friend class Environment;
    struct Ending {
      EndReason reason = EndReason::kUnknown;
      const Handle* disposed = nullptr;
    };
    Environment& m_env;
    const Ending m_outer;
  };
  EndReason EndReasonOf(const Handle& handle) const {
    return m_ending.disposed == &handle ? EndReason::kDisposed : m_ending.reason;
  }

  /// Finds the live handle of class T behind `value`.
  /// @throws EventError ERR_EV_DISPOSED, ERR_EV_HANDLE, ERR_EV_THREAD or ERR_EV_FORKED.
  template <class T>
  T& Get(const Napi::Value& value) {
    return As<T>(GetAny(value));
  }

  /// Like Get(), for what makes a handle this process's own.
  template <class T>
  T& GetEvenForked(const Napi::Value& value) {
    return As<T>(GetAnyEvenForked(value));
  }

  /// Like Get(), for any class of handle.
  Handle& GetAny(const Napi::Value& value);

  /// The live handle behind `number`, or null: for callers that accept a handle that is gone.
  Handle* FindAny(double number);

 private:
  Environment(Napi::Env env, Napi::Object exports);
  template <class T>
  T& As(Handle& handle) const {
    if (handle.kind() != T::kKind) ThrowOtherKind(handle, T::kKind);
    return static_cast<T&>(handle);
  }
  Handle& GetAnyEvenForked(const Napi::Value& value);
  // Apart from the functions that find a handle, which then need less stack.
  [[noreturn]] void ThrowNotFound(LookupResult result, double number) const;
  [[noreturn]] void ThrowForked() const;
  [[noreturn]] void ThrowOtherKind(const Handle& handle, HandleKind kind) const;
  void DisposeAll();

  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);

  Napi::Env m_env;
  HandleTable m_table;
  std::array<HandleType*, static_cast<size_t>(HandleKind::kCount)> m_types;
  std::unordered_set<std::string> m_type_names;
  Napi::ObjectReference m_exports;  ///< strong while a handle lives; keeps what Configure() was given
  size_t m_live = 0;                ///< handles
  std::array<Napi::FunctionReference, static_cast<size_t>(ErrorClass::kCount)> m_error_classes;  ///< weak
  bool m_configured = false;
  // Made here and not by the library's modules: it has to outlive them, and would keep their context alive.
  SharedNumbers m_numbers;
  std::vector<DroppedHandle> m_dropped;
  bool m_drop_log_on = false;
  bool m_closing = false;
  EndScope::Ending m_ending;
  JsCallbacks m_callbacks;
  NativeCalls m_calls;
  napi_async_cleanup_hook_handle m_cleanup_hook = nullptr;
  ModuleStates m_states;  ///< destroyed first: they may use all of the above
};

}  // namespace bitcoin_support
