// The addon's state for one instance of the library's modules.
#pragma once

#include <napi.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "buffers/buffer_changes.h"
#include "buffers/shared_bytes.h"
#include "libevent/log_relay.h"
#include "napi/handle.h"
#include "napi/handle_end.h"
#include "napi/handle_table.h"
#include "napi/js_callback.h"
#include "napi/type_registry.h"

namespace bitcoin_support {

class Handle;
class LentMemory;
class LoopDriver;
class OwnedBuffers;
class ServerConnections;

/// What tracing is told of a handle that has ended.
struct DroppedHandle {
  double number;
  uint32_t type_index;
  uint64_t id;
};

/// A thread usually has one: that of the main thread, or of a worker. It has more where the library's modules
/// are loaded several times, as test runners do in a context for each file; then each has its own handles,
/// callbacks and classes of errors. Everything in it belongs to its thread, and is destroyed when Node's
/// environment is cleaned up.
///
/// The modules may be collected before that, context and all. So what they have handed over is held only as
/// long as there is a live handle; without one it lives as long as the instance's `exports` do.
class Environment {
 public:
  /// Makes the state behind `exports` and hooks it to the clean-up of Node's environment.
  static Environment& Attach(Napi::Env env, Napi::Object exports);
  static Environment& From(const Napi::CallbackInfo& info) { return *static_cast<Environment*>(info.Data()); }
  /// That of the native function that is running, the innermost one; null for none.
  static Environment* Calling() { return t_calling; }

  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Napi::Env napi() const { return m_env; }
  HandleTable& table() { return m_table; }
  LoopDriver& loop() { return m_loop; }
  ServerConnections& connections() { return *m_connections; }
  JsCallbacks& callbacks() { return m_callbacks; }
  LogRelay& log() { return m_log; }
  OwnedBuffers& owned_buffers() { return *m_owned_buffers; }
  BufferChanges& buffer_news() { return m_buffer_news; }
  LentMemory& lent_memory() { return *m_lent_memory; }
  SharedBytes& shared_bytes() { return m_shared_bytes; }

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
  /// Shows JavaScript the reply that it takes: status, minor version, and the length of the part of its body
  /// that is in JavaScript's memory, negative for none.
  void ShowReply(int status, int minor, double length);
  /// Shows JavaScript, without a call, how much there is to be told of buffers.
  void ShowBufferNews(size_t count);
  /// Shows JavaScript how long the content is that has been lent last.
  void ShowLentLength(size_t length);
  /// Shows JavaScript, without a call, whether the locked pool has grown or failed to lock.
  void NoteLockedPool();
  /// Has the next NoteLockedPool() of any thread tell of pages that are not locked, when the policy is to
  /// warn.
  static void WarnOfUnlocked();
  void set_drop_log(bool on) { m_drop_log_on = on; }
  bool has_dropped() const { return !m_dropped.empty(); }
  std::vector<DroppedHandle> TakeDropped() { return std::exchange(m_dropped, {}); }

  // What handles end of.
  /// Handles that end during its life do so for that reason, unless an outer one says another. `disposed` is
  /// the handle that is disposed itself.
  class EndScope {
   public:
    EndScope(Environment& env, EndReason reason) : m_env(env), m_outer(env.m_ending) {
      if (m_outer.reason == EndReason::kUnknown) env.m_ending.reason = reason;
    }
    /// For a call of JavaScript's, which is no part of what is under way.
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

  /// Whether the native function that runs has looked a handle up: from then on it may run no JavaScript.
  bool looked_up() const { return m_looked_up; }

  /// Spans a native function that JavaScript has called.
  class CallScope {
   public:
    explicit CallScope(Environment& env)
        : m_env(env),
          m_outer(std::exchange(t_calling, &env)),
          m_outer_looked_up(std::exchange(env.m_looked_up, false)) {}
    ~CallScope() {
      m_env.m_looked_up = m_outer_looked_up;
      t_calling = m_outer;
    }
    CallScope(const CallScope&) = delete;
    CallScope& operator=(const CallScope&) = delete;

   private:
    Environment& m_env;
    Environment* const m_outer;
    const bool m_outer_looked_up;
  };

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
  // Apart from what finds a handle, which has no need of their stack.
  [[noreturn]] void ThrowNotFound(LookupResult result, double number) const;
  [[noreturn]] void ThrowForked() const;
  [[noreturn]] void ThrowOtherKind(const Handle& handle, HandleKind kind) const;
  void DisposeAll();

  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);

  // Read and written at each call: the general model of thread-local memory would cost two calls more.
  static inline constinit thread_local Environment* t_calling __attribute__((tls_model("initial-exec"))) =
      nullptr;

  Napi::Env m_env;
  HandleTable m_table;
  std::array<HandleType*, static_cast<size_t>(HandleKind::kCount)> m_types;
  std::unordered_set<std::string> m_type_names;
  Napi::ObjectReference
      m_exports;      // strong while there is a live handle; what Configure() is given is theirs
  size_t m_live = 0;  // handles
  std::array<Napi::FunctionReference, static_cast<size_t>(ErrorClass::kCount)> m_error_classes;  // weak
  bool m_configured = false;
  Napi::ObjectReference m_shown_owner;  // keeps the array behind m_shown alive
  double* m_shown = nullptr;
  std::vector<DroppedHandle> m_dropped;
  bool m_drop_log_on = false;
  bool m_closing = false;
  EndScope::Ending m_ending;
  bool m_looked_up = false;
  JsCallbacks m_callbacks;
  LogRelay m_log;
  std::unique_ptr<OwnedBuffers> m_owned_buffers;
  BufferChanges m_buffer_news;
  std::unique_ptr<LentMemory> m_lent_memory;
  SharedBytes m_shared_bytes;
  std::unique_ptr<ServerConnections> m_connections;
  LoopDriver& m_loop;  // the thread's
  napi_async_cleanup_hook_handle m_cleanup_hook = nullptr;
};

}  // namespace bitcoin_support
