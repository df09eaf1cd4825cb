// fork() for JavaScript.
#pragma once

#include <napi.h>

namespace bitcoin_support::test {

void ExportForks(Napi::Env env, Napi::Object exports);

}  // namespace bitcoin_support::test
