// Descriptors that Node cannot make.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportSockets(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
