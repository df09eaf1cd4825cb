// The native functions over the locked memory as a whole.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportLockedMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
