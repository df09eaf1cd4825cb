// The native functions over ordinary memory.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
