// The async context of JavaScript in which a handle was made.
#pragma once

#include <napi.h>

namespace bitcoin_support {

/// What AsyncResource is in JavaScript: callbacks that are given it run in the context in which it was made.
/// To enter it from here costs less than from inside a callback.
class AsyncContext {
 public:
  /// `name` is what async_hooks call it; null for a context that nobody enters. @throws Napi::Error
  AsyncContext(Napi::Env env, const char* name);
  ~AsyncContext();
  AsyncContext(const AsyncContext&) = delete;
  AsyncContext& operator=(const AsyncContext&) = delete;

  napi_async_context get() const { return m_context; }

 private:
  const napi_env m_env;
  napi_async_context m_context = nullptr;
};

}  // namespace bitcoin_support
