// One line per native function.
#pragma once

#include <napi.h>

#include <cerrno>
#include <new>
#include <system_error>

#include "napi/environment.h"
#include "napi/errors.h"

namespace bitcoin_support {

/// A native function as JavaScript calls it. C++ exceptions become JavaScript's; what libevent's callbacks
/// could not throw is thrown here.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
Napi::Value CallNative(const Napi::CallbackInfo& info) {
  Environment& env = Environment::From(info);
  NativeCalls::Scope scope(env.calls());
  try {
    const Napi::Value result = kFunction(info);
    scope.Rethrow();
    return result;
  } catch (const std::bad_alloc&) {
    scope.Rethrow();
    ThrowSystemError(Environment::From(info), code::kLibevent, "malloc", ENOMEM, "no memory is left");
  } catch (const std::system_error& error) {
    scope.Rethrow();
    ThrowSystemError(Environment::From(info), code::kLibevent, error);
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
