// The addon's allocator and its wiping, each seen from outside: what is left where something was freed.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportScrubbingProbe(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
