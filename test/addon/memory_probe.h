// memory_scanner.h for JavaScript.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportMemoryProbe(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
