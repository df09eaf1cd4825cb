// One line per native function.
#pragma once

#include <napi.h>

#include "napi/environment.h"

namespace bitcoin_support {

/// A native function as JavaScript calls it: refused inside the log callback, and throwing what that threw.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
Napi::Value CallNative(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  const Environment::CallScope call(env);
  LogRelay::CallScope scope(env.log());
  try {
    const Napi::Value result = kFunction(info);
    scope.Rethrow();
    return result;
  } catch (...) {
    scope.Rethrow();
    throw;
  }
}

/// Sets `exports[name]` to a function whose info.Data() is the environment's state.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
void ExportFunction(Napi::Env env, Napi::Object exports, const char* name, Environment& state) {
  exports.Set(name, Napi::Function::New<CallNative<kFunction>>(env, name, &state));
}

}  // namespace bitcoin_support
