// The native functions over secure buffers.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportSecureBufferFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
