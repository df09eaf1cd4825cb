// The native functions over memory that belongs to JavaScript.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportMemoryFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
