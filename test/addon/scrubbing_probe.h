// What the addon's allocator and MemoryCleanse() leave in freed memory.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportScrubbingProbe(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
