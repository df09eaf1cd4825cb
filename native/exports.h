// One line per native function.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

/// Sets `exports[name]` to a function whose info.Data() is the environment's state.
template <Napi::Value (*kFunction)(const Napi::CallbackInfo&)>
void ExportFunction(Napi::Env env, Napi::Object exports, const char* name, Environment& state) {
  exports.Set(name, Napi::Function::New<kFunction>(env, name, &state));
}

}  // namespace bitcoin_support
