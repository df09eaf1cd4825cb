// What a base tells of itself and of its events, and what it can be told between loops.
#pragma once

#include <napi.h>

namespace bitcoin_support {

class Environment;

void ExportEventBaseInspection(Napi::Env env, Napi::Object exports, Environment& state);

}  // namespace bitcoin_support
