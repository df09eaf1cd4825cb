// The native functions over handles of any type.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportHandleFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
