// The native functions over TerminalPrompt.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportTerminalPromptFunctions(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
