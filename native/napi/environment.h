// The addon's state in one Node environment: the main thread or one worker.
#pragma once

#include <napi.h>

#include <array>
#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "buffers/buffer_news.h"
#include "libevent/log_relay.h"
#include "napi/handle.h"
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

/// One per environment, made when the addon is loaded and destroyed by the environment's clean-up.
/// Everything in it belongs to that environment's thread.
class Environment {
 public:
  /// Makes the state, hooks it to the environment's clean-up and stores it as the instance data.
  static Environment& Attach(Napi::Env env);
  static Environment& From(const Napi::CallbackInfo& info) { return *static_cast<Environment*>(info.Data()); }

  ~Environment();
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

  Napi::Env napi() const { return m_env; }
  HandleTable& table() { return m_table; }
  LoopDriver& loop() { return *m_loop; }
  ServerConnections& connections() { return *m_connections; }
  JsCallbacks& callbacks() { return m_callbacks; }
  LogRelay& log() { return m_log; }
  OwnedBuffers& owned_buffers() { return *m_owned_buffers; }
  BufferNews& buffer_news() { return m_buffer_news; }
  LentMemory& lent_memory() { return *m_lent_memory; }
  const Napi::FunctionReference& event_error() const { return m_event_error; }

  /// False once the environment is being torn down: from then on JavaScript is not called.
  bool can_call_js() const { return !m_closing; }

  /// Receives what JavaScript hands over once: `{ EventError, shown: Float64Array, callbacks }`.
  void Configure(const Napi::Object& config);
  bool configured() const { return !m_event_error.IsEmpty(); }

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
  explicit Environment(Napi::Env env);
  template <class T>
  T& As(Handle& handle) const {
    if (handle.kind() != T::kKind) ThrowOtherKind(handle, T::kKind);
    return static_cast<T&>(handle);
  }
  Handle& GetAnyEvenForked(const Napi::Value& value);
  // Apart from what finds a handle, which has no need of their stack.
  [[noreturn]] void ThrowNotFound(LookupResult result) const;
  [[noreturn]] void ThrowForked() const;
  [[noreturn]] void ThrowOtherKind(const Handle& handle, HandleKind kind) const;
  void DisposeAll();

  static void OnCleanup(napi_async_cleanup_hook_handle handle, void* data);

  Napi::Env m_env;
  HandleTable m_table;
  std::array<HandleType*, static_cast<size_t>(HandleKind::kCount)> m_types;
  std::unordered_set<std::string> m_type_names;
  Napi::FunctionReference m_event_error;
  Napi::ObjectReference m_shown_owner;  // keeps the array behind m_shown alive
  double* m_shown = nullptr;
  std::vector<DroppedHandle> m_dropped;
  bool m_drop_log_on = false;
  bool m_closing = false;
  JsCallbacks m_callbacks;
  LogRelay m_log;
  std::unique_ptr<OwnedBuffers> m_owned_buffers;
  BufferNews m_buffer_news;
  std::unique_ptr<LentMemory> m_lent_memory;
  std::unique_ptr<ServerConnections> m_connections;
  std::unique_ptr<LoopDriver> m_loop;
  napi_async_cleanup_hook_handle m_cleanup_hook = nullptr;
};

}  // namespace bitcoin_support
