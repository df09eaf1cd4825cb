// The native functions by which a secure buffer grows into a string.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportSecureStringFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
