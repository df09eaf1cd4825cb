// The native functions by which a secret is typed at a terminal.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportTerminalPromptFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
