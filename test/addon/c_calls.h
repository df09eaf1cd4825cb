// Calls of C functions by their address, as a foreign function interface makes them.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportCCalls(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
