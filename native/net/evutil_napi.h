// libevent's portable socket helpers.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportEvutilFunctions(Napi::Env env, Napi::Object exports, Environment& environment);

}  // namespace bitcoin_support
