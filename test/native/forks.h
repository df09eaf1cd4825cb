// A fork() of the process that the tests run in.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportForks(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
